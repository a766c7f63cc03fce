//! Where a test ran, and on what.

use serde::{Deserialize, Serialize};

/// When a test ran and in which worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Ran {
    /// How long after the job was accepted it began, in milliseconds
    pub after_ms: u64,
    /// The process that ran it, by a name that it gave itself
    pub worker: String,
}

/// What judged answers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum AnswersFrom {
    /// What was kept of an earlier job; nothing was fetched
    Evidence,
}
