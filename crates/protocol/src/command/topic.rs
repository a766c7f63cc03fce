//! `watch` and `unwatch`: what a watcher watches.

use crate::id::JobId;
use serde::{Deserialize, Serialize};

/// What to watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawTopic", into = "RawTopic")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(as = "RawTopic"))]
pub enum Topic {
    /// One job
    Job(JobId),
    /// The job-level updates of all jobs
    Feed,
}

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
struct RawTopic {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "string"))]
    job: Option<JobId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    feed: Option<bool>,
}

impl TryFrom<RawTopic> for Topic {
    type Error = &'static str;

    fn try_from(raw: RawTopic) -> Result<Self, Self::Error> {
        match (raw.job, raw.feed) {
            (Some(job), None | Some(false)) => Ok(Self::Job(job)),
            (None, Some(true)) => Ok(Self::Feed),
            _ => Err("expected `job` with an id or `feed` with `true`"),
        }
    }
}

impl From<Topic> for RawTopic {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::Job(job) => Self { job: Some(job), feed: None },
            Topic::Feed => Self { job: None, feed: Some(true) },
        }
    }
}
