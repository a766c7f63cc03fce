//! `slow_over`: reports slow requests, without an effect on the outcome.

use std::time::Duration;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{CheckKind, CheckResult};
use stepcast_suite::duration::format;
use stepcast_suite::{Step, Test};

/// Adds up the time of requests. The wait for a turn at a host is not the page's fault.
pub struct Stopwatch {
    limit: Option<Duration>,
    /// How many steps of the test are left; 0 before the start, so that no step of setup counts
    left: usize,
    steps: usize,
    total: Duration,
}

impl Stopwatch {
    pub fn new(test: &Test) -> Self {
        Self { limit: test.slow_over, left: 0, steps: test.steps.len(), total: Duration::ZERO }
    }

    /// Starts with the test's own steps.
    pub fn start(&mut self) {
        self.left = self.steps;
    }

    /// Records the time of a step. Reports a step that was slow, and at the test's last step also a test that was slow.
    pub fn note(&mut self, step: &Step, took: Duration) -> Vec<CheckResult> {
        let mut results: Vec<CheckResult> = slow(step.slow_over, took).into_iter().collect();
        if self.left > 0 {
            self.left -= 1;
            self.total += took;
            if self.left == 0 {
                results.extend(slow(self.limit, self.total));
            }
        }
        results
    }
}

fn slow(limit: Option<Duration>, took: Duration) -> Option<CheckResult> {
    let limit = limit.filter(|limit| took > *limit)?;
    Some(CheckResult {
        kind: CheckKind::Slow,
        check: format!("slow_over {}", format(limit)),
        outcome: Outcome::Passed,
        expected: None,
        actual: Some(format(took)),
        hint: Some("this is only reported and changes no outcome; to fail slow answers, check `time`".to_owned()),
    })
}
