//! Counts the open connections of a principal at a cost that does not grow with their number.
//!
//! Connections are counted by when they were opened: one item for each principal and five minutes holds how many of
//! those are still open. A connection lives for at most two hours, so only the items of the last two hours have to be
//! added up, and one `Query` reads them. `$disconnect` is best effort, so a count may stay too high. That corrects
//! itself: an item is no longer read once all of its connections must have ended. A count is never too low, because a
//! connection is counted before it is stored, and subtracted only by the request that deleted its row.

use super::expression::{ItemUpdate, attribute};
use super::item::{Item, key, text};
use super::{Connection, Table};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use std::time::Duration;
use stepcast_protocol::limits::CONNECTION_LIFETIME;
use stepcast_suite::duration::millis;

/// The window whose connections are counted together: at most 25 items have to be read.
const WINDOW: Duration = Duration::from_mins(5);

/// How many connections are open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenConnections {
    /// Opened with the principal's own tokens
    pub own: usize,
    /// Opened with shared links to the principal's jobs
    pub by_links: usize,
}

impl Table {
    /// Returns how many connections are counted for a principal.
    pub async fn open_connections(&self, principal: &str) -> Result<OpenConnections> {
        let oldest = self.clock.now_ms().saturating_sub(millis(CONNECTION_LIFETIME));
        let query = self
            .partition(partition(principal), "")
            .key_condition_expression("pk = :pk AND sk >= :oldest")
            .expression_attribute_values(":oldest", text(window(oldest)));
        let mut open = OpenConnections::default();
        for item in Self::all(query).await? {
            open.own += count(&item, "own")?;
            open.by_links += count(&item, "by_links")?;
        }
        Ok(open)
    }

    /// Counts a connection that is about to be stored.
    pub(super) async fn count_in(&self, connection: &Connection, principal: &str) -> Result<()> {
        // By then no connection of the window can be open any more.
        let end = self.clock.expiry(CONNECTION_LIFETIME + WINDOW * 2);
        let update = count_of(connection, principal).set("expires_at", end).add(kind(connection), 1_u64);
        self.update(update).await.map(|_| ())
    }

    /// Subtracts a connection whose row was just deleted. If its window is over, there is no count to subtract it from.
    pub(super) async fn count_out(&self, connection: &Connection) -> Result<()> {
        // Connections that an earlier version stored were not counted this way.
        let Some(principal) = &connection.counted_for else { return Ok(()) };
        let is_counted = attribute(kind(connection)).is_above(0_u32);
        let update = count_of(connection, principal).only_if(is_counted).add(kind(connection), -1_i64);
        self.update(update).await.map(|_| ())
    }
}

fn count_of(connection: &Connection, principal: &str) -> ItemUpdate {
    ItemUpdate::of(key(partition(principal), window(connection.connected_at)))
}

/// The attribute that counts a connection.
fn kind(connection: &Connection) -> &'static str {
    if connection.job.is_some() { "by_links" } else { "own" }
}

fn partition(principal: &str) -> String {
    format!("OPEN_CONNECTIONS#{principal}")
}

/// The sort key of the window that a moment is in.
fn window(at: u64) -> String {
    format!("{:015}", at / millis(WINDOW))
}

fn count(item: &Item, name: &str) -> Result<usize> {
    let Some(value) = item.get(name) else { return Ok(0) };
    let count = AttributeValue::as_n(value).ok().and_then(|count| count.parse().ok());
    count.ok_or_else(|| Error::unreadable("number of connections", "it is no number"))
}
