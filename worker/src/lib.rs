//! Runs tests from the queue and publishes their progress to everyone watching.
//!
//! The path of a message: `messages` takes it from SQS, `planner` turns a job into batches of tests, `runner` runs one
//! under a lease, the engine fetches and checks, `narrator` and `progress` publish events to the watchers, `counting` and `results`
//! count the result, `verdict` closes the job, `past` compares it with earlier jobs, `notifier` informs webhooks of what
//! the verdict means for the suite. `reaper` takes care of work that was left behind; `early_end` ends jobs that an
//! admin does not wait for. What planner, runner and reaper share is the `tracker`.
//!
//! Tests that need no table are beside the code. The others run against the embedded services, in
//! `crates/local/tests/functions`: the worker there is this one, with every fault the services can have.

mod coalesced;
mod conversion;
mod counting;
mod deadline;
mod early_end;
pub mod environment;
mod evidence;
mod hold;
mod hosts;
mod job;
mod kept;
mod messages;
mod narrator;
mod notifier;
mod outbox;
mod past;
mod planner;
mod progress;
mod reaper;
mod response;
mod results;
mod runner;
mod tracker;
mod verdict;

pub use progress::Relay;
pub use reaper::Reaper;

use hosts::FleetHosts;
use notifier::Notifier;
use planner::Planner;
use runner::Runner;
use std::sync::Arc;
use std::time::Duration;
use stepcast_engine::{Engine, EngineConfig, EngineError};
use stepcast_platform::Platform;
use tracker::Tracker;

/// Handles the messages of the queue: one per process, cheap to clone.
#[derive(Clone)]
pub struct Worker {
    planner: Planner,
    runner: Runner,
    notifier: Notifier,
    engine: Engine,
    tracker: Tracker,
}

/// The result of handling a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handled {
    /// There is nothing left to do
    Done,
    /// The queue has to deliver it again, after this long
    Later(Duration),
}

impl Worker {
    /// Creates a worker whose hold on a batch ends `lease` after the last renewal.
    pub fn new(platform: Platform, lease: Duration, engine: EngineConfig) -> Result<Self, EngineError> {
        Self::create(platform, lease, engine, false)
    }

    /// Creates the only worker of a deployment: all workers before it are dead, and what they claimed of hosts is free.
    pub fn alone(platform: Platform, lease: Duration, engine: EngineConfig) -> Result<Self, EngineError> {
        Self::create(platform, lease, engine, true)
    }

    fn create(platform: Platform, lease: Duration, engine: EngineConfig, is_alone: bool) -> Result<Self, EngineError> {
        let hosts = FleetHosts::new(platform.table.clone(), platform.clock.clone(), is_alone);
        let engine = Engine::sharing(engine, Arc::new(hosts))?;
        let tracker = Tracker::new(platform.clone(), lease);
        Ok(Self {
            planner: Planner::new(tracker.clone(), engine.clone()),
            runner: Runner::new(tracker.clone(), engine.clone()),
            engine,
            notifier: Notifier::new(platform),
            tracker,
        })
    }

    /// Waits until the spans of the invocation are exported: Lambda stops the process once it has answered.
    pub async fn flush_traces(&self) {
        self.tracker.flush_traces().await;
    }

    /// Returns a reaper in the same process, which shares what this worker knows of jobs and watchers.
    pub fn reaper(&self) -> Reaper {
        Reaper::sharing(self.tracker.clone())
    }
}
