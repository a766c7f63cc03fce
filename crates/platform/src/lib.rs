//! The AWS services Stepcast stands on, and the only crate that names their SDKs.
//!
//! On AWS the clients talk to DynamoDB, SQS and API Gateway; on one machine [`Config`] points the same clients at the
//! endpoints `crates/local` serves. Nothing here asks which of the two it is.

pub mod auth;
pub mod clock;
pub mod config;
pub mod error;
mod first_use;
pub mod http_client;
pub mod logging;
pub mod origin;
mod pattern;
pub mod publish;
pub mod push;
pub mod queue;
pub mod seal;
pub mod secret;
pub mod snapshot;
pub mod table;
pub mod webhooks;

pub use auth::keys::Keys;
pub use clock::Clock;
pub use config::{Config, PrincipalLimits};
pub use error::{Error, Result};
pub use first_use::FirstUse;
pub use push::{Push, Pushed};
pub use queue::{Queue, Work};
pub use table::Table;
pub use webhooks::Webhooks;

use auth::Authenticator;
use origin::AllowedOrigins;
use snapshot::States;

/// Everything a function needs, built once a process and cheap to clone.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Jobs, tests, connections and suites
    pub table: Table,
    /// Work to be done
    pub queue: Queue,
    /// The way back to clients
    pub push: Push,
    /// Who a token belongs to
    pub authenticator: Authenticator,
    /// Whose pages may connect
    pub allowed_origins: AllowedOrigins,
    /// What one principal may use
    pub limits: PrincipalLimits,
    /// What tokens are signed and secrets sealed with
    pub keys: Keys,
    /// Who is told when a suite breaks or recovers
    pub webhooks: Webhooks,
    /// Where people look at jobs, without a slash at the end
    pub dashboard_url: Option<String>,
    /// What states that are read and sent take of this process
    pub states: States,
    /// What time it is
    pub clock: Clock,
}

impl Platform {
    /// Builds the clients.
    pub async fn connect(config: &Config, clock: Clock) -> Self {
        let sdk = config.sdk().await;
        let keys = Keys::new(&sdk, &config.secret, clock.clone());
        Self {
            table: Table::new(&sdk, config, clock.clone()),
            queue: Queue::new(&sdk, config),
            push: Push::new(&sdk, config),
            authenticator: Authenticator::new(keys.clone(), &config.issuers, config.admin_token.clone(), &clock),
            allowed_origins: config.allowed_origins.clone(),
            limits: config.limits,
            keys,
            webhooks: Webhooks::new(&sdk, &config.webhooks),
            dashboard_url: config.dashboard_url.clone(),
            states: States::default(),
            clock,
        }
    }
}
