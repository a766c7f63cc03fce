//! What one principal may use at once, and the errors beyond that. These errors are temporary: the client can retry.

use crate::account;
use crate::reply::{Caller, Failure};
use std::time::Duration;
use stepcast_platform::table::CommandKind;
use stepcast_platform::{Platform, Result};
use stepcast_protocol::ErrorCode;
use stepcast_suite::duration;

/// The window in which commands are counted, so that a burst passes if the average is within the limit.
const WINDOW: Duration = Duration::from_secs(10);

/// Whether a principal has as many connections as it may. Those that are opened at the same moment are not counted yet,
/// so there can be a few more.
///
/// A connection by a link to a principal's job is rejected once the principal's own connections and those by links
/// reach the limit together. Connections by links do not reduce the principal's own.
pub(crate) async fn has_all_connections(platform: &Platform, principal: &str, by_link: bool) -> Result<bool> {
    let open = platform.table.open_connections(principal).await?;
    let counted = if by_link { open.own + open.by_links } else { open.own };
    Ok(counted >= platform.limits.connections)
}

/// Counts a command, and rejects it beyond the limit. A message that is not a command costs as much, and counts as one.
/// `ping` is counted separately: it keeps a connection open, which must not be lost because other connections of the
/// same principal are busy.
pub(crate) async fn count(caller: &Caller<'_>, kind: CommandKind) -> std::result::Result<(), Failure> {
    let account = account::of(&caller.connection);
    let per_second = caller.platform.limits.commands_per_s;
    let most = per_second.saturating_mul(usize::try_from(WINDOW.as_secs()).unwrap_or(usize::MAX));
    let counted = caller.platform.table.count_command(kind, &account, WINDOW, most).await?;
    if counted.commands <= most {
        return Ok(());
    }
    let what = match kind {
        CommandKind::Ping => "`ping`s",
        CommandKind::Other => "commands",
    };
    Err(Failure::new(
        ErrorCode::RateLimited,
        format!(
            "`{account}` sent more than {most} {what} in {}, which is {per_second} a second; this one was not \
             carried out, send it again in {}",
            duration::format(WINDOW),
            duration::format(counted.next_in),
        ),
    ))
}

/// Rejects another job if the principal has as many without a verdict as it may. Jobs that are started at the same
/// moment are not counted yet, so there can be a few more.
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
