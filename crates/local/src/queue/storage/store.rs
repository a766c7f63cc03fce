//! The rows of messages: of sent messages, and of dead letters that are moved back.

use super::queues::Queue;
use crate::clock::milliseconds;
use crate::queue::message::{NewMessage, SentMessage};
use rusqlite::{Transaction, params};
use uuid::Uuid;

pub(super) fn insert(
    transaction: &Transaction<'_>,
    queue: &Queue,
    message: &NewMessage,
    now: i64,
) -> rusqlite::Result<SentMessage> {
    let message_id = Uuid::now_v7().to_string();
    let attributes = serde_json::to_string(&message.attributes).unwrap_or_default();
    let visible_at = now + message.delay.map_or(queue.delay, milliseconds);
    transaction
        .prepare_cached(
            "INSERT INTO message (queue, message_id, body, attributes, message_group, sent_at, visible_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            queue.id,
            message_id,
            message.body,
            attributes,
            message.group.as_deref().unwrap_or_default(),
            now,
            visible_at
        ])?;
    Ok(SentMessage { message_id })
}

/// Inserts new rows instead of changing the old ones: receipts from before the move must not fit the messages after it.
pub(super) fn revive(
    transaction: &Transaction<'_>,
    source: i64,
    destination: Option<&str>,
    now: i64,
) -> rusqlite::Result<u64> {
    let rows: Vec<(i64, i64)> = transaction
        .prepare_cached(
            "SELECT message.id, queue.id FROM message JOIN queue ON queue.name = coalesce(?2, message.dead_letter_source)
             WHERE message.queue = ?1 AND message.visible_at <= ?3 ORDER BY message.id",
        )?
        .query_map(params![source, destination, now], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO message (queue, message_id, body, attributes, message_group, sent_at, visible_at)
         SELECT ?2, ?3, body, attributes, message_group, ?4, ?4 FROM message WHERE id = ?1",
    )?;
    let mut delete = transaction.prepare_cached("DELETE FROM message WHERE id = ?1")?;
    for (row, destination) in &rows {
        insert.execute(params![row, destination, Uuid::now_v7().to_string(), now])?;
        delete.execute([row])?;
    }
    Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
}
