//! The time, passed in so that tests can stop it.

use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A source of the time, in milliseconds since the epoch.
pub trait Clock: Send + Sync + 'static {
    /// Returns the current time.
    fn now(&self) -> i64;

    /// Resolves once [`now`](Self::now) has reached `at`.
    fn sleep_until(&self, at: i64) -> BoxFuture<'_, ()>;
}

/// A clock that several services read.
pub type SharedClock = Arc<dyn Clock>;

/// How long a sleeper waits before it reads the time again. Timers stop while the machine is suspended, but the time
/// goes on: a laptop that wakes up should not first sleep for the rest of the previous evening's timer.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);

/// The time of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond()
    }

    fn sleep_until(&self, at: i64) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            while let Ok(left @ 1..) = u64::try_from(at - self.now()) {
                tokio::time::sleep(Duration::from_millis(left).min(LONGEST_SLEEP)).await;
            }
        })
    }
}

/// A clock that is stopped until it is advanced.
#[derive(Debug, Clone)]
pub struct HeldClock {
    now: watch::Sender<i64>,
}

impl HeldClock {
    /// Creates a clock that is stopped at `now`, in milliseconds since the epoch.
    pub fn at(now: i64) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Advances the time by `by`, and wakes the tasks that slept until then.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now += milliseconds(by));
    }

    /// Returns how many tasks sleep at the moment: a test that wants to wake one can check that there is one.
    pub fn sleepers(&self) -> usize {
        self.now.receiver_count()
    }
}

impl Clock for HeldClock {
    fn now(&self) -> i64 {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: i64) -> BoxFuture<'_, ()> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // The sender is `self`, so it cannot have gone.
            let _ = now.wait_for(|now| *now >= at).await;
        })
    }
}

/// Converts a duration to the clock's milliseconds, at most the largest value it can count.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
