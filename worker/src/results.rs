//! Counts results. Results that arrive while a write is in flight are written together next, so that many tests that
//! end at once cost one transaction and do not conflict on the job's counters.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use stepcast_platform::table::FinishedTest;
use stepcast_platform::{Error, Platform};
use stepcast_protocol::JobId;
use tokio::sync::oneshot;

/// Most results in one transaction: with steps of 48 KB each, well under the 4 MB one may have.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MOST: usize = 25;

/// Writes the results of one job.
pub(crate) struct ResultWriter {
    platform: Platform,
    job: JobId,
    waiting: Mutex<Waiting>,
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Waiting {
    results: Vec<Entry>,
}

struct Entry {
    plan: u64,
    finished: FinishedTest,
    counted: oneshot::Sender<Result<bool, String>>,
}

impl Waiting {
    /// Takes the results that can be written at once: results of the same planning, and one of each test. A test has
    /// two results if it ended while an admin ended its job, and a transaction may touch an item only once.
    fn take(&mut self) -> Vec<Entry> {
        let plan = self.results.first().map(|result| result.plan);
        let mut tests = HashSet::new();
        let fits = |result: &&Entry| Some(result.plan) == plan && tests.insert(result.finished.test);
        let count = self.results.iter().take_while(fits).count();
        self.results.drain(..count.min(MOST)).collect()
    }
}

impl ResultWriter {
    pub fn new(platform: Platform, job: JobId) -> Self {
        Self { platform, job, waiting: Mutex::default(), writing: tokio::sync::Mutex::default() }
    }

    /// Counts a result. Returns `false` if it does not count: another worker has the lease, or the outcome is already
    /// there.
    pub async fn count(&self, plan: u64, finished: FinishedTest) -> Result<bool, Error> {
        let (counted, mut answer) = oneshot::channel();
        self.lock().results.push(Entry { plan, finished, counted });
        loop {
            let _turn = self.writing.lock().await;
            if let Ok(counted) = answer.try_recv() {
                return counted.map_err(|reason| Error::Unavailable { service: "DynamoDB", reason });
            }
            self.write().await;
        }
    }

    async fn write(&self) {
        let mut results = self.lock().take();
        let plan = results.first().map_or(0, |result| result.plan);
        let tests = results.iter().map(|result| result.finished.clone()).collect();
        let written = self.platform.table.finish_tests(&self.job, plan, tests).await;
        for result in results.drain(..) {
            // The caller may have been dropped with its function; the result is counted nevertheless.
            let _ = result.counted.send(match &written {
                Ok(counted) => Ok(counted.contains(&result.finished.test)),
                Err(error) => Err(error.to_string()),
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_protocol::state::Outcome;

    fn result(plan: u64, test: u32, lease: u64) -> Entry {
        let finished = FinishedTest {
            test,
            lease,
            v: 1,
            outcome: Outcome::Passed,
            duration_ms: 1,
            expected_ms: 0,
            attempt: 1,
            change: None,
            steps: "[]".to_owned(),
            checks: 1,
            requests: 1,
        };
        Entry { plan, finished, counted: oneshot::channel().0 }
    }

    #[test]
    fn a_write_has_one_result_of_each_test_and_is_of_one_planning() {
        let results = vec![result(1, 0, 1), result(1, 1, 1), result(1, 1, 2), result(1, 2, 1), result(2, 3, 1)];
        let mut waiting = Waiting { results };
        let mut written = Vec::new();
        while !waiting.results.is_empty() {
            let tests = waiting.take().into_iter().map(|result| (result.finished.test, result.finished.lease));
            written.push(tests.collect::<Vec<_>>());
        }
        assert_eq!(written, [vec![(0, 1), (1, 1)], vec![(1, 2), (2, 1)], vec![(3, 1)]]);
    }

    #[test]
    fn a_write_has_no_more_than_a_transaction_may() {
        let mut waiting = Waiting { results: (0..30).map(|test| result(1, test, 1)).collect() };
        assert_eq!((waiting.take().len(), waiting.take().len(), waiting.take().len()), (MOST, 30 - MOST, 0));
    }
}
