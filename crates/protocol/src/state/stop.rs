//! When the rest of a job is no longer run.

use super::Counts;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use stepcast_suite::duration;

/// The limits on a run, set when it is requested or by the deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLimits {
    /// How many tests may end as failed, errored or blocked before the rest is no longer run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<u32>,
    /// How long the job may take from being accepted, in seconds, before the rest is no longer run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit_s: Option<u32>,
    /// How many requests the steps of the job's tests may make, each try of each test counted, before the rest is no
    /// longer run. The deployment sets it, not the client that requests the run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<u64>,
}

/// Why the rest of a job is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// A user cancelled it
    Cancelled,
    /// As many tests as allowed did not pass
    MaxFailures(u32),
    /// It took as long as it was allowed
    TimeLimit(Duration),
    /// It made as many requests as it was allowed
    MaxRequests(u64),
}

impl JobLimits {
    /// The limit that a job has reached at this age, if any.
    pub fn reached(&self, counts: &Counts, age: Duration) -> Option<Stop> {
        let not_passed = counts.failed + counts.errored + counts.blocked;
        if let Some(most) = self.max_failures.filter(|most| not_passed >= *most) {
            return Some(Stop::MaxFailures(most));
        }
        let limit = Duration::from_secs(self.time_limit_s?.into());
        (age >= limit).then_some(Stop::TimeLimit(limit))
    }

    /// Whether a job that made this many requests has used up its limit.
    pub fn used_up(&self, requests: u64) -> Option<Stop> {
        self.max_requests.filter(|most| requests >= *most).map(Stop::MaxRequests)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the job was cancelled"),
            Self::MaxFailures(1) => f.write_str("the job was stopped at the first test that did not pass"),
            Self::MaxFailures(most) => write!(f, "the job was stopped after {most} tests that did not pass"),
            Self::TimeLimit(limit) => {
                write!(f, "the job was stopped at its time limit of {}", duration::format(*limit))
            }
            Self::MaxRequests(most) => write!(
                f,
                "the job was stopped after {most} {}, the most that a job may make here; split the suite, or \
                 have the operator allow more",
                if *most == 1 { "request" } else { "requests" }
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_reached_and_not_a_moment_before() {
        let limits = JobLimits { max_failures: Some(3), time_limit_s: Some(60), max_requests: Some(10) };
        let counts =
            |failed| Counts { total: 9, passed: 4, flaky: 1, failed, errored: 1, blocked: 0, ..Counts::default() };
        let at = |failed, ms| limits.reached(&counts(failed), Duration::from_millis(ms));
        assert_eq!(at(1, 59_999), None);
        assert_eq!(at(2, 0), Some(Stop::MaxFailures(3)));
        assert_eq!(at(1, 60_000), Some(Stop::TimeLimit(Duration::from_mins(1))));
        assert_eq!(JobLimits::default().reached(&counts(5), Duration::MAX), None);
        assert_eq!((limits.used_up(9), limits.used_up(10)), (None, Some(Stop::MaxRequests(10))));
        assert_eq!(JobLimits::default().used_up(u64::MAX), None);
    }
}
