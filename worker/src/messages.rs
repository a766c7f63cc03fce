//! Messages from SQS.
//!
//! A message is deleted once its work is done, by this worker or another. If its work fails, the message is reported as
//! failed and SQS delivers it again; after the queue's `maxReceiveCount` it moves to the dead-letter queue, and the
//! reaper takes care of its tests. A failing page is a result, never a failed message, and the function itself never
//! fails: that would make Lambda slow down the queue for all jobs.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use crate::deadline::Deadline;
use crate::tracker::whole_seconds;
use crate::{Handled, Worker, response};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::{join, join_all};
use std::collections::BTreeSet;
use stepcast_platform::table::{topic_feed, topic_job};
use stepcast_platform::{Error, Work};

/// A message that this worker is processing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery<'a> {
    /// Receipt handle, by which the message is kept hidden from other workers
    pub receipt: &'a str,
    /// When work on the message has to end
    pub deadline: Deadline,
}

impl Worker {
    /// Processes all messages of an event concurrently. `ends_at` is when the function this runs in is stopped, finished
    /// or not, in milliseconds since 1970; `None` if it is never stopped.
    pub async fn handle(&self, event: SqsEvent, ends_at: Option<u64>) -> SqsBatchResponse {
        let deadline = Deadline::of_invocation(ends_at, &self.tracker.platform.clock);
        self.shorten_visibility(&event.records).await;
        let handled = join_all(event.records.iter().map(|message| self.handle_message(message, deadline))).await;
        let topics: BTreeSet<String> =
            event.records.iter().filter_map(work).map(|work| topic_job(work.job())).chain([topic_feed()]).collect();
        let settled = self.tracker.progress.settle(topics.iter().map(String::as_str));
        join(settled, self.engine.give_back_hosts()).await;
        let failed = event.records.iter().zip(handled).filter(|(_, is_done)| !is_done);
        response::failed(failed.map(|(message, _)| message))
    }

    /// Shortens the visibility of the messages to the lease. The queue hides a message for as long as the function may
    /// run; with the shorter visibility, recovery from a crash takes one lease instead of that timeout.
    async fn shorten_visibility(&self, messages: &[SqsMessage]) {
        let receipts: Vec<&str> = messages.iter().filter_map(|message| message.receipt_handle.as_deref()).collect();
        let shorter = whole_seconds(self.tracker.lease);
        if let Err(error) = self.tracker.platform.queue.change_visibility_of_all(&receipts, shorter).await {
            tracing::warn!(%error, "The visibility of messages could not be shortened; recovery would take longer");
        }
    }

    /// Returns `true` if the message can be deleted.
    async fn handle_message(&self, message: &SqsMessage, deadline: Deadline) -> bool {
        let Some(work) = work(message) else {
            tracing::error!(message = message.message_id, "A message is not work this version knows");
            return false;
        };
        let receipt = message.receipt_handle.as_deref().unwrap_or_default();
        match self.carry_out(&work, Delivery { receipt, deadline }).await {
            Ok(Handled::Done) => true,
            Ok(Handled::Later(after)) => {
                self.tracker.hide(receipt, after).await;
                false
            }
            Err(error) => {
                tracing::warn!(job = %work.job(), %error, "Work failed and is delivered again");
                false
            }
        }
    }

    async fn carry_out(&self, work: &Work, delivery: Delivery<'_>) -> Result<Handled, Error> {
        // Boxed: a function that waits for a message would otherwise be as large as the largest kind of work.
        match work {
            Work::Plan { job } => Box::pin(self.planner.plan(job, delivery)).await,
            Work::Batch { job, plan, batch } => Box::pin(self.runner.run(job, *plan, *batch, delivery)).await,
            Work::Test { job } => self.tracker.convert(job).await.map(|()| Handled::Done),
            Work::Finish { job } => Box::pin(self.tracker.end_early(job, delivery)).await,
            Work::Notify { job } => Box::pin(self.notifier.notify(job)).await,
        }
    }
}

fn work(message: &SqsMessage) -> Option<Work> {
    serde_json::from_str(message.body.as_deref()?).ok()
}
