//! The table code: every method of `stepcast_platform::Table`, on the embedded engine and on AWS's own DynamoDB Local
//! (`STEPCAST_CONTRACT_TABLE`).

mod baselines;
mod claims;
mod closing;
mod connections;
mod conversion;
mod expiry;
mod finishing;
mod history;
mod hosts;
mod jobs;
mod limits;
mod lists;
mod planning;
mod principals;
mod revoked;
mod suite_states;
mod suites;

use super::elsewhere;
use crate::support::{ACCESS_KEY_ID, NOON, Services, access_key, dynamodb, id, listen, platform, serve};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use stepcast_local::table::TableService;
use stepcast_platform::table::{
    Batch, BatchRecord, BatchResults, Claim, Created, FinishedTest, JobRecord, JobSource, Lease, MOST_TESTS, NewJob,
    NewSuite, NewTest, Planned, TestRecord, TestResult,
};
use stepcast_platform::{Clock, Error, Table};
use stepcast_protocol::ConnectionId;
use stepcast_protocol::state::{JobLimits, Outcome};
use tempfile::TempDir;
use uuid::Uuid;

/// How long workers hold tests here.
const LEASE: Duration = Duration::from_secs(20);

/// How long jobs are kept: the default of `Config`.
const RETENTION: Duration = Duration::from_hours(30 * 24);

/// An empty table for one test, on a stopped clock.
struct Fixture {
    table: Table,
    /// For what the table's own methods do not show
    client: aws_sdk_dynamodb::Client,
    name: String,
    now: Arc<AtomicU64>,
    _directory: Option<TempDir>,
}

impl Fixture {
    async fn new() -> Self {
        let fixture = Self::without_table().await;
        fixture.table.create_if_missing().await.expect("a table");
        fixture
    }

    /// Creates a table whose platform notifies when a suite breaks or recovers.
    async fn with_notifications() -> Self {
        let fixture = Self::without_table_notifying(true).await;
        fixture.table.create_if_missing().await.expect("a table");
        fixture
    }

    async fn without_table() -> Self {
        Self::without_table_notifying(false).await
    }

    async fn without_table_notifying(notifies: bool) -> Self {
        let (endpoint, directory) = match elsewhere("STEPCAST_CONTRACT_TABLE") {
            Some(endpoint) => (endpoint, None),
            None => embedded().await,
        };
        let now = Arc::new(AtomicU64::new(NOON.unsigned_abs()));
        let name = format!("contract-{}", Uuid::now_v7());
        let clock = Clock::from_fn({
            let now = now.clone();
            move || now.load(Ordering::Relaxed)
        });
        let client = dynamodb(&endpoint, ACCESS_KEY_ID);
        let services = Services { table_endpoint: endpoint, table: name.clone(), notifies, ..Services::default() };
        Self { table: platform(services, clock).await.table, client, name, now, _directory: directory }
    }

    fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    fn advance(&self, by: Duration) {
        self.now.fetch_add(u64::try_from(by.as_millis()).expect("a short time"), Ordering::Relaxed);
    }

    /// Stores a job and plans it with this many tests in full batches, which count as queued.
    async fn running_job(&self, job: &str, tests: u32) -> JobRecord {
        self.create(&new_job(job)).await;
        let job = &id(job);
        let plan = self.table.begin_plan(job).await.expect("an answer").expect("it is not planned yet").plan;
        let planned: Vec<_> = (0..tests).map(new_test).collect();
        self.table.put_plan(job, plan, &planned).await.expect("stored");
        self.table.planned(job, plan, self::tests(tests)).await.expect("an answer").expect("it is the newest planning")
    }

    /// Stores a job that was not there before.
    async fn create(&self, new: &NewJob) -> JobRecord {
        match self.table.create_job(new).await.expect("stored") {
            Created::New(record) => *record,
            Created::Before(job) => panic!("`{job}` was there before"),
        }
    }

    async fn job(&self, job: &str) -> JobRecord {
        self.table.job(&id(job)).await.expect("an answer").expect("a job")
    }

    async fn test(&self, job: &JobRecord, test: u32) -> TestRecord {
        let tests = self.table.tests(job).await.expect("an answer");
        tests.into_iter().find(|record| record.test == test).expect("a test")
    }

    /// Returns the connections that watch a topic.
    async fn watchers(&self, topic: &str) -> Vec<ConnectionId> {
        self.table.watchers(topic).await.expect("an answer").into_keys().collect()
    }

    /// Claims a batch that no worker holds.
    async fn claim(&self, job: &JobRecord, number: u32) -> BatchRecord {
        match self.table.claim_batch(&batch(job, number), LEASE).await.expect("an answer") {
            Claim::Taken(record) => record,
            other => panic!("the batch should be free: {other:?}"),
        }
    }

