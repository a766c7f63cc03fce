//! Earlier results of the tests of a suite: a small copy of each job's results, stored by suite and branch.
//!
//! They are written once per job, after its last test has ended and before it has its verdict, not with each test. If
//! the process that closes the job dies in between, the next one writes the same data under the same keys.

use super::Table;
use super::expression::attribute;
use super::item::{Item, item, read, text};
use super::jobs::job_pk;
use super::record::JobRecord;
use super::test_items::test_prefix;
use crate::error::{Error, Result};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::Outcome;

/// Most bytes of packed results in one item, which has at most 400 KB with its keys.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items>
const PACKED_BYTES: usize = 380 * 1024;

/// Most bytes that an item is unpacked to: ten thousand tests with the longest names, each byte escaped.
const UNPACKED_BYTES: u64 = 20 * 1024 * 1024;

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
    /// Reads the results of a job in which no test is open, as its history stores them. A test that an admin did not
    /// wait for says as little about the suite as a cancelled one, so both are left out.
    pub async fn results(&self, job: &JobRecord) -> Result<Vec<PastTest>> {
        #[derive(Deserialize)]
        struct Ended {
            name: String,
            outcome: Option<Outcome>,
            #[serde(default)]
            duration_ms: u64,
        }
        let query = self
            .partition(job_pk(&job.job), &test_prefix(job.plan))
            .projection_expression("#name, #outcome, duration_ms")
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#outcome", "outcome");
        let says_something =
            |outcome: &Outcome| outcome.is_conclusive() && (job.ended_by.is_none() || *outcome != Outcome::Errored);
        let mut tests = Vec::new();
        for item in Self::all(query).await? {
            let Ended { name, outcome, duration_ms } = read("test", item)?;
            if let Some(outcome) = outcome.filter(says_something) {
                tests.push(PastTest { name, outcome, duration_ms });
            }
        }
        Ok(tests)
    }

    /// Stores the results of a job for later jobs of the same suite and branch. Repeating this changes nothing.
    pub async fn put_history(&self, job: &JobRecord, tests: &[PastTest]) -> Result<()> {
        let expires_at = job.created_at / 1_000 + self.retention.as_secs();
        let pk = history_pk(&job.suite, job.branch());
        let to_item = |(part, results)| -> Result<Item> {
            let stored = Stored { job: job.job.clone(), created_at: job.created_at, results, expires_at };
            item(&pk, format!("{}#{part:02}", job.job), &stored)
        };
        let parts = parts(tests)?;
        let items = (0..).zip(parts).map(to_item).collect::<Result<Vec<_>>>()?;
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
    Ok(PastJob { job, created_at, tests: unpack(&results)? })
}

/// The length keeps keys distinct if the suite's name or the branch contains a `#`.
fn history_pk(suite: &str, branch: &str) -> String {
    format!("HISTORY#{}#{suite}#{branch}", suite.len())
}

/// Packs results for items, halved until they fit.
fn parts(tests: &[PastTest]) -> Result<Vec<Vec<u8>>> {
    if tests.is_empty() {
        return Ok(Vec::new());
    }
    let packed = pack(tests)?;
    if packed.len() <= PACKED_BYTES || tests.len() == 1 {
        return Ok(vec![packed]);
    }
    let (first, second) = tests.split_at(tests.len() / 2);
    Ok([parts(first)?, parts(second)?].concat())
}

fn pack(tests: &[PastTest]) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(tests).map_err(unreadable)?;
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&json).map_err(unreadable)?;
    packed.finish().map_err(unreadable)
}

fn unpack(packed: &[u8]) -> Result<Vec<PastTest>> {
    serde_json::from_reader(GzDecoder::new(packed).take(UNPACKED_BYTES)).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::unreadable("history", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_and_a_branch_are_told_apart() {
        assert_ne!(history_pk("a#b", "c"), history_pk("a", "b#c"));
        assert_ne!(history_pk("a", ""), history_pk("", "a"));
    }

    #[test]
    fn what_no_item_holds_is_in_several_and_nothing_is_lost() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut name = || -> String { std::iter::repeat_with(|| random.alphanumeric()).take(250).collect() };
        let tests: Vec<PastTest> =
            (0..4_000).map(|number| PastTest { name: name(), outcome: Outcome::Passed, duration_ms: number }).collect();
        let parts = parts(&tests).expect("parts");
        assert!(parts.len() > 1 && parts.iter().all(|part| part.len() <= PACKED_BYTES), "{} parts", parts.len());
        let unpacked: Vec<PastTest> = parts.iter().flat_map(|part| unpack(part).expect("a part")).collect();
        assert_eq!(unpacked, tests);
        assert!(super::parts(&[]).expect("parts").is_empty(), "nothing is written of nothing");
    }
}
