//! Decides whether a test is retried, why, and after what pause.

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

/// Why a test with this outcome is tried again after the given attempt, for people.
pub fn reason(retries: Retries, attempt: u32, outcome: Outcome) -> String {
    let happened = match outcome {
        Outcome::Blocked => "the site refused a request",
        Outcome::Failed => "a check did not hold",
        _ => "the result was unknown",
    };
    let left = retries.max.saturating_sub(attempt - 1);
    let attempts = if left == 1 { "attempt" } else { "attempts" };
    let on = if outcome == Outcome::Failed { " with `on: any`" } else { "" };
    format!("{happened}, and `retries`{on} allowed {left} more {attempts}")
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

    #[test]
    fn the_reason_says_what_happened_and_what_allows_it() {
        let reason = |on, attempt, outcome| reason(Retries { max: 2, on }, attempt, outcome);
        assert_eq!(
            reason(RetryOn::Any, 1, Outcome::Failed),
            "a check did not hold, and `retries` with `on: any` allowed 2 more attempts"
        );
        assert_eq!(
            reason(RetryOn::Network, 2, Outcome::Errored),
            "the result was unknown, and `retries` allowed 1 more attempt"
        );
    }
}
