//! The reaper: takes care of jobs that have not moved for a while.
//!
//! SQS delivers most work again by itself. The reaper queues what SQS cannot bring back: a job that was stored but not
//! queued, a batch whose message is in the dead-letter queue or was lost. A test that killed its workers again and again
//! ends as errored, with the reason. So no job stays open for ever.

use crate::counting::given_up;
use crate::hold::Hold;
use crate::job::Job;
use crate::progress::{Key, Update, Whole};
use crate::tracker::Tracker;
use std::time::Duration;
use stepcast_platform::table::{Batch, BatchRecord, Claim, JobRecord, Lease, topic_feed, topic_job};
use stepcast_platform::{Error, Platform, Work};
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::{JobStatus, test_version};
use stepcast_protocol::{Event, EventBody, Verdict};
use stepcast_suite::duration::millis;

/// How many workers may be lost on a batch before one of its tests ends as errored. The last of them ran its tests one
/// after the other.
const MOST_LOST: u64 = 4;

/// For how many leases a job may not move before the reaper intervenes.
const GRACE: u32 = 3;

/// Most doublings of the time a batch may wait. A queue may be long, and a message that waits in it is not lost: each
/// time a waiting batch is queued again, the next time takes twice as long, up to 2^10 times.
const MOST_DOUBLINGS: u32 = 10;

/// How long a job may stay without a plan, for any reason.
const LONGEST_PLANNING: Duration = Duration::from_hours(1);

/// Takes care of what was left behind.
#[derive(Clone)]
pub struct Reaper {
    tracker: Tracker,
}

impl Reaper {
    /// Creates a reaper for workers whose hold on a batch ends `lease` after the last renewal.
    pub fn new(platform: Platform, lease: Duration) -> Self {
        Self::sharing(Tracker::new(platform, lease))
    }

    pub(crate) fn sharing(tracker: Tracker) -> Self {
        Self { tracker }
    }

    /// Waits until the spans of the invocation are exported, see [`Worker::flush_traces`](crate::Worker::flush_traces).
    pub async fn flush_traces(&self) {
        self.tracker.flush_traces().await;
    }

    /// Checks every open job once. A job whose check fails is left for the next time.
    pub async fn reap(&self) {
        self.tracker.queue_notifications_again().await;
        let open = match self.platform().table.open_jobs().await {
            Ok(open) => open,
            Err(error) => return tracing::warn!(%error, "The open jobs could not be read"),
        };
        for job in &open {
            if let Err(error) = self.reap_job(job).await {
                tracing::warn!(%job, %error, "The reaper could not check a job");
            }
        }
        let (topics, feed) = (open.iter().map(topic_job).collect::<Vec<_>>(), topic_feed());
        self.tracker.progress.settle(topics.iter().chain([&feed]).map(String::as_str)).await;
    }

