//! Counts results. Results that arrive while a write is in flight are written together next, so that many tests that
//! end at once cost one transaction and do not conflict on the job's counters.

use crate::hold::Hold;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use stepcast_platform::table::{BatchResults, FinishedTest, MOST_TESTS};
use stepcast_platform::{Error, Platform};
use stepcast_protocol::JobId;
use tokio::sync::oneshot;

/// Most bytes of steps in one transaction, which may have 4 MB: half of that, though they are packed.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Most results in one transaction. Each could be of a batch of its own, with an update and an item; the job has one
/// more update, and a transaction has at most 100.
const MOST: usize = MOST_TESTS as usize;

/// Writes the results of one job.
pub(crate) struct ResultWriter {
    platform: Platform,
    job: JobId,
    waiting: Mutex<Vec<Entry>>,
    writing: tokio::sync::Mutex<()>,
}

struct Entry {
    hold: Hold,
    finished: FinishedTest,
    counted: oneshot::Sender<Result<bool, String>>,
}

impl ResultWriter {
    pub fn new(platform: Platform, job: JobId) -> Self {
        Self { platform, job, waiting: Mutex::default(), writing: tokio::sync::Mutex::default() }
    }

    /// Counts a result. Returns `false` if it does not count because the hold is lost.
    pub async fn count(&self, hold: &Hold, finished: FinishedTest) -> Result<bool, Error> {
        let (counted, mut answer) = oneshot::channel();
        self.lock().push(Entry { hold: hold.clone(), finished, counted });
        // Tests that end at this very moment join the same write.
        tokio::task::yield_now().await;
        loop {
            let _turn = self.writing.lock().await;
            if let Some(counted) = answer_to(hold, &mut answer) {
                return counted;
            }
            self.write().await;
        }
    }

