//! What one principal may use at once, and what they are told beyond it. What is over is temporary: the same can be asked
//! again.

use crate::reply::{Caller, Failure};
use std::time::Duration;
use stepcast_platform::{Platform, Result};
use stepcast_protocol::{Command, ErrorCode, duration};

/// The time over which commands are counted, so that a burst passes where the average is kept.
const WINDOW: Duration = Duration::from_secs(10);

/// Whether a principal may not have another connection. Those who connect at the same moment are not counted yet, so
/// there can be a few more.
pub(crate) async fn has_all_connections(platform: &Platform, principal: &str) -> Result<bool> {
    let most = platform.limits.connections;
    Ok(platform.table.connections_of(principal, most).await? >= most)
}

/// Counts a command, and refuses those beyond the limit. `ping` is neither: it keeps a connection open, which must not
/// be lost because others of the same principal are busy.
pub(crate) async fn count(caller: &Caller<'_>, command: &Command) -> std::result::Result<(), Failure> {
    if *command == Command::Ping {
        return Ok(());
    }
    let principal = &caller.connection.principal;
    let per_second = caller.platform.limits.commands_per_s;
    let most = per_second.saturating_mul(usize::try_from(WINDOW.as_secs()).unwrap_or(usize::MAX));
    let counted = caller.platform.table.count_command(principal, WINDOW).await?;
    if counted.commands <= most {
        return Ok(());
    }
    Err(Failure::new(
        ErrorCode::RateLimited,
        format!(
            "`{principal}` sent more than {most} commands in {}, which is {per_second} a second; this one was not \
             carried out, send it again in {}",
            duration::format(WINDOW),
            duration::format(counted.next_in),
        ),
    ))
}

/// Refuses another job to those who have as many without a verdict as they may. Those started at the same moment are not
/// counted yet, so there can be a few more.
pub(crate) async fn check_open_jobs(caller: &Caller<'_>) -> std::result::Result<(), Failure> {
    let (principal, most) = (&caller.connection.principal, caller.platform.limits.open_jobs);
    let open = caller.platform.table.open_jobs_of(principal, most).await?;
    if open < most {
        return Ok(());
    }
    let jobs = if open == 1 { "job" } else { "jobs" };
    Err(Failure::new(
        ErrorCode::RateLimited,
        format!(
            "`{principal}` has {open} {jobs} without a verdict, and may have {most}; wait until one is finished or \
             cancel one, and send this again"
        ),
    ))
}
