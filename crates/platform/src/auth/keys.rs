//! The keys that are derived from the deployment's secret. The secret is read when a key is first needed.
//!
//! On AWS the secret is in Secrets Manager, and functions get only its ARN. If it were an environment variable, every
//! user with `lambda:GetFunctionConfiguration`, which the managed policy `ReadOnlyAccess` allows, could read it and
//! issue an admin token. Reading the secret from Secrets Manager takes its own permission and is recorded in
//! CloudTrail.

use super::Signer;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::first_use::FirstUse;
use crate::seal::Sealer;
use crate::secret::{Secret, SecretSource, stored};
use aws_config::SdkConfig;
use std::fmt;
use std::sync::Arc;

/// Signs tokens and seals secrets with keys derived from one secret. Clones share the keys.
///
/// If the secret cannot be read, the error is temporary: it says nothing about a token or a seal, so no client is
/// rejected and no test ends because of it. The next use tries again.
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

    /// Returns the signer, which issues and checks this deployment's own tokens.
    pub async fn signer(&self) -> Result<&Signer> {
        Ok(&self.made().await?.signer)
    }

    /// Returns the sealer, which seals and opens secrets of runs.
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
            // Boxed: with the SDK's future inside, the futures of all callers that check a token would exceed what the
            // compiler accepts.
            SecretSource::Stored { arn } => Box::pin(stored(&self.sdk, arn)).await,
            SecretSource::Absent => {
                Err(Error::unreadable("secret", "neither `STEPCAST_SECRET` nor `STEPCAST_SECRET_ARN` is set"))
            }
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(***)")
    }
}

#[cfg(test)]
mod tests;
