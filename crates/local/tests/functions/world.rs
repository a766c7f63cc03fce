//! Shared parts of the tests: a table, a queue, workers, and a site with pages that answer or hang.

use crate::refusal::Refusals;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::extract;
use axum::middleware::{Next, from_fn};
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};
use stepcast_engine::EngineConfig;
use stepcast_local::access::AccessKey;
use stepcast_local::clock::{Clock as _, HeldClock};
use stepcast_local::objects::{self, ObjectFiles};
use stepcast_local::queue::{self, QueueAttributes, QueueService, RedrivePolicy};
use stepcast_local::server;
use stepcast_local::table::TableService;
use stepcast_platform::config::{Endpoints, Evidence, EvidenceConfig};
use stepcast_platform::secret::{Secret, SecretSource};
use stepcast_platform::table::{
    BatchRecord, BatchResults, Claim, FinishedTest, JobRecord, JobSource, Lease, NewJob, SealedSecrets, TestRecord,
    TestResult,
};
use stepcast_platform::webhooks::WebhooksSource;
use stepcast_platform::{Clock, Config, Platform, PrincipalLimits, Work};
use stepcast_protocol::state::JobLimits;
use stepcast_protocol::{Event, Outcome};
use stepcast_worker::{Reaper, Worker};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long a worker holds a batch.
pub const LEASE: Duration = Duration::from_secs(20);

/// The job of every test.
pub const JOB: &str = "0190b2a0-0000-7000-8000-000000000000";

/// The deployment's secret.
pub const SECRET: &str = "the secret";

/// The queue and its dead-letter queue.
pub const QUEUES: [&str; 2] = ["stepcast", "dead"];

/// How often a message may be received before it is a dead letter.
const MOST_RECEIVES: u32 = 6;

/// A connection whose client reads nothing.
pub const SILENT: &str = "silent";

const LINKS: &str = r#"<a href="/page?1">1</a> <a href="/page?2">2</a> <a href="/page?3">3</a>"#;

/// How long to wait for something that should happen soon.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a request for `/slow` waits for others.
const MOMENT: Duration = Duration::from_millis(200);

/// When the clock begins, in milliseconds since 1970.
const NOON: i64 = 1_800_000_000_000;

/// Services, and a site.
pub struct World {
    /// Address of the site: `/page` is a page, `/links` has links to three, `/moved` leads to one, `/slow` waits a moment
    /// for two other requests, `/never` is never answered
    pub site: String,
    visits: Visits,
    /// The requests that the table refuses
    pub refusals: Refusals,
    pub services: Services,
    config: Config,
    platform: Platform,
    clock: HeldClock,
    folder: TempDir,
}

/// The embedded services themselves.
pub struct Services {
    table: TableService,
    /// The queue as the event source mapping uses it
    pub queue: QueueService,
    objects: ObjectFiles,
    pushes: watch::Sender<Vec<Push>>,
    ended: Arc<Mutex<Vec<String>>>,
}

/// A message to a connection.
struct Push {
    connection: String,
    body: String,
}

impl Services {
    async fn open(folder: &Path, clock: &HeldClock) -> Self {
        let table = TableService::open(folder.join("table.sqlite")).expect("a table");
        let queue = QueueService::open(folder.join("queue.sqlite"), Arc::new(clock.clone())).expect("a queue");
        let [work, dead] = QUEUES;
        queue.create_queue(dead, QueueAttributes::default()).await.expect("a queue");
        let redrive = RedrivePolicy { dead_letter_queue: dead.to_owned(), max_receive_count: MOST_RECEIVES };
        let attributes = QueueAttributes { redrive: Some(Some(redrive)), ..QueueAttributes::default() };
        queue.create_queue(work, attributes).await.expect("a queue");
        let objects = ObjectFiles::open(folder.join("evidence"), u64::MAX, Duration::MAX).expect("a folder");
        Self { table, queue, objects, pushes: watch::Sender::default(), ended: Arc::default() }
    }