    /// Counts results of a batch of which nothing was written before. Returns whether they count.
    async fn count(&self, job: &JobRecord, number: u32, by: u64, results: &[(u32, Outcome)]) -> bool {
        let tests = results.iter().map(|(test, outcome)| ended(*test, by, *outcome)).collect();
        let results = BatchResults { lease: lease(job, number, by), writes: 0, ended: 0, tests };
        let counted = self.table.count_results(&job.job, job.plan, vec![results]).await.expect("an answer");
        counted == [number]
    }

    /// Claims the first batch and ends its tests with these outcomes.
    async fn finish_all(&self, job: &JobRecord, outcomes: &[Outcome]) {
        let by = self.claim(job, 0).await.lease;
        let results: Vec<_> = (0..).zip(outcomes.iter().copied()).collect();
        assert!(self.count(job, 0, by, &results).await, "they count");
    }

    /// Stores a suite of `ada` in place of the one under its name, if any, and returns the new version.
    async fn put_suite(&self, name: &str, tests: u32, suite: Vec<u8>) -> Result<u64, Error> {
        let seen = self.table.suite_name(name).await?;
        let new = NewSuite { name, tests, suite, owner: Some("ada"), stored_by: "ada" };
        Ok(self.table.put_suite(new, seen.as_ref()).await?.expect("nothing came between"))
    }

    /// Returns an item as it is stored.
    async fn item(&self, pk: &str, sk: &str) -> Option<HashMap<String, AttributeValue>> {
        let get = self.client.get_item().table_name(&self.name).consistent_read(true);
        let get = get.key("pk", AttributeValue::S(pk.to_owned())).key("sk", AttributeValue::S(sk.to_owned()));
        get.send().await.expect("an answer").item
    }

    /// Deletes an item, as DynamoDB does after its expiry.
    async fn expire(&self, pk: &str, sk: &str) {
        let delete = self.client.delete_item().table_name(&self.name);
        let delete = delete.key("pk", AttributeValue::S(pk.to_owned())).key("sk", AttributeValue::S(sk.to_owned()));
        delete.send().await.expect("deleted");
    }
}

async fn embedded() -> (String, Option<TempDir>) {
    let directory = TempDir::new().expect("a directory");
    let tables = TableService::open(directory.path().join("table.db")).expect("a database");
    let (listener, endpoint) = listen().await;
    serve(listener, tables.router(access_key()));
    (endpoint, Some(directory))
}

fn new_job(job: &str) -> NewJob {
    NewJob {
        job: id(job),
        suite: "Shop smoke".to_owned(),
        principal: "ada".to_owned(),
        labels: BTreeMap::new(),
        source: source(),
        watcher: None,
        idempotency_key: None,
        replay_of: None,
        from: None,
        limits: JobLimits::default(),
    }
}

/// Names a batch of a job that is planned.
fn batch(job: &JobRecord, number: u32) -> Batch {
    job.batch(number).expect("the plan has it")
}

/// A worker's hold on a batch.
fn lease(job: &JobRecord, of: u32, number: u64) -> Lease {
    Lease { batch: batch(job, of), number }
}

fn source() -> JobSource {
    JobSource {
        suite: b"\x1f\x8b, not really".to_vec(),
        vars: BTreeMap::new(),
        secrets: Vec::new(),
        tags: Vec::new(),
        only: Vec::new(),
        evidence: None,
    }
}

/// A planning that resulted in `total` tests, in full batches.
pub fn tests(total: u32) -> Planned {
    Planned { total, batch_size: MOST_TESTS, ..Planned::default() }
}

fn new_test(test: u32) -> NewTest {
    NewTest {
        test,
        name: format!("Test {test}"),
        planned: "{}".to_owned(),
        past: None,
        expected_ms: None,
        baseline: None,
        is_baseline_of_base: false,
    }
}

/// The end of a test by the worker that holds this lease: two checks, in a quarter of a second.
fn ended(test: u32, lease: u64, outcome: Outcome) -> FinishedTest {
    let steps = r#"[{"step":0,"name":"get"}]"#.to_owned();
    let v = lease * 1_000_000 + 7;
    let result = TestResult {
        test,
        v,
        outcome,
        duration_ms: 250,
        attempt: 1,
        change: None,
        ran: None,
        from: None,
        baseline: None,
        steps,
        earlier: None,
    };
    FinishedTest { result, expected_ms: 0, checks: 2, requests: 3 }
}

/// Runs `task` `times` times at once, each in its own task.
async fn at_once<T: Send + 'static, Fut: Future<Output = T> + Send + 'static>(
    times: u32,
    task: impl Fn(u32) -> Fut,
) -> Vec<T> {
    let tasks = (0..times).map(|number| tokio::spawn(task(number)));
    join_all(tasks).await.into_iter().map(|done| done.expect("it does not panic")).collect()
}
