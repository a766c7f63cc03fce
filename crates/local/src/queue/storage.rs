//! All SQL of the queue. Every function is one short transaction; nothing here waits, and nothing here depends on the
//! protocol.

mod queues;
mod store;
mod take;

pub(super) use queues::Queue;

use super::attributes::QueueAttributes;
use super::error::QueueError;
use super::fairness;
use super::message::{MessageCounts, NewMessage, Receipt, ReceivedMessage, SentMessage};
use super::schema;
use crate::clock::milliseconds;
use queues::{find_queue, has_dead_letters, update_queue};
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::Duration;
use store::{insert, revive};
use take::{bury_exhausted, take_one, waiting_groups};

/// How often messages past their retention are deleted.
const EXPIRE_EVERY: i64 = 60 * 60 * 1000;

/// The database of all queues.
pub(super) struct Storage {
    connection: Connection,
    expired_at: i64,
}

/// The result of taking the visible messages.
pub(super) struct Taken {
    /// In flight now
    pub(super) messages: Vec<ReceivedMessage>,
    /// How many went to the dead-letter queue
    pub(super) buried: usize,
}

impl Storage {
    /// Opens the file at `path`, or creates it.
    pub(super) fn open(path: &Path) -> Result<Self, QueueError> {
        Ok(Self { connection: schema::open(path)?, expired_at: i64::MIN })
    }

    /// The queue of that name.
    pub(super) fn queue(&self, name: &str) -> Result<Queue, QueueError> {
        find_queue(&self.connection, name)?.ok_or(QueueError::QueueDoesNotExist)
    }

    /// Creates the queue, unless it exists with the same attributes.
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

    /// Deletes a message by its latest receipt. An older receipt deletes nothing and is not an error.
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

    /// Hides messages in flight for `longest` from now, if they are hidden for longer.
    pub(super) fn hide_at_most(&mut self, queue: &str, longest: Duration, now: i64) -> Result<(), QueueError> {
        let queue = self.queue(queue)?;
        self.connection
            .prepare_cached(
                "UPDATE message SET visible_at = ?1 WHERE queue = ?2 AND visible_at > ?1 AND receive_count > 0",
            )?
            .execute(params![now + milliseconds(longest), queue.id])?;
        Ok(())
    }

    /// Deletes all messages of a queue.
    pub(super) fn purge(&mut self, queue: &str) -> Result<(), QueueError> {
        let queue = self.queue(queue)?;
        self.connection.execute("DELETE FROM message WHERE queue = ?1", [queue.id])?;
        Ok(())
    }

    /// Moves all messages of a dead-letter queue to `destination`, or each to the queue it failed in. Moved messages
    /// are new ones: new ids, nothing received yet. A source that is not a dead-letter queue is rejected.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>
    pub(super) fn move_messages(
        &mut self,
        source: &str,
        destination: Option<&str>,
        now: i64,
    ) -> Result<u64, QueueError> {
        let transaction = self.connection.transaction()?;
        let source = find_queue(&transaction, source)?.ok_or(QueueError::ResourceNotFound("SourceArn"))?;
        if let Some(name) = destination {
            find_queue(&transaction, name)?.ok_or(QueueError::ResourceNotFound("DestinationArn"))?;
        }
        if !has_dead_letters(&transaction, &source.name)? {
            let reason = "Source queue must be configured as a Dead Letter Queue.";
            return Err(QueueError::InvalidParameterValue(reason.to_owned()));
        }
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

    /// When the oldest message that can be received now was sent.
    pub(super) fn oldest_sent_at(&self, queue: &str, now: i64) -> Result<Option<i64>, QueueError> {
        let queue = self.queue(queue)?;
        let mut statement =
            self.connection.prepare_cached("SELECT min(sent_at) FROM message WHERE queue = ?1 AND visible_at <= ?2")?;
        Ok(statement.query_row([queue.id, now], |row| row.get(0))?)
    }

    /// Deletes messages past their retention, once in a while: there is no index for it and no hurry.
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
