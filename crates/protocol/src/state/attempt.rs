//! The attempts at a test before the last.

use super::{Failure, Outcome, StepState, failures_of};
use serde::{Deserialize, Serialize};

/// An attempt at a test that was followed by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EarlierAttempt {
    /// Which attempt it was, from 1
    pub attempt: u32,
    /// How it ended
    pub outcome: Outcome,
    /// How long it took, without the pause after it, in milliseconds
    pub duration_ms: u64,
    /// Why the test was tried again
    pub reason: String,
    /// Its steps, as far as it got
    #[serde(default)]
    pub steps: Vec<StepState>,
}

impl EarlierAttempt {
    /// The checks that did not hold, and the requests that went wrong.
    pub fn failures(&self) -> Vec<Failure> {
        failures_of(&self.steps)
    }
}
