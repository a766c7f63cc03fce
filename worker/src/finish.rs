//! Counts results. While one write is in flight the next results collect, so that many tests ending at once cost one
//! transaction and do not meet each other on the job's counters.

use std::sync::{Mutex, MutexGuard, PoisonError};
use stepcast_platform::table::FinishedTest;
use stepcast_platform::{Error, Platform};
use tokio::sync::oneshot;

/// Most results in one transaction: with steps of 48 KB each, well under the 4 MB one may have.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MOST: usize = 25;

/// Counts the results of one job.
pub(crate) struct Finisher {
    platform: Platform,
    job: String,
    waiting: Mutex<Waiting>,
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    results: Vec<Result>,
}

struct Result {
    plan: u64,
    finished: FinishedTest,
    counted: oneshot::Sender<std::result::Result<bool, String>>,
}

impl Finisher {
    pub fn new(platform: Platform, job: String) -> Self {
        Self { platform, job, waiting: Mutex::default(), writing: tokio::sync::Mutex::default() }
    }

    /// Counts a result. `false`, where it does not count: the lease was another's, or the outcome already there.
    pub async fn finish(&self, plan: u64, finished: FinishedTest) -> std::result::Result<bool, Error> {
        let (counted, mut answer) = oneshot::channel();
        self.lock().results.push(Result { plan, finished, counted });
        loop {
            let _turn = self.writing.lock().await;
            if let Ok(counted) = answer.try_recv() {
                return counted.map_err(|reason| Error::Unavailable { service: "DynamoDB", reason });
            }
            self.write().await;
        }
    }

    /// Writes what has collected, all of the same planning.
    async fn write(&self) {
        let mut results = self.take();
        let plan = results.first().map_or(0, |result| result.plan);
        let tests = results.iter().map(|result| result.finished.clone()).collect();
        let written = self.platform.table.finish_tests(&self.job, plan, tests).await;
        for result in results.drain(..) {
            // Whoever no longer waits was dropped with its function; the result is counted all the same.
            let _ = result.counted.send(match &written {
                Ok(counted) => Ok(counted.contains(&result.finished.test)),
                Err(error) => Err(error.to_string()),
            });
        }
    }

    fn take(&self) -> Vec<Result> {
        let mut waiting = self.lock();
        let plan = waiting.results.first().map(|result| result.plan);
        let same = waiting.results.iter().take_while(|result| Some(result.plan) == plan).count();
        waiting.results.drain(..same.min(MOST)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
