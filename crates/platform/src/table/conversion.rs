//! Jobs of the version before, which stored an item for each test: reading them, and converting those that are not
//! finished.
//!
//! The key of such an item is `TEST#plan#number`. A conversion is a planning of its own: it copies the tests, with the
//! results they have, under a plan number that nothing else uses, and then makes that the one that counts, on the
//! condition that the job is as it was. A worker of the version before counts under the old number, which the job no
//! longer has: so it counts nothing afterwards, and its tests run again.

use super::Table;
use super::batches::{Batch, BatchRecord, batch_sk};
use super::expression::{ItemUpdate, attribute};
use super::item::{Item, item, key, read};
use super::jobs::job_pk;
use super::plan::NewTest;
use super::record::{JobRecord, TestRecord};
use super::results::TestResult;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use stepcast_protocol::state::{JobStatus, Outcome, TestStatus};

/// How a conversion went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conversion {
    /// The job is converted
    Done(Box<JobRecord>),
    /// The job changed in the meantime: it has to be read again
    Changed,
}

#[derive(Deserialize)]
struct StoredTest {
    #[serde(flatten)]
    record: TestRecord,
    planned: String,
    #[serde(default)]
    past: Option<Vec<Outcome>>,
    #[serde(default)]
    expected_ms: Option<u64>,
}

#[derive(Serialize)]
struct Expiring<'a> {
    #[serde(flatten)]
    batch: &'a BatchRecord,
    expires_at: u64,
}

impl Table {
    /// Reads the tests of a job that the version before stored, in order.
    pub(super) async fn tests_of_version_before(&self, job: &JobRecord) -> Result<Vec<TestRecord>> {
        self.items_of_version_before(job).await?.into_iter().map(|item| read("test", item)).collect()
    }

    async fn items_of_version_before(&self, job: &JobRecord) -> Result<Vec<Item>> {
        Self::all(self.partition(job_pk(&job.job), &format!("TEST#{:05}#", job.plan))).await
    }

    /// Stores the tests of a running job of the version before in batches of `size`.
    pub async fn convert(&self, job: &JobRecord, size: u32) -> Result<Conversion> {
        let job_key = || key(job_pk(&job.job), "JOB");
        let is_old = || attribute("status").is(JobStatus::Running).and(attribute("plan").is(job.plan));
        // A number that no other conversion uses, whichever of them comes to its end.
        let begin = ItemUpdate::of(job_key()).only_if(is_old()).add("conversions", 1_u64).returning_item();
        let Some(begun) = self.update(begin).await?.item() else { return Ok(Conversion::Changed) };
        let Begun { record, conversions } = read("job", begun)?;
        let converted = JobRecord { plan: job.plan + conversions, batch_size: size, ..record };
        self.copy_tests(job, &converted).await?;
        let finish = ItemUpdate::of(job_key())
            .only_if(is_old().and(attribute("v").is(converted.v)))
            .set("plan", converted.plan)
            .set("batch_size", size)
            .add("v", 1_u64)
            .returning_item();
        match self.update(finish).await?.item() {
            Some(item) => Ok(Conversion::Done(Box::new(read("job", item)?))),
            None => Ok(Conversion::Changed),
        }
    }

    async fn copy_tests(&self, old: &JobRecord, converted: &JobRecord) -> Result<()> {
        let tests: Vec<StoredTest> = self
            .items_of_version_before(old)
            .await?
            .into_iter()
            .map(|item| read("test", item))
            .collect::<Result<_>>()?;
        let plan: Vec<NewTest> = tests.iter().map(new_test).collect();
        self.put_plan(&old.job, converted.plan, &plan).await?;
        let mut items = Vec::new();
        for batch in converted.batches() {
            let own: Vec<&StoredTest> = tests.iter().filter(|test| batch.tests.contains(&test.record.test)).collect();
            let record = batch_of(&batch, &own);
            let stored = Expiring { batch: &record, expires_at: self.expiry() };
            items.push(item(job_pk(&old.job), batch_sk(batch.plan, batch.number), &stored)?);
            let results: Vec<TestResult> = own.iter().filter_map(|test| result_of(&test.record)).collect();
            items.extend(self.result_items_of(&batch, 0, &results.iter().collect::<Vec<_>>())?);
        }
        self.put_all(&items).await
    }
}

#[derive(Deserialize)]
struct Begun {
    #[serde(flatten)]
    record: JobRecord,
    conversions: u64,
}

fn new_test(test: &StoredTest) -> NewTest {
    NewTest {
        test: test.record.test,
        name: test.record.name.clone(),
        planned: test.planned.clone(),
        past: test.past.clone(),
        expected_ms: test.expected_ms,
        baseline: None,
        is_baseline_of_base: false,
    }
}

/// A batch that no worker holds. Its lease continues the leases of its tests, so that their versions go on growing.
fn batch_of(batch: &Batch, tests: &[&StoredTest]) -> BatchRecord {
    let lease = tests.iter().map(|test| test.record.lease).max().unwrap_or_default();
    let ended = tests.iter().map(|test| &test.record).filter(|test| test.status == TestStatus::Finished);
    let ended = batch.bits(ended.map(|test| test.test));
    BatchRecord { batch: batch.number, lease, lease_until: 0, given_back: lease, writes: 1, ended, requeued: 0 }
}

fn result_of(test: &TestRecord) -> Option<TestResult> {
    Some(TestResult {
        test: test.test,
        v: test.v,
        outcome: test.outcome?,
        duration_ms: test.duration_ms.unwrap_or_default(),
        attempt: test.attempt,
        change: test.change,
        ran: None,
        from: None,
        baseline: None,
        steps: test.steps.clone().unwrap_or_else(|| "[]".to_owned()),
        earlier: test.earlier.clone(),
    })
}