    /// Frees all batches of all jobs. Only for a process that knows that no other one has workers: their leases, which
    /// exist because nobody can know that of a deployment, need not end first.
    pub async fn free_all(&self) -> Result<(), Error> {
        let table = &self.platform().table;
        for id in table.open_jobs().await? {
            let Some(record) = table.job(&id).await? else { continue };
            if record.status == JobStatus::Running {
                for (batch, stored) in self.tracker.open_batches(&record).await? {
                    if stored.is_taken() {
                        table.free_batch(&batch, &stored).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn reap_job(&self, id: &JobId) -> Result<(), Error> {
        let Some(record) = self.platform().table.job(id).await? else { return Ok(()) };
        if let (Some(by), Some(job)) = (&record.ended_by, self.tracker.jobs.get(id).await?) {
            return self.tracker.end_all(&job, &record, by).await;
        }
        let still = self.platform().clock.now_ms().saturating_sub(record.moved_at);
        if still < millis(self.tracker.lease) {
            return Ok(());
        }
        match record.status {
            JobStatus::Finished => Ok(()),
            JobStatus::Accepted if still < millis(self.tracker.lease * GRACE) => Ok(()),
            JobStatus::Accepted => self.reap_planning(&record).await,
            _ if !record.is_in_batches() => self.tracker.convert(id).await,
            _ => Box::pin(self.reap_tests(&record, still)).await,
        }
    }

    async fn reap_planning(&self, record: &JobRecord) -> Result<(), Error> {
        let table = &self.platform().table;
        let age = self.platform().clock.now_ms().saturating_sub(record.created_at);
        if age > millis(LONGEST_PLANNING) {
            let problem = format!("planning did not succeed in {} tries; the worker's log says why", record.plan);
            return self.tracker.close(record, Verdict::Errored, Some(&problem)).await.map(|_| ());
        }
        tracing::info!(job = %record.job, "A job was stored and not planned; it is queued again");
        table.touch_job(&record.job).await?;
        self.platform().queue.send(&Work::Plan { job: record.job.clone() }).await
    }

    async fn reap_tests(&self, record: &JobRecord, still: u64) -> Result<(), Error> {
        let Some(job) = self.tracker.jobs.get(&record.job).await? else { return Ok(()) };
        if record.open == 0 {
            return self.tracker.follow_up(&job).await;
        }
        let is_patient = still < millis(self.tracker.lease * GRACE);
        for (batch, stored) in self.tracker.open_batches(record).await? {
            if stored.is_stalled(self.platform().clock.now_ms()) {
                self.publish_stalled(&job, &batch, &stored).await?;
            }
            match stored.is_taken() {
                _ if is_patient => {}
                true if self.is_abandoned(&stored) => self.resume(&job, &batch, &stored).await?,
                false if still >= self.longest_wait(&stored) => self.queue_batch(batch).await?,
                true | false => {}
            }
        }
        Ok(())
    }

    /// Reports that the worker of tests is silent, before anything is done about it.
    async fn publish_stalled(&self, job: &Job, batch: &Batch, stored: &BatchRecord) -> Result<(), Error> {
        let open: Vec<u32> = stored.open_tests(batch).collect();
        for test in self.platform().table.planned_tests(batch).await? {
            if open.contains(&test.test) {
                let body = EventBody::TestStalled { test: test.test, name: test.name };
                let at = self.platform().clock.now_text();
                let event = Event::of_job(&job.id, test_version(stored.lease, 0), body, at);
                let update = Update { key: Key::Test(test.test), event, whole: Whole::Event, goes_on: false };
                self.tracker.progress.publish(&topic_job(&job.id), vec![update]);
            }
        }
        Ok(())
    }

    /// Queues an abandoned batch again. If too many workers were lost on it, its first open test ends here: the last of
    /// these workers ran one test after the other, so that is the test they were lost on.
    async fn resume(&self, job: &Job, batch: &Batch, stored: &BatchRecord) -> Result<(), Error> {
        if stored.lost_workers(true) >= MOST_LOST {
            self.end_first(job, batch).await?;
        }
        self.queue_batch(batch.clone()).await
    }

    async fn end_first(&self, job: &Job, batch: &Batch) -> Result<(), Error> {
        let table = &self.platform().table;
        let mut tests = table.planned_tests(batch).await?;
        let Claim::Taken(record) = table.claim_batch(batch, self.tracker.lease).await? else { return Ok(()) };
        let first = record.open_tests(batch).next();
        tests.retain(|test| Some(test.test) == first);
        let hold = Hold::of(Lease { batch: batch.clone(), number: record.lease }, &record);
        let reason = format!("{} workers were lost while they ran this test", record.lost_workers(false));
        self.tracker.count_unfinished(job, &hold, &tests, &given_up(&reason)).await?;
        table.give_back(hold.lease()).await
    }

    /// How long a batch may wait in the queue before its message counts as lost, in milliseconds.
    fn longest_wait(&self, batch: &BatchRecord) -> u64 {
        millis(self.tracker.lease * GRACE) << batch.requeued.min(MOST_DOUBLINGS)
    }

    /// Whether the lease ended so long ago that SQS should have brought the message back.
    fn is_abandoned(&self, batch: &BatchRecord) -> bool {
        let grace = self.tracker.lease + Duration::from_secs(1);
        batch.lease_until + millis(grace) < self.platform().clock.now_ms()
    }

    async fn queue_batch(&self, batch: Batch) -> Result<(), Error> {
        tracing::info!(job = %batch.job, batch = batch.number, "A batch was left behind; it is queued again");
        self.platform().table.count_requeue(&batch).await?;
        self.tracker.queue_batches([batch]).await
    }

    fn platform(&self) -> &Platform {
        &self.tracker.platform
    }
}
