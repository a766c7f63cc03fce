//! How tests ended before.

use crate::state::Outcome;
use serde::{Deserialize, Serialize};

/// A test as it ended in past jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TestHistory {
    /// Its name
    pub name: String,
    /// How it ended, newest first; jobs in which it was skipped or cancelled are left out
    pub outcomes: Vec<PastOutcome>,
}

/// How a test ended in one job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PastOutcome {
    /// The job
    pub job: String,
    /// How it ended
    pub outcome: Outcome,
    /// How long it took, retries included, in milliseconds
    pub duration_ms: u64,
    /// When the job was accepted (RFC 3339)
    pub at: String,
}
