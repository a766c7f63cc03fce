//! All SQL of the queue. Every function is one short transaction; nothing here waits and nothing here knows the protocol.

use super::attributes::{QueueAttributes, RedrivePolicy};
use super::error::QueueError;
use super::fairness::{self, Group};
use super::message::{MessageCounts, NewMessage, Receipt, ReceivedMessage, SentMessage};
use super::schema;
use crate::clock::milliseconds;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// How often messages past their retention are looked for.
const EXPIRE_EVERY: i64 = 60 * 60 * 1000;

/// The database of all queues.
pub(super) struct Storage {
    connection: Connection,
    expired_at: i64,
}

/// A queue as the database has it; durations in milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) created_at: i64,
    pub(super) visibility_timeout: i64,
    pub(super) delay: i64,
    pub(super) receive_wait: i64,
    pub(super) retention: i64,
    pub(super) redrive: Option<RedrivePolicy>,
}

/// What became of the messages that were visible.
pub(super) struct Taken {
    /// In flight now
    pub(super) messages: Vec<ReceivedMessage>,
    /// How many went to the dead-letter queue
    pub(super) buried: usize,
}

impl Storage {
    /// Opens the file at `path`, or makes it.
    pub(super) fn open(path: &Path) -> Result<Self, QueueError> {
        Ok(Self { connection: schema::open(path)?, expired_at: i64::MIN })
    }

    /// The queue of that name.
    pub(super) fn queue(&self, name: &str) -> Result<Queue, QueueError> {
        find_queue(&self.connection, name)?.ok_or(QueueError::QueueDoesNotExist)
    }

    /// Makes the queue, unless it is there with the same attributes.
    pub(super) fn create_queue(
        &mut self,
        name: &str,
        attributes: &QueueAttributes,
        now: i64,
    ) -> Result<Queue, QueueError> {
        let transaction = self.connection.transaction()?;
        if let Some(existing) = find_queue(&transaction, name)? {
            return if existing.has(attributes) { Ok(existing) } else { Err(QueueError::QueueNameExists) };
        }
        transaction.execute("INSERT INTO queue (name, created_at) VALUES (?1, ?2)", params![name, now])?;
        update_queue(&transaction, name, attributes)?;
        let queue = find_queue(&transaction, name)?.ok_or(QueueError::QueueDoesNotExist)?;
        transaction.commit()?;
        Ok(queue)
    }

    /// Changes the attributes that are given.
    pub(super) fn set_attributes(&mut self, name: &str, attributes: &QueueAttributes) -> Result<(), QueueError> {
        let transaction = self.connection.transaction()?;
        find_queue(&transaction, name)?.ok_or(QueueError::QueueDoesNotExist)?;
        update_queue(&transaction, name, attributes)?;
        Ok(transaction.commit()?)
    }

    /// Stores messages, all or none.
    pub(super) fn send(
        &mut self,
        queue: &str,
        messages: &[NewMessage],
        now: i64,
    ) -> Result<Vec<SentMessage>, QueueError> {
        let queue = self.queue(queue)?;
        let transaction = self.connection.transaction()?;
        let sent =
            messages.iter().map(|message| insert(&transaction, &queue, message, now)).collect::<Result<_, _>>()?;
        transaction.commit()?;
        Ok(sent)
    }

    /// Takes up to `max` visible messages and hides them for `visibility_timeout`, the queue's own if there is none.
    /// Messages that were received too often go to the dead-letter queue instead.
    pub(super) fn take(
        &mut self,
        queue: &str,
        max: usize,
        visibility_timeout: Option<Duration>,
        now: i64,
    ) -> Result<Taken, QueueError> {
        self.expire(now)?;
        let queue = self.queue(queue)?;
        let hidden_until = now + visibility_timeout.map_or(queue.visibility_timeout, milliseconds);
        let transaction = self.connection.transaction()?;
        let buried = bury_exhausted(&transaction, &queue, now)?;
        let chosen = fairness::choose(waiting_groups(&transaction, queue.id, max, now)?, max);
        let messages =
            chosen.into_iter().map(|row| take_one(&transaction, row, hidden_until, now)).collect::<Result<_, _>>()?;
        transaction.commit()?;
        Ok(Taken { messages, buried })
    }

    /// When the next message becomes visible, if one is hidden or waiting: in the past if one can be received now.
    pub(super) fn next_visible_at(&self, queue: &str) -> Result<Option<i64>, QueueError> {
        let queue = self.queue(queue)?;
        let mut statement = self.connection.prepare_cached("SELECT min(visible_at) FROM message WHERE queue = ?1")?;
        Ok(statement.query_row([queue.id], |row| row.get(0))?)
    }

