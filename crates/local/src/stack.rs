//! Stepcast on one machine: the deployed functions between embedded services, in one process.
//!
//! This does what CloudFormation does on AWS: it creates the table and the queues, gives the functions their
//! configuration, and connects routes and queue to them. The functions do not know the difference.

use crate::access::AccessKey;
use crate::clock::{SharedClock, SystemClock};
use crate::dashboard::Dashboard;
use crate::event_source::EventSourceMapping;
use crate::gateway::{BoxError, Gateway, Limits, Options, Routes};
use crate::health::Health;
use crate::metrics::LocalMetrics;
use crate::objects::{self, ObjectFiles};
use crate::queue::{self, QueueAttributes, QueueService, RedrivePolicy};
use crate::reach::Reach;
use crate::server::{ServerOptions, Sockets, serve_with};
use crate::services::{self, EmbeddedServices};
use crate::table::TableService;
use crate::{data_dir::DataDir, secret, security_headers};
use anyhow::Context;
use aws_lambda_events::event::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use aws_lambda_events::event::sqs::SqsEvent;
use axum::Router;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use stepcast_engine::EngineConfig;
use stepcast_handlers::connect::ACCOUNT_HEADER;
use stepcast_platform::auth::{Signer, TrustedIssuers};
use stepcast_platform::config::{Endpoints, Evidence, EvidenceConfig, RETENTION};
use stepcast_platform::metrics::Metrics;
use stepcast_platform::origin::{AllowedOrigins, Origin};
use stepcast_platform::secret::Secret;
use stepcast_platform::webhooks::{Webhook, WebhooksSource};
use stepcast_platform::{Clock, Config, Platform, PrincipalLimits, Traces};
use stepcast_protocol::event::Role;
use stepcast_protocol::{Event, EventBody};
use stepcast_worker::{Reaper, Worker};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const QUEUE: &str = "stepcast";
const DEAD_LETTER_QUEUE: &str = "stepcast-dead-letters";
const STAGE: &str = "local";
const BUCKET: &str = "stepcast";

/// How long a received message stays hidden unless its worker changes that: the longest a Lambda function may run.
const VISIBILITY: Duration = Duration::from_mins(15);

/// How often a message may be received before it is a dead letter.
const MOST_RECEIVES: u32 = 6;

/// How often expired items are swept out.
const SWEEP: Duration = Duration::from_mins(10);

/// How long running tests may take to end when the process is asked to stop. The next start runs the ones that are
/// left.
const GRACE: Duration = Duration::from_secs(5);

/// Lifetime of the token that `up` gives to commands on the same machine.
const OWN_TOKEN: Duration = Duration::from_hours(720);

/// The limits of one principal if the machine belongs to one person: most of its tokens are the same admin's.
pub const ONE_PERSON: PrincipalLimits = PrincipalLimits {
    connections: 1_000,
    commands_per_s: 1_000,
    open_jobs: 5_000,
    suite_bytes: PrincipalLimits::MOST_SUITE_BYTES,
    suites: 1_000,
    all_suites: PrincipalLimits::MOST_SUITES,
    requests_per_job: 1_000_000,
};

/// The options of a stack.
#[derive(Clone)]
pub struct StackOptions {
    /// The directory of all stored data
    pub data_dir: PathBuf,
    /// How it is reached
    pub reach: Reach,
    /// A fixed token of an admin
    pub admin_token: Option<String>,
    /// Issuers whose tokens are accepted in addition to the stack's own
    pub issuers: TrustedIssuers,
    /// Origins whose pages may connect, in addition to the dashboard's own
    pub allowed_origins: Vec<Origin>,
    /// Webhooks that are notified when a suite breaks or recovers
    pub webhooks: Vec<Webhook>,
    /// Whether tests may fetch private addresses
    pub allow_private_targets: bool,
    /// Whether suites may turn off certificate verification
    pub allow_insecure_targets: bool,
    /// Batches worked on at once
    pub workers: usize,
    /// How long a worker holds a batch after its last sign of life
    pub lease: Duration,
    /// The limits of connections
    pub limits: Limits,
    /// The limits of one principal
    pub principal_limits: PrincipalLimits,
    /// How long a stored suite is kept after it was last used
    pub suites_kept: Duration,
    /// The most evidence that is kept, whatever a suite says
    pub evidence: Evidence,
    /// How much space evidence may take on the disk, in bytes
    pub evidence_bytes: u64,
    /// Whether traces are exported, if the environment says so
    pub traces: bool,
}

/// A stack that accepts connections.
pub struct Stack {
    /// Address of the dashboard, as browsers reach it
    pub http: String,
    /// Address of the dashboard for programs on this machine
    pub local_http: String,
    /// Address of the WebSocket for them
    pub ws: String,
    /// A token with the role `admin`
    pub token: String,
    /// A link that signs in once
    pub sign_in: String,
    work: Part,
    services: Part,
    gateway: Gateway<Functions>,
    traces: Traces,
    _data_dir: DataDir,
}

