//! `stepcast run`: a suite on a server, followed to its verdict.

use super::watch::follow;
use crate::args::RunArguments;
use crate::client::Follower;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report::{self, Reporter};
use crate::suite_file::Named;
use crate::usage_error::UsageError;
use serde_json::Value;
use stepcast_protocol::Command;
use stepcast_protocol::command::Run;
use stepcast_suite::check_variables;

/// Starts a run and waits for its verdict.
pub(crate) async fn run(arguments: RunArguments) -> anyhow::Result<Exit> {
    let mut reporter = Reporter::new(&arguments.report)?;
    let Asked { suite, version, suite_gz } = suite_of(&arguments, &mut reporter)?;
    let endpoint = Endpoint::find(&arguments.server)?;
    let command = Command::Run(Box::new(Run {
        suite,
        version,
        suite_gz,
        vars: arguments.values.vars.into_iter().collect(),
        secrets: arguments.values.secrets.into_iter().collect(),
        labels: arguments.labels.into_iter().collect(),
        tags: arguments.values.tags,
        max_failures: arguments.limits.max_failures,
        time_limit_s: arguments.limits.time_limit,
        evidence: arguments.evidence,
        // The command is sent again if the connection is lost before its answer; it stays one job.
        idempotency_key: Some(uuid::Uuid::new_v4().to_string()),
        detail: reporter.detail(),
    }));
    let mut follower = Follower::start(&endpoint, command, reporter).await?;
    let job = follower.accepted().await?;
    // A job that is being cancelled is not left: its end says so.
    if arguments.detach && !follower.is_interrupted() {
        report::data(job.as_str());
        return Ok(Exit::Passed);
    }
    follow(follower, &endpoint, &job, arguments.timeout).await
}

/// What to run: a suite, or the name of a stored one and perhaps its version.
struct Asked {
    suite: Option<Value>,
    version: Option<u64>,
    suite_gz: Option<String>,
}

/// A file that exists is read and checked here; anything else is the name of a stored suite, `NAME` or `NAME@VERSION`.
fn suite_of(arguments: &RunArguments, reporter: &mut Reporter) -> Result<Asked, UsageError> {
    let file = match Named::read(&arguments.suite)? {
        Named::File(file) => file,
        Named::Stored(named) => {
            let (name, version) = name_and_version(&named);
            return Ok(Asked { suite: Some(Value::String(name.to_owned())), version, suite_gz: None });
        }
    };
    let values = &arguments.values;
    let names = |pairs: &'_ [(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let (vars, secrets) = (names(&values.vars), names(&values.secrets));
    check_variables(&file.suite, vars.iter().map(String::as_str), secrets.iter().map(String::as_str))
        .map_err(|problems| UsageError::new(format!("`{}`: {problems}", arguments.suite)))?;
    reporter.begin(&file);
    let (suite, suite_gz) = file.travelling();
    Ok(Asked { suite, version: None, suite_gz })
}

/// No suite is stored under a name that ends like a version.
fn name_and_version(asked: &str) -> (&str, Option<u64>) {
    let split = asked.rsplit_once('@').filter(|(_, digits)| digits.chars().all(|c| c.is_ascii_digit()));
    match split.map(|(name, digits)| (name, digits.parse())) {
        Some((name, Ok(version))) => (name, Some(version)),
        _ => (asked, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_number_after_the_last_at() {
        assert_eq!(name_and_version("Shop smoke"), ("Shop smoke", None));
        assert_eq!(name_and_version("Shop smoke@12"), ("Shop smoke", Some(12)));
        assert_eq!(name_and_version("me@home@3"), ("me@home", Some(3)));
        for name in ["me@home", "x@", "x@-1", "x@1.5", "x@99999999999999999999"] {
            assert_eq!(name_and_version(name), (name, None));
        }
    }
}
