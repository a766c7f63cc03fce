//! Tests: written by the planner, held by one worker at a time under a lease.

use super::item::{Item, item, key, number, text};
use super::jobs::job_pk;
use super::record::TestRecord;
use super::transaction::update;
use super::{SERVICE, Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{PutRequest, ReturnValue, ReturnValuesOnConditionCheckFailure, WriteRequest};
use futures_util::future::try_join_all;
use serde::Serialize;
use std::time::Duration;
use stepcast_protocol::state::{Outcome, TestStatus};
use uuid::Uuid;

/// Most items one `BatchWriteItem` takes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
const BATCH: usize = 25;

/// Batches in flight at once: 100 items, a tenth of what one partition writes in a second.
const BATCHES_IN_FLIGHT: usize = 4;

/// How often items are sent while DynamoDB has no room for them, before the write fails.
const OFFERS: u32 = 8;

/// A test the planner writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewTest {
    /// Its place in the plan
    pub test: u32,
    /// Its name
    pub name: String,
    /// What the worker needs to know
    pub planned: String,
    /// Its outcomes in earlier jobs, newest first, if they could be read
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past: Option<Vec<Outcome>>,
    /// Its expected duration, in milliseconds, if earlier jobs show it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_ms: Option<u64>,
}

/// The result of a worker's claim on a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The worker holds the test
    Taken(Box<TestRecord>),
    /// Another worker holds it, for this much longer
    Held(Duration),
    /// The test has an outcome
    Finished(Box<TestRecord>),
    /// There is no such test
    Missing,
}

#[derive(Serialize)]
struct Stored<'a> {
    #[serde(flatten)]
    test: &'a NewTest,
    status: TestStatus,
    expires_at: u64,
}

impl Table {
    /// Writes the tests of a planning. They do not count before [`Table::planned`] says so, so a planner that dies
    /// after writing some of them does no harm.
    pub async fn put_tests(&self, job: &str, plan: u64, tests: &[NewTest]) -> Result<()> {
        let expires_at = self.expiry();
        let items = tests.iter().map(|test| {
            item(job_pk(job), test_sk(plan, test.test), &Stored { test, status: TestStatus::Queued, expires_at })
        });
        self.put_all(&items.collect::<Result<Vec<_>>>()?).await
    }

    /// Writes items in batches; if it fails, some of them may be written.
    pub(super) async fn put_all(&self, items: &[Item]) -> Result<()> {
        let batches: Vec<_> = items.chunks(BATCH).collect();
        for group in batches.chunks(BATCHES_IN_FLIGHT) {
            try_join_all(group.iter().map(|batch| self.put_batch(batch))).await?;
        }
        Ok(())
    }

