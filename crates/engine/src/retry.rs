//! Decides whether a test is retried, and after what pause.

use std::time::Duration;
use stepcast_protocol::Outcome;
use stepcast_suite::{Retries, RetryOn};

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Whether a test with this outcome is retried.
pub fn is_wanted(retries: Retries, attempt: u32, outcome: Outcome) -> bool {
    let is_reason = match outcome {
        Outcome::Errored | Outcome::Blocked => true,
        Outcome::Failed => retries.on == RetryOn::Any,
        _ => false,
    };
    is_reason && attempt <= retries.max
}

/// The pause after the given attempt, counted from 1. It doubles, and it is random, so that tests that failed together
/// do not come back together.
pub fn pause_after(attempt: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
    let longest = doubled.min(LONGEST_PAUSE);
    longest.mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        for (attempt, longest) in [(1, 250), (2, 500), (5, 4_000), (11, 4_000), (u32::MAX, 4_000)] {
            let pause = pause_after(attempt).as_millis();
            assert!((longest / 2..=longest).contains(&pause), "{attempt}: {pause}");
        }
    }

    #[test]
    fn a_failed_test_is_tried_again_only_if_asked_for() {
        let retries = |on| Retries { max: 2, on };
        assert!(is_wanted(retries(RetryOn::Network), 1, Outcome::Errored));
        assert!(is_wanted(retries(RetryOn::Network), 2, Outcome::Blocked));
        assert!(!is_wanted(retries(RetryOn::Network), 3, Outcome::Errored));
        assert!(!is_wanted(retries(RetryOn::Network), 1, Outcome::Failed));
        assert!(is_wanted(retries(RetryOn::Any), 1, Outcome::Failed));
        assert!(!is_wanted(retries(RetryOn::Any), 1, Outcome::Passed));
    }
}
