//! `watch` and `unwatch`: what a watcher watches.

use super::detail::{Detail, Level, MOST_STEPS_OF};
use crate::id::JobId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What to watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawTopic", into = "RawTopic")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(as = "RawTopic"))]
pub enum Topic {
    /// One job, and how much of it
    Job(JobId, Detail),
    /// The job-level updates of all jobs
    Feed,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
struct RawTopic {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "string"))]
    job: Option<JobId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    feed: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    detail: Option<Level>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<_>"))]
    steps_of: BTreeSet<u32>,
}

impl TryFrom<RawTopic> for Topic {
    type Error = &'static str;

    fn try_from(raw: RawTopic) -> Result<Self, Self::Error> {
        let RawTopic { job, feed, detail, steps_of } = raw;
        if steps_of.len() > MOST_STEPS_OF {
            return Err("`steps_of` names at most 100 tests");
        }
        match (job, feed, detail) {
            (Some(job), None | Some(false), detail) => {
                Ok(Self::Job(job, Detail { level: detail.unwrap_or_default(), steps_of }))
            }
            (None, Some(true), None) if steps_of.is_empty() => Ok(Self::Feed),
            (None, Some(true), _) => Err("`detail` and `steps_of` are for a `job`, not for the `feed`"),
            _ => Err("expected `job` with an id or `feed` with `true`"),
        }
    }
}

impl From<Topic> for RawTopic {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::Job(job, Detail { level, steps_of }) => {
                let detail = Some(level).filter(|level| *level != Level::default());
                Self { job: Some(job), detail, steps_of, ..Self::default() }
            }
            Topic::Feed => Self { feed: Some(true), ..Self::default() },
        }
    }
}
