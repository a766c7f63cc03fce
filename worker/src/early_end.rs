//! Ends a job for an admin who does not want to wait: every test without an outcome ends as errored, even if a worker
//! runs it.

use crate::Handled;
use crate::hold::Hold;
use crate::job::Job;
use crate::messages::Delivery;
use crate::tracker::Tracker;
use futures_util::{StreamExt, TryStreamExt, stream};
use stepcast_platform::Error;
use stepcast_platform::table::{Batch, Claim, JobRecord, Lease};
use stepcast_protocol::Verdict;
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::{CheckKind, CheckResult, JobStatus, Outcome};

/// Batches that are ended at once.
const IN_FLIGHT: usize = 4;

impl Tracker {
    /// Ends a job early, as the message of an admin's `finish` asks.
    pub(crate) async fn end_early(&self, id: &JobId, delivery: Delivery<'_>) -> Result<Handled, Error> {
        let Some(job) = self.jobs.get(id).await? else { return Ok(Handled::Done) };
        let Some(record) = self.platform.table.job(id).await? else { return Ok(Handled::Done) };
        let Some(by) = &record.ended_by else { return Ok(Handled::Done) };
        tokio::select! {
            ended = self.end_all(&job, &record, by) => ended.map(|()| Handled::Done),
            never = self.keep_message(delivery.receipt) => match never {},
        }
    }

    /// Ends everything that is open in a job. It is called again if an earlier call stopped half-way.
    pub(crate) async fn end_all(&self, job: &Job, record: &JobRecord, by: &str) -> Result<(), Error> {
        job.note(record);
        match record.status {
            JobStatus::Finished => {
                self.publish_verdict(record);
                return Ok(());
            }
            // A planner that is still running finds the job finished.
            JobStatus::Accepted => {
                return self.close(record, Verdict::Errored, Some(&why(by))).await.map(|_| ());
            }
            JobStatus::Running | JobStatus::Cancelling => {}
        }
        let open = self.open_batches(record).await?.into_iter();
        let ends: Vec<_> = open.map(|(batch, _)| self.end_batch(job, batch, by)).collect();
        stream::iter(ends).buffer_unordered(IN_FLIGHT).try_collect::<()>().await?;
        self.follow_up(job).await
    }

    async fn end_batch(&self, job: &Job, batch: Batch, by: &str) -> Result<(), Error> {
        let tests = self.platform.table.planned_tests(&batch).await?;
        let Claim::Taken(record) = self.platform.table.take_over_batch(&batch, self.lease).await? else {
            return Ok(());
        };
        let open: Vec<u32> = record.open_tests(&batch).collect();
        let open: Vec<_> = tests.into_iter().filter(|test| open.contains(&test.test)).collect();
        let hold = Hold::of(Lease { batch, number: record.lease }, &record);
        self.count_unfinished(job, &hold, &open, &ended(by)).await
    }
}

/// Returns why a job was ended, for readers of its verdict.
pub(crate) fn why(by: &str) -> String {
    format!("`{by}` ended the job before all tests had run")
}

/// Returns the check result of a test that was ended before it finished.
pub(crate) fn ended(by: &str) -> CheckResult {
    CheckResult {
        kind: CheckKind::Check,
        check: "worker".to_owned(),
        outcome: Outcome::Errored,
        expected: Some("a test that runs to its end".to_owned()),
        actual: Some(format!("`{by}` ended the job first")),
        hint: Some("replay the job to know".to_owned()),
    }
}
