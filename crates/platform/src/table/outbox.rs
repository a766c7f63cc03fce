//! The outbox: the notification that a suite broke or recovered is written in the same transaction as the verdict that
//! showed it, and stays until all webhooks are notified or none can be any more. A queue message says only that there
//! is a notification to deliver.

use super::item::{Item, key, number, read, text};
use super::jobs::incomplete;
use super::transaction::update;
use super::{Table, failed};
use crate::error::Result;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, TransactWriteItem, Update};
use serde::Deserialize;
use std::time::Duration;
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
    pub job: String,
    /// The suite, the branch and the part of it whose state has changed; empty if an earlier release wrote it
    #[serde(default)]
    state: String,
    /// How often a worker has taken it
    pub tries: u32,
    /// The webhooks that were notified, or never will be
    pub told: Vec<String>,
    /// When it was written, in milliseconds since 1970
    pub created_at: u64,
    /// When it has to be queued again, in milliseconds since 1970
    pub queue_at: u64,
    expires_at: u64,
}

impl Table {
    /// Writes the notification that a job has changed the state of its suite.
    pub(super) fn put_notification(&self, job: &str, state: &str) -> Result<TransactWriteItem> {
        let now = self.clock.now_ms();
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(PARTITION, job)))
            .update_expression(
                "SET job = :job, #state = :state, tries = :zero, told = :nobody, created_at = :now, due_at = :now, \
                 queue_at = :queue_at, expires_at = :expires_at",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":job", text(job))
            .expression_attribute_values(":state", text(state))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":nobody", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":queue_at", number(now + millis(ON_ITS_WAY)))
            .expression_attribute_values(":expires_at", number(self.clock.expiry(LIFETIME)))
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Takes a notification for `hold`, if it is due. Returns `None` if all webhooks were notified, another worker has
    /// the notification, or its next try is still to come, in which case the reaper queues it again.
    pub async fn claim_notification(&self, job: &str, hold: Duration) -> Result<Option<PendingNotification>> {
        let now = self.clock.now_ms();
        let request = self
            .update_notification(job)
            .update_expression("SET due_at = :later, queue_at = :later ADD tries :one")
            .condition_expression("due_at <= :now AND expires_at > :seconds")
            .expression_attribute_values(":later", number(now + millis(hold)))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":seconds", number(now / 1_000))
            .return_values(ReturnValue::AllNew);
        changed(request).await?.map(|item| read("notification", item)).transpose()
    }

    /// Stores which webhooks were notified, and when to retry the others. Does nothing if another worker has taken the
    /// notification since.
    pub async fn put_off_notification(&self, held: &PendingNotification, again_after: Duration) -> Result<()> {
        let told = held.told.iter().map(text).collect();
        let request = self
            .update_notification(&held.job)
            .update_expression("SET told = :told, due_at = :later, queue_at = :later")
            .condition_expression("tries = :tries")
            .expression_attribute_values(":told", AttributeValue::L(told))
            .expression_attribute_values(":later", number(self.clock.now_ms() + millis(again_after)))
            .expression_attribute_values(":tries", number(held.tries));
        changed(request).await.map(|_| ())
    }

    /// Deletes a notification: there is no webhook left to notify.
    pub async fn forget_notification(&self, job: &str) -> Result<()> {
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
        let request = self
            .update_notification(&pending.job)
            .update_expression("SET queue_at = :later")
            .condition_expression("queue_at = :seen")
            .expression_attribute_values(":later", number(self.clock.now_ms() + millis(ON_ITS_WAY_AGAIN)))
            .expression_attribute_values(":seen", number(pending.queue_at))
            .return_values(ReturnValue::AllNew);
        Ok(changed(request).await?.is_some())
    }

    fn update_notification(&self, job: &str) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).set_key(Some(key(PARTITION, job)))
    }
}

/// Sends an update and returns the item, or `None` if the condition failed.
async fn changed(request: UpdateItemFluentBuilder) -> Result<Option<Item>> {
    match update(request).await {
        Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
        Err(error) if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) => {
            Ok(None)
        }
        Err(error) => Err(failed(error)),
    }
}
