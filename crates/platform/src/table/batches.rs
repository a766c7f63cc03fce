//! Batches: a few tests of a plan that one worker at a time runs under one lease.
//!
//! The item of a batch appears when a worker first claims it. It says which of the batch's tests have ended, so a
//! worker that claims it later runs only the others.

use super::Table;
use super::expression::{Condition, ItemUpdate, attribute};
use super::item::{Item, key, read};
use super::jobs::job_pk;
use super::plan::plan_prefix;
use super::record::JobRecord;
use super::write::Updated;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::time::Duration;
use stepcast_protocol::id::JobId;
use stepcast_suite::duration::millis;
use uuid::Uuid;

/// Most tests of one batch. Their results have a bit each in one number, and the largest ones fit into one transaction.
pub const MOST_TESTS: u32 = 25;

/// Names a batch of a job's plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Batch {
    /// The job it belongs to
    pub job: JobId,
    /// The planning of the job
    pub plan: u64,
    /// Its place among the batches of the plan, from 0
    pub number: u32,
    /// The places of its tests in the plan
    pub tests: Range<u32>,
}

impl Batch {
    /// The bits of these tests of the batch, as [`BatchRecord::ended`] has them.
    pub fn bits(&self, tests: impl IntoIterator<Item = u32>) -> u32 {
        tests.into_iter().map(|test| 1_u32.checked_shl(test.wrapping_sub(self.tests.start)).unwrap_or(0)).sum()
    }

    fn all(&self) -> u32 {
        self.bits(self.tests.clone())
    }
}

impl JobRecord {
    /// The number of tests in a batch if `workers` workers share a job: each worker gets something, and a large job
    /// fills its batches.
    pub fn batch_size(tests: u32, workers: u32) -> u32 {
        tests.div_ceil(workers.max(1)).clamp(1, MOST_TESTS)
    }

    /// Whether its tests are stored in batches. A version before stored an item for each test.
    pub fn is_in_batches(&self) -> bool {
        self.batch_size > 0
    }

    /// All batches of its plan.
    pub fn batches(&self) -> impl Iterator<Item = Batch> + use<'_> {
        (0..self.counts.total.div_ceil(self.batch_size.max(1))).filter_map(|number| self.batch(number))
    }

    /// One batch of its plan.
    pub fn batch(&self, number: u32) -> Option<Batch> {
        let start = number.checked_mul(self.batch_size)?;
        let tests = start..start.saturating_add(self.batch_size).min(self.counts.total);
        (!tests.is_empty()).then(|| Batch { job: self.job.clone(), plan: self.plan, number, tests })
    }

    /// The batch that has a test.
    pub fn batch_of(&self, test: u32) -> Option<Batch> {
        self.batch(test.checked_div(self.batch_size)?)
    }
}

/// A batch as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRecord {
    /// Its place among the batches of the plan
    pub batch: u32,
    /// How often a worker has taken it
    #[serde(default)]
    pub lease: u64,
    /// Until when the last of these workers holds it, in milliseconds since 1970; 0 if that worker has given it back
    #[serde(default)]
    pub lease_until: u64,
    /// How many of these workers have given it back
    #[serde(default)]
    pub given_back: u64,
    /// How often results of it were written
    #[serde(default)]
    pub writes: u32,
    /// Which of its tests have ended, a bit for each, the lowest for the first
    #[serde(default)]
    pub ended: u32,
    /// How often the reaper queued it again
    #[serde(default)]
    pub requeued: u32,
}

impl BatchRecord {
    /// The tests of the batch that have no outcome.
    pub fn open_tests(&self, batch: &Batch) -> impl Iterator<Item = u32> + use<> {
        let ended = self.ended;
        (0..).zip(batch.tests.clone()).filter(move |(place, _)| ended & (1 << place) == 0).map(|(_, test)| test)
    }

    /// Whether all tests of the batch have ended.
    pub fn is_finished(&self, batch: &Batch) -> bool {
        self.ended == batch.all()
    }

    /// Whether a worker has taken it and not given it back.
    pub fn is_taken(&self) -> bool {
        self.lease_until > 0
    }

    /// How many workers were lost while they held it, up to the last but one, or up to the last if that is lost.
    pub fn lost_workers(&self, is_last_lost: bool) -> u64 {
        self.lease.saturating_sub(self.given_back + u64::from(!is_last_lost))
    }

    /// Whether a worker has taken it and its lease has run out. `now` is in milliseconds since 1970.
    pub fn is_stalled(&self, now: u64) -> bool {
        self.is_taken() && self.lease_until < now
    }
}

/// A worker's hold on a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The batch that is held
    pub batch: Batch,
    /// Goes up with every claim on the batch
    pub number: u64,
}

/// The result of a worker's claim on a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The worker holds the batch
    Taken(BatchRecord),
    /// Another worker holds it, for this much longer
    Held(Duration),
    /// All tests of the batch have ended
    Finished,
}

