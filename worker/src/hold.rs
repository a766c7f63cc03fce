//! A worker's hold on a batch of tests, and what the worker has written of the batch.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use stepcast_platform::table::{BatchRecord, BatchResults, FinishedTest, Lease};
use tokio_util::sync::CancellationToken;

/// A batch that this worker holds. Clones share it.
#[derive(Clone)]
pub(crate) struct Hold {
    lease: Arc<Lease>,
    written: Arc<Mutex<Written>>,
    /// How often results were written before this hold
    writes_before: u32,
    lost: CancellationToken,
}

/// What was written of the batch, under this lease and those before.
#[derive(Clone, Copy)]
struct Written {
    writes: u32,
    ended: u32,
}

impl Hold {
    /// The hold that a claim gave.
    pub fn of(lease: Lease, record: &BatchRecord) -> Self {
        let written = Written { writes: record.writes, ended: record.ended };
        Self {
            lease: Arc::new(lease),
            written: Arc::new(Mutex::new(written)),
            writes_before: record.writes,
            lost: CancellationToken::new(),
        }
    }

    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Returns results in the form in which they are written next.
    pub fn results(&self, tests: Vec<FinishedTest>) -> BatchResults {
        let Written { writes, ended } = *self.lock();
        BatchResults { lease: (*self.lease).clone(), writes, ended, tests }
    }

    /// Notes that these results were written.
    pub fn note_written(&self, results: &BatchResults) {
        *self.lock() = Written { writes: results.writes + 1, ended: results.ended_after() };
    }

    /// Whether a result was counted under this hold.
    pub fn has_counted(&self) -> bool {
        self.lock().writes > self.writes_before
    }

    /// Notes that another worker has the batch, or that it is not known whether something was written. From here on
    /// this worker counts nothing of the batch.
    pub fn lose(&self) {
        self.lost.cancel();
    }

    pub fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Waits until the hold is lost.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
