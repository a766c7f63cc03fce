//! The one write that counts a result: the test's outcome and the job's counters together (promise 2).

use super::item::{key, number, text};
use super::jobs::{incomplete, job_pk};
use super::tests::test_sk;
use super::{SERVICE, Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem, Update};
use std::time::Duration;
use stepcast_protocol::state::{Outcome, digest_of};

/// How often a transaction that met another on the job's item is sent again.
const OFFERS: u32 = 12;

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
    /// How many tries it took
    pub attempt: u32,
    /// Its steps as JSON
    pub steps: String,
    /// Checks that were evaluated
    pub checks: u64,
}

impl Table {
    /// Counts the results of some tests of one job, each at most once. Gives back which of them were counted; for the
    /// others the lease was another's or the outcome already there.
    pub async fn finish_tests(&self, job: &str, plan: u64, mut finished: Vec<FinishedTest>) -> Result<Vec<u32>> {
        for offer in 0..OFFERS {
            if finished.is_empty() {
                return Ok(Vec::new());
            }
            let sent = self.send_finish(job, plan, &finished).await;
            match sent {
                Ok(()) => return Ok(finished.iter().map(|test| test.test).collect()),
                Err(SdkError::ServiceError(error)) => match error.into_err() {
                    TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                        let reasons = cancelled.cancellation_reasons.unwrap_or_default();
                        drop_refused(&mut finished, &reasons)?;
                    }
                    TransactWriteItemsError::TransactionInProgressException(_) => {}
                    error => return Err(failed::<_, ()>(SdkError::service_error(error, ()))),
                },
                Err(error) => return Err(failed(error)),
            }
            tokio::time::sleep(pause(offer, finished.first())).await;
        }
        Err(Error::Unavailable { service: SERVICE, reason: "the job's counters are too busy".to_owned() })
    }

    async fn send_finish(
        &self,
        job: &str,
        plan: u64,
        finished: &[FinishedTest],
    ) -> std::result::Result<(), SdkError<TransactWriteItemsError>> {
        let mut request = self.client.transact_write_items();
        for test in finished {
            request =
                request.transact_items(self.finish_test(job, plan, test).map_err(SdkError::construction_failure)?);
        }
        let counters = self.count(job, plan, finished).map_err(SdkError::construction_failure)?;
        request.transact_items(counters).send().await.map(|_| ())
    }

    fn finish_test(&self, job: &str, plan: u64, test: &FinishedTest) -> Result<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(job_pk(job), test_sk(plan, test.test))))
            .update_expression(
                "SET #status = :finished, #outcome = :outcome, duration_ms = :duration, attempt = :attempt, \
                 steps = :steps, v = :v",
            )
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
            .expression_attribute_values(":v", number(test.v))
            .build()
            .map_err(incomplete)?;
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
            .expression_attribute_values(":running", text("running"))
            .expression_attribute_values(":plan", number(plan))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(self.clock.now_ms()))
            .expression_attribute_values(":closed", number(format!("-{}", finished.len())))
            .expression_attribute_values(":checks", number(finished.iter().map(|test| test.checks).sum::<u64>()))
            .expression_attribute_values(
                ":digest",
                number(finished.iter().map(|test| digest_of(test.test, test.outcome)).sum::<u64>()),
            );
        let mut add = "ADD v :one, #open :closed, #checks :checks, #digest :digest".to_owned();
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

/// Takes out the tests whose condition did not hold. The last reason is the job's own: where that one did not hold,
/// the job is finished or planned anew, and none of the results counts.
fn drop_refused(finished: &mut Vec<FinishedTest>, reasons: &[CancellationReason]) -> Result<()> {
    let refused = |at: usize| reasons.get(at).is_some_and(|reason| reason.code() == Some("ConditionalCheckFailed"));
    if let Some(reason) = reasons.iter().find(|reason| reason.code() == Some("ValidationError")) {
        return Err(Error::Refused { service: SERVICE, reason: reason.message().unwrap_or("-").to_owned() });
    }
    if refused(finished.len()) {
        finished.clear();
        return Ok(());
    }
    let mut at = 0;
    finished.retain(|_| {
        at += 1;
        !refused(at - 1)
    });
    Ok(())
}

/// Longer each time, and different for each worker, so that those who met do not meet again.
fn pause(offer: u32, first: Option<&FinishedTest>) -> Duration {
    let spread = first.map_or(0, |test| digest_of(test.test.wrapping_add(offer), test.outcome) % 16);
    Duration::from_millis((4 << offer.min(6)) + spread)
}
