//! The time, passed in: tests hold it still.

use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Where the time comes from, in milliseconds since the epoch.
pub trait Clock: Send + Sync + 'static {
    /// What time it is.
    fn now(&self) -> i64;

    /// Resolves once [`now`](Self::now) has reached `at`.
    fn sleep_until(&self, at: i64) -> BoxFuture<'_, ()>;
}

/// A clock that several services read.
pub type SharedClock = Arc<dyn Clock>;

/// After how long a sleeper looks at the time again. Timers stand still while the machine is suspended and the time does not:
/// a laptop that wakes up should not first sleep out what it had left the evening before.
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

/// A clock that stands still until it is told to go on.
#[derive(Debug, Clone)]
pub struct HeldClock {
    now: watch::Sender<i64>,
}

impl HeldClock {
    /// Stands at `now`, in milliseconds since the epoch.
    pub fn at(now: i64) -> Self {
        Self { now: watch::Sender::new(now) }
    }

    /// Goes on by `by`, and wakes whoever slept until then.
    pub fn advance(&self, by: Duration) {
        self.now.send_modify(|now| *now += milliseconds(by));
    }

    /// How many sleep at the moment: whoever wants to wake somebody can see that there is one.
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

/// A duration as the clock counts, at most what it can count.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
