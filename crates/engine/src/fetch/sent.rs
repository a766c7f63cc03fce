//! How many requests are sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A count of requests. Redirects, answers to challenges and links are requests like any other. Clones are the same count.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    count: Arc<AtomicU64>,
    whole: Option<Arc<AtomicU64>>,
}

impl Sent {
    /// A count of its own, from 0, of requests that count here as well.
    #[must_use]
    pub fn part(&self) -> Self {
        Self { count: Arc::default(), whole: Some(Arc::clone(&self.count)) }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Takes out requests that are counted elsewhere from now on.
    pub fn take_out(&self, requests: u64) {
        self.count.fetch_sub(requests, Ordering::Relaxed);
    }

    /// Counts one that is about to be sent.
    pub(super) fn add(&self) {
        for count in [Some(&self.count), self.whole.as_ref()].into_iter().flatten() {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}
