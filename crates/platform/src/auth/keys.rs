//! The keys that are made from the deployment's secret, which is read when one of them is first needed.
//!
//! On AWS the secret is in Secrets Manager, and functions are told its ARN. As an environment variable it would be
//! shown to everybody who may call `lambda:GetFunctionConfiguration`, which the managed policy `ReadOnlyAccess` allows:
//! whoever may look would be able to make themselves a token of an admin. Reading it takes a permission of its own,
//! and is on record in CloudTrail.

use super::Signer;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::first_use::FirstUse;
use crate::seal::Sealer;
use crate::secret::{Secret, SecretSource, stored};
use aws_config::SdkConfig;
use std::fmt;
use std::sync::Arc;

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

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(***)")
    }
}

#[cfg(test)]
mod tests;
