//! The queues themselves.

use crate::clock::milliseconds;
use crate::queue::attributes::{QueueAttributes, RedrivePolicy};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};
use std::time::Duration;

/// A queue as the database stores it; durations in milliseconds.
#[derive(Debug, Clone)]
pub(in crate::queue) struct Queue {
    pub(in crate::queue) id: i64,
    pub(in crate::queue) name: String,
    pub(in crate::queue) created_at: i64,
    pub(in crate::queue) visibility_timeout: i64,
    pub(in crate::queue) delay: i64,
    pub(in crate::queue) receive_wait: i64,
    pub(in crate::queue) retention: i64,
    pub(in crate::queue) redrive: Option<RedrivePolicy>,
}

impl Queue {
    /// Returns whether the given attributes are the ones the queue has.
    pub(super) fn has(&self, attributes: &QueueAttributes) -> bool {
        let same = |given: Option<Duration>, value: i64| given.is_none_or(|given| milliseconds(given) == value);
        same(attributes.visibility_timeout, self.visibility_timeout)
            && same(attributes.delay, self.delay)
            && same(attributes.receive_wait, self.receive_wait)
            && same(attributes.retention, self.retention)
            && attributes.redrive.as_ref().is_none_or(|redrive| *redrive == self.redrive)
    }
}

pub(super) fn find_queue(connection: &Connection, name: &str) -> rusqlite::Result<Option<Queue>> {
    let mut statement = connection.prepare_cached("SELECT * FROM queue WHERE name = ?1")?;
    statement.query_row([name], read_queue).optional()
}

/// Returns whether this is the dead-letter queue of any queue.
pub(super) fn has_dead_letters(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM queue WHERE dead_letter_queue = ?1")?.exists([name])
}

fn read_queue(row: &Row<'_>) -> rusqlite::Result<Queue> {
    let dead_letter_queue: Option<String> = row.get("dead_letter_queue")?;
    let max_receive_count: Option<u32> = row.get("max_receive_count")?;
    Ok(Queue {
        id: row.get("id")?,
        name: row.get("name")?,
        created_at: row.get("created_at")?,
        visibility_timeout: row.get("visibility_timeout")?,
        delay: row.get("delay")?,
        receive_wait: row.get("receive_wait")?,
        retention: row.get("retention")?,
        redrive: dead_letter_queue
            .zip(max_receive_count)
            .map(|(dead_letter_queue, max_receive_count)| RedrivePolicy { dead_letter_queue, max_receive_count }),
    })
}

pub(super) fn update_queue(
    transaction: &Transaction<'_>,
    name: &str,
    attributes: &QueueAttributes,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "UPDATE queue SET visibility_timeout = coalesce(:visibility_timeout, visibility_timeout),
                 delay = coalesce(:delay, delay), receive_wait = coalesce(:receive_wait, receive_wait),
                 retention = coalesce(:retention, retention)
             WHERE name = :name",
        )?
        .execute(named_params! {
            ":name": name,
            ":visibility_timeout": attributes.visibility_timeout.map(milliseconds),
            ":delay": attributes.delay.map(milliseconds),
            ":receive_wait": attributes.receive_wait.map(milliseconds),
            ":retention": attributes.retention.map(milliseconds),
        })?;
    if let Some(redrive) = &attributes.redrive {
        let policy = redrive.as_ref();
        transaction.execute(
            "UPDATE queue SET dead_letter_queue = ?2, max_receive_count = ?3 WHERE name = ?1",
            params![
                name,
                policy.map(|policy| &policy.dead_letter_queue),
                policy.map(|policy| policy.max_receive_count)
            ],
        )?;
    }
    Ok(())
}
