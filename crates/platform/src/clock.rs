//! The clock, passed in so that tests can control it.

use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use stepcast_protocol::moment::Moment;

/// A source of the time of day.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self::from_fn(|| u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default())
    }

    /// Any function that gives milliseconds since 1970.
    pub fn from_fn(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        (self.0)()
    }

    /// The current time as an event's `at` has it.
    pub fn now_text(&self) -> String {
        rfc3339(self.now_ms())
    }

    /// The time after `later`, in seconds since 1970, as DynamoDB requires for a time to live.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html>
    pub fn expiry(&self, later: Duration) -> u64 {
        self.now_ms() / 1_000 + later.as_secs()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now_text())
    }
}

/// RFC 3339 in UTC with milliseconds.
pub fn rfc3339(ms: u64) -> String {
    Moment::from_ms(ms).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds() {
        assert_eq!(rfc3339(1_700_000_000_000), "2023-11-14T22:13:20.000Z");
        assert_eq!(rfc3339(1_700_000_000_042), "2023-11-14T22:13:20.042Z");
    }
}
