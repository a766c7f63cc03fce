//! The keys that are made from the deployment's secret, which is read when one of them is first needed.
//!
//! On AWS the secret is in Secrets Manager, and functions are told its ARN. As an environment variable it would be
//! shown to everybody who may call `lambda:GetFunctionConfiguration`, which the managed policy `ReadOnlyAccess` allows:
//! whoever may look would be able to make themselves a token of an admin. Reading it takes a permission of its own,
//! and is on record in CloudTrail.

use crate::auth::Signer;
use crate::clock::Clock;
use crate::config::{Secret, SecretSource};
use crate::error::{Error, Result};
use crate::first_use::FirstUse;
use crate::seal::Sealer;
use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::Client;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const SERVICE: &str = "Secrets Manager";

/// How long the secret may take, retries included: the client of `$connect` gets no answer after 29 seconds.
const PATIENCE: Duration = Duration::from_secs(10);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// Signs tokens and seals secrets with keys made from one secret. Clones share what was read.
///
/// Where the secret cannot be read now, that is an error of the moment: nothing is known of a token or a seal then, so
/// nobody is refused and no test ends because of it. The next use asks again.
#[derive(Clone)]
pub struct Keys {
    source: Arc<SecretSource>,
    sdk: Arc<SdkConfig>,
    clock: Clock,
    made: Arc<FirstUse<Made>>,
}

struct Made {
    signer: Signer,
    sealer: Sealer,
}

impl Keys {
    pub(crate) fn new(sdk: &SdkConfig, source: &SecretSource, clock: Clock) -> Self {
        Self { source: Arc::new(source.clone()), sdk: Arc::new(sdk.clone()), clock, made: Arc::default() }
    }

    /// Makes and checks this deployment's own tokens.
    pub async fn signer(&self) -> Result<&Signer> {
        Ok(&self.made().await?.signer)
    }

    /// Seals and opens secrets of runs.
    pub async fn sealer(&self) -> Result<&Sealer> {
        Ok(&self.made().await?.sealer)
    }

    async fn made(&self) -> Result<&Made> {
        let make = async {
            let secret = self.read().await?;
            Ok(Made { signer: Signer::new(&secret, self.clock.clone()), sealer: Sealer::new(&secret) })
        };
        self.made.get_or_make(make).await
    }

    async fn read(&self) -> Result<Secret> {
        match &*self.source {
            SecretSource::Given(secret) => Ok(secret.clone()),
            // In a box: the SDK's future inside everybody's who checks a token would be more than the compiler takes.
            SecretSource::Stored { arn } => Box::pin(stored(&self.sdk, arn)).await,
            SecretSource::Absent => {
                Err(Error::unreadable("secret", "neither `STEPCAST_SECRET` nor `STEPCAST_SECRET_ARN` is set"))
            }
        }
    }
}

/// A secret as it stands in Secrets Manager, without the line break an editor may have left: `$(...)` in a shell, by
/// which people hand it to `stepcast token new`, takes that away as well.
pub(crate) async fn stored(sdk: &SdkConfig, arn: &str) -> Result<Secret> {
    let timeouts =
        TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).operation_timeout(PATIENCE).build();
    let settings = aws_sdk_secretsmanager::config::Builder::from(sdk).timeout_config(timeouts).build();
    let answer = Client::from_conf(settings).get_secret_value().secret_id(arn).send().await;
    let answer = answer.map_err(|error| Error::from_sdk(SERVICE, &error))?;
    match answer.secret_string().map(str::trim_end) {
        Some(text) if !text.is_empty() => Ok(Secret::new(text)),
        _ => Err(Error::unreadable("secret", format!("`{arn}` holds no text"))),
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(***)")
    }
}

#[cfg(test)]
mod tests;
