//! `history`: how the tests of a suite ended before.

use crate::id::SuiteName;
use serde::{Deserialize, Serialize};

/// Whose history to return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HistoryQuery {
    /// The suite's name
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub suite: SuiteName,
    /// The label `branch` of its jobs; without it, jobs that have no such label
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub branch: Option<String>,
    /// Only the test of this name
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub test: Option<String>,
    /// How many of the newest jobs, at most 50
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub limit: Option<u32>,
    /// The cursor that came with the previous page
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub cursor: Option<String>,
}
