//! Counts the open connections of a principal at a cost that does not grow with their number.
//!
//! Connections are counted by when they were opened: one item for each principal and five minutes holds how many of
//! those are still open. A connection lives for at most two hours, so only the items of the last two hours have to be
//! added up, and one `Query` reads them. `$disconnect` is best effort, so a count may stay too high. That corrects
//! itself: an item is no longer read once all of its connections must have ended. A count is never too low, because a
//! connection is counted before it is stored, and subtracted only by the request that deleted its row.

use super::item::{Item, key, number, text};
use super::{Connection, Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
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
        let update =
            self.change_count(connection, principal, "1").update_expression("SET expires_at = :end ADD #count :by");
        // By then no connection of the window can be open any more.
        let end = self.clock.expiry(CONNECTION_LIFETIME + WINDOW * 2);
        update.expression_attribute_values(":end", number(end)).send().await.map_err(failed)?;
        Ok(())
    }

    /// Subtracts a connection whose row was just deleted. If its window is over, there is no count to subtract it from.
    pub(super) async fn count_out(&self, connection: &Connection) -> Result<()> {
        // Connections that an earlier version stored were not counted this way.
        let Some(principal) = &connection.counted_for else { return Ok(()) };
        let update = self
            .change_count(connection, principal, "-1")
            .update_expression("ADD #count :by")
            .condition_expression("#count > :zero")
            .expression_attribute_values(":zero", number(0));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn change_count(&self, connection: &Connection, principal: &str, by: &str) -> UpdateItemFluentBuilder {
        let name = if connection.job.is_some() { "by_links" } else { "own" };
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(partition(principal), window(connection.connected_at))))
            .expression_attribute_names("#count", name)
            .expression_attribute_values(":by", number(by))
    }
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
