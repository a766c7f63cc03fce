//! The engine: turns a suite into planned tests and runs them, one HTTP request after another.
//!
//! It knows nothing of AWS, tables or queues, so the worker and `stepcast check` use the same engine. A test takes this
//! path: [`plan`](Engine::plan) multiplies the suite's tests, `test` makes attempts, `step` makes a request and has its
//! answer checked, `fetch` speaks HTTP behind the guard of `address`, `page` reads the answer and `check` judges it.
//! All output goes through `mask`.

mod address;
mod bound;
mod certificate;
mod check;
mod connecting;
mod difference;
mod digest;
mod discover;
mod evidence;
mod excerpt;
mod expected_error;
mod fetch;
mod links;
mod mask;
mod network;
mod page;
mod plan;
mod playback;
mod request;
mod request_result;
mod retry;
mod scope;
mod sitemap;
mod step;
mod test;
mod unclear;
mod wall;

pub use address::{Lookup, SystemLookup};
pub use bound::fit_attempts;
pub use check::describe as describe_check;
pub use difference::{Differences, Exchanged, compare, learn};
pub use evidence::{Bodies, Evidence, Keeping, RunningRequests, StepRequests, content_digest};
pub use fetch::retry_after;
pub use fetch::{CommonHost, CommonHosts, Demand, Part, Sent};
pub use mask::Mask;
pub use plan::{PlanError, PlanRun, Planned, PlannedTest};
pub use playback::{KeptStep, Recording};
pub use test::{Observer, TestEnd, TestRun};

use address::Guard;
use fetch::{Fetcher, Hosts};
use std::sync::Arc;

/// How an engine behaves, independent of the suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// Whether loopback, private and other internal addresses may be fetched
    pub allow_private_targets: bool,
    /// Whether suites may disable the verification of certificates (`insecure` in their defaults)
    pub allow_insecure_targets: bool,
    /// Largest body that is read, in bytes, decompressed
    pub body_bytes: usize,
    /// The user agent of requests, unless the suite has a `user-agent` header
    pub user_agent: String,
    /// Hosts that are never fetched, even if private targets are allowed; a port after the host is ignored. On Lambda
    /// this is the value of `AWS_LAMBDA_RUNTIME_API`
    pub forbidden_hosts: Vec<String>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            allow_private_targets: false,
            allow_insecure_targets: false,
            body_bytes: 10 * 1024 * 1024,
            user_agent: concat!("stepcast/", env!("CARGO_PKG_VERSION")).to_owned(),
            forbidden_hosts: Vec::new(),
        }
    }
}

/// Why there is no engine: the HTTP client could not be set up, for example because the system has no certificates.
#[derive(Debug, thiserror::Error)]
#[error(
    "the HTTP client could not be set up; if the system has no certificates of authorities, install its package \
     `ca-certificates`, or name a file of them in `SSL_CERT_FILE`"
)]
pub struct EngineError(#[source] reqwest::Error);

/// Plans suites and runs tests. Cheap to clone; clones share connections and the state of hosts.
#[derive(Clone)]
pub struct Engine {
    fetcher: Arc<Fetcher>,
}

impl Engine {
    /// Sets up an engine. One per process is enough, and politeness towards hosts works only within one engine.
    pub fn new(config: EngineConfig) -> Result<Self, EngineError> {
        Self::with_lookup(config, Arc::new(SystemLookup))
    }

    /// Sets up an engine that shares the limits of hosts with the engines of other processes.
    pub fn sharing(config: EngineConfig, hosts: Arc<dyn CommonHosts>) -> Result<Self, EngineError> {
        Self::with(config, Arc::new(SystemLookup), Hosts::sharing(hosts))
    }

    /// Sets up an engine that resolves names with `lookup` instead of the system.
    pub fn with_lookup(config: EngineConfig, lookup: Arc<dyn Lookup>) -> Result<Self, EngineError> {
        Self::with(config, lookup, Hosts::default())
    }

    fn with(config: EngineConfig, lookup: Arc<dyn Lookup>, hosts: Hosts) -> Result<Self, EngineError> {
        let EngineConfig { allow_private_targets, allow_insecure_targets, body_bytes, user_agent, forbidden_hosts } =
            config;
        let guard =
            Guard::new(allow_private_targets, forbidden_hosts, lookup).allowing_insecure(allow_insecure_targets);
        let guard = Arc::new(guard);
        let fetcher = Fetcher::new(guard, &user_agent, body_bytes, hosts).map_err(EngineError)?;
        Ok(Self { fetcher: Arc::new(fetcher) })
    }

    /// Gives back what this process holds of the limits of hosts that it does not need now. A process that is about to
    /// be frozen calls this.
    pub async fn give_back_hosts(&self) {
        self.fetcher.give_back_hosts().await;
    }

    /// Chooses the suite's tests by `tags` and multiplies them by `each` and `discover`. The order is the suite's, so
    /// the same suite and the same sitemaps give the same plan. An empty plan is not an error: no test has the tags.
    pub async fn plan(&self, run: PlanRun<'_>) -> Planned {
        plan::plan(&self.fetcher, run).await
    }

    /// Runs one test to its outcome. A page that is wrong or cannot be fetched is an outcome, never an error.
    pub async fn run_test(&self, run: TestRun<'_>, observer: &mut dyn Observer) -> TestEnd {
        test::run(&self.fetcher, run, observer).await
    }
}
