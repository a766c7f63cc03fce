//! The tests of a job, put together from its plan, its batches and their results.

use super::Table;
use super::batches::{BATCH, Batch, BatchRecord, batch_record};
use super::item::Item;
use super::jobs::job_pk;
use super::plan::{TESTS, plan_prefix, unpack_part};
use super::record::{JobRecord, TestRecord};
use super::results::{RESULTS, TestResult, results_prefix, unpack_results};
use crate::error::Result;
use serde::Deserialize;
use std::collections::BTreeMap;
use stepcast_protocol::state::{Outcome, TestStatus};

/// A test's name; the rest of the plan is for workers.
#[derive(Deserialize)]
struct Named {
    test: u32,
    name: String,
}

/// What is stored of the tests of a planning.
#[derive(Default)]
struct Stored {
    names: BTreeMap<u32, String>,
    batches: BTreeMap<u32, BatchRecord>,
    results: BTreeMap<u32, TestResult>,
}

impl Table {
    /// Reads all tests of a job, in order.
    pub async fn tests(&self, job: &JobRecord) -> Result<Vec<TestRecord>> {
        if job.counts.total == 0 {
            return Ok(Vec::new());
        }
        if !job.is_in_batches() {
            return self.tests_of_version_before(job).await;
        }
        let stored = self.stored(job, usize::MAX, |_| true).await?;
        Ok(job.batches().flat_map(|batch| stored.tests_of(&batch)).collect())
    }

    /// Reads the first tests of a job that failed, errored or were blocked, in order, at most `most`.
    pub async fn failing_tests(&self, job: &JobRecord, most: usize) -> Result<Vec<TestRecord>> {
        let is_failing = |outcome: Option<Outcome>| outcome.is_some_and(Outcome::is_failure);
        let tests = if job.is_in_batches() {
            let stored = self.stored(job, most, |result| result.outcome.is_failure()).await?;
            job.batches().flat_map(|batch| stored.tests_of(&batch)).collect()
        } else {
            self.tests(job).await?
        };
        Ok(tests.into_iter().filter(|test| is_failing(test.outcome)).take(most).collect())
    }

    /// Reads the tests of a batch that have ended, in order. `names` has the names of its tests.
    pub async fn ended_tests(&self, batch: &Batch, names: BTreeMap<u32, String>) -> Result<Vec<TestRecord>> {
        let mut stored = Stored { names, ..Stored::default() };
        let query = self.partition(job_pk(&batch.job), &results_prefix(batch.plan, batch.number));
        for item in Self::all(query).await? {
            stored.results.extend(unpack_results(item)?.into_iter().map(|result| (result.test, result)));
        }
        Ok(stored.tests_of(batch).into_iter().filter(|test| test.outcome.is_some()).collect())
    }

    /// Reads what is stored of the tests of a planning, and of the results that fit only the first `most`. A worker
    /// writes a result together with its batch, and batches are read first: so no result is missing of a test that has
    /// ended according to its batch.
    async fn stored(&self, job: &JobRecord, most: usize, fits: impl Fn(&TestResult) -> bool) -> Result<Stored> {
        let prefix = plan_prefix(job.plan);
        let query = self.partition(job_pk(&job.job), &prefix);
        let (mut stored, mut start) = (Stored::default(), None);
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await.map_err(super::failed)?;
            for item in page.items.unwrap_or_default() {
                stored.add(&prefix, item, &fits)?;
            }
            while stored.results.len() > most {
                stored.results.pop_last();
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(stored);
            }
        }
    }
}

impl Stored {
    fn add(&mut self, prefix: &str, item: Item, fits: impl Fn(&TestResult) -> bool) -> Result<()> {
        let sk = item.get("sk").and_then(|sk| sk.as_s().ok()).and_then(|sk| sk.strip_prefix(prefix));
        match sk.unwrap_or_default() {
            sk if sk.starts_with(BATCH) => {
                let batch = batch_record(item)?;
                self.batches.insert(batch.batch, batch);
            }
            sk if sk.starts_with(RESULTS) => {
                let results = unpack_results(item)?.into_iter().filter(fits);
                self.results.extend(results.map(|result| (result.test, result)));
            }
            sk if sk.starts_with(TESTS) => {
                let (_, tests) = unpack_part::<Named>(item)?;
                self.names.extend(tests.into_iter().map(|test| (test.test, test.name)));
            }
            // A later version may store more.
            _ => {}
        }
        Ok(())
    }

    fn tests_of(&self, batch: &Batch) -> Vec<TestRecord> {
        let held = self.batches.get(&batch.number).cloned().unwrap_or_default();
        let test = |test| {
            let name = self.names.get(&test).cloned().unwrap_or_default();
            match self.results.get(&test) {
                Some(result) => ended(result, name),
                None => open(test, name, &held),
            }
        };
        batch.tests.clone().map(test).collect()
    }
}

fn ended(result: &TestResult, name: String) -> TestRecord {
    TestRecord {
        test: result.test,
        name,
        status: TestStatus::Finished,
        lease: 0,
        lease_until: 0,
        v: result.v,
        attempt: result.attempt,
        outcome: Some(result.outcome),
        duration_ms: Some(result.duration_ms),
        change: result.change,
        ran: result.ran.clone(),
        from: result.from,
        baseline: result.baseline.clone(),
        steps: Some(result.steps.clone()),
        earlier: result.earlier.clone(),
    }
}

fn open(test: u32, name: String, batch: &BatchRecord) -> TestRecord {
    TestRecord {
        test,
        name,
        status: if batch.is_taken() { TestStatus::Running } else { TestStatus::Queued },
        lease: batch.lease,
        lease_until: batch.lease_until,
        v: 0,
        attempt: 0,
        outcome: None,
        duration_ms: None,
        change: None,
        ran: None,
        from: None,
        baseline: None,
        steps: None,
        earlier: None,
    }
}
