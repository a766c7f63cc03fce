//! The settings of a deployment, read once at start.

mod environment;
mod limits;

pub use environment::ConfigError;
pub use limits::PrincipalLimits;
pub use stepcast_suite::Evidence;

use crate::auth::TrustedIssuers;
use crate::in_process::InProcess;
use crate::metrics::Metrics;
use crate::origin::AllowedOrigins;
use crate::secret::{Secret, SecretSource};
use crate::webhooks::WebhooksSource;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::config::Credentials;
use std::time::Duration;

/// All settings of a deployment.
#[derive(Clone, Debug)]
pub struct Config {
    /// Name of the table
    pub table: String,
    /// Address of the queue
    pub queue_url: String,
    /// Address of the dead-letter queue
    pub dead_letter_url: String,
    /// Address of the `@connections` API
    pub push_endpoint: String,
    /// Where the deployment's secret is; the keys that sign tokens and seal secrets are derived from it
    pub secret: SecretSource,
    /// A fixed admin token, for `stepcast up --admin-token`
    pub admin_token: Option<Secret>,
    /// Issuers whose tokens are accepted in addition to the deployment's own
    pub issuers: TrustedIssuers,
    /// Origins whose pages may connect
    pub allowed_origins: AllowedOrigins,
    /// Webhooks to notify when a suite breaks or recovers
    pub webhooks: WebhooksSource,
    /// Address of the dashboard, without a slash at the end
    pub dashboard_url: Option<String>,
    /// How long a worker holds a test without renewing the lease
    pub lease: Duration,
    /// How many workers run batches at once, so that a small job can be divided among them
    pub workers: u32,
    /// How many messages this process may push to connections in a second, on average
    pub pushes_per_s: u32,
    /// The relay, if there is one
    pub relay: Option<RelayConfig>,
    /// How long finished jobs are kept
    pub retention: Duration,
    /// How long a stored suite is kept after it was last used
    pub suites_kept: Duration,
    /// The limits of each principal
    pub limits: PrincipalLimits,
    /// Where evidence is stored, if it is
    pub evidence: Option<EvidenceConfig>,
    /// Counts and times what happens
    pub metrics: Metrics,
    /// Whether traces are exported, if the standard variables of the environment say so
    pub traces: bool,
    /// Addresses of the services, if not those that the SDK uses by default
    pub endpoints: Option<Endpoints>,
}

/// Where evidence is stored, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceConfig {
    /// Name of the bucket
    pub bucket: String,
    /// The most that is kept, whatever a suite says
    pub most: Evidence,
}

/// The relay of a deployment.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// Address of its queue
    pub url: String,
    /// How many messages it may push to connections in a second, on average
    pub pushes_per_s: u32,
}

/// Addresses of services that are not those the SDK uses by default.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// Address of DynamoDB
    pub table: String,
    /// Address of SQS
    pub queue: String,
    /// Address of S3
    pub objects: String,
    /// The access key for them
    pub access_key: Secret,
    /// What answers requests to them, and to the `@connections` API, if they are in this process
    pub in_process: Option<InProcess>,
}

/// Long enough to outlast a short interruption of the network, short enough that users do not wait long for the tests
/// of a dead worker.
const LEASE: Duration = Duration::from_secs(20);
/// The default of the template.
const WORKERS: u32 = 10;
/// A fifth of what an account may send, so that its other APIs have room.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const PUSHES_PER_S: u32 = 2_000;
/// How long finished jobs are kept, unless the operator says otherwise.
pub const RETENTION: Duration = days(30);
/// More than a year, so that a suite that runs once a year is kept.
const SUITE_DAYS: u64 = 400;

impl Config {
    /// The settings of a deployment whose services are all given by address.
    pub fn at(
        endpoints: Endpoints,
        queue_url: String,
        dead_letter_url: String,
        push_endpoint: String,
        secret: Secret,
    ) -> Self {
        Self {
            table: "stepcast".to_owned(),
            queue_url,
            dead_letter_url,
            push_endpoint,
            secret: SecretSource::Given(secret),
            admin_token: None,
            metrics: Metrics::default(),
            traces: false,
            issuers: TrustedIssuers::default(),
            allowed_origins: AllowedOrigins::Any,
            webhooks: WebhooksSource::Absent,
            dashboard_url: None,
            lease: LEASE,
            workers: WORKERS,
            pushes_per_s: PUSHES_PER_S,
            relay: None,
            retention: RETENTION,
            suites_kept: days(SUITE_DAYS),
            limits: PrincipalLimits::default(),
            evidence: None,
            endpoints: Some(endpoints),
        }
    }

    pub(crate) async fn sdk(&self) -> SdkConfig {
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .retry_config(RetryConfig::standard().with_max_attempts(4))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_attempt_timeout(Duration::from_secs(25))
                    .build(),
            );
        loader = match &self.endpoints {
            Some(endpoints) => {
                let key = endpoints.access_key.reveal();
                if let Some(services) = &endpoints.in_process {
                    loader = loader.http_client(services.clone());
                }
                loader
                    .region(Region::from_static("us-east-1"))
                    .credentials_provider(Credentials::new(key, key, None, None, "stepcast"))
            }
            // Lambda sets them as environment variables. The SDK's default chain of providers would be built at every
            // cold start, including an STS client with its own endpoint rules:
            // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
            None => loader.credentials_provider(EnvironmentVariableCredentialsProvider::new()),
        };
        loader.load().await
    }
}

const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}