    async fn write(&self) {
        let mut entries = take(&mut self.lock());
        let (plan, results) = by_batch(&entries);
        let written = self.platform.table.count_results(&self.job, plan, results.values().cloned().collect()).await;
        for entry in entries.drain(..) {
            let number = entry.hold.lease().batch.number;
            let is_counted = match &written {
                Ok(counted) => Ok(counted.contains(&number)),
                Err(error) => Err(error.to_string()),
            };
            match (&is_counted, results.get(&number)) {
                (Ok(true), Some(results)) => entry.hold.note_written(results),
                _ => entry.hold.lose(),
            }
            // The caller may have been dropped with its function; the result is counted nevertheless.
            let _ = entry.counted.send(is_counted);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns whether a result was counted, once that is known. The caller that writes for others can be dropped in the
/// middle, because its own batch was taken over. Nobody knows then whether something was written, so the others stop too.
fn answer_to(hold: &Hold, answer: &mut oneshot::Receiver<Result<bool, String>>) -> Option<Result<bool, Error>> {
    let unavailable = |reason| Error::Unavailable { service: "DynamoDB", reason };
    match answer.try_recv() {
        Ok(counted) => Some(counted.map_err(unavailable)),
        Err(oneshot::error::TryRecvError::Empty) => None,
        Err(oneshot::error::TryRecvError::Closed) => {
            hold.lose();
            Some(Err(unavailable("the write was broken off".to_owned())))
        }
    }
}

/// Takes the results that can be written at once: results of the same planning, and of each batch those under one
/// lease. A batch has two leases here if its tests ended while an admin ended its job, and a transaction may touch an
/// item only once. The results of a hold that is lost do not count.
fn take(waiting: &mut Vec<Entry>) -> Vec<Entry> {
    for lost in waiting.extract_if(.., |entry| entry.hold.is_lost()) {
        let _ = lost.counted.send(Ok(false));
    }
    let plan = waiting.first().map(|entry| entry.hold.lease().batch.plan);
    let (mut leases, mut bytes) = (BTreeMap::new(), 0);
    let fits = |entry: &&Entry| {
        let lease = entry.hold.lease();
        let result = &entry.finished.result;
        bytes += result.steps.len() + result.earlier.as_ref().map_or(0, String::len);
        Some(lease.batch.plan) == plan
            && (bytes <= MOST_BYTES || leases.is_empty())
            && *leases.entry(lease.batch.number).or_insert(lease.number) == lease.number
    };
    let count = waiting.iter().take_while(fits).count();
    waiting.drain(..count.min(MOST)).collect()
}

/// Groups results by their batches. Returns them with their planning.
fn by_batch(entries: &[Entry]) -> (u64, BTreeMap<u32, BatchResults>) {
    let plan = entries.first().map_or(0, |entry| entry.hold.lease().batch.plan);
    let mut results = BTreeMap::new();
    for entry in entries {
        let number = entry.hold.lease().batch.number;
        let of_batch = results.entry(number).or_insert_with(|| entry.hold.results(Vec::new()));
        of_batch.tests.push(entry.finished.clone());
    }
    (plan, results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_platform::table::{Batch, BatchRecord, Lease, TestResult};
    use stepcast_protocol::state::Outcome;

    fn hold(plan: u64, batch: u32, lease: u64) -> Hold {
        let job = "0190b2a0-0000-7000-8000-000000000000".parse().expect("an id");
        let batch = Batch { job, plan, number: batch, tests: batch * 25..batch * 25 + 25 };
        Hold::of(Lease { batch, number: lease }, &BatchRecord::default())
    }

    fn result(hold: &Hold, test: u32) -> Entry {
        large_result(hold, test, 2)
    }

    fn large_result(hold: &Hold, test: u32, bytes: usize) -> Entry {
        let result = TestResult {
            test,
            v: 1,
            outcome: Outcome::Passed,
            duration_ms: 1,
            attempt: 1,
            change: None,
            ran: None,
            from: None,
            baseline: None,
            steps: " ".repeat(bytes),
            earlier: None,
        };
        let finished = FinishedTest { result, expected_ms: 0, checks: 1, requests: 1 };
        Entry { hold: hold.clone(), finished, counted: oneshot::channel().0 }
    }

    /// Takes everything, and returns the tests of each write.
    fn writes(mut waiting: Vec<Entry>) -> Vec<Vec<u32>> {
        let mut writes = Vec::new();
        while !waiting.is_empty() {
            let tests = take(&mut waiting).into_iter().map(|entry| entry.finished.result.test);
            writes.push(tests.collect());
        }
        writes
    }

    #[test]
    fn a_write_has_one_lease_of_each_batch_and_is_of_one_planning() {
        let (one, other, later, next_plan) = (hold(1, 0, 1), hold(1, 1, 1), hold(1, 1, 2), hold(2, 0, 1));
        let waiting =
            vec![result(&one, 0), result(&other, 25), result(&one, 1), result(&later, 26), result(&next_plan, 3)];
        assert_eq!(writes(waiting), [vec![0, 25, 1], vec![26], vec![3]]);
    }

    #[test]
    fn a_write_has_no_more_than_a_transaction_may() {
        let waiting = (0..30).map(|batch| result(&hold(1, batch, 1), batch * 25)).collect();
        assert_eq!(writes(waiting).iter().map(Vec::len).collect::<Vec<_>>(), [MOST, 30 - MOST]);
        let one = hold(1, 0, 1);
        let waiting = (0..4).map(|test| large_result(&one, test, MOST_BYTES / 2)).collect();
        assert_eq!(writes(waiting), [[0, 1], [2, 3]]);
        assert_eq!(writes(vec![large_result(&one, 0, MOST_BYTES + 1)]), [[0]], "one is written in any case");
    }

    #[test]
    fn a_write_that_is_broken_off_ends_the_holds_of_all_its_results() {
        let hold = hold(1, 0, 1);
        let (counted, mut answer) = oneshot::channel();
        assert!(answer_to(&hold, &mut answer).is_none() && !hold.is_lost());
        drop(counted);
        assert!(matches!(answer_to(&hold, &mut answer), Some(Err(Error::Unavailable { .. }))));
        assert!(hold.is_lost(), "it may have been written");

        let (counted, mut answer) = oneshot::channel();
        counted.send(Ok(true)).expect("somebody waits");
        assert!(matches!(answer_to(&hold, &mut answer), Some(Ok(true))));
    }

    #[test]
    fn what_belongs_to_a_lost_hold_is_not_written() {
        let (kept, lost) = (hold(1, 0, 1), hold(1, 1, 1));
        lost.lose();
        assert_eq!(writes(vec![result(&lost, 25), result(&kept, 0), result(&lost, 26)]), [[0]]);
    }
}