/// Tasks that run until their shutdown.
#[derive(Clone, Default)]
struct Part {
    shutdown: CancellationToken,
    running: TaskTracker,
}

impl Part {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(task);
    }

    fn serve(&self, options: ServerOptions, listener: TcpListener, router: Router) {
        self.spawn(serve_with(options, listener, router, self.shutdown.clone()));
    }

    async fn stop(&self, what: &str) {
        self.shutdown.cancel();
        self.running.close();
        if tokio::time::timeout(GRACE, self.running.wait()).await.is_err() {
            tracing::warn!("The {what} did not stop in time");
        }
    }
}

#[derive(Clone)]
struct Functions {
    platform: Platform,
}

impl Stack {
    /// Starts everything; connections that `listener` accepts are served from the moment this returns.
    pub async fn start(listener: TcpListener, options: StackOptions) -> anyhow::Result<Self> {
        let data_dir = DataDir::lock(&options.data_dir)?;
        let listening = listener.local_addr()?;
        let (http, local_http) = (options.reach.public(listening), options.reach.local(listening));
        let (work, services) = (Part::default(), Part::default());
        let secret = secret::read_or_create(&options.data_dir).context("the secret could not be read or made")?;
        let key = secret::random_text()?;
        let (queue, embedded) = start_services(&data_dir, &options, &key, &services).await?;
        let mut config = config(&options, &secret, &key, &embedded);
        config.allowed_origins = allowed_origins([&http, &local_http], &options.allowed_origins)?;
        config.dashboard_url = Some(http.clone());
        let metrics = Arc::new(LocalMetrics::default());
        config.metrics = Metrics::with(metrics.clone());
        config.traces = options.traces;
        let platform = Platform::connect(&config, Clock::system()).await;
        platform.table.create_if_missing().await.context("the table could not be made")?;

        let clock: SharedClock = Arc::new(SystemClock);
        let gateway_options = Options {
            stage: STAGE.to_owned(),
            domain_name: http.clone(),
            limits: options.limits.clone(),
            farewell: Some(farewell),
            account_header: Some(ACCOUNT_HEADER),
        };
        let functions = Functions { platform: platform.clone() };
        let gateway = Gateway::new(functions, gateway_options, clock, work.shutdown.clone());
        let signer = Signer::new(&secret, Clock::system());
        let (dashboard, code) = Dashboard::new(signer.clone())?;
        let sockets = Sockets::default();
        let health = Health {
            platform: platform.clone(),
            gateway: gateway.clone(),
            queue: queue.clone(),
            work: QUEUE,
            dead_letters: DEAD_LETTER_QUEUE,
            sockets: sockets.clone(),
            metrics,
        };
        let public = gateway.router("/ws").merge(health.router()).merge(dashboard.router());
        let public = security_headers::on(public);
        // Before the first client can connect.
        embedded.set_connections(gateway.management_router(AccessKey::new(key)));
        let transport = options.reach.transport.clone();
        work.serve(ServerOptions { transport, sockets, ..ServerOptions::default() }, listener, public);
        start_worker(&options, &platform, queue, &work).await?;

        let token = options.admin_token.unwrap_or_else(|| signer.issue("admin", Role::Admin, OWN_TOKEN).token);
        Ok(Self {
            ws: format!("{}/ws", local_http.replacen("http", "ws", 1)),
            local_http,
            sign_in: format!("{http}/#code={code}"),
            http,
            token,
            work,
            services,
            gateway,
            traces: platform.traces,
            _data_dir: data_dir,
        })
    }

    /// Stops in an order that cuts nothing short: first work and commands, then the connections, then the services that
    /// these depend on.
    pub async fn stop(self) {
        self.work.shutdown.cancel();
        if !self.gateway.wait_closed(GRACE).await {
            tracing::warn!("Some connections were not closed in time");
        }
        self.work.stop("worker").await;
        // What could not be exported is in the log.
        let _ = self.traces.flush().await;
        self.services.stop("services").await;
    }
}

/// Returns the last message to clients when the process stops.
fn farewell() -> String {
    let bye = EventBody::Bye { code: "server_stopping".to_owned(), reconnect: true };
    Event::new(bye, Clock::system().now_text()).to_json()
}

async fn start_services(
    data_dir: &DataDir,
    options: &StackOptions,
    key: &str,
    part: &Part,
) -> anyhow::Result<(QueueService, EmbeddedServices)> {
    let clock: SharedClock = Arc::new(SystemClock);
    let table = TableService::open(data_dir.database("table.sqlite")?)?;
    let queue = QueueService::open(data_dir.database("queue.sqlite")?, clock)?;
    create_queues(&queue).await?;
    let shutdown = part.shutdown.clone();
    let queue_router = queue::server::router(queue.clone(), AccessKey::new(key), services::QUEUE, shutdown.clone());
    let objects = ObjectFiles::open(data_dir.folder("evidence")?, options.evidence_bytes, RETENTION);
    let objects = objects.context("the folder for evidence could not be made")?;
    let objects_router = objects::server::router(objects.clone(), AccessKey::new(key));
    let embedded = EmbeddedServices::new(table.router(AccessKey::new(key)), queue_router, objects_router);
    part.spawn(objects.keep_swept(SWEEP, shutdown.clone()));
    part.spawn(async move { table.sweep_expired(SWEEP, shutdown).await });
    Ok((queue, embedded))
}