    /// Serves the services, with `front` in front of each.
    pub async fn serve_behind(&self, front: impl Fn(Router) -> Router) -> Config {
        let key = || AccessKey::new("key");
        let table = serve(|_| front(self.table.router(key()))).await;
        let service = self.queue.clone();
        let queue = serve(|url| front(queue::server::router(service, key(), url, CancellationToken::new()))).await;
        let pushes = self.pushes.clone();
        let hear = move |extract::Path(connection): extract::Path<String>, body: String| async move {
            let answer = if connection == SILENT { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
            pushes.send_modify(|pushes| pushes.push(Push { connection, body }));
            answer
        };
        let ended = self.ended.clone();
        let end = move |extract::Path(connection): extract::Path<String>| async move {
            ended.lock().expect("no thread panicked").push(connection);
        };
        let connections =
            serve(|_| front(Router::new().route("/@connections/{connection}", post(hear).delete(end)))).await;
        let [work, dead] = QUEUES.map(|name| queue::server::queue_url(&queue, name));
        let objects = serve(|_| front(objects::server::router(self.objects.clone(), key()))).await;
        let endpoints = Endpoints { table, queue, objects, access_key: Secret::new("key"), in_process: None };
        let evidence = Some(EvidenceConfig { bucket: "stepcast".to_owned(), most: Evidence::All });
        Config { evidence, ..Config::at(endpoints, work, dead, connections, Secret::new(SECRET)) }
    }
}

/// The requests that the site gets. Clones share them.
#[derive(Clone, Default)]
struct Visits {
    paths: Arc<Mutex<Vec<String>>>,
    slow: watch::Sender<Slow>,
}

/// The requests for `/slow`.
#[derive(Clone, Copy, Default)]
struct Slow {
    now: usize,
    most: usize,
}

impl Visits {
    fn note(&self, path: &str) {
        self.paths.lock().expect("no thread panicked").push(path.to_owned());
    }

    /// Answers a request for `/slow`, once three of them are there or no other comes for a moment.
    async fn slow(self) -> &'static str {
        self.slow.send_modify(|slow| {
            slow.now += 1;
            slow.most = slow.most.max(slow.now);
        });
        let mut changes = self.slow.subscribe();
        let _ = tokio::time::timeout(MOMENT, changes.wait_for(|slow| slow.most == 3)).await;
        self.slow.send_modify(|slow| slow.now -= 1);
        "a page"
    }
}

impl World {
    pub async fn start() -> Self {
        Self::start_with_webhooks(WebhooksSource::Absent).await
    }

