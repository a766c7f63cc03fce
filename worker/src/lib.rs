//! Runs tests from the queue and publishes their progress to everyone watching.
//!
//! The path of a message: `batch` takes it from SQS, `planning` turns a job into tests, `test` runs one under a lease,
//! `engine` fetches and checks, `progress` publishes events to the watchers, `finish` counts the result, `verdict`
//! closes the job, `past` compares it with the jobs before, `notify` informs webhooks of what the verdict means for the
//! suite. `reaper` takes care of work that was left behind; `finishing` ends jobs that an admin does not wait for.

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

/// A worker: one per process, cheap to clone.
#[derive(Clone)]
pub struct Worker {
    platform: Platform,
    engine: Engine,
    jobs: Jobs,
    progress: Progress,
    postman: Postman,
    lease: Duration,
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
    /// Creates a worker whose hold on a test ends `lease` after the last sign of life.
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
