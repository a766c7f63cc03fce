//! The one write that counts a result: the test's outcome and the job's counters together (promise 2).

use super::Table;
use super::expression::{ItemUpdate, attribute};
use super::item::key;
use super::jobs::job_pk;
use super::test_items::test_sk;
use super::write::{Transacted, is_refused};
use crate::error::Result;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::{Change, JobStatus, Outcome, TestStatus, digest_of};

/// The end of a test, by the worker that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedTest {
    /// Its place in the plan
    pub test: u32,
    /// The lease the worker holds
    pub lease: u64,
    /// The version of this state
    pub v: u64,
    /// How it ended
    pub outcome: Outcome,
    /// How long it took, in milliseconds
    pub duration_ms: u64,
    /// Its expected duration, in milliseconds; 0 if unknown
    pub expected_ms: u64,
    /// How many tries it took
    pub attempt: u32,
    /// How it compares with earlier jobs
    pub change: Option<Change>,
    /// Its steps as JSON
    pub steps: String,
    /// Checks that were evaluated
    pub checks: u64,
    /// Requests that its steps made, in all of its tries
    pub requests: u64,
}

impl Table {
    /// Counts the results of some tests of one job, each at most once. Returns the tests that were counted; for the
    /// others, another worker held the lease or there was an outcome already.
    pub async fn finish_tests(&self, job: &JobId, plan: u64, mut finished: Vec<FinishedTest>) -> Result<Vec<u32>> {
        while !finished.is_empty() {
            let tests = finished.iter().map(|test| self.finish_test(job, plan, test));
            let writes = tests.chain([self.count(job, plan, &finished)]).collect::<Result<_>>()?;
            match self.transact(writes).await? {
                Transacted::Done => break,
                Transacted::Refused(reasons) => drop_refused(&mut finished, &reasons),
            }
        }
        Ok(finished.iter().map(|test| test.test).collect())
    }

    fn finish_test(&self, job: &JobId, plan: u64, test: &FinishedTest) -> Result<TransactWriteItem> {
        let is_held = attribute("status").is(TestStatus::Running).and(attribute("lease").is(test.lease));
        let update = ItemUpdate::of(key(job_pk(job), test_sk(plan, test.test)))
            .only_if(is_held)
            .set("status", TestStatus::Finished)
            .set("outcome", test.outcome)
            .set("duration_ms", test.duration_ms)
            .set("attempt", test.attempt)
            .set("steps", &test.steps)
            .set("v", test.v)
            .set_some("change", test.change);
        self.updating(update)
    }

    fn count(&self, job: &JobId, plan: u64, finished: &[FinishedTest]) -> Result<TransactWriteItem> {
        let sum = |number: fn(&FinishedTest) -> u64| finished.iter().map(number).sum::<u64>();
        let count = |outcome| finished.iter().filter(|test| test.outcome == outcome).count();
        let is_running = attribute("status").is(JobStatus::Running).and(attribute("plan").is(plan));
        let update = ItemUpdate::of(key(job_pk(job), "JOB"))
            .only_if(is_running)
            .set("moved_at", self.clock.now_ms())
            .add("v", 1_u64)
            .add("open", -i64::try_from(finished.len()).unwrap_or(i64::MAX))
            .add("checks", sum(|test| test.checks))
            .add("requests", sum(|test| test.requests))
            .add("expected_done_ms", sum(|test| test.expected_ms))
            .add("digest", sum(|test| digest_of(test.test, test.outcome)));
        let outcomes = Outcome::ALL.into_iter().filter(|outcome| count(*outcome) > 0);
        self.updating(outcomes.fold(update, |update, outcome| update.add(outcome.as_str(), count(outcome))))
    }
}

/// Removes the tests whose condition failed. The last reason is the job's own: if its condition failed, the job is
/// finished or was planned again, and none of the results counts.
fn drop_refused(finished: &mut Vec<FinishedTest>, reasons: &[CancellationReason]) {
    if reasons.get(finished.len()).is_some_and(is_refused) {
        finished.clear();
    }
    let mut reasons = reasons.iter();
    finished.retain(|_| !reasons.next().is_some_and(is_refused));
}
