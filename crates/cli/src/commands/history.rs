//! `stepcast history`: how the tests of a suite ended before.

use crate::args::HistoryArguments;
use crate::client::Session;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report;
use std::time::Duration;
use stepcast_protocol::command::HistoryQuery;
use stepcast_protocol::event::TestHistory;
use stepcast_protocol::{Command, EventBody, Outcome};
use stepcast_suite::duration;

/// The widest a name's column gets.
const NAME_CHARS: usize = 60;

/// Shows a line for each test.
pub(crate) async fn history(arguments: HistoryArguments) -> anyhow::Result<Exit> {
    let tests = all(&arguments).await?;
    if arguments.json {
        for test in &tests {
            report::json(&serde_json::to_string(test)?);
        }
    } else if tests.is_empty() {
        let branch = arguments.branch.as_ref().map_or_else(
            || "without a label `branch`; name one with --branch".to_owned(),
            |branch| format!("with the label `branch={branch}`"),
        );
        report::message(&format!("no test of `{}` has ended in a job {branch}", arguments.suite));
    } else {
        let width = tests.iter().map(|test| shown(&test.name).chars().count()).max().unwrap_or_default();
        for test in &tests {
            report::data(&line(test, width));
        }
        report::message("newest first: P passed, F failed, E errored, B blocked, ~ flaky");
    }
    Ok(Exit::Passed)
}

async fn all(arguments: &HistoryArguments) -> anyhow::Result<Vec<TestHistory>> {
    let mut session = Session::open(&Endpoint::find(&arguments.server)?).await?;
    let mut query = HistoryQuery {
        suite: arguments.suite.clone(),
        branch: arguments.branch.clone(),
        test: arguments.test.clone(),
        limit: Some(arguments.limit),
        cursor: None,
    };
    let mut all = Vec::new();
    loop {
        let answer = session.ask(Command::History(query.clone())).await?;
        let EventBody::History { tests, cursor, .. } = answer.body else { return Ok(all) };
        all.extend(tests);
        if cursor.is_none() {
            return Ok(all);
        }
        query.cursor = cursor;
    }
}

fn line(test: &TestHistory, width: usize) -> String {
    let letters: String = test.outcomes.iter().map(|past| letter(past.outcome)).collect();
    let took = test.outcomes.first().map(|past| duration::format(Duration::from_millis(past.duration_ms)));
    format!("{:<width$}  {:>7}  {letters}", shown(&test.name), took.unwrap_or_default())
}

fn shown(name: &str) -> String {
    let name = report::one_line(name);
    if name.chars().count() <= NAME_CHARS {
        return name;
    }
    name.chars().take(NAME_CHARS - 1).chain(['…']).collect()
}

fn letter(outcome: Outcome) -> char {
    match outcome {
        Outcome::Passed => 'P',
        Outcome::Failed => 'F',
        Outcome::Errored => 'E',
        Outcome::Blocked => 'B',
        Outcome::Flaky => '~',
        Outcome::Skipped | Outcome::Cancelled => '-',
    }
}