    async fn put_batch(&self, items: &[Item]) -> Result<()> {
        let mut left = items.iter().map(write_request).collect::<Result<Vec<_>>>()?;
        for offer in 0..OFFERS {
            let answer = self.client.batch_write_item().request_items(&self.name, left).send().await.map_err(failed)?;
            left = answer.unprocessed_items.and_then(|mut items| items.remove(&self.name)).unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20 << offer)).await;
        }
        Err(Error::Unavailable { service: SERVICE, reason: format!("no room for {} items", left.len()) })
    }

    /// Takes a test, if no worker holds it and it has no outcome.
    pub async fn claim_test(&self, job: &str, plan: u64, test: u32, lease: Duration) -> Result<Claim> {
        let (now, by) = (self.clock.now_ms(), Uuid::new_v4());
        let free = "#status = :queued OR (#status = :running AND lease_until < :now)";
        let request = self.claim(job, plan, test, lease, by).condition_expression(free);
        Self::claimed(request.expression_attribute_values(":now", number(now)), by, now).await
    }

    /// Takes a test that has no outcome, even if another worker holds it: that worker's lease is over.
    pub async fn take_over_test(&self, job: &str, plan: u64, test: u32, lease: Duration) -> Result<Claim> {
        let by = Uuid::new_v4();
        let request = self.claim(job, plan, test, lease, by).condition_expression("#status IN (:queued, :running)");
        Self::claimed(request, by, self.clock.now_ms()).await
    }

    /// Builds the claim. `by` is unique to it: if an answer is lost, the SDK retries, and then finds the test already
    /// taken by this claim.
    fn claim(&self, job: &str, plan: u64, test: u32, lease: Duration, by: Uuid) -> UpdateItemFluentBuilder {
        let until = self.clock.now_ms() + stepcast_suite::duration::millis(lease);
        self.update_test(job, plan, test)
            .update_expression("SET #status = :running, lease_until = :until, claimed_by = :by ADD lease :one")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":by", text(by.to_string()))
            .expression_attribute_values(":queued", text("queued"))
            .expression_attribute_values(":running", text("running"))
            .expression_attribute_values(":until", number(until))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    async fn claimed(request: UpdateItemFluentBuilder, by: Uuid, now: u64) -> Result<Claim> {
        match update(request).await {
            Ok(answer) => Ok(Claim::Taken(Box::new(test_record(answer.attributes)?))),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => match refused.item.clone() {
                    None => Ok(Claim::Missing),
                    Some(held) if is_claimed_by(&held, by) => Ok(Claim::Taken(Box::new(test_record(Some(held))?))),
                    held => Ok(refused_claim(test_record(held)?, now)),
                },
                _ => Err(failed(error)),
            },
        }
    }

    /// Holds a test for longer. Returns `false` if another worker has the lease by now.
    pub async fn renew_lease(&self, job: &str, plan: u64, test: u32, lease: u64, longer: Duration) -> Result<bool> {
        let until = self.clock.now_ms() + stepcast_suite::duration::millis(longer);
        let request = self
            .update_test(job, plan, test)
            .update_expression("SET lease_until = :until")
            .condition_expression("#status = :running AND lease = :lease")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":running", text("running"))
            .expression_attribute_values(":until", number(until))
            .expression_attribute_values(":lease", number(lease));
        match update(request).await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Counts that the reaper queues a test again, and returns how often it has.
    pub async fn count_requeue(&self, job: &str, plan: u64, test: u32) -> Result<u32> {
        let request = self
            .update_test(job, plan, test)
            .update_expression("ADD requeued :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew);
        let answer = update(request).await.map_err(failed)?;
        Ok(test_record(answer.attributes)?.requeued)
    }

    fn update_test(&self, job: &str, plan: u64, test: u32) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).set_key(Some(key(job_pk(job), test_sk(plan, test))))
    }

    /// All tests of a planning, in order.
    pub async fn tests(&self, job: &str, plan: u64) -> Result<Vec<TestRecord>> {
        let query = self.partition(job_pk(job), &test_prefix(plan));
        let items = Self::all(query).await?;
        items.into_iter().map(|item| super::item::read("test", item)).collect()
    }
}

fn is_claimed_by(held: &Item, by: Uuid) -> bool {
    held.get("claimed_by").and_then(|own| own.as_s().ok()).is_some_and(|own| *own == by.to_string())
}

fn refused_claim(record: TestRecord, now: u64) -> Claim {
    match record.status {
        TestStatus::Finished => Claim::Finished(Box::new(record)),
        _ => Claim::Held(Duration::from_millis(record.lease_until.saturating_sub(now))),
    }
}

fn write_request(item: &Item) -> Result<WriteRequest> {
    let put = PutRequest::builder().set_item(Some(item.clone())).build().map_err(super::jobs::incomplete)?;
    Ok(WriteRequest::builder().put_request(put).build())
}

/// Prefix of the sort keys of a planning's tests.
pub(super) fn test_prefix(plan: u64) -> String {
    format!("TEST#{plan:05}#")
}

pub(super) fn test_sk(plan: u64, test: u32) -> String {
    format!("{}{test:06}", test_prefix(plan))
}

fn test_record(attributes: Option<Item>) -> Result<TestRecord> {
    super::item::read("test", attributes.unwrap_or_default())
}
