//! What a deployment sets, read once at start.

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::config::Credentials;
use std::fmt;
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
    /// The deployment's secret: tokens are signed and secrets sealed with keys made from it
    pub secret: Secret,
    /// A fixed token that is an admin's, for `stepcast up --admin-token`
    pub admin_token: Option<Secret>,
    /// How long a worker holds a test without a sign of life
    pub lease: Duration,
    /// How long finished jobs are kept
    pub retention: Duration,
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

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; do not log it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A setting that is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("environment variable `{name}` {problem}")]
pub struct ConfigError {
    name: &'static str,
    problem: String,
}

/// A lease that outlives a garbage-collected pause of the network, and not a person's patience.
const LEASE: Duration = Duration::from_secs(20);
const RETENTION_DAYS: u64 = 30;

impl Config {
    /// Reads what the template sets.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Ok(Self {
            table: required("STEPCAST_TABLE")?,
            queue_url: required("STEPCAST_QUEUE_URL")?,
            dead_letter_url: required("STEPCAST_DEAD_LETTER_URL")?,
            push_endpoint: required("STEPCAST_PUSH_ENDPOINT")?,
            secret: Secret::new(required("STEPCAST_SECRET")?),
            admin_token: None,
            lease: Duration::from_secs(number("STEPCAST_LEASE_SECONDS")?.unwrap_or(LEASE.as_secs())),
            retention: days(number("STEPCAST_RETENTION_DAYS")?.unwrap_or(RETENTION_DAYS)),
            endpoints: None,
        })
    }

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
            secret,
            admin_token: None,
            lease: LEASE,
            retention: days(RETENTION_DAYS),
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
        if let Some(endpoints) = &self.endpoints {
            let key = endpoints.access_key.reveal();
            loader = loader
                .region(Region::from_static("us-east-1"))
                .credentials_provider(Credentials::new(key, key, None, None, "stepcast"));
        }
        loader.load().await
    }
}

fn required(name: &'static str) -> Result<String, ConfigError> {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => Err(ConfigError { name, problem: "is not set".to_owned() }),
    }
}

fn number(name: &'static str) -> Result<Option<u64>, ConfigError> {
    let Ok(text) = std::env::var(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| ConfigError { name, problem: format!("is `{text}`, not a whole number") })
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 60 * 60)
}
