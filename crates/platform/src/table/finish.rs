//! The one write that counts a result: the test's outcome and the job's counters together (promise 2).

use super::Table;
use super::item::{key, number, text};
use super::jobs::{incomplete, job_pk};
use super::tests::test_sk;
use super::transaction::{Transacted, is_refused};
use crate::error::Result;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem, Update};
use stepcast_protocol::state::{Change, Outcome, digest_of};

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
    pub async fn finish_tests(&self, job: &str, plan: u64, mut finished: Vec<FinishedTest>) -> Result<Vec<u32>> {
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

    fn finish_test(&self, job: &str, plan: u64, test: &FinishedTest) -> Result<TransactWriteItem> {
        let mut update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(job_pk(job), test_sk(plan, test.test))))
            .condition_expression("#status = :running AND lease = :lease")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#outcome", "outcome")
            .expression_attribute_values(":running", text("running"))
            .expression_attribute_values(":finished", text("finished"))
            .expression_attribute_values(":lease", number(test.lease))
            .expression_attribute_values(":outcome", text(test.outcome.as_str()))
            .expression_attribute_values(":duration", number(test.duration_ms))
            .expression_attribute_values(":attempt", number(test.attempt))
            .expression_attribute_values(":steps", text(&test.steps))
            .expression_attribute_values(":v", number(test.v));
        let mut set = "SET #status = :finished, #outcome = :outcome, duration_ms = :duration, attempt = :attempt, \
                       steps = :steps, v = :v"
            .to_owned();
        if let Some(change) = test.change {
            set.push_str(", #change = :change");
            update = update
                .expression_attribute_names("#change", "change")
                .expression_attribute_values(":change", text(change.as_str()));
        }
        let update = update.update_expression(set).build().map_err(incomplete)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn count(&self, job: &str, plan: u64, finished: &[FinishedTest]) -> Result<TransactWriteItem> {
        let mut update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(job_pk(job), "JOB")))
            .condition_expression("#status = :running AND #plan = :plan")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#plan", "plan")
            .expression_attribute_names("#open", "open")
            .expression_attribute_names("#checks", "checks")
            .expression_attribute_names("#digest", "digest")
            .expression_attribute_names("#requests", "requests")
            .expression_attribute_values(":running", text("running"))
            .expression_attribute_values(":plan", number(plan))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(self.clock.now_ms()))
            .expression_attribute_values(":closed", number(format!("-{}", finished.len())))
            .expression_attribute_values(":checks", number(finished.iter().map(|test| test.checks).sum::<u64>()))
            .expression_attribute_values(":requests", number(finished.iter().map(|test| test.requests).sum::<u64>()))
            .expression_attribute_values(":expected", number(finished.iter().map(|test| test.expected_ms).sum::<u64>()))
            .expression_attribute_values(
                ":digest",
                number(finished.iter().map(|test| digest_of(test.test, test.outcome)).sum::<u64>()),
            );
        let mut add =
            "ADD v :one, #open :closed, #checks :checks, #requests :requests, expected_done_ms :expected, #digest :digest".to_owned();
        for outcome in Outcome::ALL {
            let count = finished.iter().filter(|test| test.outcome == outcome).count();
            if count > 0 {
                let name = outcome.as_str();
                add.push_str(", #");
                add.push_str(name);
                add.push_str(" :");
                add.push_str(name);
                update = update
                    .expression_attribute_names(format!("#{name}"), name)
                    .expression_attribute_values(format!(":{name}"), number(count));
            }
        }
        let update = update.update_expression(format!("SET moved_at = :now {add}")).build().map_err(incomplete)?;
        Ok(TransactWriteItem::builder().update(update).build())
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
