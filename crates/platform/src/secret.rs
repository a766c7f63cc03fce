//! Secrets, and where the deployment's own secret is.

use crate::error::{Error, Result};
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::Client;
use std::fmt;
use std::time::Duration;

const SERVICE: &str = "Secrets Manager";

/// Longest time to read the secret, retries included: the client of `$connect` gets no answer after 29 seconds.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// Where the deployment's secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// No secret: enough for functions that never check a token and never open a seal
    Absent,
    /// Given directly
    Given(Secret),
    /// In AWS Secrets Manager
    Stored {
        /// The secret's ARN
        arn: String,
    },
}

/// A text that is never shown in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
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

/// Reads a secret from Secrets Manager, without the trailing line break an editor may have left: `$(...)` in a shell,
/// with which users pass the secret to `stepcast token new`, removes it as well.
pub(crate) async fn stored(sdk: &SdkConfig, arn: &str) -> Result<Secret> {
    let timeouts =
        TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).operation_timeout(READ_TIMEOUT).build();
    let settings = aws_sdk_secretsmanager::config::Builder::from(sdk).timeout_config(timeouts).build();
    let answer = Client::from_conf(settings).get_secret_value().secret_id(arn).send().await;
    let answer = answer.map_err(|error| Error::from_sdk(SERVICE, &error))?;
    match answer.secret_string().map(str::trim_end) {
        Some(text) if !text.is_empty() => Ok(Secret::new(text)),
        _ => Err(Error::unreadable("secret", format!("`{arn}` holds no text"))),
    }
}