fn config(options: &StackOptions, secret: &Secret, key: &str, embedded: &EmbeddedServices) -> Config {
    let endpoints = Endpoints {
        table: services::TABLE.to_owned(),
        queue: services::QUEUE.to_owned(),
        objects: services::OBJECTS.to_owned(),
        access_key: Secret::new(key),
        in_process: Some(embedded.in_process()),
    };
    let url = |name: &str| queue::server::queue_url(services::QUEUE, name);
    let connections = services::CONNECTIONS.to_owned();
    let mut config = Config::at(endpoints, url(QUEUE), url(DEAD_LETTER_QUEUE), connections, secret.clone());
    config.issuers = options.issuers.clone();
    config.admin_token = options.admin_token.clone().map(Secret::new);
    config.lease = options.lease;
    config.workers = u32::try_from(options.workers).unwrap_or(u32::MAX);
    config.webhooks = WebhooksSource::Given(options.webhooks.clone());
    config.limits = options.principal_limits;
    config.suites_kept = options.suites_kept;
    config.evidence = Some(EvidenceConfig { bucket: BUCKET.to_owned(), most: options.evidence });
    config
}

/// Returns the dashboard's origins, by both names browsers have for this machine, and the operator's.
fn allowed_origins(own: [&str; 2], more: &[Origin]) -> anyhow::Result<AllowedOrigins> {
    let named = own.map(|http| http.replacen("127.0.0.1", "localhost", 1));
    let own = own.into_iter().chain(named.iter().map(String::as_str)).map(Origin::parse);
    let own: Vec<Origin> = own.collect::<Result<_, _>>()?;
    Ok(AllowedOrigins::Only(own.iter().chain(more).cloned().collect()))
}

/// Creates the queues, or gives those of an earlier release the attributes of this one.
async fn create_queues(queue: &QueueService) -> anyhow::Result<()> {
    for name in [DEAD_LETTER_QUEUE, QUEUE] {
        queue.create_queue(name, QueueAttributes::default()).await?;
    }
    let dead_letters =
        RedrivePolicy { dead_letter_queue: DEAD_LETTER_QUEUE.to_owned(), max_receive_count: MOST_RECEIVES };
    let attributes = QueueAttributes {
        visibility_timeout: Some(VISIBILITY),
        redrive: Some(Some(dead_letters)),
        ..QueueAttributes::default()
    };
    Ok(queue.set_attributes(QUEUE, attributes).await?)
}

async fn start_worker(
    options: &StackOptions,
    platform: &Platform,
    queue: QueueService,
    part: &Part,
) -> anyhow::Result<()> {
    let engine = EngineConfig {
        allow_private_targets: options.allow_private_targets,
        allow_insecure_targets: options.allow_insecure_targets,
        ..EngineConfig::default()
    };
    // This process has the data directory to itself, so the workers of the one before are dead, however it ended.
    let worker = Worker::alone(platform.clone(), options.lease, engine)?;
    let reaper = worker.reaper();
    reaper.free_all().await.context("the work of the process before could not be freed")?;
    queue.hide_at_most(QUEUE, Duration::ZERO).await?;
    let mapping = EventSourceMapping {
        queue: QUEUE.to_owned(),
        // A message is a batch of tests already.
        batch_size: 1,
        maximum_concurrency: options.workers,
        shutdown_grace: GRACE,
    };
    let function = move |event: SqsEvent| {
        let worker = worker.clone();
        async move { Ok::<_, Infallible>(worker.handle(event, None).await) }
    };
    part.spawn(mapping.run(queue, function, part.shutdown.clone()));
    part.spawn(reap(reaper, options.lease, part.shutdown.clone()));
    Ok(())
}

/// Runs the reaper: at once, since the process before may have been killed, and then once every lease.
async fn reap(reaper: Reaper, every: Duration, shutdown: CancellationToken) {
    loop {
        reaper.reap().await;
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
    }
}

impl Routes for Functions {
    async fn connect(&self, event: ApiGatewayWebsocketProxyRequest) -> Result<ApiGatewayProxyResponse, BoxError> {
        Ok(stepcast_handlers::connect::connect(&self.platform, event).await?)
    }

    async fn default(&self, event: ApiGatewayWebsocketProxyRequest) -> Result<ApiGatewayProxyResponse, BoxError> {
        Ok(stepcast_handlers::default::default(&self.platform, event).await?)
    }

    async fn disconnect(&self, event: ApiGatewayWebsocketProxyRequest) -> Result<ApiGatewayProxyResponse, BoxError> {
        Ok(stepcast_handlers::disconnect::disconnect(&self.platform, event).await?)
    }
}
