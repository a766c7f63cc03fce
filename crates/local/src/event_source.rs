//! The event source mapping: what Lambda does between an SQS queue and a function.
//!
//! A message stays in the queue until the function has succeeded with it. A message that the function reports as
//! failed, and every message of a batch whose function failed, comes back after its visibility timeout, until the
//! queue's redrive policy moves it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use crate::queue::wire::{arn, md5_of, system_attributes};
use crate::queue::{QueueError, QueueService, ReceivedMessage};
use aws_lambda_events::encodings::Base64Data;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage, SqsMessageAttribute};
use base64::prelude::{BASE64_STANDARD, Engine};
use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long to wait after the database has failed.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// How a queue is mapped to a function.
#[derive(Debug, Clone)]
pub struct EventSourceMapping {
    /// The name of the queue
    pub queue: String,
    /// Most messages one invocation gets, 1 to 10
    pub batch_size: usize,
    /// Most invocations at once
    pub maximum_concurrency: usize,
    /// How long running invocations may take to finish after shutdown. Messages that are left then come back with the
    /// next start.
    pub shutdown_grace: Duration,
}

impl EventSourceMapping {
    /// Invokes `function` with messages that arrive in the queue, until `shutdown` and until the invocations then
    /// running have ended.
    ///
    /// Whenever there is a free slot and a message, an invocation begins: there is no batching window. Waiting messages
    /// are spread over the free slots, because a batch occupies its slot until its slowest message is done: three
    /// messages and three free slots make three invocations of one, a backlog makes full batches.
    pub async fn run<F, Fut, E>(self, queue: QueueService, function: F, shutdown: CancellationToken)
    where
        F: Fn(SqsEvent) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<SqsBatchResponse, E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        let grace = self.shutdown_grace;
        let slots = Arc::new(Semaphore::new(self.maximum_concurrency));
        let running = TaskTracker::new();
        let poller = Arc::new(Poller { mapping: self, queue, function });
        while let Some((batch, slot)) = poller.next_batch(&slots, &shutdown).await {
            let poller = poller.clone();
            running.spawn(async move {
                poller.process(batch).await;
                drop(slot);
            });
        }
        running.close();
        if tokio::time::timeout(grace, running.wait()).await.is_err() {
            tracing::warn!(
                invocations = running.len(),
                "Stopped before all invocations had ended; their messages are delivered again"
            );
        }
    }
}

struct Poller<F> {
    mapping: EventSourceMapping,
    queue: QueueService,
    function: F,
}

impl<F, Fut, E> Poller<F>
where
    F: Fn(SqsEvent) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<SqsBatchResponse, E>> + Send + 'static,
    E: Display + Send + 'static,
{
    /// Waits for a free slot and for messages to put into it. `None` once `shutdown` has come.
    async fn next_batch(
        &self,
        slots: &Arc<Semaphore>,
        shutdown: &CancellationToken,
    ) -> Option<(Vec<ReceivedMessage>, OwnedSemaphorePermit)> {
        let slot = tokio::select! {
            biased;
            () = shutdown.cancelled() => return None,
            slot = slots.clone().acquire_owned() => slot.ok()?,
        };
        loop {
            let arrived = tokio::select! {
                biased;
                () = shutdown.cancelled() => return None,
                arrived = self.queue.arrival(&self.mapping.queue) => arrived,
            };
            // Not in the select: messages that were taken have to reach the function, or they stay hidden for a
            // visibility timeout.
            let taken = match arrived {
                Ok(()) => self.take_share(slots.available_permits()).await,
                Err(error) => Err(error),
            };
            match taken {
                Ok(batch) if batch.is_empty() => {}
                Ok(batch) => return Some((batch, slot)),
                Err(error) => self.back_off(&error, shutdown).await,
            }
        }
    }

    /// Takes this slot's share of the waiting messages, with `others` more slots free.
    async fn take_share(&self, others: usize) -> Result<Vec<ReceivedMessage>, QueueError> {
        let EventSourceMapping { queue, batch_size, .. } = &self.mapping;
        let slots = others + 1;
        let waiting = self.queue.visible(queue, slots.saturating_mul(*batch_size)).await?;
        let share = waiting.div_ceil(slots).clamp(1, *batch_size);
        self.queue.take(queue, share, None).await
    }

    async fn back_off(&self, error: &QueueError, shutdown: &CancellationToken) {
        tracing::error!(queue = self.mapping.queue, error = ?error, "Could not receive from the queue");
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(AFTER_ERROR) => {}
        }
    }

    /// Invokes the function with a batch and deletes the messages it succeeded with.
    async fn process(&self, batch: Vec<ReceivedMessage>) {
        let event = event(&batch, &self.mapping.queue);
        // A task of its own, so that a panic counts as a failure of the function.
        let outcome = match tokio::spawn((self.function)(event)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match outcome {
            Ok(response) => self.delete_all(succeeded(&batch, &response)).await,
            Err(error) => {
                tracing::error!(messages = batch.len(), error, "The function failed; its messages are delivered again");
            }
        }
    }

    async fn delete_all(&self, messages: impl Iterator<Item = &ReceivedMessage>) {
        for message in messages {
            if let Err(error) = self.queue.delete(&self.mapping.queue, &message.receipt_handle).await {
                let message = &message.message_id;
                tracing::error!(message, error = ?error, "Could not delete a processed message; it comes back");
            }
        }
    }
}

/// Returns the messages that the function did not report as failed. If a report names a message that is not in the
/// batch, none of it is trusted and the whole batch has failed.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>
fn succeeded<'a>(
    batch: &'a [ReceivedMessage],
    response: &SqsBatchResponse,
) -> impl Iterator<Item = &'a ReceivedMessage> + use<'a> {
    let failed: HashSet<String> =
        response.batch_item_failures.iter().map(|failure| failure.item_identifier.clone()).collect();
    let sensible = failed.iter().all(|id| batch.iter().any(|message| message.message_id == *id));
    batch.iter().filter(move |message| sensible && !failed.contains(&message.message_id))
}

fn event(batch: &[ReceivedMessage], queue: &str) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = batch.iter().map(|message| record(message, queue)).collect();
    event
}

/// A message as the function sees it.
/// <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>
fn record(message: &ReceivedMessage, queue: &str) -> SqsMessage {
    let mut record = SqsMessage::default();
    record.message_id = Some(message.message_id.clone());
    record.receipt_handle = Some(message.receipt_handle.clone());
    record.body = Some(message.body.clone());
    record.md5_of_body = Some(md5_of(&message.body));
    record.md5_of_message_attributes = message.attributes.md5();
    record.attributes = system_attributes(message).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    record.event_source = Some("aws:sqs".to_owned());
    record.event_source_arn = Some(arn(queue));
    record.aws_region = Some("us-east-1".to_owned());
    for (name, attribute) in &message.attributes.0 {
        let mut value = SqsMessageAttribute::default();
        value.data_type = Some(attribute.data_type.clone());
        value.string_value.clone_from(&attribute.string_value);
        value.binary_value = attribute.binary_value.as_deref().map(binary);
        record.message_attributes.insert(name.clone(), value);
    }
    record
}

fn binary(base64: &str) -> Base64Data {
    let mut data = Base64Data::default();
    *data = BASE64_STANDARD.decode(base64).unwrap_or_default();
    data
}
