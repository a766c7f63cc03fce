//! Combines concurrent requests for the same work: one run serves every caller that asked before it began.

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Mutex;

/// Runs the same work one at a time.
#[derive(Default)]
pub(crate) struct Coalesced {
    /// How often the work was asked for
    asked: AtomicU64,
    /// How many of those the runs so far have served
    served: Mutex<u64>,
}

impl Coalesced {
    /// Runs the work, or waits for a run that began after this call. After an error the next caller runs it again.
    pub async fn run<E>(&self, work: impl Future<Output = Result<(), E>>) -> Result<(), E> {
        let own = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        // Callers that ask at this very moment join the same run.
        tokio::task::yield_now().await;
        let mut served = self.served.lock().await;
        if *served >= own {
            return Ok(());
        }
        let before = self.asked.load(Ordering::SeqCst);
        work.await?;
        *served = before;
        Ok(())
    }
}
