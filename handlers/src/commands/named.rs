//! Checks what a command names: a job, a suite, a connection. Nothing has a name longer than the limit, and no key of
//! the table could hold it.

use crate::reply::Failure;
use serde_json::Value;
use stepcast_protocol::Command;
use stepcast_protocol::command::{HistoryQuery, JobsQuery, Replay, Topic};
use stepcast_suite::limits::NAME_BYTES;
use stepcast_suite::plain;

/// Rejects names that nothing can have.
pub(super) fn check(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Watch(Topic::Job(job))
        | Command::Unwatch(Topic::Job(job))
        | Command::Job { job }
        | Command::Cancel { job }
        | Command::Replay(Replay { job, .. })
        | Command::Comment { job, .. }
        | Command::Finish { job }
        | Command::Share { job, .. } => check_name("job", job),
        Command::Run(run) => match &run.suite {
            Some(Value::String(name)) => check_name("suite", name),
            _ => Ok(()),
        },
        Command::Jobs(JobsQuery { suite: Some(suite), .. }) | Command::History(HistoryQuery { suite, .. }) => {
            check_name("suite", suite)
        }
        Command::GetSuite { name } | Command::DeleteSuite { name } => check_name("name", name),
        Command::Disconnect { connection } => check_name("connection", connection),
        _ => Ok(()),
    }
}

/// Rejects a name that no suite can be stored under. `NAME@VERSION` asks for a version.
pub(super) fn check_stored_name(name: &str) -> Result<(), Failure> {
    check_name("name", name)?;
    check_shown("name", name)?;
    let is_versioned = name
        .rsplit_once('@')
        .is_some_and(|(_, version)| !version.is_empty() && version.chars().all(|c| c.is_ascii_digit()));
    if is_versioned {
        return Err(Failure::bad_request(
            "`name` must not end with `@` and a number, which is how a version is asked for",
        ));
    }
    Ok(())
}

/// Rejects a name with hidden characters.
pub(super) fn check_shown(field: &str, name: &str) -> Result<(), Failure> {
    match plain::name_problem(name) {
        Some(problem) => Err(Failure::bad_request(format!("`{field}`: {problem}"))),
        None => Ok(()),
    }
}

/// Rejects a name that is empty or too long.
pub(super) fn check_name(field: &str, name: &str) -> Result<(), Failure> {
    if (1..=NAME_BYTES).contains(&name.len()) {
        return Ok(());
    }
    Err(Failure::bad_request(format!("`{field}` has 1 to {NAME_BYTES} bytes")))
}
