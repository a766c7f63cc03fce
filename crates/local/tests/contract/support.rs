//! Shared parts of the contract tests: servers on free ports, clients for them, and waits with a timeout.

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use axum::Router;
use std::fmt::Debug;
use std::str::FromStr;
use std::time::Duration;
use stepcast_local::access::AccessKey;
use stepcast_local::clock::HeldClock;
use stepcast_local::server;
use stepcast_platform::config::Endpoints;
use stepcast_platform::secret::Secret;
use stepcast_platform::webhooks::WebhooksSource;
use stepcast_platform::{Clock, Config, Platform};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The access key id the servers of the tests accept.
pub const ACCESS_KEY_ID: &str = "AKIDCONTRACT";

/// When the held clocks begin, in milliseconds since the epoch.
pub const NOON: i64 = 1_800_000_000_000;

/// How long a test waits for what should happen at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// The key the servers of the tests accept.
pub fn access_key() -> AccessKey {
    AccessKey::new(ACCESS_KEY_ID)
}

/// Waits for something that has to happen, and fails the test if it does not.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("this should have happened by now")
}

/// Waits until a task sleeps on the clock.
pub async fn sleeper(clock: &HeldClock) {
    soon(async {
        while clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A listener on a free port, and its URL.
pub async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let endpoint = server::endpoint(&listener).expect("an address");
    (listener, endpoint)
}

/// Serves a router until the test ends.
pub fn serve(listener: TcpListener, router: Router) {
    tokio::spawn(server::serve(listener, router, CancellationToken::new()));
}

/// An SQS client as a program would make it, with this access key id.
pub fn sqs(endpoint: &str, access_key_id: &str) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new(access_key_id, "secret", None, None, "test"))
        .endpoint_url(endpoint)
        .build();
    aws_sdk_sqs::Client::from_conf(config)
}

/// A client of `@connections`.
pub fn management(endpoint: &str, access_key_id: &str) -> aws_sdk_apigatewaymanagement::Client {
    let config = aws_sdk_apigatewaymanagement::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new(access_key_id, "secret", None, None, "test"))
        // A refusal is final here: a retry would only make the tests slow.
        .retry_config(aws_sdk_sqs::config::retry::RetryConfig::disabled())
        .endpoint_url(endpoint)
        .build();
    aws_sdk_apigatewaymanagement::Client::from_conf(config)
}

/// A client of the tables.
pub fn dynamodb(endpoint: &str, access_key_id: &str) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new(access_key_id, "secret", None, None, "test"))
        .endpoint_url(endpoint)
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// The addresses of a platform's services. A test leaves out the ones it does not use.
#[derive(Default)]
pub struct Services {
    pub table_endpoint: String,
    pub table: String,
    pub queue_endpoint: String,
    pub queue_url: String,
    pub dead_letter_url: String,
    /// Whether a notification is sent when a suite breaks or recovers
    pub notifies: bool,
}

/// Connects the platform as the functions do.
pub async fn platform(services: Services, clock: Clock) -> Platform {
    let endpoints = Endpoints {
        table: services.table_endpoint,
        queue: services.queue_endpoint,
        objects: "http://127.0.0.1:9".to_owned(),
        access_key: Secret::new(ACCESS_KEY_ID),
        in_process: None,
    };
    let secret = Secret::new("the secret of a deployment that only lives for a test");
    let unused = "http://127.0.0.1:9".to_owned();
    let config = Config::at(endpoints, services.queue_url, services.dead_letter_url, unused, secret);
    let stored = || WebhooksSource::Stored { arn: "never read".to_owned() };
    let webhooks = if services.notifies { stored() } else { WebhooksSource::Absent };
    Platform::connect(&Config { table: services.table, webhooks, ..config }, clock).await
}

/// An id or a name of a test.
pub fn id<I: FromStr<Err: Debug>>(text: &str) -> I {
    text.parse().expect("an id")
}
