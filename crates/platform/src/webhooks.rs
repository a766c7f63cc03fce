//! The operator's webhooks, which are notified when a suite breaks or recovers.
//!
//! Addresses of chat systems and signing keys are secrets, so on AWS the list is in Secrets Manager like the
//! deployment's own secret. It is read when there is a notification to send.

mod webhook;

pub use webhook::{Webhook, WebhookFormat, WebhooksError, parse};

use crate::error::{Error, Result};
use crate::first_use::FirstUse;
use crate::secret::stored;
use aws_config::SdkConfig;
use std::fmt;
use std::sync::Arc;

/// Where the list of webhooks is.
#[derive(Debug, Clone, Default)]
pub enum WebhooksSource {
    /// No webhooks: no notification is sent
    #[default]
    Absent,
    /// Given directly
    Given(Vec<Webhook>),
    /// In AWS Secrets Manager
    Stored {
        /// The secret's ARN
        arn: String,
    },
}

/// The webhooks of a deployment. Clones share the list that was read.
#[derive(Clone)]
pub struct Webhooks {
    source: Arc<WebhooksSource>,
    sdk: Arc<SdkConfig>,
    read: Arc<FirstUse<Vec<Webhook>>>,
}

impl Webhooks {
    pub(crate) fn new(sdk: &SdkConfig, source: &WebhooksSource) -> Self {
        Self { source: Arc::new(source.clone()), sdk: Arc::new(sdk.clone()), read: Arc::default() }
    }

    /// Whether there are any webhooks, as far as is known without reading the list.
    pub fn are_configured(&self) -> bool {
        self.source.are_configured()
    }

    /// Returns the list. If it cannot be read, the error is temporary, and the next use tries again.
    pub async fn list(&self) -> Result<&[Webhook]> {
        let read = async {
            match &*self.source {
                WebhooksSource::Absent => Ok(Vec::new()),
                WebhooksSource::Given(webhooks) => Ok(webhooks.clone()),
                WebhooksSource::Stored { arn } => {
                    let text = Box::pin(stored(&self.sdk, arn)).await?;
                    parse(text.reveal()).map_err(|error| Error::unreadable("list of webhooks", error))
                }
            }
        };
        Ok(self.read.get_or_make(read).await?)
    }
}

impl WebhooksSource {
    /// Whether there may be webhooks to notify.
    pub(crate) fn are_configured(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Given(webhooks) => !webhooks.is_empty(),
            Self::Stored { .. } => true,
        }
    }
}

impl fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhooks(***)")
    }
}
