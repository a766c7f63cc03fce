//! The end of a job and of a test.

use crate::state::{
    AnswersFrom, Change, Counts, EarlierAttempt, Failure, JobSummary, Outcome, Ran, StepState, TestState, TestStatus,
    Verdict,
};
use serde::{Deserialize, Serialize};

/// The end of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct JobFinished {
    /// The verdict
    pub verdict: Verdict,
    /// How the tests ended
    pub counts: Counts,
    /// From acceptance to verdict, in milliseconds
    pub duration_ms: u64,
    /// Fingerprint of all outcomes: a client that computes the same one has missed nothing
    pub digest: String,
    /// Why it could not be planned, or was stopped before all tests had run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl JobSummary {
    /// The job's end, once it has one.
    pub fn end(&self) -> Option<JobFinished> {
        Some(JobFinished {
            verdict: self.verdict?,
            counts: self.counts,
            duration_ms: self.duration_ms.unwrap_or_default(),
            digest: self.digest.clone().unwrap_or_default(),
            problem: self.problem.clone(),
        })
    }
}

/// The end of a test, with its full state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct TestFinished {
    /// The test's place in the plan, from 0
    pub test: u32,
    /// Its name
    pub name: String,
    /// How it ended
    pub outcome: Outcome,
    /// How long it took, retries included, in milliseconds
    pub duration_ms: u64,
    /// How many tries it took
    #[serde(default)]
    pub attempt: u32,
    /// How it compares with earlier runs of the same suite and branch, if there is something new to report
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Where and when it ran
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ran: Option<Ran>,
    /// What its answers came from, if not from the site
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<AnswersFrom>,
    /// The checks that did not hold
    pub failures: Vec<Failure>,
    /// Its steps, for clients that missed some of them
    #[serde(default)]
    pub steps: Vec<StepState>,
    /// The attempts before the last, in order
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<EarlierAttempt>>"))]
    pub earlier: Vec<EarlierAttempt>,
}

impl TestFinished {
    /// The state this is the last update of.
    pub fn state(&self, v: u64) -> TestState {
        TestState {
            test: self.test,
            name: self.name.clone(),
            v,
            status: TestStatus::Finished,
            attempt: self.attempt,
            outcome: Some(self.outcome),
            duration_ms: Some(self.duration_ms),
            change: self.change,
            ran: self.ran.clone(),
            from: self.from,
            steps: self.steps.clone(),
            earlier: self.earlier.clone(),
            stalled: false,
            waiting_for: None,
        }
    }
}

impl From<&TestState> for Option<TestFinished> {
    fn from(state: &TestState) -> Self {
        Some(TestFinished {
            test: state.test,
            name: state.name.clone(),
            outcome: state.outcome?,
            duration_ms: state.duration_ms.unwrap_or_default(),
            attempt: state.attempt,
            change: state.change,
            ran: state.ran.clone(),
            from: state.from,
            failures: state.failures(),
            steps: state.steps.clone(),
            earlier: state.earlier.clone(),
        })
    }
}
