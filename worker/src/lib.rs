//! Runs tests from the queue and tells everyone watching.
//!
//! The way of a message: `batch` takes it from SQS, `planning` turns a job into tests, `test` runs one under a lease,
//! `engine` fetches and checks, `progress` tells the watchers, `finish` counts the result, `verdict` closes the job,
//! `past` compares it with the jobs before, `notify` tells webhooks what that is for its suite. `reaper` looks after what
//! was left behind; `finishing` ends what nobody waits for.

mod batch;
mod coalesced;
mod deadline;
pub mod environment;
mod finish;
mod finishing;
mod job;
mod narrator;
mod notify;
mod past;
mod planning;
mod progress;
mod reaper;
mod test;
mod verdict;

use job::Jobs;
use notify::Postman;
use progress::Progress;
use std::time::Duration;
use stepcast_engine::{Engine, EngineConfig, EngineError};
use stepcast_platform::Platform;

/// A worker: one a process, cheap to clone.
#[derive(Clone)]
pub struct Worker {
    platform: Platform,
    engine: Engine,
    jobs: Jobs,
    progress: Progress,
    postman: Postman,
    lease: Duration,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handled {
    /// There is nothing left to do
    Done,
    /// It has to come again, after this long
    Later(Duration),
}

impl Worker {
    /// A worker that holds each test for `lease` without a sign of life.
    pub fn new(platform: Platform, lease: Duration, engine: EngineConfig) -> Result<Self, EngineError> {
        Ok(Self {
            engine: Engine::new(engine)?,
            jobs: Jobs::new(platform.clone()),
            progress: Progress::new(platform.clone()),
            postman: Postman::default(),
            platform,
            lease,
        })
    }
}
