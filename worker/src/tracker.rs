//! What planner, runner and reaper share: the jobs that this process knows, the progress it publishes, and the lease.
//!
//! How a tracker counts results is in `counting`, how it gives the verdict in `verdict`, how it ends a job early in
//! `early_end`.

use crate::job::Jobs;
use crate::progress::{Key, Progress, Update, Whole};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use stepcast_platform::table::{Batch, topic_feed, topic_job};
use stepcast_platform::{Error, Platform, Work};
use stepcast_protocol::{Event, JobId};
use uuid::Uuid;

/// Tracks jobs from their plan to their verdict.
#[derive(Clone)]
pub(crate) struct Tracker {
    pub platform: Platform,
    pub jobs: Jobs,
    pub progress: Progress,
    /// How long a hold on a batch lasts after its last renewal
    pub lease: Duration,
    /// The name of this process, as results have it: the random end of an id
    pub worker: Arc<str>,
}

impl Tracker {
    pub fn new(platform: Platform, lease: Duration) -> Self {
        let (jobs, progress) = (Jobs::new(platform.clone()), Progress::new(platform.clone()));
        let worker = Uuid::now_v7().simple().to_string()[24..].into();
        Self { platform, jobs, progress, lease, worker }
    }

    /// Publishes an event to the watchers of a job and to the watchers of all jobs.
    pub fn publish(&self, job: &JobId, event: &Event) {
        let update =
            || Update { key: Key::Job(job.clone()), event: event.clone(), whole: Whole::Event, goes_on: false };
        self.progress.publish(&topic_job(job), vec![update()]);
        self.progress.publish(&topic_feed(), vec![update()]);
    }

    /// Waits until all spans so far are exported. What could not be exported is in the log.
    pub async fn flush_traces(&self) {
        let _ = self.platform.traces.flush().await;
    }

    /// Queues batches, a message for each.
    pub async fn queue_batches(&self, batches: impl IntoIterator<Item = Batch>) -> Result<(), Error> {
        let work =
            batches.into_iter().map(|batch| Work::Batch { job: batch.job, plan: batch.plan, batch: batch.number });
        self.platform.queue.send_all(&work.collect::<Vec<_>>()).await
    }

    /// Hides a message from other workers for this long.
    pub async fn hide(&self, receipt: &str, after: Duration) {
        if let Err(error) = self.platform.queue.change_visibility(receipt, whole_seconds(after)).await {
            tracing::warn!(%error, "The visibility of a message could not be changed");
        }
    }

    /// Hides a message from other workers for as long as this is polled.
    pub async fn keep_message(&self, receipt: &str) -> Infallible {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            self.hide(receipt, self.lease.max(Duration::from_secs(1))).await;
        }
    }
}

/// Rounds up to whole seconds, the unit of SQS: a visibility that ends before the lease would only bring the message
/// back too early.
pub(crate) fn whole_seconds(duration: Duration) -> Duration {
    Duration::from_secs(duration.as_secs() + u64::from(duration.subsec_nanos() > 0))
}