    /// How many messages can be received now, counted up to `at_most`.
    pub(super) fn visible(&self, queue: &str, at_most: usize, now: i64) -> Result<usize, QueueError> {
        let queue = self.queue(queue)?;
        let mut statement = self.connection.prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM message WHERE queue = ?1 AND visible_at <= ?2 LIMIT ?3)",
        )?;
        let limit = i64::try_from(at_most).unwrap_or(i64::MAX);
        let count: i64 = statement.query_row(params![queue.id, now, limit], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Deletes a message by its latest receipt. An older receipt deletes nothing, which is no error.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>
    pub(super) fn delete(&mut self, queue: &str, receipt: Receipt) -> Result<(), QueueError> {
        let queue = self.queue(queue)?;
        self.connection
            .prepare_cached("DELETE FROM message WHERE id = ?1 AND queue = ?2 AND receive_count = ?3")?
            .execute(params![receipt.row, queue.id, receipt.receive_count])?;
        Ok(())
    }

    /// Hides a message in flight for `timeout` from now; 0 gives it back.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>
    pub(super) fn change_visibility(
        &mut self,
        queue: &str,
        receipt: Receipt,
        timeout: Duration,
        now: i64,
    ) -> Result<(), QueueError> {
        let queue = self.queue(queue)?;
        let changed = self
            .connection
            .prepare_cached(
                "UPDATE message SET visible_at = ?1
                 WHERE id = ?2 AND queue = ?3 AND receive_count = ?4 AND visible_at > ?5",
            )?
            .execute(params![now + milliseconds(timeout), receipt.row, queue.id, receipt.receive_count, now])?;
        if changed == 0 { Err(QueueError::MessageNotInflight) } else { Ok(()) }
    }

    /// Deletes all messages of a queue.
    pub(super) fn purge(&mut self, queue: &str) -> Result<(), QueueError> {
        let queue = self.queue(queue)?;
        self.connection.execute("DELETE FROM message WHERE queue = ?1", [queue.id])?;
        Ok(())
    }

    /// Moves all messages of a dead-letter queue to `destination`, or each to the queue it failed in. Moved messages are
    /// new ones: new ids, nothing received yet.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>
    pub(super) fn move_messages(
        &mut self,
        source: &str,
        destination: Option<&str>,
        now: i64,
    ) -> Result<u64, QueueError> {
        let source = self.queue(source)?;
        destination.map(|name| self.queue(name)).transpose()?;
        let transaction = self.connection.transaction()?;
        let moved = revive(&transaction, source.id, destination, now)?;
        transaction.commit()?;
        Ok(moved)
    }

    /// How many messages there are, by state.
    pub(super) fn counts(&self, queue: &str, now: i64) -> Result<MessageCounts, QueueError> {
        let queue = self.queue(queue)?;
        let mut statement = self.connection.prepare_cached(
            "SELECT count(*) FILTER (WHERE visible_at <= ?2),
                    count(*) FILTER (WHERE visible_at > ?2 AND receive_count > 0),
                    count(*) FILTER (WHERE visible_at > ?2 AND receive_count = 0)
             FROM message WHERE queue = ?1",
        )?;
        Ok(statement.query_row([queue.id, now], |row| {
            Ok(MessageCounts { visible: row.get(0)?, in_flight: row.get(1)?, delayed: row.get(2)? })
        })?)
    }

    /// Deletes what is past its retention, once in a while: there is no index for it and no hurry.
    fn expire(&mut self, now: i64) -> Result<(), QueueError> {
        if now < self.expired_at.saturating_add(EXPIRE_EVERY) {
            return Ok(());
        }
        self.expired_at = now;
        self.connection.execute(
            "DELETE FROM message WHERE sent_at <= ?1 - (SELECT retention FROM queue WHERE queue.id = message.queue)",
            [now],
        )?;
        Ok(())
    }
}

impl Queue {
    /// Whether the attributes that are given are the ones the queue has.
    fn has(&self, attributes: &QueueAttributes) -> bool {
        let same = |given: Option<Duration>, value: i64| given.is_none_or(|given| milliseconds(given) == value);
        same(attributes.visibility_timeout, self.visibility_timeout)
            && same(attributes.delay, self.delay)
            && same(attributes.receive_wait, self.receive_wait)
            && same(attributes.retention, self.retention)
            && attributes.redrive.as_ref().is_none_or(|redrive| *redrive == self.redrive)
    }
}

fn find_queue(connection: &Connection, name: &str) -> rusqlite::Result<Option<Queue>> {
    let mut statement = connection.prepare_cached("SELECT * FROM queue WHERE name = ?1")?;
    statement.query_row([name], read_queue).optional()
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

fn update_queue(transaction: &Transaction<'_>, name: &str, attributes: &QueueAttributes) -> rusqlite::Result<()> {
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

fn insert(
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

/// Moves what was received as often as allowed to the dead-letter queue. A policy that names a queue which does not exist
/// moves nothing: the messages are better delivered too often than lost.
fn bury_exhausted(transaction: &Transaction<'_>, queue: &Queue, now: i64) -> rusqlite::Result<usize> {
    let Some(policy) = &queue.redrive else { return Ok(0) };
    let Some(dead_letter_queue) = find_queue(transaction, &policy.dead_letter_queue)? else { return Ok(0) };
    transaction
        .prepare_cached(
            "UPDATE message SET queue = ?1, visible_at = ?2, dead_letter_source = ?3
             WHERE queue = ?4 AND receive_count > 0 AND receive_count >= ?5 AND visible_at <= ?2",
        )?
        .execute(params![dead_letter_queue.id, now, queue.name, queue.id, policy.max_receive_count])
}

/// Every group with something visible, with the first `max` messages of each and how many it has in flight.
fn waiting_groups(transaction: &Transaction<'_>, queue: i64, max: usize, now: i64) -> rusqlite::Result<Vec<Group>> {
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

/// The groups that have messages, visible or not. It walks the index from group to group, so a group with ten thousand
/// messages costs one step.
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

fn take_one(transaction: &Transaction<'_>, row: i64, hidden_until: i64, now: i64) -> rusqlite::Result<ReceivedMessage> {
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

/// New rows rather than changed ones: receipts from before the move must not fit the messages after it.
fn revive(transaction: &Transaction<'_>, source: i64, destination: Option<&str>, now: i64) -> rusqlite::Result<u64> {
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
