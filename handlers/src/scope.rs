//! What connections opened with a link to one job may do.

use crate::reply::Failure;
use stepcast_platform::table::Connection;
use stepcast_protocol::Command;
use stepcast_protocol::command::Topic;

/// Rejects everything except `hello`, `ping` and looking at that job, so that commands added later are rejected as
/// well.
pub(crate) fn check(connection: &Connection, command: &Command) -> Result<(), Failure> {
    let Some(shown) = &connection.job else { return Ok(()) };
    let is_allowed = match command {
        Command::Hello | Command::Ping => true,
        Command::Evidence(query) if !connection.without_evidence => query.job == *shown,
        Command::Job { job, .. } | Command::Watch(Topic::Job(job, _)) | Command::Unwatch(Topic::Job(job, _)) => {
            job == shown
        }
        _ => false,
    };
    if is_allowed {
        return Ok(());
    }
    let of_job = if connection.without_evidence { "`unwatch` and `job`" } else { "`unwatch`, `job` and `evidence`" };
    Err(Failure::forbidden(format!(
        "you are connected with a link to the job `{shown}`, which allows `hello`, `ping`, and `watch`, {of_job} of that \
         job; everything else needs a token of your own"
    )))
}
