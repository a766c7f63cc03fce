//! When the function a worker runs in ends.
//!
//! Lambda kills a function that is still running then, with everything in it: the next worker would run the test again,
//! and be killed again. Work that cannot end in time therefore ends before the deadline, and reports why.

use std::time::Duration;
use stepcast_platform::Clock;
use stepcast_suite::duration;
use tokio::time::Instant;

/// Time reserved to count work that was cut short: four seconds to store its evidence, a transaction, which the SDK
/// attempts up to four times, one read of the job, and two seconds until the watchers have received the events. If a function may run for less than twice as
/// long, half of its time is reserved.
const MARGIN: Duration = Duration::from_secs(14);

/// When work has to end, if ever.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Option<Ends>);

#[derive(Debug, Clone, Copy)]
struct Ends {
    at: Instant,
    allowed: Duration,
}

impl Deadline {
    /// The deadline of an invocation that has just begun, in milliseconds since 1970.
    pub fn of_invocation(ends_at: Option<u64>, clock: &Clock) -> Self {
        Self(ends_at.map(|ends_at| {
            let allowed = Duration::from_millis(ends_at.saturating_sub(clock.now_ms()));
            Ends { at: Instant::now() + allowed - MARGIN.min(allowed / 2), allowed }
        }))
    }

    /// Waits until work has to end, and returns how long it was allowed to take, formatted for people. Without a
    /// deadline it waits for ever.
    pub async fn comes(self) -> String {
        let Some(Ends { at, allowed }) = self.0 else { return std::future::pending().await };
        tokio::time::sleep_until(at).await;
        // Round up: the invocation took a few milliseconds to arrive.
        duration::format(Duration::from_secs(allowed.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn waits(ends_at: Option<u64>) -> (Duration, String) {
        let (deadline, begun) = (Deadline::of_invocation(ends_at, &Clock::from_fn(|| 1_000)), Instant::now());
        let allowed = deadline.comes().await;
        (begun.elapsed(), allowed)
    }

    #[tokio::test(start_paused = true)]
    async fn work_ends_a_margin_before_its_function() {
        let (waited, allowed) = waits(Some(1_000 + 899_950)).await;
        assert_eq!((waited.as_secs(), allowed.as_str()), (885, "15m"));
        let (waited, allowed) = waits(Some(1_000 + 6_000)).await;
        assert_eq!((waited.as_secs(), allowed.as_str()), (3, "6s"));
        let (waited, _) = waits(Some(0)).await;
        assert_eq!(waited.as_secs(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_no_deadline_goes_on() {
        assert!(tokio::time::timeout(Duration::from_hours(1_000), waits(None)).await.is_err());
    }
}
