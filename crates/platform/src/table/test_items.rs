//! Tests: written by the planner, held by one worker at a time under a lease.

use super::expression::{Condition, ItemUpdate, attribute, item_exists};
use super::item::{Item, item, key};
use super::jobs::job_pk;
use super::record::TestRecord;
use super::write::{Updated, incomplete};
use super::{SERVICE, Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use futures_util::future::try_join_all;
use serde::Serialize;
use std::time::Duration;
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::{Outcome, TestStatus};
use stepcast_suite::duration::millis;
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

/// Names a test.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TestKey {
    /// The job it belongs to
    pub job: JobId,
    /// The planning of the job it was written by
    pub plan: u64,
    /// Its place in the plan
    pub test: u32,
}

/// A worker's hold on a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The test that is held
    pub test: TestKey,
    /// Goes up with every claim on the test
    pub number: u64,
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
    pub async fn put_tests(&self, job: &JobId, plan: u64, tests: &[NewTest]) -> Result<()> {
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
    pub async fn claim_test(&self, test: &TestKey, hold: Duration) -> Result<Claim> {
        let lease_is_over = attribute("lease_until").is_below(self.clock.now_ms());
        let is_free = is_queued().or(is_running().and(lease_is_over));
        self.claim(test, hold, is_free).await
    }

    /// Takes a test that has no outcome, even if another worker holds it: that worker's lease is over.
    pub async fn take_over_test(&self, test: &TestKey, hold: Duration) -> Result<Claim> {
        self.claim(test, hold, is_queued().or(is_running())).await
    }

    async fn claim(&self, test: &TestKey, hold: Duration, only_if: Condition) -> Result<Claim> {
        let now = self.clock.now_ms();
        // Unique to this claim: if its answer is lost, the SDK retries, and then finds the test taken by this claim.
        let by = Uuid::new_v4().to_string();
        let update = update_test(test)
            .only_if(only_if)
            .set("status", TestStatus::Running)
            .set("lease_until", now + millis(hold))
            .set("claimed_by", &by)
            .add("lease", 1_u64)
            .returning_item();
        match self.update(update).await? {
            Updated::Done(taken) => Ok(Claim::Taken(Box::new(test_record(taken)?))),
            Updated::Refused(Some(held)) if is_claimed_by(&held, &by) => Ok(Claim::Taken(Box::new(test_record(held)?))),
            Updated::Refused(Some(held)) => Ok(refused_claim(test_record(held)?, now)),
            Updated::Refused(None) => Ok(Claim::Missing),
        }
    }

    /// Holds a test for longer. Returns `false` if another worker has the lease by now.
    pub async fn renew_lease(&self, lease: &Lease, hold: Duration) -> Result<bool> {
        let update = update_test(&lease.test)
            .only_if(is_running().and(attribute("lease").is(lease.number)))
            .set("lease_until", self.clock.now_ms() + millis(hold));
        Ok(self.update(update).await?.is_done())
    }

    /// Counts that the reaper queues a test again, and returns how often it has.
    pub async fn count_requeue(&self, test: &TestKey) -> Result<u32> {
        let update = update_test(test).only_if(item_exists()).add("requeued", 1_u64).returning_item();
        let counted = self.update(update).await?.item();
        let counted = counted.ok_or_else(|| Error::Refused {
            service: SERVICE,
            reason: format!("test {} of job `{}` is not stored", test.test, test.job),
        })?;
        Ok(test_record(counted)?.requeued)
    }

    /// All tests of a planning, in order.
    pub async fn tests(&self, job: &JobId, plan: u64) -> Result<Vec<TestRecord>> {
        let query = self.partition(job_pk(job), &test_prefix(plan));
        let items = Self::all(query).await?;
        items.into_iter().map(|item| super::item::read("test", item)).collect()
    }
}

fn update_test(test: &TestKey) -> ItemUpdate {
    ItemUpdate::of(key(job_pk(&test.job), test_sk(test.plan, test.test)))
}

fn is_queued() -> Condition {
    attribute("status").is(TestStatus::Queued)
}

fn is_running() -> Condition {
    attribute("status").is(TestStatus::Running)
}

fn is_claimed_by(held: &Item, by: &str) -> bool {
    held.get("claimed_by").and_then(|own| own.as_s().ok()).is_some_and(|own| own == by)
}

fn refused_claim(record: TestRecord, now: u64) -> Claim {
    match record.status {
        TestStatus::Finished => Claim::Finished(Box::new(record)),
        _ => Claim::Held(Duration::from_millis(record.lease_until.saturating_sub(now))),
    }
}

fn write_request(item: &Item) -> Result<WriteRequest> {
    let put = PutRequest::builder().set_item(Some(item.clone())).build().map_err(incomplete)?;
    Ok(WriteRequest::builder().put_request(put).build())
}

/// Prefix of the sort keys of a planning's tests.
pub(super) fn test_prefix(plan: u64) -> String {
    format!("TEST#{plan:05}#")
}

pub(super) fn test_sk(plan: u64, test: u32) -> String {
    format!("{}{test:06}", test_prefix(plan))
}

fn test_record(item: Item) -> Result<TestRecord> {
    super::item::read("test", item)
}
