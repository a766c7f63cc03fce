//! Shared parts of the tests: a table, a queue, workers, and a site with pages that answer or hang.

use crate::refusal::Refusals;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use axum::Router;
use axum::extract;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepcast_engine::EngineConfig;
use stepcast_local::access::AccessKey;
use stepcast_local::clock::{Clock as _, HeldClock};
use stepcast_local::queue::{self, QueueAttributes, QueueService, RedrivePolicy};
use stepcast_local::server;
use stepcast_local::table::TableService;
use stepcast_platform::config::Endpoints;
use stepcast_platform::secret::{Secret, SecretSource};
use stepcast_platform::table::{JobRecord, JobSource, NewJob, SealedSecrets, TestRecord};
use stepcast_platform::webhooks::WebhooksSource;
use stepcast_platform::{Clock, Config, Platform, PrincipalLimits, Work};
use stepcast_protocol::state::JobLimits;
use stepcast_worker::{Reaper, Worker};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long a worker holds a test.
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

/// When the clock begins, in milliseconds since 1970.
const NOON: i64 = 1_800_000_000_000;

/// Services, and a site.
pub struct World {
    /// Address of the site: `/page` is a page, `/links` has links to three, `/moved` leads to one, `/never` is never
    /// answered
    pub site: String,
    /// The requests that the table refuses
    pub refusals: Refusals,
    pub services: Services,
    config: Config,
    platform: Platform,
    clock: HeldClock,
    _folder: TempDir,
}

/// The embedded services themselves.
pub struct Services {
    table: TableService,
    /// The queue as the event source mapping uses it
    pub queue: QueueService,
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
        Self { table, queue, pushes: watch::Sender::default(), ended: Arc::default() }
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
        let endpoints = Endpoints { table, queue, access_key: Secret::new("key") };
        Config::at(endpoints, work, dead, connections, Secret::new(SECRET))
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
        let site = serve(|_| {
            Router::new()
                .route("/page", get(|| async { "a page" }))
                .route("/links", get(|| async { Html(LINKS) }))
                .route("/moved", get(|| async { Redirect::to("/page") }))
                .route("/never", get(std::future::pending::<&'static str>))
        })
        .await;
        let refusals = Refusals::default();
        let config = services.serve_behind(|service| refusals.before(service)).await;
        let config = Config { webhooks, dashboard_url: Some("https://stepcast.example".to_owned()), ..config };
        let platform = Platform::connect(&config, clock_ahead(&clock, Duration::ZERO)).await;
        platform.table.create_if_missing().await.expect("a table");
        Self { site, refusals, services, config, platform, clock, _folder: folder }
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

    /// Creates a worker without any earlier state.
    pub fn worker(&self) -> Worker {
        worker(self.platform())
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

    /// Waits until a connection has received a fitting event. Returns `None` if it never does.
    pub async fn hears(&self, connection: &str, fits: impl Fn(&Value) -> bool) -> Option<()> {
        let mut pushes = self.services.pushes.subscribe();
        let heard = async {
            while !self.heard_by(connection).iter().any(&fits) {
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
        lines.map(|line| serde_json::from_str(line).expect("JSON")).collect()
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

    /// Does the same with this id, these labels and these tags.
    pub async fn store_as(&self, job: &str, labels: &[(&str, &str)], tags: &[&str], tests: &[Value]) {
        let platform = self.platform();
        let sealer = platform.keys.sealer().await.expect("the secret");
        let source = JobSource {
            suite: packed(&json!({ "suite": "Example", "tests": tests })),
            secrets: vec![SealedSecrets {
                job: id(job),
                by: Some("ci".to_owned()),
                sealed: sealer.seal(&id(job), r#"{"key":"hunter2"}"#).expect("sealed"),
            }],
            vars: BTreeMap::new(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            only: Vec::new(),
        };
        let new = NewJob {
            job: id(job),
            suite: "Example".to_owned(),
            principal: "ci".to_owned(),
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            source,
            connection: None,
            idempotency_key: None,
            replay_of: None,
            limits: JobLimits::default(),
        };
        platform.table.create_job(&new).await.expect("stored");
    }

    pub async fn job(&self) -> JobRecord {
        self.platform().table.job(&id(JOB)).await.expect("the table").expect("the job")
    }

    pub async fn tests(&self) -> Vec<TestRecord> {
        self.platform().table.tests(&id(JOB), self.job().await.plan).await.expect("the table")
    }

    /// Returns a clock that is ahead of this world's by this much.
    pub fn clock_ahead(&self, by: Duration) -> Clock {
        clock_ahead(&self.clock, by)
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

/// Returns the message of a test of the job's first planning.
pub fn test(test: u32) -> Work {
    Work::Test { job: id(JOB), plan: 1, test }
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

async fn serve(router: impl FnOnce(&str) -> Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = server::endpoint(&listener).expect("an address");
    tokio::spawn(server::serve(listener, router(&url), CancellationToken::new()));
    url
}

/// An id or a name of a test.
pub fn id<I: FromStr<Err: Debug>>(text: &str) -> I {
    text.parse().expect("an id")
}
