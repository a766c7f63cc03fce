//! Ends a job for an admin who does not want to wait: every test without an outcome ends as errored, even if a worker
//! runs it.

use crate::batch::Delivery;
use crate::job::Job;
use crate::{Handled, Worker};
use futures_util::{TryStreamExt, stream};
use stepcast_platform::Error;
use stepcast_platform::table::{Claim, JobRecord};
use stepcast_protocol::Verdict;
use stepcast_protocol::state::{CheckResult, JobStatus, Outcome, TestStatus};

/// Tests that are ended at once; their results are counted together.
const IN_FLIGHT: usize = 25;

impl Worker {
    pub(crate) async fn finish(&self, id: &str, delivery: Delivery<'_>) -> Result<Handled, Error> {
        let Some(job) = self.jobs.get(id).await? else { return Ok(Handled::Done) };
        let Some(record) = self.platform.table.job(id).await? else { return Ok(Handled::Done) };
        let Some(by) = &record.ended_by else { return Ok(Handled::Done) };
        tokio::select! {
            finished = self.finish_for(&job, &record, by) => finished.map(|()| Handled::Done),
            () = self.keep_message(delivery.receipt) => unreachable!("a message is kept until its work is done"),
        }
    }

    /// Ends everything that is open in a job. It is called again if an earlier call stopped half-way.
    pub(crate) async fn finish_for(&self, job: &Job, record: &JobRecord, by: &str) -> Result<(), Error> {
        job.note(record);
        match record.status {
            JobStatus::Finished => {
                self.tell_finished(record);
                return Ok(());
            }
            // A planner that is still running finds the job finished.
            JobStatus::Accepted => {
                return self.close(record, Verdict::Errored, Some(&why(by))).await.map(|_| ());
            }
            JobStatus::Running | JobStatus::Cancelling => {}
        }
        let tests = self.platform.table.tests(&record.job, record.plan).await?;
        let open = tests.into_iter().filter(|test| test.status != TestStatus::Finished).map(Ok);
        let end = |test| self.end_test(job, record.plan, test, by);
        stream::iter(open).try_for_each_concurrent(IN_FLIGHT, |test| end(test.test)).await?;
        self.look_at(job).await
    }

    async fn end_test(&self, job: &Job, plan: u64, test: u32, by: &str) -> Result<(), Error> {
        match self.platform.table.take_over_test(&job.id, plan, test, self.lease).await? {
            Claim::Taken(record) => self.count_unfinished(job, plan, &record, ended(by)).await,
            Claim::Held(_) | Claim::Finished(_) | Claim::Missing => Ok(()),
        }
    }
}

/// Returns why a job was ended, for readers of its verdict.
pub(crate) fn why(by: &str) -> String {
    format!("`{by}` ended the job before all tests had run")
}

/// Returns the check result of a test that was ended before it finished.
pub(crate) fn ended(by: &str) -> CheckResult {
    CheckResult {
        check: "worker".to_owned(),
        outcome: Outcome::Errored,
        expected: Some("a test that runs to its end".to_owned()),
        actual: Some(format!("`{by}` ended the job first")),
        hint: Some("replay the job to know".to_owned()),
    }
}
