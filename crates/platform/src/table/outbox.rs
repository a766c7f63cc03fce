//! The outbox: the notification that a suite broke or recovered is written in the same transaction as the verdict that
//! showed it, and stays until all webhooks are notified or none can be any more. A queue message says only that there
//! is a notification to deliver.

use super::expression::{ItemUpdate, attribute};
use super::item::{key, read};
use super::{Table, failed};
use crate::error::Result;
use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::Deserialize;
use std::time::Duration;
use stepcast_protocol::id::JobId;
use stepcast_suite::duration::millis;

const PARTITION: &str = "OUTBOX";

/// Longest time a notification is kept; workers give up long before.
const LIFETIME: Duration = Duration::from_hours(24);

/// How long its first queue message may take before it counts as lost.
const ON_ITS_WAY: Duration = Duration::from_mins(1);

/// The same for a message that the reaper sent. It is longer so that the message is not sent every minute while workers
/// cannot read the list of webhooks.
const ON_ITS_WAY_AGAIN: Duration = Duration::from_mins(10);

/// A notification that is not yet delivered to all webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PendingNotification {
    /// The job it is about
    pub job: JobId,
    /// The suite, the branch and the part of it whose state has changed; empty if an earlier release wrote it
    #[serde(default)]
    state: String,
    /// How often a worker has taken it
    pub tries: u32,
    /// The webhooks that were notified, or never will be
    #[serde(rename = "told")]
    pub notified: Vec<String>,
    /// When it was written, in milliseconds since 1970
    pub created_at: u64,
    /// When it has to be queued again, in milliseconds since 1970
    pub queue_at: u64,
    expires_at: u64,
}

impl Table {
    /// Writes the notification that a job has changed the state of its suite.
    pub(super) fn put_notification(&self, job: &JobId, state: &str) -> Result<TransactWriteItem> {
        let now = self.clock.now_ms();
        let update = ItemUpdate::of(key(PARTITION, job))
            .set("job", job)
            .set("state", state)
            .set("tries", 0_u32)
            .set("told", [].as_slice())
            .set("created_at", now)
            .set("due_at", now)
            .set("queue_at", now + millis(ON_ITS_WAY))
            .set("expires_at", self.clock.expiry(LIFETIME));
        self.updating(update)
    }

    /// Takes a notification for `hold`, if it is due. Returns `None` if all webhooks were notified, another worker has
    /// the notification, or its next try is still to come, in which case the reaper queues it again.
    pub async fn claim_notification(&self, job: &JobId, hold: Duration) -> Result<Option<PendingNotification>> {
        let now = self.clock.now_ms();
        let is_due = attribute("due_at").is_at_most(now).and(attribute("expires_at").is_above(now / 1_000));
        let update = update_notification(job)
            .only_if(is_due)
            .set("due_at", now + millis(hold))
            .set("queue_at", now + millis(hold))
            .add("tries", 1_u64)
            .returning_item();
        self.update(update).await?.item().map(|item| read("notification", item)).transpose()
    }

    /// Stores which webhooks were notified, and when to retry the others. Does nothing if another worker has taken the
    /// notification since.
    pub async fn put_off_notification(&self, held: &PendingNotification, again_after: Duration) -> Result<()> {
        let later = self.clock.now_ms() + millis(again_after);
        let update = update_notification(&held.job)
            .only_if(attribute("tries").is(held.tries))
            .set("told", held.notified.as_slice())
            .set("due_at", later)
            .set("queue_at", later);
        self.update(update).await.map(|_| ())
    }

    /// Deletes a notification: there is no webhook left to notify.
    pub async fn forget_notification(&self, job: &JobId) -> Result<()> {
        let request = self.client.delete_item().table_name(&self.name).set_key(Some(key(PARTITION, job)));
        request.send().await.map_err(failed)?;
        Ok(())
    }

    /// Reads the notifications that have to be queued again: those whose next try is due, and those whose message was
    /// lost.
    pub async fn notifications_to_queue(&self) -> Result<Vec<PendingNotification>> {
        let now = self.clock.now_ms();
        let mut pending = self.pending_notifications().await?;
        pending.retain(|pending| pending.queue_at <= now);
        Ok(pending)
    }

    /// Reads the undelivered notifications about earlier changes of the same state. The job ids show which of two jobs
    /// is the earlier one.
    pub async fn notifications_before(&self, later: &PendingNotification) -> Result<Vec<PendingNotification>> {
        let mut pending = self.pending_notifications().await?;
        pending.retain(|pending| !later.state.is_empty() && pending.state == later.state && pending.job < later.job);
        Ok(pending)
    }

    async fn pending_notifications(&self) -> Result<Vec<PendingNotification>> {
        let now = self.clock.now_ms();
        let items = Self::all(self.partition(PARTITION, "")).await?.into_iter();
        let mut pending = items.map(|item| read("notification", item)).collect::<Result<Vec<PendingNotification>>>()?;
        pending.retain(|pending| pending.expires_at > now / 1_000);
        Ok(pending)
    }

    /// Notes that a notification is queued again. Returns `false` if another process has just done so, or has delivered
    /// it.
    pub async fn note_queued(&self, pending: &PendingNotification) -> Result<bool> {
        let update = update_notification(&pending.job)
            .only_if(attribute("queue_at").is(pending.queue_at))
            .set("queue_at", self.clock.now_ms() + millis(ON_ITS_WAY_AGAIN));
        Ok(self.update(update).await?.is_done())
    }
}

fn update_notification(job: &JobId) -> ItemUpdate {
    ItemUpdate::of(key(PARTITION, job))
}
