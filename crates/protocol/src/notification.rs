//! The notification that a webhook receives: a suite no longer passes, or passes again.
//!
//! The envelope is that of Standard Webhooks: <https://www.standardwebhooks.com>.

use crate::state::{Counts, Outcome, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most failures one notification has.
pub const FAILURES: usize = 10;

/// The change of a suite between two of its jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuiteChange {
    /// It passed before, or had never run, and does not now
    Broke,
    /// It did not pass before and does now
    Recovered,
}

impl SuiteChange {
    /// The change between the last verdict of a suite and the next; `None` if the next is the same or says nothing.
    ///
    /// A job that was cancelled, or in which nothing was tested, says nothing about the suite: it neither breaks a
    /// suite nor mends one.
    pub fn between(before: Option<Verdict>, now: Verdict) -> Option<Self> {
        let was_healthy = before.is_none_or(|verdict| verdict == Verdict::Passed);
        match now {
            Verdict::Failed | Verdict::Errored => was_healthy.then_some(Self::Broke),
            Verdict::Passed => (!was_healthy).then_some(Self::Recovered),
            Verdict::Empty | Verdict::Cancelled => None,
        }
    }

    /// The change as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broke => "broke",
            Self::Recovered => "recovered",
        }
    }
}

/// A notification, as it is posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The kind of event
    #[serde(rename = "type")]
    pub kind: NotificationKind,
    /// When the job had its verdict (RFC 3339)
    pub timestamp: String,
    /// The suite, and the reason
    pub data: ChangedSuite,
}

/// The subject of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotificationKind {
    /// A suite broke
    #[serde(rename = "suite.broke")]
    SuiteBroke,
    /// A suite recovered
    #[serde(rename = "suite.recovered")]
    SuiteRecovered,
}

impl From<SuiteChange> for NotificationKind {
    fn from(change: SuiteChange) -> Self {
        match change {
            SuiteChange::Broke => Self::SuiteBroke,
            SuiteChange::Recovered => Self::SuiteRecovered,
        }
    }
}

/// A suite that broke or recovered, and the job that showed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedSuite {
    /// The suite's name
    pub suite: String,
    /// The job's label `branch`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Which of its tests were run, if not all
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The job's labels
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The job
    pub job: String,
    /// How it ended
    pub verdict: Verdict,
    /// How its tests ended
    pub counts: Counts,
    /// Why it could not be planned, or was stopped
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The job on the dashboard, if the dashboard has an address
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The first tests that did not pass, at most [`FAILURES`]; `counts` has them all
    #[serde(default)]
    pub failures: Vec<FailingTest>,
}

/// A test that did not pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingTest {
    /// Its name
    pub test: String,
    /// How it ended
    pub outcome: Outcome,
    /// The first thing that did not hold, with secrets masked
    pub message: String,
    /// What changed since it last passed, the most telling difference first
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since_passed: Vec<String>,
    /// The job in which it last passed, if that is known
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_in: Option<String>,
    /// The trace of its requests, if they carried a trace context, as 32 hexadecimal digits
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_breaks_or_mends_a_suite() {
        use SuiteChange::{Broke, Recovered};
        let [passed, failed, errored] = [Verdict::Passed, Verdict::Failed, Verdict::Errored];
        for (before, now, change) in [
            (None, passed, None),
            (None, failed, Some(Broke)),
            (Some(passed), errored, Some(Broke)),
            (Some(passed), passed, None),
            (Some(failed), errored, None),
            (Some(errored), passed, Some(Recovered)),
            (Some(failed), Verdict::Cancelled, None),
            (Some(passed), Verdict::Empty, None),
            (None, Verdict::Cancelled, None),
        ] {
            assert_eq!(SuiteChange::between(before, now), change, "{before:?} {now:?}");
        }
    }
}
