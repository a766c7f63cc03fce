//! What a deployment sets, read once at start.

mod environment;
mod limits;

pub use environment::ConfigError;
pub use limits::PrincipalLimits;

use crate::auth::TrustedIssuers;
use crate::origin::AllowedOrigins;
use crate::secret::{Secret, SecretSource};
use crate::webhooks::WebhooksSource;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::config::Credentials;
use std::time::Duration;

/// Everything a deployment decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// Name of the table
    pub table: String,
    /// Address of the queue
    pub queue_url: String,
    /// Address of the queue for messages nobody could work off
    pub dead_letter_url: String,
    /// Address `@connections` is found under
    pub push_endpoint: String,
    /// Where the deployment's secret is: tokens are signed and secrets sealed with keys made from it
    pub secret: SecretSource,
    /// A fixed token that is an admin's, for `stepcast up --admin-token`
    pub admin_token: Option<Secret>,
    /// Whose tokens are accepted besides our own
    pub issuers: TrustedIssuers,
    /// Whose pages may connect
    pub allowed_origins: AllowedOrigins,
    /// Who is told when a suite breaks or recovers
    pub webhooks: WebhooksSource,
    /// Where people look at jobs, without a slash at the end
    pub dashboard_url: Option<String>,
    /// How long a worker holds a test without a sign of life
    pub lease: Duration,
    /// How long finished jobs are kept
    pub retention: Duration,
    /// How long a stored suite is kept after it was last used
    pub suites_kept: Duration,
    /// What one principal may use
    pub limits: PrincipalLimits,
    /// Where the services are, if not where the SDK looks for them
    pub endpoints: Option<Endpoints>,
}

/// Services that are not where the SDK looks for them.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// Address of DynamoDB
    pub table: String,
    /// Address of SQS
    pub queue: String,
    /// What they know us by
    pub access_key: Secret,
}

/// A lease that outlives a garbage-collected pause of the network, and not a person's patience.
const LEASE: Duration = Duration::from_secs(20);
const RETENTION_DAYS: u64 = 30;
/// Longer than the longest pause of what runs once a year.
const SUITE_DAYS: u64 = 400;

impl Config {
    /// A deployment whose services are all given by address.
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
            issuers: TrustedIssuers::default(),
            allowed_origins: AllowedOrigins::Any,
            webhooks: WebhooksSource::Absent,
            dashboard_url: None,
            lease: LEASE,
            retention: days(RETENTION_DAYS),
            suites_kept: days(SUITE_DAYS),
            limits: PrincipalLimits::default(),
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
                loader
                    .region(Region::from_static("us-east-1"))
                    .credentials_provider(Credentials::new(key, key, None, None, "stepcast"))
            }
            // Where Lambda puts them. The SDK's own chain of places to look in would be built at every cold start, an
            // STS client with its own endpoint rules among it:
            // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
            None => loader.credentials_provider(EnvironmentVariableCredentialsProvider::new()),
        };
        loader.load().await
    }
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}
