//! Earlier results of the tests of a suite: a small copy of each job's results, stored by suite and branch.
//!
//! They are written once per job, after its last test has ended and before it has its verdict, not with each test. If
//! the process that closes the job dies in between, the next one writes the same data under the same keys.

use super::Table;
use super::expression::attribute;
use super::item::{Item, item, read, text};
use super::packed::{pack, unpack};
use super::record::{JobRecord, TestRecord};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::Outcome;

/// How a test ended in a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(String, Outcome, u64)", into = "(String, Outcome, u64)")]
pub struct PastTest {
    /// Its name
    pub name: String,
    /// How it ended
    pub outcome: Outcome,
    /// How long it took, in milliseconds
    pub duration_ms: u64,
}

/// The results of a job, or a part of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastJob {
    /// Its id
    pub job: JobId,
    /// When it was accepted, in milliseconds since 1970
    pub created_at: u64,
    /// The tests that ran to their end
    pub tests: Vec<PastTest>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    job: JobId,
    created_at: u64,
    #[serde(with = "serde_bytes")]
    results: Vec<u8>,
    expires_at: u64,
}

impl From<(String, Outcome, u64)> for PastTest {
    fn from((name, outcome, duration_ms): (String, Outcome, u64)) -> Self {
        Self { name, outcome, duration_ms }
    }
}

impl From<PastTest> for (String, Outcome, u64) {
    fn from(test: PastTest) -> Self {
        (test.name, test.outcome, test.duration_ms)
    }
}

impl Table {
    /// Returns the results of a job in which no test is open, as its history stores them. A test that an admin did not
    /// wait for says as little about the suite as a cancelled one, so both are left out.
    pub fn results(job: &JobRecord, tests: &[TestRecord]) -> Vec<PastTest> {
        let says_something =
            |outcome: &Outcome| outcome.is_conclusive() && (job.ended_by.is_none() || *outcome != Outcome::Errored);
        let ended = tests.iter().filter_map(|test| {
            let outcome = test.outcome.filter(says_something)?;
            Some(PastTest { name: test.name.clone(), outcome, duration_ms: test.duration_ms.unwrap_or_default() })
        });
        ended.collect()
    }

    /// Stores the results of a job for later jobs of the same suite and branch. Repeating this changes nothing.
    pub async fn put_history(&self, job: &JobRecord, tests: &[PastTest]) -> Result<()> {
        let expires_at = job.created_at / 1_000 + self.retention.as_secs();
        let pk = history_pk(&job.suite, job.branch());
        let to_item = |(number, part): (u32, super::packed::Part)| -> Result<Item> {
            let stored = Stored { job: job.job.clone(), created_at: job.created_at, results: part.packed, expires_at };
            item(&pk, format!("{}#{number:02}", job.job), &stored)
        };
        let items = (0..).zip(pack("history", tests)?).map(to_item).collect::<Result<Vec<_>>>()?;
        self.put_all(&items).await
    }

    /// Reads the results of the jobs of a suite and branch, newest first; if `before` is given, only those of older
    /// jobs. The result is limited to `most` items and to what one query returns, which is 1 MB: a job has one item
    /// unless it has some ten thousand tests.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html#API_Query_RequestParameters>
    pub async fn history(&self, suite: &str, branch: &str, before: Option<&str>, most: usize) -> Result<Vec<PastJob>> {
        let pk = history_pk(suite, branch);
        let mut query = self.partition(&pk, "").scan_index_forward(false);
        // DynamoDB deletes expired items late.
        query = attribute("expires_at").is_above(self.clock.now_ms() / 1_000).filter(query);
        if let Some(job) = before {
            query =
                query.key_condition_expression("pk = :pk AND sk < :job").expression_attribute_values(":job", text(job));
        }
        let (items, _) = Self::page(query, &pk, None, most).await?;
        items.into_iter().map(past_job).collect()
    }
}

fn past_job(item: Item) -> Result<PastJob> {
    let Stored { job, created_at, results, .. } = read("history", item)?;
    Ok(PastJob { job, created_at, tests: unpack("history", &results)? })
}

/// The length keeps keys distinct if the suite's name or the branch contains a `#`.
fn history_pk(suite: &str, branch: &str) -> String {
    format!("HISTORY#{}#{suite}#{branch}", suite.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_and_a_branch_are_told_apart() {
        assert_ne!(history_pk("a#b", "c"), history_pk("a", "b#c"));
        assert_ne!(history_pk("a", ""), history_pk("", "a"));
    }
}
