//! `evidence`: what a test sent and received.

use crate::id::JobId;
use serde::{Deserialize, Serialize};

/// Which evidence to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EvidenceQuery {
    /// The job
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub job: JobId,
    /// The test's place in the plan, from 0
    pub test: u32,
    /// The only step to send, by its place in the attempt, from 0
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub step: Option<u32>,
    /// The attempt, from 1; by default the last
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub attempt: Option<u32>,
    /// Where to go on: the `cursor` of the answer before
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub cursor: Option<String>,
}