    /// Starts a world in which these webhooks are notified when a suite breaks or recovers.
    pub async fn start_with_webhooks(webhooks: WebhooksSource) -> Self {
        let (folder, clock) = (tempfile::tempdir().expect("a folder"), HeldClock::at(NOON));
        let services = Services::open(folder.path(), &clock).await;
        let visits = Visits::default();
        let site = serve(|_| {
            Router::new()
                .route("/page", get(|| async { "a page" }))
                .route(
                    "/slow",
                    get({
                        let visits = visits.clone();
                        move || visits.clone().slow()
                    }),
                )
                .route("/links", get(|| async { Html(LINKS) }))
                .route("/moved", get(|| async { Redirect::to("/page") }))
                .route("/never", get(std::future::pending::<&'static str>))
                .layer(from_fn({
                    let visits = visits.clone();
                    move |request: extract::Request, next: Next| {
                        visits.note(request.uri().path());
                        next.run(request)
                    }
                }))
        })
        .await;
        let refusals = Refusals::default();
        let config = services.serve_behind(|service| refusals.before(service)).await;
        let config = Config { webhooks, dashboard_url: Some("https://stepcast.example".to_owned()), ..config };
        let platform = Platform::connect(&config, clock_ahead(&clock, Duration::ZERO)).await;
        platform.table.create_if_missing().await.expect("a table");
        Self { site, visits, refusals, services, config, platform, clock, folder }
    }

    /// Returns the platform of functions that have the secret.
    pub fn platform(&self) -> Platform {
        self.platform.clone()
    }

    /// Does the same with these limits of a principal.
    pub async fn platform_with(&self, limits: PrincipalLimits) -> Platform {
        let config = Config { limits, ..self.config.clone() };
        Platform::connect(&config, self.clock_ahead(Duration::ZERO)).await
    }

    /// Damages an object of evidence.
    pub fn damage(&self, evidence: &str) {
        self.services.objects.put(evidence, b"something else").expect("a folder");
    }

    /// Makes all objects of evidence as old as if they had just been written, by the clock of this world.
    pub fn date_evidence(&self) {
        let now = UNIX_EPOCH + Duration::from_millis(self.after(Duration::ZERO));
        let folders = fs::read_dir(self.folder.path().join("evidence")).expect("a folder");
        for file in folders.flat_map(|folder| fs::read_dir(folder.expect("a folder").path()).expect("a folder")) {
            let file = File::options().write(true).open(file.expect("a file").path()).expect("a file");
            file.set_modified(now).expect("a time");
        }
    }

    /// Creates a worker that stores evidence at this address.
    pub async fn worker_storing_at(&self, objects: String) -> Worker {
        let endpoints = self.config.endpoints.clone().map(|endpoints| Endpoints { objects, ..endpoints });
        let config = Config { endpoints, ..self.config.clone() };
        worker(Platform::connect(&config, self.clock_ahead(Duration::ZERO)).await)
    }

    /// Creates a worker without any earlier state.
    pub fn worker(&self) -> Worker {
        worker(self.platform())
    }

    /// Creates a worker that divides jobs among this many.
    pub fn worker_of(&self, workers: u32) -> Worker {
        worker(Platform { workers, ..self.platform() })
    }

    /// Returns how many requests for a path the site got so far.
    pub fn hits(&self, path: &str) -> usize {
        self.visits.paths.lock().expect("no thread panicked").iter().filter(|visited| *visited == path).count()
    }

    /// Returns how many requests for `/slow` were there at once at most.
    pub fn most_at_once(&self) -> usize {
        self.visits.slow.borrow().most
    }

    /// Creates a worker that cannot read the deployment's secret.
    pub async fn worker_without_secret(&self) -> Worker {
        worker(self.platform_without_secret().await)
    }

    /// Creates a reaper that cannot read the deployment's secret, as its function cannot.
    pub async fn reaper_without_secret(&self) -> Reaper {
        Reaper::new(self.platform_without_secret().await, LEASE)
    }

    async fn platform_without_secret(&self) -> Platform {
        let config = Config { secret: SecretSource::Absent, ..self.config.clone() };
        Platform::connect(&config, self.clock_ahead(Duration::ZERO)).await
    }

    /// Returns the events sent to all connections so far.
    pub fn heard(&self) -> Vec<Value> {
        self.heard_where(|_| true)
    }

    /// Returns the events sent to one connection so far.
    pub fn heard_by(&self, connection: &str) -> Vec<Value> {
        self.heard_where(|heard_by| heard_by == connection)
    }

    /// Returns how many messages one connection was sent so far.
    pub fn pushes_to(&self, connection: &str) -> usize {
        self.services.pushes.borrow().iter().filter(|push| push.connection == connection).count()
    }

    /// Waits until a connection has received a fitting event. Returns `None` if it never does.
    pub async fn hears(&self, connection: &str, fits: impl Fn(&Value) -> bool) -> Option<()> {
        self.hears_all(connection, |heard| heard.iter().any(&fits)).await.map(drop)
    }

    /// Waits until the events that a connection has received fit, and returns them. Returns `None` if they never do.
    pub async fn hears_all(&self, connection: &str, fit: impl Fn(&[Value]) -> bool) -> Option<Vec<Value>> {
        let mut pushes = self.services.pushes.subscribe();
        let heard = async {
            loop {
                let heard = self.heard_by(connection);
                if fit(&heard) {
                    return heard;
                }
                // The sender is ours, so it still exists.
                let _ = pushes.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.ok()
    }

    /// Returns the connections that were closed so far.
    pub fn ended(&self) -> Vec<String> {
        self.services.ended.lock().expect("no thread panicked").clone()
    }

    fn heard_where(&self, fits: impl Fn(&str) -> bool) -> Vec<Value> {
        let pushes = self.services.pushes.borrow();
        let lines = pushes.iter().filter(|push| fits(&push.connection)).flat_map(|push| push.body.lines());
        lines
            .map(|line| {
                Event::parse(line).unwrap_or_else(|error| panic!("a client cannot read this: {error}: {line}"));
                serde_json::from_str(line).expect("JSON")
            })
            .collect()
    }

    /// Returns the time after a while, in milliseconds since 1970.
    pub fn after(&self, while_: Duration) -> u64 {
        u64::try_from(self.clock.now()).expect("after 1970") + u64::try_from(while_.as_millis()).expect("a while")
    }

    /// Advances the clock.
    pub fn wait(&self, while_: Duration) {
        self.clock.advance(while_);
    }

    /// Takes all messages out of the queue.
    pub async fn queued(&self) -> Vec<Work> {
        let mut work = Vec::new();
        loop {
            let messages = self.services.queue.take("stepcast", 10, None).await.expect("the queue");
            if messages.is_empty() {
                return work;
            }
            for message in messages {
                self.services.queue.delete("stepcast", &message.receipt_handle).await.expect("the queue");
                work.push(serde_json::from_str(&message.body).expect("work"));
            }
        }
    }

    /// Stores a job of these tests with the secret `key`.
    pub async fn store(&self, tests: &[Value]) {
        self.store_as(JOB, &[], &[], tests).await;
    }

    /// Does the same with these `defaults` and limits.
    pub async fn store_with(&self, defaults: Value, limits: JobLimits, tests: &[Value]) {
        let suite = json!({ "suite": "Example", "defaults": defaults, "tests": tests });
        self.store_suite(JOB, &[], &[], limits, &suite).await;
    }

    /// Does the same with this id, these labels and these tags.
    pub async fn store_as(&self, job: &str, labels: &[(&str, &str)], tags: &[&str], tests: &[Value]) {
        let suite = json!({ "suite": "Example", "tests": tests });
        self.store_suite(job, labels, tags, JobLimits::default(), &suite).await;
    }

    async fn store_suite(&self, job: &str, labels: &[(&str, &str)], tags: &[&str], limits: JobLimits, suite: &Value) {
        let platform = self.platform();
        let sealer = platform.keys.sealer().await.expect("the secret");
        let source = JobSource {
            suite: packed(suite),
            secrets: vec![SealedSecrets {
                job: id(job),
                by: Some("ci".to_owned()),
                sealed: sealer.seal(&id(job), r#"{"key":"hunter2"}"#).expect("sealed"),
            }],
            vars: BTreeMap::new(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            only: Vec::new(),
            evidence: None,
        };
        let new = NewJob {
            job: id(job),
            suite: "Example".to_owned(),
            principal: "ci".to_owned(),
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            source,
            watcher: None,
            idempotency_key: None,
            replay_of: None,
            from: None,
            limits,
        };
        platform.table.create_job(&new).await.expect("stored");
    }

    pub async fn job(&self) -> JobRecord {
        self.platform().table.job(&id(JOB)).await.expect("the table").expect("the job")
    }

    /// Returns a batch of the job as it is stored, if a worker has claimed it or the reaper has queued it again.
    pub async fn batch(&self, number: u32) -> Option<BatchRecord> {
        let batches = self.platform().table.claimed_batches(&self.job().await).await.expect("the table");
        batches.into_iter().find(|batch| batch.batch == number)
    }

    /// Claims a batch of the job as a worker that is not seen again.
    pub async fn lose_worker(&self, number: u32) {
        let batch = self.job().await.batch(number).expect("a batch");
        let claim = self.platform().table.claim_batch(&batch, LEASE).await.expect("the table");
        assert!(matches!(claim, Claim::Taken(_)), "it is free: {claim:?}");
    }

    /// Claims a batch of the job, counts these results, and is not seen again. Returns the hold.
    pub async fn count_and_die(&self, number: u32, results: impl Iterator<Item = (u32, Outcome)>) -> Lease {
        let batch = self.job().await.batch(number).expect("a batch");
        let table = self.platform().table;
        let claim = table.claim_batch(&batch, LEASE).await.expect("the table");
        let Claim::Taken(record) = claim else { panic!("it is free: {claim:?}") };
        let lease = Lease { batch, number: record.lease };
        let results = results_of(&lease, record.writes, record.ended, results);
        if !results.tests.is_empty() {
            let counted = table.count_results(&id(JOB), lease.batch.plan, vec![results]).await.expect("the table");
            assert_eq!(counted, [number]);
        }
        lease
    }

    pub async fn tests(&self) -> Vec<TestRecord> {
        self.platform().table.tests(&self.job().await).await.expect("the table")
    }

    /// Returns a clock that is ahead of this world's by this much.
    pub fn clock_ahead(&self, by: Duration) -> Clock {
        clock_ahead(&self.clock, by)
    }

    /// Deletes the item of a job, as DynamoDB does once it has expired.
    pub async fn expire(&self, job: &str) {
        let [pk, sk] = [format!("JOB#{job}"), "JOB".to_owned()].map(AttributeValue::S);
        let delete = self.client().delete_item().table_name(&self.config.table).key("pk", pk).key("sk", sk);
        delete.send().await.expect("the table");
    }

    /// Returns a client of the table, for what the platform does not do.
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        client(&self.config)
    }

    /// Returns the configuration with the addresses of the services.
    pub fn config(&self) -> &Config {
        &self.config
    }
}

/// Returns the message that starts the planning of the job.
pub fn planning() -> Work {
    Work::Plan { job: id(JOB) }
}

/// Returns the message of a test of the job's first planning: with the ten workers of a world, each of up to ten tests
/// is a batch of its own.
pub fn test(test: u32) -> Work {
    Work::Batch { job: id(JOB), plan: 1, batch: test }
}

/// Returns results as the worker with this hold writes them, after this many writes.
pub fn results_of(
    lease: &Lease,
    writes: u32,
    ended: u32,
    results: impl Iterator<Item = (u32, Outcome)>,
) -> BatchResults {
    let finished = |(test, outcome)| {
        let (v, steps) = (lease.number * 1_000_000 + 1, "[]".to_owned());
        let result = TestResult {
            test,
            v,
            outcome,
            duration_ms: 1,
            attempt: 1,
            change: None,
            ran: None,
            from: None,
            baseline: None,
            steps,
            earlier: None,
        };
        FinishedTest { result, expected_ms: 0, checks: 1, requests: 1 }
    };
    BatchResults { lease: lease.clone(), writes, ended, tests: results.map(finished).collect() }
}

/// Returns a batch of messages.
pub fn batch(work: &[Work]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = (0..).zip(work).map(|(number, work)| message(number, work)).collect();
    event
}

/// Returns the numbers of the messages that come back.
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

/// Creates a worker that may fetch from loopback, where the site is.
pub fn worker(platform: Platform) -> Worker {
    let engine = EngineConfig { allow_private_targets: true, ..EngineConfig::default() };
    Worker::new(platform, LEASE, engine).expect("a worker")
}

fn clock_ahead(clock: &HeldClock, by: Duration) -> Clock {
    let (clock, by) = (clock.clone(), i64::try_from(by.as_millis()).expect("a while"));
    Clock::from_fn(move || u64::try_from(clock.now() + by).expect("after 1970"))
}

fn packed(suite: &Value) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(suite.to_string().as_bytes()).expect("packed");
    packed.finish().expect("packed")
}

/// Returns a client of a table by its address.
pub fn client(config: &Config) -> aws_sdk_dynamodb::Client {
    let endpoints = config.endpoints.as_ref().expect("a table of our own");
    let key = endpoints.access_key.reveal();
    let settings = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new(key, key, None, None, "test"))
        .endpoint_url(&endpoints.table)
        .build();
    aws_sdk_dynamodb::Client::from_conf(settings)
}

/// Serves a router, which is made for its address.
pub async fn serve(router: impl FnOnce(&str) -> Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = server::endpoint(&listener).expect("an address");
    tokio::spawn(server::serve(listener, router(&url), CancellationToken::new()));
    url
}

/// An id or a name of a test.
pub fn id<I: FromStr<Err: Debug>>(text: &str) -> I {
    text.parse().expect("an id")
}
