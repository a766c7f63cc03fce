//! The progress of a job, and its end.
//!
//! A worker that counts a result reads the job afterwards. While one reading is under way, all callers that arrive share
//! the next. The caller whose reading finds nothing open gives the verdict, with a condition that only one can meet.

use crate::early_end::why;
use crate::job::Job;
use crate::past::keep_results;
use crate::tracker::Tracker;
use std::time::{Duration, SystemTime};
use stepcast_platform::Error;
use stepcast_platform::metrics::Measured;
use stepcast_platform::table::JobRecord;
use stepcast_platform::traces::JobSpan;
use stepcast_protocol::state::{JobStatus, Stop};
use stepcast_protocol::{Event, EventBody, JobId, Verdict};

impl Tracker {
    /// Reads how far a job is, publishes that to its watchers, and closes the job if nothing is open.
    pub(crate) async fn follow_up(&self, job: &Job) -> Result<(), Error> {
        let read = async {
            if let Some(record) = self.platform.table.job(&job.id).await? {
                job.note(&record);
                self.publish_or_close(record).await?;
            }
            Ok(())
        };
        job.follow_up.run(read).await
    }

    async fn publish_or_close(&self, mut record: JobRecord) -> Result<(), Error> {
        loop {
            match record.status {
                // The worker that closed it publishes the end.
                JobStatus::Accepted | JobStatus::Finished => return Ok(()),
                _ if record.open > 0 => {
                    self.publish_progress(&record);
                    return Ok(());
                }
                _ if self.close_as_it_is(&record).await? => return Ok(()),
                _ => {}
            }
            // The job changed in between: it was cancelled, or another worker closed it.
            let Some(now) = self.platform.table.job(&record.job).await? else { return Ok(()) };
            record = now;
        }
    }

    async fn close_as_it_is(&self, record: &JobRecord) -> Result<bool, Error> {
        let stop = record.stop(self.platform.clock.now_ms());
        let (verdict, stop) = Verdict::at_end(&record.counts, record.checks, stop);
        // The verdict already says that the job was cancelled.
        let limit = stop.filter(|stop| *stop != Stop::Cancelled).map(|stop| stop.to_string());
        let problem = record.ended_by.as_deref().map(why).or(limit);
        // Before the verdict: a run that is started because of the verdict is compared with this one.
        keep_results(&self.platform.table, record).await;
        self.close(record, verdict, problem.as_deref()).await
    }

    /// Gives a job its verdict. Returns `false` if the job is no longer as `record` says.
    pub(crate) async fn close(
        &self,
        record: &JobRecord,
        verdict: Verdict,
        problem: Option<&str>,
    ) -> Result<bool, Error> {
        let Some(closed) = self.platform.table.close_job(record, verdict, problem).await? else { return Ok(false) };
        tracing::info!(job = %closed.job, verdict = verdict.as_str(), tests = closed.counts.total, "A job is finished");
        let took = Duration::from_millis(closed.finished_at.unwrap_or_default().saturating_sub(closed.created_at));
        self.platform.metrics.note(Measured::JobFinished { suite: &closed.suite, verdict, took });
        self.publish_verdict(&closed);
        self.trace(&closed, verdict);
        self.queue_notification(&closed).await;
        Ok(true)
    }

    /// Publishes the verdict, and again if its message comes again: the worker that closed the job may have died before
    /// it published the verdict.
    pub(crate) fn publish_verdict(&self, record: &JobRecord) {
        if let Some(finished) = record.finished() {
            self.publish_body(record, EventBody::JobFinished(finished));
        }
    }

    /// Exports the span of a job that this worker has closed.
    fn trace(&self, record: &JobRecord, verdict: Verdict) {
        let at = |ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms);
        self.platform.traces.job(&JobSpan {
            job: record.job.as_str(),
            suite: &record.suite,
            labels: &record.labels,
            verdict,
            counts: record.counts,
            problem: record.problem.as_deref(),
            replay_of: record.replay_of.as_ref().map(JobId::as_str),
            begun: at(record.created_at),
            ended: at(record.finished_at.unwrap_or(record.moved_at)),
        });
    }

    fn publish_progress(&self, record: &JobRecord) {
        let summary = record.summary();
        let body = EventBody::JobProgress {
            counts: summary.counts,
            status: summary.status,
            percent: summary.counts.percent(),
            eta_s: self.seconds_left(record),
        };
        self.publish_body(record, body);
    }

    fn publish_body(&self, record: &JobRecord, body: EventBody) {
        let event = Event::of_job(&record.job, record.v, body, self.platform.clock.now_text());
        self.publish(&record.job, &event);
    }

    /// Estimates the remaining time. The rest takes as long as the finished part took, in proportion: by how long both
    /// took in the jobs before if that is known, otherwise by the number of tests.
    fn seconds_left(&self, record: &JobRecord) -> Option<u64> {
        let (left, done) = match record.expected_ms.checked_sub(record.expected_done_ms) {
            Some(left) if record.expected_ms > 0 => (left, record.expected_done_ms),
            _ => (u64::from(record.open), u64::from(record.counts.finished())),
        };
        let elapsed = self.platform.clock.now_ms().saturating_sub(record.created_at);
        elapsed.checked_mul(left)?.checked_div(done.checked_mul(1_000)?)
    }
}
