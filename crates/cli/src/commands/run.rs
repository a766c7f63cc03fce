//! `stepcast run`: a suite on a server, followed to its verdict.

use super::watch::follow;
use crate::args::RunArguments;
use crate::client::Follower;
use crate::endpoint::Endpoint;
use crate::exit::{Exit, UsageError};
use crate::report::{self, Reporter};
use crate::suite_file::SuiteFile;
use serde_json::Value;
use std::path::Path;
use stepcast_protocol::Command;
use stepcast_protocol::command::Run;
use stepcast_protocol::suite::check_variables;

/// Starts a run and waits for its verdict.
pub(crate) async fn run(arguments: RunArguments) -> anyhow::Result<Exit> {
    let (suite, suite_gz) = suite_of(&arguments)?;
    let endpoint = Endpoint::find(&arguments.server)?;
    let reporter = Reporter::new(&arguments.report)?;
    let command = Command::Run(Box::new(Run {
        suite,
        suite_gz,
        vars: arguments.values.vars.into_iter().collect(),
        secrets: arguments.values.secrets.into_iter().collect(),
        labels: arguments.labels.into_iter().collect(),
        tags: arguments.values.tags,
        max_failures: arguments.limits.max_failures,
        time_limit_s: arguments.limits.time_limit,
        // The command is sent again where the connection is lost before its answer; it stays one job.
        idempotency_key: Some(uuid::Uuid::new_v4().to_string()),
    }));
    let mut follower = Follower::start(&endpoint, command, reporter).await?;
    let job = follower.accepted().await?;
    if arguments.detach {
        report::data(&job);
        return Ok(Exit::Passed);
    }
    follow(follower, &endpoint, &job, arguments.timeout).await
}

/// A file that is there is read and checked here; anything else is the name of a stored suite.
fn suite_of(arguments: &RunArguments) -> Result<(Option<Value>, Option<String>), UsageError> {
    let path = Path::new(&arguments.suite);
    if !path.exists() {
        if path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known)) {
            return Err(UsageError::new(format!("there is no file `{}`", arguments.suite)));
        }
        return Ok((Some(Value::String(arguments.suite.clone())), None));
    }
    let file = SuiteFile::read(path)?;
    let values = &arguments.values;
    let names = |pairs: &'_ [(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let (vars, secrets) = (names(&values.vars), names(&values.secrets));
    check_variables(&file.suite, vars.iter().map(String::as_str), secrets.iter().map(String::as_str))
        .map_err(|problems| UsageError::new(format!("`{}`: {problems}", arguments.suite)))?;
    Ok(file.travelling())
}
