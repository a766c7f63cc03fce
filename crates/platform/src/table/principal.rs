//! What one principal uses: jobs without a verdict, and commands. Each kind has a partition for each principal, so that
//! counting reads no more than what is counted. Connections are in [`open_connections`](super::open_connections).

use super::expression::ItemUpdate;
use super::item::{Item, key, text};
use super::{JobRecord, Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use std::fmt::Display;
use std::time::Duration;
use stepcast_suite::duration::millis;

/// The kind of command to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandKind {
    /// A `ping`, which only keeps a connection open
    Ping,
    /// Any other command, or a message that is not a command
    Other,
}

impl CommandKind {
    fn partition(self, principal: &str) -> String {
        match self {
            Self::Ping => format!("PINGS#{principal}"),
            Self::Other => format!("COMMANDS#{principal}"),
        }
    }
}

/// A command that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedCommand {
    /// How many the principal has sent in this window, this one included
    pub commands: usize,
    /// When the next window begins
    pub next_in: Duration,
}

impl Table {
    /// Counts the jobs without a verdict of a principal; returns `most` if there are as many or more.
    pub async fn open_jobs_of(&self, principal: &str, most: usize) -> Result<usize> {
        self.count_since(open_pk(principal), self.retention, most).await
    }

    /// Counts a command of a principal by its kind, with one write, whatever its outcome. A request that the SDK
    /// retries may be counted twice.
    pub async fn count_command(&self, kind: CommandKind, principal: &str, window: Duration) -> Result<CountedCommand> {
        let (now, length) = (self.clock.now_ms(), millis(window).max(1));
        let window_number = now / length;
        let update = ItemUpdate::of(key(kind.partition(principal), format!("{window_number:015}")))
            .set("expires_at", self.clock.expiry(window * 2))
            .add("commands", 1_u64)
            .returning_item();
        let changed = self.update(update).await?.item().unwrap_or_default();
        let commands = changed.get("commands").and_then(|value| AttributeValue::as_n(value).ok());
        let commands = commands.and_then(|count| count.parse().ok());
        Ok(CountedCommand {
            commands: commands.ok_or_else(|| Error::unreadable("number of commands", "there is none"))?,
            next_in: Duration::from_millis((window_number + 1) * length - now),
        })
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
