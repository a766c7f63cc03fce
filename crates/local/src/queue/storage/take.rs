//! Taking messages: which ones are next, and what happens to messages that were taken too often.

use super::queues::{Queue, find_queue};
use crate::queue::fairness::Group;
use crate::queue::message::{Receipt, ReceivedMessage};
use rusqlite::{Row, Transaction, params};
use std::collections::HashMap;

/// Moves messages that were received as often as allowed to the dead-letter queue. A policy that names a missing queue
/// moves nothing: it is better to deliver the messages too often than to lose them.
pub(super) fn bury_exhausted(transaction: &Transaction<'_>, queue: &Queue, now: i64) -> rusqlite::Result<usize> {
    let Some(policy) = &queue.redrive else { return Ok(0) };
    let Some(dead_letter_queue) = find_queue(transaction, &policy.dead_letter_queue)? else { return Ok(0) };
    transaction
        .prepare_cached(
            "UPDATE message SET queue = ?1, visible_at = ?2, dead_letter_source = ?3
             WHERE queue = ?4 AND receive_count > 0 AND receive_count >= ?5 AND visible_at <= ?2",
        )?
        .execute(params![dead_letter_queue.id, now, queue.name, queue.id, policy.max_receive_count])
}

/// Returns every group with visible messages, with the first `max` messages of each and how many it has in flight.
pub(super) fn waiting_groups(
    transaction: &Transaction<'_>,
    queue: i64,
    max: usize,
    now: i64,
) -> rusqlite::Result<Vec<Group>> {
    let mut in_flight = in_flight_by_group(transaction, queue, now)?;
    let mut next = transaction.prepare_cached(
        "SELECT visible_at, id FROM message WHERE queue = ?1 AND message_group = ?2 AND visible_at <= ?3
         ORDER BY visible_at, id LIMIT ?4",
    )?;
    let limit = i64::try_from(max).unwrap_or(i64::MAX);
    group_names(transaction, queue)?
        .into_iter()
        .map(|name| {
            let rows = next.query_map(params![queue, name, now, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let waiting = rows.collect::<rusqlite::Result<_>>()?;
            Ok(Group { in_flight: in_flight.remove(&name).unwrap_or_default(), waiting })
        })
        .collect()
}

fn in_flight_by_group(transaction: &Transaction<'_>, queue: i64, now: i64) -> rusqlite::Result<HashMap<String, usize>> {
    let mut statement = transaction.prepare_cached(
        "SELECT message_group, count(*) FROM message
         WHERE queue = ?1 AND receive_count > 0 AND visible_at > ?2 GROUP BY message_group",
    )?;
    let rows = statement.query_map([queue, now], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Returns the groups that have messages, visible or not. The query walks the index from group to group, so a group
/// with ten thousand messages costs one step.
fn group_names(transaction: &Transaction<'_>, queue: i64) -> rusqlite::Result<Vec<String>> {
    let mut statement = transaction.prepare_cached(
        "WITH RECURSIVE walk (name) AS (
             SELECT min(message_group) FROM message WHERE queue = ?1
             UNION ALL
             SELECT (SELECT min(message_group) FROM message WHERE queue = ?1 AND message_group > walk.name)
             FROM walk WHERE walk.name IS NOT NULL
         )
         SELECT name FROM walk WHERE name IS NOT NULL",
    )?;
    let rows = statement.query_map([queue], |row| row.get(0))?;
    rows.collect()
}

pub(super) fn take_one(
    transaction: &Transaction<'_>,
    row: i64,
    hidden_until: i64,
    now: i64,
) -> rusqlite::Result<ReceivedMessage> {
    transaction
        .prepare_cached(
            "UPDATE message SET visible_at = ?2, receive_count = receive_count + 1,
                 first_received_at = coalesce(first_received_at, ?3)
             WHERE id = ?1 RETURNING *",
        )?
        .query_row(params![row, hidden_until, now], read_message)
}

fn read_message(row: &Row<'_>) -> rusqlite::Result<ReceivedMessage> {
    let attributes: String = row.get("attributes")?;
    let group: String = row.get("message_group")?;
    let receipt = Receipt { row: row.get("id")?, receive_count: row.get("receive_count")? };
    Ok(ReceivedMessage {
        message_id: row.get("message_id")?,
        receipt_handle: receipt.to_handle(),
        body: row.get("body")?,
        attributes: serde_json::from_str(&attributes).unwrap_or_default(),
        group: (!group.is_empty()).then_some(group),
        sent_at: row.get("sent_at")?,
        first_received_at: row.get("first_received_at")?,
        receive_count: u32::try_from(receipt.receive_count).unwrap_or(u32::MAX),
        dead_letter_source: row.get("dead_letter_source")?,
    })
}
