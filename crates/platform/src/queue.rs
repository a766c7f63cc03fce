//! Work for the workers: one SQS message for each piece.

use crate::config::{Config, RelayConfig};
use crate::error::{Error, Result};
use crate::relay::RelayQueue;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, SendMessageBatchRequestEntry};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use stepcast_protocol::id::JobId;

const SERVICE: &str = "SQS";

/// Most messages one request takes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
const BATCH: usize = 10;

/// Batches in flight at once while a large plan is queued.
const BATCHES_IN_FLIGHT: usize = 8;

/// Something for a worker to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub enum Work {
    /// Expand a job's suite into tests and queue them
    Plan {
        /// The job
        job: JobId,
    },
    /// Run the open tests of a batch
    Batch {
        /// The job
        job: JobId,
        /// Which planning of the job the batch belongs to
        plan: u64,
        /// The batch's place among those of the plan
        batch: u32,
    },
    /// Run a test, as the version before asks
    Test {
        /// The job
        job: JobId,
    },
    /// End a job without waiting for its tests any longer
    Finish {
        /// The job
        job: JobId,
    },
    /// Notify webhooks that a suite broke or recovered
    Notify {
        /// The job whose verdict showed it
        job: JobId,
    },
}

impl Work {
    /// The job this is for.
    pub fn job(&self) -> &JobId {
        match self {
            Self::Plan { job }
            | Self::Batch { job, .. }
            | Self::Test { job }
            | Self::Finish { job }
            | Self::Notify { job } => job,
        }
    }
}

/// The queue and its dead-letter queue.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
    dead_letter_url: String,
}

impl Queue {
    pub(crate) fn new(sdk: &SdkConfig, config: &Config) -> Self {
        let mut settings = aws_sdk_sqs::config::Builder::from(sdk);
        if let Some(endpoints) = &config.endpoints {
            settings = settings.endpoint_url(&endpoints.queue);
        }
        Self {
            client: Client::from_conf(settings.build()),
            url: config.queue_url.clone(),
            dead_letter_url: config.dead_letter_url.clone(),
        }
    }

    /// The queue of the relay, which is at the same service.
    pub(crate) fn relay(&self, config: &RelayConfig) -> RelayQueue {
        RelayQueue::new(self.client.clone(), config.url.clone(), config.pushes_per_s)
    }

    /// Queues one piece of work.
    pub async fn send(&self, work: &Work) -> Result<()> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body(work)?)
            .message_group_id(work.job())
            .send()
            .await
            .map_err(|error| Error::from_sdk(SERVICE, &error))?;
        Ok(())
    }

    /// Queues many pieces of work; on an error some may have been queued.
    pub async fn send_all(&self, work: &[Work]) -> Result<()> {
        let batches: Vec<_> = work.chunks(BATCH).collect();
        for group in batches.chunks(BATCHES_IN_FLIGHT) {
            try_join_all(group.iter().map(|batch| self.send_batch(batch))).await?;
        }
        Ok(())
    }

    async fn send_batch(&self, batch: &[Work]) -> Result<()> {
        let mut request = self.client.send_message_batch().queue_url(&self.url);
        for (number, work) in batch.iter().enumerate() {
            // The group keeps one job with many tests from making the others wait (fair queues):
            // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
            let entry = SendMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .message_body(body(work)?)
                .message_group_id(work.job())
                .build()
                .map_err(|error| Error::unreadable("message", error))?;
            request = request.entries(entry);
        }
        let answer = request.send().await.map_err(|error| Error::from_sdk(SERVICE, &error))?;
        match answer.failed().first() {
            None => Ok(()),
            Some(failed) => Err(Error::Unavailable { service: SERVICE, reason: failed.code().to_owned() }),
        }
    }

    /// Changes when a message that is being worked on becomes visible to others again.
    pub async fn change_visibility(&self, receipt_handle: &str, after: Duration) -> Result<()> {
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt_handle)
            .visibility_timeout(i32::try_from(after.as_secs()).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| Error::from_sdk(SERVICE, &error))?;
        Ok(())
    }

    /// Changes the visibility of several messages, with one request for each batch. Messages that cannot be changed
    /// stay as they are: another consumer has received them by now.
    pub async fn change_visibility_of_all(&self, receipt_handles: &[&str], after: Duration) -> Result<()> {
        let seconds = i32::try_from(after.as_secs()).unwrap_or(i32::MAX);
        for batch in receipt_handles.chunks(BATCH) {
            let mut request = self.client.change_message_visibility_batch().queue_url(&self.url);
            for (number, receipt_handle) in batch.iter().enumerate() {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(number.to_string())
                    .receipt_handle(*receipt_handle)
                    .visibility_timeout(seconds)
                    .build()
                    .map_err(|error| Error::unreadable("message", error))?;
                request = request.entries(entry);
            }
            request.send().await.map_err(|error| Error::from_sdk(SERVICE, &error))?;
        }
        Ok(())
    }

    /// Puts the dead-letter queue's messages back on the queue.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>
    pub async fn redrive(&self) -> Result<()> {
        let attributes = self
            .client
            .get_queue_attributes()
            .queue_url(&self.dead_letter_url)
            .attribute_names(aws_sdk_sqs::types::QueueAttributeName::QueueArn)
            .send()
            .await
            .map_err(|error| Error::from_sdk(SERVICE, &error))?;
        let arn = attributes
            .attributes()
            .and_then(|attributes| attributes.get(&aws_sdk_sqs::types::QueueAttributeName::QueueArn))
            .ok_or_else(|| Error::unreadable("queue", "it has no ARN"))?;
        self.client
            .start_message_move_task()
            .source_arn(arn)
            .send()
            .await
            .map_err(|error| Error::from_sdk(SERVICE, &error))?;
        Ok(())
    }
}

fn body(work: &Work) -> Result<String> {
    serde_json::to_string(work).map_err(|error| Error::unreadable("message", error))
}
