//! `run` and `replay`: what to run, and with what.

use super::detail::Level;
use crate::id::JobId;
use crate::state::AnswersFrom;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use stepcast_suite::Evidence;

/// What to run, and with which values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Run {
    /// A suite (an object) or the name of a stored one (a text)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "unknown"))]
    pub suite: Option<Value>,
    /// Which version of the stored suite; if it has another one, nothing is run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub version: Option<u64>,
    /// A suite too large for one message: its JSON, gzip, then base64
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub suite_gz: Option<String>,
    /// Values that replace or add to the suite's own
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<_>"))]
    pub vars: BTreeMap<String, String>,
    /// Values that never leave the worker; `${secret.name}` in the suite
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<_>"))]
    pub secrets: BTreeMap<String, String>,
    /// Labels to find the job by later
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<_>"))]
    pub labels: BTreeMap<String, String>,
    /// Which tests: each entry is a list of tags joined by commas; a test needs all tags of at least one entry
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<_>"))]
    pub tags: Vec<String>,
    /// Requests of the same principal with the same key start only one job
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub idempotency_key: Option<String>,
    /// How many tests may end as failed, errored or blocked before the rest is no longer run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub max_failures: Option<u32>,
    /// How long the job may take from being accepted, in seconds, before the rest is no longer run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub time_limit_s: Option<u32>,
    /// Which attempts have their requests and answers kept, whatever the suite says: `none`, `failed`, `changes` or
    /// `all`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "'none' | 'failed' | 'changes' | 'all'"))]
    pub evidence: Option<Evidence>,
    /// How much of the job this connection gets, which watches it from its start
    #[serde(default, skip_serializing_if = "is_default")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<_>"))]
    pub detail: Level,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_default(level: &Level) -> bool {
    *level == Level::default()
}

/// Which job to run again, and with which values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Replay {
    /// The job to repeat
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub job: JobId,
    /// Which of its tests
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<_>"))]
    pub only: Selection,
    /// What its answers come from, if not from the site
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub on: Option<AnswersFrom>,
    /// With `on`: another suite to judge the answers by, or the name of a stored one, which is read as it is now. Without
    /// it, the suite of the job
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "unknown"))]
    pub suite: Option<Value>,
    /// The suite as gzipped JSON in Base64, if it is too large for one message
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub suite_gz: Option<String>,
    /// Values for templates; they replace those of the job
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<_>"))]
    pub vars: BTreeMap<String, String>,
    /// Values for `${secret.x}`; they replace those of the job
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<_>"))]
    pub secrets: BTreeMap<String, String>,
    /// How much of the new job this connection gets, which watches it from its start
    #[serde(default, skip_serializing_if = "is_default")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<_>"))]
    pub detail: Level,
}

/// Which tests of a job a replay runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Selection {
    /// Every test
    #[default]
    All,
    /// Those that did not pass
    Failed,
}
