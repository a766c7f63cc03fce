//! Jobs and tests as they are stored.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use stepcast_protocol::event::{JobFinished, TestFinished};
use stepcast_protocol::notification::SuiteChange;
use stepcast_protocol::state::{
    Change, Counts, JobLimits, JobStatus, JobSummary, ListedJob, Outcome, StepState, Stop, TestState, TestStatus,
    Verdict, format_digest, test_version,
};

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// Its id
    pub job: String,
    /// The suite's name
    pub suite: String,
    /// Who asked for it
    pub principal: String,
    /// What to find it by
    pub labels: BTreeMap<String, String>,
    /// How far it is
    pub status: JobStatus,
    /// Goes up with every change
    pub v: u64,
    /// Milliseconds since 1970
    pub created_at: u64,
    /// Milliseconds since 1970
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<u64>,
    /// The last time anything moved, in milliseconds since 1970
    pub moved_at: u64,
    /// Which planning is the one that counts
    pub plan: u64,
    /// Tests without an outcome
    #[serde(default)]
    pub open: u32,
    /// Checks that were evaluated
    #[serde(default)]
    pub checks: u64,
    /// Requests that the steps of its finished tests made, in all of their tries
    #[serde(default)]
    pub requests: u64,
    /// How long all of its tests should take, one after the other, as the jobs before say; 0 where they say nothing
    #[serde(default)]
    pub expected_ms: u64,
    /// The share of the finished tests in that
    #[serde(default)]
    pub expected_done_ms: u64,
    /// Sum of the outcomes' fingerprints
    #[serde(default)]
    pub digest: u64,
    /// Whether somebody asked it to stop
    #[serde(default)]
    pub cancel_requested: bool,
    /// Who ended it without waiting for its tests
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// The one word it ended with
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why it could not be planned, or was stopped before all tests had run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What it showed of its suite, where somebody is told of that
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite_change: Option<SuiteChange>,
    /// Which tests were asked for by tag
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The job this one repeats
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_of: Option<String>,
    /// When to stop before all tests have run
    #[serde(flatten)]
    pub limits: JobLimits,
    /// How many tests ended how
    #[serde(flatten)]
    pub counts: Counts,
}

impl JobRecord {
    /// As clients see it.
    pub fn summary(&self) -> JobSummary {
        JobSummary {
            suite: self.suite.clone(),
            status: match self.status {
                JobStatus::Running if self.cancel_requested => JobStatus::Cancelling,
                status => status,
            },
            counts: self.counts,
            verdict: self.verdict,
            duration_ms: self.finished_at.map(|finished_at| finished_at.saturating_sub(self.created_at)),
            digest: self.verdict.map(|_| format_digest(self.digest)),
            created_at: crate::clock::rfc3339(self.created_at),
            principal: self.principal.clone(),
            labels: self.labels.clone(),
            problem: self.problem.clone(),
            replay_of: self.replay_of.clone(),
        }
    }

    /// Which jobs of its suite it is compared with: those of the same label `branch`, or those that have none.
    pub fn branch(&self) -> &str {
        self.labels.get("branch").map_or("", String::as_str)
    }

    /// As a list shows it.
    pub fn listed(&self) -> ListedJob {
        ListedJob { job: self.job.clone(), v: self.v, summary: self.summary() }
    }

    /// Why what is left of it is not run, if it is not. `now` is in milliseconds since 1970.
    pub fn stop(&self, now: u64) -> Option<Stop> {
        if self.cancel_requested {
            return Some(Stop::Cancelled);
        }
        let age = Duration::from_millis(now.saturating_sub(self.created_at));
        self.limits.reached(&self.counts, age).or_else(|| self.limits.used_up(self.requests))
    }

    /// Its end, once it has one.
    pub fn finished(&self) -> Option<JobFinished> {
        self.summary().end()
    }
}

/// What a job runs: written once, read by the planner and once by every worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobSource {
    /// The suite's JSON, gzip
    #[serde(with = "serde_bytes")]
    pub suite: Vec<u8>,
    /// Values given with the run
    pub vars: BTreeMap<String, String>,
    /// Secrets given with the run. A replay has those of the job it repeats as well, which only a worker opens; the
    /// later ones count
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SealedSecrets>,
    /// Which tests were asked for by tag
    pub tags: Vec<String>,
    /// Which tests were asked for by name (a replay of failed ones); empty means all
    #[serde(default)]
    pub only: Vec<String>,
}

/// Secrets as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSecrets {
    /// The job they are sealed for
    pub job: String,
    /// The principal that sealed them. Absent in what an older version stored
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// A sealed JSON object of texts
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}

/// A test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestRecord {
    /// Its place in the plan
    pub test: u32,
    /// Its name
    pub name: String,
    /// What the planner wrote for the worker
    pub planned: String,
    /// How far it is
    pub status: TestStatus,
    /// How often a worker has taken it
    #[serde(default)]
    pub lease: u64,
    /// Until when the last of them holds it, in milliseconds since 1970
    #[serde(default)]
    pub lease_until: u64,
    /// How often the reaper queued it again
    #[serde(default)]
    pub requeued: u32,
    /// The version of its final state
    #[serde(default)]
    pub v: u64,
    /// How many tries it took
    #[serde(default)]
    pub attempt: u32,
    /// How it ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// How long it took, in milliseconds
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// How that compares with the jobs before
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// How it ended in the jobs before, newest first, where that could be read
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<Vec<Outcome>>,
    /// How long it should take, in milliseconds, as far as the jobs before say
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_ms: Option<u64>,
    /// Its steps as JSON
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<String>,
}

impl TestRecord {
    /// As clients see it. What is unreadable in the steps of an old version is left out rather than refused.
    pub fn state(&self) -> TestState {
        let steps: Vec<StepState> =
            self.steps.as_deref().and_then(|steps| serde_json::from_str(steps).ok()).unwrap_or_default();
        TestState {
            test: self.test,
            name: self.name.clone(),
            v: if self.outcome.is_some() { self.v } else { test_version(self.lease, 0) },
            status: self.status,
            attempt: self.attempt,
            outcome: self.outcome,
            duration_ms: self.duration_ms,
            change: self.change,
            steps,
            stalled: false,
        }
    }

    /// Whether a worker took it and has not held it for some time. `now` is in milliseconds since 1970.
    pub fn is_stalled(&self, now: u64) -> bool {
        self.status == TestStatus::Running && self.lease_until < now
    }

    /// Its end, once it has one.
    pub fn finished(&self) -> Option<TestFinished> {
        Option::<TestFinished>::from(&self.state())
    }
}
