//! A principal's jobs without a verdict. They have a partition for each principal, so that counting reads no more than
//! what is counted. Commands are in [`commands`](super::commands), connections in
//! [`open_connections`](super::open_connections).

use super::item::{Item, key, text};
use super::{JobRecord, Table, failed};
use crate::error::Result;
use aws_sdk_dynamodb::types::Select;
use std::fmt::Display;
use std::time::Duration;
use stepcast_suite::duration::millis;

impl Table {
    /// Counts the jobs without a verdict of a principal; returns `most` if there are as many or more.
    pub async fn open_jobs_of(&self, principal: &str, most: usize) -> Result<usize> {
        self.count_since(open_pk(principal), self.retention, most).await
    }

    /// Counts the items that are not older than `lifetime`. Older ones may still exist, since DynamoDB deletes late,
    /// but are not read.
    async fn count_since(&self, pk: String, lifetime: Duration, most: usize) -> Result<usize> {
        let oldest = self.clock.now_ms().saturating_sub(millis(lifetime));
        let query = self
            .partition(pk, "")
            .key_condition_expression("pk = :pk AND sk > :oldest")
            .expression_attribute_values(":oldest", text(timed(oldest, "~")))
            .select(Select::Count);
        let (mut count, mut start) = (0_usize, None);
        loop {
            let left = i32::try_from(most - count).unwrap_or(i32::MAX);
            let page = query.clone().limit(left).set_exclusive_start_key(start).send().await.map_err(failed)?;
            count = most.min(count + usize::try_from(page.count).unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() || count == most {
                return Ok(count);
            }
        }
    }
}

/// The key of a job among its principal's jobs without a verdict.
pub(super) fn open_key(job: &JobRecord) -> Item {
    key(open_pk(&job.principal), timed(job.created_at, &job.job))
}

fn open_pk(principal: &str) -> String {
    format!("OPEN#{principal}")
}

/// A sort key that begins with the time, so that a query can skip items that are too old.
fn timed(at: u64, id: impl Display) -> String {
    format!("{at:015}#{id}")
}
