//! A function in a process of its own, as far as these tests need it: when the process is killed, its tasks end
//! wherever they are.

use super::fault::Faults;
use crate::world::{World, worker};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use std::thread;
use std::time::Duration;
use stepcast_platform::{Config, Platform};
use stepcast_worker::Worker;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{oneshot, watch};
use tokio::time;

/// A process, killed when it is dropped: its tasks end at once, even if they wait.
pub struct Process {
    tasks: Handle,
    faults: Faults,
    /// On the heap, because a test has several processes on its stack
    platform: Box<Platform>,
    worker: Box<Worker>,
    _life: oneshot::Sender<()>,
}

impl Process {
    /// Starts a process whose clock is ahead by this much, and whose requests to the services meet these faults.
    pub async fn start(world: &World, config: &Config, faults: &Faults, ahead: Duration) -> Self {
        let (life, end) = oneshot::channel::<()>();
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let tasks = runtime.handle().clone();
        thread::spawn(move || {
            // Nothing is ever sent: this ends when the sender is dropped.
            let _ = runtime.block_on(end);
            runtime.shutdown_background();
        });
        let (config, clock) = (config.clone(), world.clock_ahead(ahead));
        let started = tasks.spawn(async move {
            let platform = Platform::connect(&config, clock).await;
            (worker(platform.clone()), platform)
        });
        let (worker, platform) = started.await.expect("it does not panic");
        let (platform, worker) = (Box::new(platform), Box::new(worker));
        Self { tasks, faults: faults.clone(), platform, worker, _life: life }
    }

    /// Lets the worker handle a batch. Returns `None` if the process is killed before the batch is done.
    pub async fn handle(&self, batch: SqsEvent) -> Option<SqsBatchResponse> {
        let worker = self.worker.clone();
        self.run(async move { worker.handle(batch, None).await }).await
    }

    /// Runs the reaper once. Returns `None` if the process is killed before the reaper is done.
    pub async fn reap(&self) -> Option<()> {
        let worker = self.worker.clone();
        self.run(async move { worker.reaper().reap().await }).await
    }

    /// Runs a handler. Returns `None` if the process is killed before the handler is done.
    pub async fn handler<T, F>(&self, handler: impl FnOnce(Platform) -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.run(handler((*self.platform).clone())).await
    }

    /// Returns the timers of the process. The clock from which it reads the time is a different one.
    pub fn timers(&self) -> Timers {
        Timers { tasks: self.tasks.clone() }
    }

    async fn run<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let mut deaths = self.faults.deaths();
        let running = self.tasks.spawn(task);
        tokio::select! {
            ended = running => Some(ended.expect("it does not panic")),
            _ = deaths.changed() => None,
        }
    }
}

/// The timers of a process.
pub struct Timers {
    tasks: Handle,
}

impl Timers {
    /// Advances the timers at once.
    pub async fn skip(&self, duration: Duration) {
        let skipped = self.tasks.spawn(async move {
            time::pause();
            time::advance(duration).await;
            time::resume();
        });
        skipped.await.expect("the process runs");
    }

    /// Advances the timers each time there is a change.
    pub async fn skip_whenever(&self, mut changes: watch::Receiver<u32>, duration: Duration) {
        while changes.changed().await.is_ok() {
            self.skip(duration).await;
        }
    }
}
