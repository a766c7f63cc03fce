//! The one write that counts results: the batch they belong to and the job's counters together (promise 2).
//!
//! The results of one write are one item, packed; large ones are several. Their keys have the number of the write, so
//! a batch's results never replace each other.

use super::Table;
use super::batches::{Batch, Lease, batch_key, is_held};
use super::expression::{ItemUpdate, attribute};
use super::item::{Item, item, key, read};
use super::jobs::job_pk;
use super::packed::{pack, unpack};
use super::plan::plan_prefix;
use super::write::{Transacted, is_refused};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use serde::{Deserialize, Serialize};
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::{AnswersFrom, Change, JobStatus, Outcome, Ran, digest_of};

/// The end of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// Its place in the plan
    pub test: u32,
    /// The version of this state
    pub v: u64,
    /// How it ended
    pub outcome: Outcome,
    /// How long it took, in milliseconds
    pub duration_ms: u64,
    /// How many tries it took
    pub attempt: u32,
    /// How it compares with earlier jobs
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Where and when it ran
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ran: Option<Ran>,
    /// What its answers came from, if not from the site
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<AnswersFrom>,
    /// The evidence of its answers, if it passed and they are what it is compared with from now on
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<NewBaseline>,
    /// Its steps as JSON
    pub steps: String,
    /// The attempts before the last as JSON, if there are any
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<String>,
}

/// The evidence of a test that passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBaseline {
    /// The id of its record
    pub id: String,
    /// Fingerprint of its answers
    pub digest: String,
    /// When it was stored, in milliseconds since 1970
    pub at: u64,
}

/// The end of a test and what the job's counters get from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedTest {
    /// The result that is stored
    pub result: TestResult,
    /// Its expected duration, in milliseconds; 0 if unknown
    pub expected_ms: u64,
    /// Checks that were evaluated
    pub checks: u64,
    /// Requests that its steps made, in all of its tries
    pub requests: u64,
}

/// Results of one batch, by the worker that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchResults {
    /// The worker's hold
    pub lease: Lease,
    /// How often results of the batch were written before
    pub writes: u32,
    /// Which tests of the batch had ended before
    pub ended: u32,
    /// The results
    pub tests: Vec<FinishedTest>,
}

impl BatchResults {
    /// Which tests of the batch have ended with these.
    pub fn ended_after(&self) -> u32 {
        self.ended | self.lease.batch.bits(self.tests.iter().map(|test| test.result.test))
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(with = "serde_bytes")]
    results: Vec<u8>,
    expires_at: u64,
}

impl Table {
    /// Counts results of some batches of one job, all of a batch or none. Returns the numbers of the batches that were
    /// counted; for the others, another worker has the lease or has written since.
    pub async fn count_results(&self, job: &JobId, plan: u64, mut batches: Vec<BatchResults>) -> Result<Vec<u32>> {
        while !batches.is_empty() {
            let mut writes = vec![self.count(job, plan, &batches)?];
            for results in &batches {
                writes.push(self.end_in_batch(results)?);
            }
            for results in &batches {
                for item in self.result_items(results)? {
                    writes.push(self.putting(item, None)?);
                }
            }
            match self.transact(writes).await? {
                Transacted::Done => break,
                Transacted::Refused(reasons) => drop_refused(&mut batches, &reasons)?,
            }
        }
        Ok(batches.iter().map(|results| results.lease.batch.number).collect())
    }

    fn end_in_batch(&self, results: &BatchResults) -> Result<TransactWriteItem> {
        let is_as_known = is_held(&results.lease).and(attribute("writes").is(results.writes));
        let update = ItemUpdate::of(batch_key(&results.lease.batch))
            .only_if(is_as_known)
            .set("ended", results.ended_after())
            .set("writes", results.writes + 1);
        self.updating(update)
    }

    fn result_items(&self, results: &BatchResults) -> Result<Vec<Item>> {
        let tests: Vec<&TestResult> = results.tests.iter().map(|test| &test.result).collect();
        self.result_items_of(&results.lease.batch, results.writes, &tests)
    }

    /// The items of the results that a batch gets with its write number `write`.
    pub(super) fn result_items_of(&self, batch: &Batch, write: u32, tests: &[&TestResult]) -> Result<Vec<Item>> {
        let parts = (0..).zip(pack("results", tests)?);
        let to_item = |(number, part): (u32, super::packed::Part)| {
            let stored = Stored { results: part.packed, expires_at: self.expiry() };
            let sk = format!("{}{write:05}#{number:02}", results_prefix(batch.plan, batch.number));
            item(job_pk(&batch.job), sk, &stored)
        };
        parts.map(to_item).collect()
    }

    fn count(&self, job: &JobId, plan: u64, batches: &[BatchResults]) -> Result<TransactWriteItem> {
        let tests = || batches.iter().flat_map(|results| &results.tests);
        let sum = |number: fn(&FinishedTest) -> u64| tests().map(number).sum::<u64>();
        let count = |outcome| tests().filter(|test| test.result.outcome == outcome).count();
        let is_running = attribute("status").is(JobStatus::Running).and(attribute("plan").is(plan));
        let update = ItemUpdate::of(key(job_pk(job), "JOB"))
            .only_if(is_running)
            .set("moved_at", self.clock.now_ms())
            .add("v", 1_u64)
            .add("open", -i64::try_from(tests().count()).unwrap_or(i64::MAX))
            .add("checks", sum(|test| test.checks))
            .add("requests", sum(|test| test.requests))
            .add("expected_done_ms", sum(|test| test.expected_ms))
            .add("digest", sum(|test| digest_of(test.result.test, test.result.outcome)));
        let outcomes = Outcome::ALL.into_iter().filter(|outcome| count(*outcome) > 0);
        self.updating(outcomes.fold(update, |update, outcome| update.add(outcome.as_str(), count(outcome))))
    }
}

/// What the sort keys of results have after the prefix of their plan.
pub(super) const RESULTS: &str = "RESULTS#";

/// Prefix of the sort keys of a batch's results.
pub(super) fn results_prefix(plan: u64, batch: u32) -> String {
    format!("{}{RESULTS}{batch:05}#", plan_prefix(plan))
}

/// Reads the results of one item.
pub(super) fn unpack_results(item: Item) -> Result<Vec<TestResult>> {
    let Stored { results, .. } = read("results", item)?;
    unpack("results", &results)
}

/// Removes the batches whose condition failed. The first reason is the job's own: if its condition failed, the job is
/// finished or was planned again, and none of the results counts.
fn drop_refused(batches: &mut Vec<BatchResults>, reasons: &[CancellationReason]) -> Result<()> {
    let before = batches.len();
    if reasons.first().is_some_and(is_refused) {
        batches.clear();
    }
    let mut reasons = reasons.iter().skip(1);
    batches.retain(|_| !reasons.next().is_some_and(is_refused));
    if batches.len() == before {
        return Err(Error::unreadable("results", "they were refused without a reason"));
    }
    Ok(())
}
