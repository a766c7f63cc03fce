//! The AWS services Stepcast uses, and the only crate that names their SDKs.
//!
//! On AWS the clients talk to DynamoDB, SQS and API Gateway; on one machine [`Config`] points the same clients at the
//! endpoints `crates/local` serves. The code here is the same for both.

pub mod auth;
pub mod clock;
pub mod config;
pub mod error;
pub mod evidence;
mod first_use;
pub mod http_client;
pub mod in_process;
pub mod logging;
pub mod metrics;
pub mod origin;
pub mod publish;
pub mod push;
pub mod queue;
pub mod relay;
pub mod seal;
pub mod secret;
pub mod snapshot;
pub mod table;
pub mod traces;
pub mod webhooks;

pub use auth::keys::Keys;
pub use clock::Clock;
pub use config::{Config, PrincipalLimits};
pub use error::{Error, Result};
pub use evidence::EvidenceStore;
pub use first_use::FirstUse;
pub use metrics::Metrics;
pub use push::{Push, Pushed};
pub use queue::{Queue, Work};
pub use relay::RelayQueue;
pub use table::Table;
pub use traces::Traces;
pub use webhooks::Webhooks;

use auth::Authenticator;
use origin::AllowedOrigins;
use snapshot::States;
use stepcast_suite::Evidence;

/// Everything a function needs, built once per process and cheap to clone.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Jobs, tests, connections and suites
    pub table: Table,
    /// Work to be done
    pub queue: Queue,
    /// Sends messages to clients
    pub push: Push,
    /// Checks tokens
    pub authenticator: Authenticator,
    /// Origins whose pages may connect
    pub allowed_origins: AllowedOrigins,
    /// The limits of each principal
    pub limits: PrincipalLimits,
    /// How many workers run batches at once
    pub workers: u32,
    /// How many messages this process may push to connections in a second, on average
    pub pushes_per_s: u32,
    /// The queue of the relay, which pushes for all workers what many connections watch; `None` if there is no relay
    pub relay: Option<RelayQueue>,
    /// Stores what tests sent and received; `None` if nothing is kept
    pub evidence: Option<EvidenceStore>,
    /// The most that is kept, whatever a suite says
    pub most_evidence: Evidence,
    /// The keys that sign tokens and seal secrets
    pub keys: Keys,
    /// Webhooks to notify when a suite breaks or recovers
    pub webhooks: Webhooks,
    /// Address of the dashboard, without a slash at the end
    pub dashboard_url: Option<String>,
    /// Counts and times what happens
    pub metrics: Metrics,
    /// Exports traces of runs
    pub traces: Traces,
    /// The limits on job states that this process reads and sends
    pub states: States,
    /// The clock
    pub clock: Clock,
}

impl Platform {
    /// Builds the clients.
    pub async fn connect(config: &Config, clock: Clock) -> Self {
        let sdk = config.sdk().await;
        let keys = Keys::new(&sdk, &config.secret, clock.clone());
        let queue = Queue::new(&sdk, config);
        Self {
            table: Table::new(&sdk, config, clock.clone()),
            relay: config.relay.as_ref().map(|relay| queue.relay(relay)),
            queue,
            push: Push::new(&sdk, config),
            authenticator: Authenticator::new(keys.clone(), &config.issuers, config.admin_token.clone(), &clock),
            allowed_origins: config.allowed_origins.clone(),
            limits: config.limits,
            workers: config.workers,
            pushes_per_s: config.pushes_per_s,
            evidence: config
                .evidence
                .as_ref()
                .map(|evidence| EvidenceStore::new(&sdk, config, evidence, clock.clone())),
            most_evidence: config.evidence.as_ref().map_or(Evidence::None, |evidence| evidence.most),
            keys,
            webhooks: Webhooks::new(&sdk, &config.webhooks),
            dashboard_url: config.dashboard_url.clone(),
            metrics: config.metrics.clone(),
            traces: if config.traces { Traces::from_environment() } else { Traces::default() },
            states: States::default(),
            clock,
        }
    }
}
