//! `time_limit`: ends a test that takes too long, whatever it is doing.

use std::time::Duration;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{CheckKind, CheckResult};
use stepcast_suite::duration::format;
use tokio::time::{Instant, timeout_at};

/// The least time for teardown, even if the test has used up its own: what the test created still has to be removed.
const TEARDOWN: Duration = Duration::from_secs(30);

/// The deadline of a test, for all of its attempts together.
#[derive(Clone, Copy)]
pub struct TimeLimit {
    limit: Duration,
    ends_at: Instant,
    is_of_teardown: bool,
}

impl TimeLimit {
    /// The limit of a test that starts now.
    pub fn from_now(limit: Duration) -> Self {
        Self { limit, ends_at: Instant::now() + limit, is_of_teardown: false }
    }

    /// The limit of the test's teardown, which starts now.
    pub fn for_teardown(self) -> Self {
        Self { ends_at: self.ends_at.max(Instant::now() + TEARDOWN), is_of_teardown: true, ..self }
    }

    /// The result when something exceeds the limit.
    pub fn exceeded(self, what: &str) -> CheckResult {
        let limit = format(self.limit);
        let expected = if self.is_of_teardown {
            format!("a teardown that ends within the {limit} of its test, or {} after them", format(TEARDOWN))
        } else {
            format!("a test that ends within {limit}, with all of its attempts")
        };
        CheckResult {
            kind: CheckKind::Check,
            check: format!("time_limit {limit}"),
            outcome: Outcome::Errored,
            expected: Some(expected),
            actual: Some(what.to_owned()),
            hint: Some(
                "find out what takes so long; then give the test a longer `time_limit`, or its requests a shorter \
                 `timeout` and fewer `retries`"
                    .to_owned(),
            ),
        }
    }
}

/// The result of some work, or the limit it exceeded. Work that would begin after the deadline is not started.
pub async fn within<T>(limit: Option<TimeLimit>, work: impl Future<Output = T>) -> Result<T, TimeLimit> {
    match limit {
        None => Ok(work.await),
        Some(limit) if limit.ends_at <= Instant::now() => Err(limit),
        Some(limit) => timeout_at(limit.ends_at, work).await.map_err(|_| limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::time::sleep;

    /// How long it waits for work that never ends.
    async fn waits(limit: TimeLimit) -> u64 {
        let begun = Instant::now();
        assert!(within(Some(limit), pending::<()>()).await.is_err());
        begun.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn teardown_has_what_is_left_and_at_least_a_while() {
        let limit = TimeLimit::from_now(Duration::from_secs(100));
        sleep(Duration::from_secs(20)).await;
        assert_eq!(waits(limit.for_teardown()).await, 80);
        assert_eq!(waits(limit).await, 0, "it is over");
        assert_eq!(waits(limit.for_teardown()).await, 30);
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_no_limit_takes_its_time_and_what_is_over_does_not_begin() {
        let long = Duration::from_hours(10);
        assert!(within(None, sleep(long)).await.is_ok());
        let over = TimeLimit::from_now(Duration::ZERO);
        assert!(within(Some(over), async { panic!("it began") }).await.is_err());
    }
}
