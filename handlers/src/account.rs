//! The account that a connection's commands, and the places in which they run, count towards.

use std::borrow::Cow;
use stepcast_platform::table::Connection;

/// Returns the account: the connection's principal. Each shared link to a job is a principal of its own, and a user can
/// create any number of them, so all links to the jobs of one owner count together, and separately from that owner.
pub(crate) fn of(connection: &Connection) -> Cow<'_, str> {
    match (&connection.job, &connection.counted_for) {
        (Some(_), Some(owner)) => format!("links to jobs of {owner}").into(),
        _ => connection.principal.as_str().into(),
    }
}