impl Table {
    /// Takes a batch, if no worker holds it and one of its tests is open.
    pub async fn claim_batch(&self, batch: &Batch, hold: Duration) -> Result<Claim> {
        let is_free = attribute("lease_until").is_missing().or(attribute("lease_until").is_below(self.clock.now_ms()));
        self.claim(batch, hold, is_open(batch).and(is_free)).await
    }

    /// Takes a batch with an open test even if another worker holds it: that worker's lease is over.
    pub async fn take_over_batch(&self, batch: &Batch, hold: Duration) -> Result<Claim> {
        self.claim(batch, hold, is_open(batch)).await
    }

    async fn claim(&self, batch: &Batch, hold: Duration, only_if: Condition) -> Result<Claim> {
        let now = self.clock.now_ms();
        // Unique to this claim: if its answer is lost, the SDK retries, and then finds the batch taken by this claim.
        let by = Uuid::new_v4().to_string();
        let update = self
            .update_batch(batch)
            .only_if(only_if)
            .set("lease_until", now + millis(hold))
            .set("claimed_by", &by)
            .add("lease", 1_u64)
            .add("writes", 0_u32)
            .add("ended", 0_u32)
            .returning_item();
        match self.update(update).await? {
            Updated::Done(taken) => Ok(Claim::Taken(batch_record(taken)?)),
            Updated::Refused(Some(held)) if is_claimed_by(&held, &by) => Ok(Claim::Taken(batch_record(held)?)),
            Updated::Refused(Some(held)) => Ok(refused_claim(batch, &batch_record(held)?, now)),
            // An item that is missing meets every condition here.
            Updated::Refused(None) => Ok(Claim::Held(Duration::ZERO)),
        }
    }

    /// Holds a batch for longer. Returns `false` if another worker has the lease by now.
    pub async fn renew_lease(&self, lease: &Lease, hold: Duration) -> Result<bool> {
        let update = ItemUpdate::of(batch_key(&lease.batch))
            .only_if(is_held(lease))
            .set("lease_until", self.clock.now_ms() + millis(hold));
        Ok(self.update(update).await?.is_done())
    }

    /// Gives a batch back, so that another worker can take it at once. Does nothing if another worker has the lease.
    pub async fn give_back(&self, lease: &Lease) -> Result<()> {
        let update = ItemUpdate::of(batch_key(&lease.batch))
            .only_if(is_held(lease).and(attribute("lease_until").is_above(0_u64)))
            .set("lease_until", 0_u64)
            .add("given_back", 1_u64);
        self.update(update).await.map(|_| ())
    }

    /// Frees a batch that was read like this, because the worker that held it is known to be dead: another one can take
    /// it at once.
    pub async fn free_batch(&self, batch: &Batch, read: &BatchRecord) -> Result<()> {
        let is_as_read = attribute("lease").is(read.lease).and(attribute("lease_until").is(read.lease_until));
        let update = ItemUpdate::of(batch_key(batch)).only_if(is_as_read).set("lease_until", 0_u64);
        self.update(update).await.map(|_| ())
    }

    /// Counts that the reaper queues a batch again, and returns how often it has.
    pub async fn count_requeue(&self, batch: &Batch) -> Result<u32> {
        let update = self.update_batch(batch).add("requeued", 1_u64).returning_item();
        let counted = self.update(update).await?.item().unwrap_or_default();
        Ok(batch_record(counted)?.requeued)
    }

    /// Reads the batches of a job that were ever claimed or queued again, in order.
    pub async fn claimed_batches(&self, job: &JobRecord) -> Result<Vec<BatchRecord>> {
        let query = self.partition(job_pk(&job.job), &format!("{}{BATCH}", plan_prefix(job.plan)));
        Self::all(query).await?.into_iter().map(batch_record).collect()
    }

    /// An update of a batch whose item may be missing.
    fn update_batch(&self, batch: &Batch) -> ItemUpdate {
        ItemUpdate::of(batch_key(batch)).set("batch", batch.number).set("expires_at", self.expiry())
    }
}

/// What the sort keys of batches have after the prefix of their plan.
pub(super) const BATCH: &str = "BATCH#";

pub(super) fn batch_sk(plan: u64, number: u32) -> String {
    format!("{}{BATCH}{number:05}", plan_prefix(plan))
}

pub(super) fn batch_key(batch: &Batch) -> Item {
    key(job_pk(&batch.job), batch_sk(batch.plan, batch.number))
}

pub(super) fn batch_record(item: Item) -> Result<BatchRecord> {
    read("batch", item)
}

fn is_open(batch: &Batch) -> Condition {
    attribute("ended").is_missing().or(attribute("ended").is_not(batch.all()))
}

pub(super) fn is_held(lease: &Lease) -> Condition {
    attribute("lease").is(lease.number)
}

fn is_claimed_by(held: &Item, by: &str) -> bool {
    held.get("claimed_by").and_then(|own| own.as_s().ok()).is_some_and(|own| own == by)
}

fn refused_claim(batch: &Batch, record: &BatchRecord, now: u64) -> Claim {
    if record.is_finished(batch) {
        Claim::Finished
    } else {
        Claim::Held(Duration::from_millis(record.lease_until.saturating_sub(now)))
    }
}
