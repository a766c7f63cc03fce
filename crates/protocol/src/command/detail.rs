//! How much of a job a watcher gets.

use crate::state::{CheckKind, CheckResult, EarlierAttempt, StepState, TestState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most tests whose steps one watcher can name.
pub const MOST_STEPS_OF: usize = 100;

/// How much of a job a watcher gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Level {
    /// The job: its status, its counts, its verdict
    Job,
    /// Its tests too: when they start, how they end, which checks did not hold
    Tests,
    /// And the steps of all tests, with all of their checks
    #[default]
    Steps,
}

/// How much of a job a watcher gets, and of which tests it gets more.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Detail {
    /// How much of each test
    #[serde(default, rename = "detail")]
    pub level: Level,
    /// Tests whose steps it gets whatever the level
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub steps_of: BTreeSet<u32>,
}

impl Detail {
    /// The same for all tests.
    pub fn of(level: Level) -> Self {
        Self { level, steps_of: BTreeSet::new() }
    }

    /// Whether a watcher gets this test.
    pub fn shows_test(&self, test: u32) -> bool {
        self.level != Level::Job || self.steps_of.contains(&test)
    }

    /// Whether a watcher gets the steps of this test.
    pub fn shows_steps(&self, test: u32) -> bool {
        self.level == Level::Steps || self.steps_of.contains(&test)
    }

    /// The state of a test as a watcher gets it, or `None` if it does not get the test.
    pub fn shown(&self, state: &TestState) -> Option<TestState> {
        if self.shows_steps(state.test) {
            return Some(state.clone());
        }
        self.shows_test(state.test).then(|| TestState {
            steps: notable(&state.steps),
            earlier: notable_of(&state.earlier),
            ..state.clone()
        })
    }
}

/// What a watcher gets of the steps of a test if it does not get all: the checks that did not hold and the notes, such
/// as that a step was slow, each in its step.
pub(crate) fn notable(steps: &[StepState]) -> Vec<StepState> {
    let notable = |step: &StepState| {
        let is_notable = |check: &&CheckResult| !check.outcome.is_pass() || check.kind != CheckKind::Check;
        let checks: Vec<_> = step.checks.iter().filter(is_notable).cloned().collect();
        (!checks.is_empty()).then(|| StepState { checks, ..step.clone() })
    };
    steps.iter().filter_map(notable).collect()
}

/// The same for the attempts before the last.
pub(crate) fn notable_of(attempts: &[EarlierAttempt]) -> Vec<EarlierAttempt> {
    let of = |attempt: &EarlierAttempt| EarlierAttempt { steps: notable(&attempt.steps), ..attempt.clone() };
    attempts.iter().map(of).collect()
}
