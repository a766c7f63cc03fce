//! Whom a connection's commands, and the places in which they run, are counted for.

use std::borrow::Cow;
use stepcast_platform::table::Connection;

/// The connection's principal. Links to jobs are principals of their own, of which their maker can make as many as they
/// like: all links to the jobs of one owner count together, and apart from that owner.
pub(crate) fn of(connection: &Connection) -> Cow<'_, str> {
    match (&connection.job, &connection.counted_for) {
        (Some(_), Some(owner)) => format!("links to jobs of {owner}").into(),
        _ => connection.principal.as_str().into(),
    }
}
