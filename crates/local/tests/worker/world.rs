//! What the tests share: a table, a queue, workers, and a site that answers or does not.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use axum::Router;
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepcast_local::access::AccessKey;
use stepcast_local::queue::{self, QueueAttributes, QueueService};
use stepcast_local::server;
use stepcast_local::table::TableService;
use stepcast_platform::config::{Endpoints, Secret, SecretSource};
use stepcast_platform::table::{JobRecord, JobSource, NewJob, SealedSecrets, TestRecord};
use stepcast_platform::{Clock, Config, Platform, PrincipalLimits, Work};
use stepcast_protocol::state::JobLimits;
use stepcast_worker::Worker;
use stepcast_worker::engine::EngineConfig;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long a worker holds a test.
pub const LEASE: Duration = Duration::from_secs(20);

/// The job of every test.
pub const JOB: &str = "0190b2a0-0000-7000-8000-000000000000";

/// The deployment's secret.
pub const SECRET: &str = "the secret";

/// When the clock begins, in milliseconds since 1970.
const NOON: u64 = 1_800_000_000_000;

/// Services, and a site.
pub struct World {
    /// Address of the site: `/page` is a page, `/never` is not answered
    pub site: String,
    config: Config,
    now: Arc<AtomicU64>,
    heard: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

impl World {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let table = TableService::open(folder.path().join("table.sqlite")).expect("a table");
        let clock = Arc::new(stepcast_local::clock::SystemClock);
        let queue = QueueService::open(folder.path().join("queue.sqlite"), clock).expect("a queue");
        for name in ["stepcast", "dead"] {
            queue.create_queue(name, QueueAttributes::default()).await.expect("a queue");
        }
        let key = || AccessKey::new("key");
        let table_url = serve(|_| table.router(key())).await;
        let queue_url = serve(|url| queue::server::router(queue, key(), url, CancellationToken::new())).await;
        let site = serve(|_| {
            Router::new()
                .route("/page", get(|| async { "a page" }))
                .route("/never", get(std::future::pending::<&'static str>))
        })
        .await;
        let url = |name: &str| queue::server::queue_url(&queue_url, name);
        let endpoints = Endpoints { table: table_url, queue: queue_url.clone(), access_key: Secret::new("key") };
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let pushed = heard.clone();
        let hear = move |body: String| async move { pushed.lock().expect("nobody failed").push(body) };
        let connections = serve(|_| Router::new().route("/@connections/{connection}", post(hear))).await;
        let config = Config::at(endpoints, url("stepcast"), url("dead"), connections, Secret::new(SECRET));
        let world = Self { site, config, now: Arc::new(AtomicU64::new(NOON)), heard, _folder: folder };
        world.platform().await.table.create_if_missing().await.expect("a table");
        world
    }

    /// What functions with the secret have.
    pub async fn platform(&self) -> Platform {
        Platform::connect(&self.config, self.clock()).await
    }

    /// The same where a principal may use no more than this.
    pub async fn platform_with(&self, limits: PrincipalLimits) -> Platform {
        let config = Config { limits, ..self.config.clone() };
        Platform::connect(&config, self.clock()).await
    }

    /// A worker that was told nothing before.
    pub async fn worker(&self) -> Worker {
        worker(self.platform().await)
    }

    /// A worker that cannot read the deployment's secret.
    pub async fn worker_without_secret(&self) -> Worker {
        let config = Config { secret: SecretSource::Absent, ..self.config.clone() };
        worker(Platform::connect(&config, self.clock()).await)
    }

    /// What was said to connections so far, an event each.
    pub fn heard(&self) -> Vec<Value> {
        let heard = self.heard.lock().expect("nobody failed");
        heard.iter().flat_map(|said| said.lines()).map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Milliseconds since 1970 after a while.
    pub fn after(&self, while_: Duration) -> u64 {
        self.now.load(Ordering::SeqCst) + u64::try_from(while_.as_millis()).expect("a while")
    }

    /// Lets time pass.
    pub fn wait(&self, while_: Duration) {
        self.now.store(self.after(while_), Ordering::SeqCst);
    }

    /// Stores a job of these tests with the secret `key`.
    pub async fn store(&self, tests: &[Value]) {
        let platform = self.platform().await;
        let sealer = platform.keys.sealer().await.expect("the secret");
        let source = JobSource {
            suite: packed(&json!({ "suite": "Example", "tests": tests })),
            secrets: vec![SealedSecrets {
                job: JOB.to_owned(),
                sealed: sealer.seal(JOB, r#"{"key":"hunter2"}"#).expect("sealed"),
            }],
            vars: BTreeMap::new(),
            tags: Vec::new(),
            only: Vec::new(),
        };
        let new = NewJob {
            job: JOB.to_owned(),
            suite: "Example".to_owned(),
            principal: "ci".to_owned(),
            labels: BTreeMap::new(),
            source,
            connection: None,
            idempotency_key: None,
            replay_of: None,
            limits: JobLimits::default(),
        };
        platform.table.create_job(&new).await.expect("stored");
    }

    pub async fn job(&self) -> JobRecord {
        self.platform().await.table.job(JOB).await.expect("the table").expect("the job")
    }

    pub async fn tests(&self) -> Vec<TestRecord> {
        self.platform().await.table.tests(JOB, self.job().await.plan).await.expect("the table")
    }

    fn clock(&self) -> Clock {
        let now = self.now.clone();
        Clock::from_fn(move || now.load(Ordering::SeqCst))
    }
}

/// The message that has the job planned.
pub fn planning() -> Work {
    Work::Plan { job: JOB.to_owned() }
}

/// The message of a test of the job's first planning.
pub fn test(test: u32) -> Work {
    Work::Test { job: JOB.to_owned(), plan: 1, test }
}

/// A batch of messages.
pub fn batch(work: &[Work]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = (0..).zip(work).map(|(number, work)| message(number, work)).collect();
    event
}

/// The numbers of the messages that come again.
pub fn failed(response: &SqsBatchResponse) -> Vec<&str> {
    response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}

fn message(number: u32, work: &Work) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = Some(number.to_string());
    message.receipt_handle = Some("not of this queue".to_owned());
    message.body = Some(serde_json::to_string(work).expect("a message"));
    message
}

fn worker(platform: Platform) -> Worker {
    let engine = EngineConfig { allow_private_targets: true, ..EngineConfig::default() };
    Worker::new(platform, LEASE, engine).expect("a worker")
}

fn packed(suite: &Value) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(suite.to_string().as_bytes()).expect("packed");
    packed.finish().expect("packed")
}

async fn serve(router: impl FnOnce(&str) -> Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = server::endpoint(&listener).expect("an address");
    tokio::spawn(server::serve(listener, router(&url), CancellationToken::new()));
    url
}
