//! Counts the requests that are sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A count of requests. Redirects, answers to challenges and links are requests like any other. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    count: Arc<AtomicU64>,
    whole: Option<Arc<AtomicU64>>,
}

impl Sent {
    /// Creates a count from 0 whose requests are counted here as well.
    #[must_use]
    pub fn part(&self) -> Self {
        Self { count: Arc::default(), whole: Some(Arc::clone(&self.count)) }
    }

    /// The number of requests.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Subtracts requests that are counted elsewhere from now on.
    pub fn take_out(&self, requests: u64) {
        self.count.fetch_sub(requests, Ordering::Relaxed);
    }

    /// Counts a request that is about to be sent.
    pub(super) fn add(&self) {
        for count in [Some(&self.count), self.whole.as_ref()].into_iter().flatten() {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}
