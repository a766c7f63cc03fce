//! Jobs and tests as they are stored.

use super::results::NewBaseline;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use stepcast_protocol::event::{JobFinished, TestFinished};
use stepcast_protocol::id::JobId;
use stepcast_protocol::notification::SuiteChange;
use stepcast_protocol::state::{
    AnswersFrom, Change, Counts, JobLimits, JobStatus, JobSummary, ListedJob, Outcome, Ran, Stop, TestState,
    TestStatus, Verdict, format_digest, test_version,
};
use stepcast_suite::Evidence;

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// Its id
    pub job: JobId,
    /// The suite's name
    pub suite: String,
    /// Who asked for it
    pub principal: String,
    /// Labels to find it by
    pub labels: BTreeMap<String, String>,
    /// Its status
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
    /// How many tests a batch of its plan has; 0 before it is planned, or if a version before planned it
    #[serde(default)]
    pub batch_size: u32,
    /// Tests without an outcome
    #[serde(default)]
    pub open: u32,
    /// Checks that were evaluated
    #[serde(default)]
    pub checks: u64,
    /// Requests that the steps of its finished tests made, in all of their tries
    #[serde(default)]
    pub requests: u64,
    /// Expected duration of all of its tests one after the other, in milliseconds, based on earlier jobs; 0 if unknown
    #[serde(default)]
    pub expected_ms: u64,
    /// The part of that for its finished tests
    #[serde(default)]
    pub expected_done_ms: u64,
    /// Sum of the outcomes' fingerprints
    #[serde(default)]
    pub digest: u64,
    /// Whether its cancellation was requested
    #[serde(default)]
    pub cancel_requested: bool,
    /// The principal that ended it without waiting for its tests
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// Its verdict, once it has one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why it could not be planned, or was stopped before all tests had run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// How it changed the state of its suite, if webhooks are notified of that
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite_change: Option<SuiteChange>,
    /// Which tests were selected by tag
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The job this one repeats
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_of: Option<JobId>,
    /// What its answers come from, if not from the site
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<AnswersFrom>,
    /// The record of the requests that its plan took, if it took any and they are kept
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_evidence: Option<String>,
    /// When to stop before all tests have run
    #[serde(flatten)]
    pub limits: JobLimits,
    /// How many tests had which outcome
    #[serde(flatten)]
    pub counts: Counts,
}

impl JobRecord {
    /// The job as clients see it.
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
            replay_of: self.replay_of.as_ref().map(String::from),
            from: self.from,
        }
    }

    /// The branch whose jobs of its suite it is compared with: its label `branch`, or empty if it has none.
    pub fn branch(&self) -> &str {
        self.labels.get("branch").map_or("", String::as_str)
    }

    /// The branch whose jobs its tests are compared with that have none on its own: its label `base`, if it has one.
    pub fn base(&self) -> Option<&str> {
        self.labels.get("base").map(String::as_str).filter(|base| *base != self.branch())
    }

    /// The job as a list shows it.
    pub fn listed(&self) -> ListedJob {
        ListedJob { job: self.job.to_string(), v: self.v, summary: self.summary() }
    }

    /// Why its remaining tests are not run, or `None` if they are. `now` is in milliseconds since 1970.
    pub fn stop(&self, now: u64) -> Option<Stop> {
        if self.cancel_requested {
            return Some(Stop::Cancelled);
        }
        let age = Duration::from_millis(now.saturating_sub(self.created_at));
        self.limits.reached(&self.counts, age).or_else(|| self.limits.used_up(self.requests))
    }

    /// Its final event, once it has ended.
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
    /// Secrets given with the run. A replay also has those of the job it repeats, which only a worker opens; later ones
    /// override earlier ones
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SealedSecrets>,
    /// Which tests were selected by tag
    pub tags: Vec<String>,
    /// Which tests were selected by name (a replay of failed ones); empty means all
    #[serde(default)]
    pub only: Vec<String>,
    /// Which attempts have their evidence kept, if the run says so
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// Secrets as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSecrets {
    /// The job they are sealed for
    pub job: JobId,
    /// The principal that sealed them. Absent if an older version stored them
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// A sealed JSON object of texts
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}

/// A test: its place in the plan, and its result once it has one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TestRecord {
    /// Its place in the plan
    pub test: u32,
    /// Its name
    pub name: String,
    /// Its status
    pub status: TestStatus,
    /// How often a worker has taken it, or its batch; 0 if it has ended
    #[serde(default)]
    pub lease: u64,
    /// Until when the last of these workers holds it, in milliseconds since 1970
    #[serde(default)]
    pub lease_until: u64,
    /// The version of its final state
    #[serde(default)]
    pub v: u64,
    /// How many tries it took
    #[serde(default)]
    pub attempt: u32,
    /// How it ended
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// How long it took, in milliseconds
    #[serde(default)]
    pub duration_ms: Option<u64>,
    /// How that compares with earlier jobs
    #[serde(default)]
    pub change: Option<Change>,
    /// Where and when it ran
    #[serde(default)]
    pub ran: Option<Ran>,
    /// What its answers came from, if not from the site
    #[serde(default)]
    pub from: Option<AnswersFrom>,
    /// The evidence of its answers, if they are what it is compared with from now on
    #[serde(default)]
    pub baseline: Option<NewBaseline>,
    /// Its steps as JSON
    #[serde(default)]
    pub steps: Option<String>,
    /// The attempts before the last as JSON
    #[serde(default)]
    pub earlier: Option<String>,
}

impl TestRecord {
    /// The test as clients see it. Steps of an old version that cannot be read are left out; that is not an error.
    pub fn state(&self) -> TestState {
        TestState {
            test: self.test,
            name: self.name.clone(),
            v: if self.outcome.is_some() { self.v } else { test_version(self.lease, 0) },
            status: self.status,
            attempt: self.attempt,
            outcome: self.outcome,
            duration_ms: self.duration_ms,
            change: self.change,
            ran: self.ran.clone(),
            from: self.from,
            steps: readable(self.steps.as_deref()),
            earlier: readable(self.earlier.as_deref()),
            stalled: false,
            waiting_for: None,
        }
    }

    /// Whether a worker took it and its lease has run out. `now` is in milliseconds since 1970.
    pub fn is_stalled(&self, now: u64) -> bool {
        self.status == TestStatus::Running && self.lease_until < now
    }

    /// Its final event, once it has ended.
    pub fn finished(&self) -> Option<TestFinished> {
        Option::<TestFinished>::from(&self.state())
    }
}

fn readable<T: DeserializeOwned + Default>(json: Option<&str>) -> T {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}
