//! The plan of a job: its tests as the planner made them, stored once and packed.

use super::baselines::Baseline;
use super::batches::Batch;
use super::item::{Item, item, read, text};
use super::jobs::job_pk;
use super::packed::{pack, unpack};
use super::{SERVICE, Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::Outcome;

/// Most tests of one part of a plan: a worker reads one part for a batch, or two.
const PART: usize = 250;

/// Most items one `BatchWriteItem` takes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
const BATCH: usize = 25;

/// Batches in flight at once: 100 items, a tenth of what one partition writes in a second.
const BATCHES_IN_FLIGHT: usize = 4;

/// How often items are sent while DynamoDB has no room for them, before the write fails.
const OFFERS: u32 = 8;

/// A test of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTest {
    /// Its place in the plan
    pub test: u32,
    /// Its name
    pub name: String,
    /// What the worker needs to know
    pub planned: String,
    /// Its outcomes in earlier jobs, newest first, if they could be read
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Vec<Outcome>>,
    /// Its expected duration, in milliseconds, if earlier jobs show it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_ms: Option<u64>,
    /// What its answers were when it last passed, if that is kept
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// Whether that is the one of the base branch, because its own branch has none
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_baseline_of_base: bool,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    first: u32,
    #[serde(with = "serde_bytes")]
    tests: Vec<u8>,
    expires_at: u64,
}

impl Table {
    /// Writes the tests of a planning, which are in order from 0 on. They do not count before [`Table::planned`] says
    /// so, so a planner that dies after writing some of them does no harm.
    pub async fn put_plan(&self, job: &JobId, plan: u64, tests: &[NewTest]) -> Result<()> {
        let mut items = Vec::new();
        for (number, part) in tests.chunks(PART).enumerate() {
            for packed in pack("plan", part)? {
                let first = u32::try_from(number * PART + packed.first).unwrap_or(u32::MAX);
                let stored = Stored { first, tests: packed.packed, expires_at: self.expiry() };
                items.push(item(job_pk(job), part_sk(plan, first), &stored)?);
            }
        }
        self.put_all(&items).await
    }

    /// Reads the tests of a batch, in order.
    pub async fn planned_tests(&self, batch: &Batch) -> Result<Vec<NewTest>> {
        let Batch { job, plan, tests, .. } = batch;
        let chunk = u32::try_from(PART).unwrap_or(u32::MAX);
        let from = tests.start - tests.start % chunk;
        let query = self
            .partition(job_pk(job), "")
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":from", text(part_sk(*plan, from)))
            .expression_attribute_values(":to", text(part_sk(*plan, tests.end.saturating_sub(1))));
        let mut found = Vec::new();
        for item in Self::all(query).await? {
            found.extend(unpack_part::<NewTest>(item)?.1.into_iter().filter(|test| tests.contains(&test.test)));
        }
        Ok(found)
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
}

/// Reads a part of a plan: the place of its first test, and its tests.
pub(super) fn unpack_part<T: DeserializeOwned>(item: Item) -> Result<(u32, Vec<T>)> {
    let Stored { first, tests, .. } = read("plan", item)?;
    Ok((first, unpack("plan", &tests)?))
}

fn write_request(item: &Item) -> Result<WriteRequest> {
    let put = PutRequest::builder().set_item(Some(item.clone())).build().map_err(super::write::incomplete)?;
    Ok(WriteRequest::builder().put_request(put).build())
}

/// Prefix of the sort keys of everything that belongs to a planning.
pub(super) fn plan_prefix(plan: u64) -> String {
    format!("PLAN#{plan:05}#")
}

/// What the sort keys of a plan's parts have after its prefix.
pub(super) const TESTS: &str = "TESTS#";

fn part_sk(plan: u64, first: u32) -> String {
    format!("{}{TESTS}{first:06}", plan_prefix(plan))
}
