//! The state of jobs, tests and steps.
//!
//! Every event is a state update with a version. Each holder of state keeps the newest and ignores the rest, so events
//! may be lost, duplicated or reordered and all holders still end with the same state; [`crate::merge`] has the rules.

mod attempt;
mod change;
mod ran;
mod stop;

pub use attempt::EarlierAttempt;
pub use change::Change;
pub use ran::{AnswersFrom, Ran};
pub use stop::{JobLimits, Stop};

use crate::difference::SincePassed;
use crate::exchange::StepEvidence;
use crate::trace::TraceContext;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The result of a test, a step or a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Outcome {
    /// Every check held
    Passed,
    /// The page is wrong
    Failed,
    /// The result is unknown: DNS, TLS, timeout, a broken response
    Errored,
    /// The site refused the request: 429, or a bot wall's 403
    Blocked,
    /// Failed first, passed on a retry
    Flaky,
    /// Not run because the suite skips it
    Skipped,
    /// Not run to its end because the job was cancelled
    Cancelled,
}

impl Outcome {
    /// Every outcome, in the order they are counted and shown.
    pub const ALL: [Self; 7] =
        [Self::Passed, Self::Failed, Self::Errored, Self::Blocked, Self::Flaky, Self::Skipped, Self::Cancelled];

    /// The outcome as it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::Blocked => "blocked",
            Self::Flaky => "flaky",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether this is good news: passed, possibly on a retry.
    pub fn is_pass(self) -> bool {
        matches!(self, Self::Passed | Self::Flaky)
    }

    /// Whether it needs attention: the page is wrong, or the result is unknown.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Errored | Self::Blocked)
    }

    /// Whether it says something about the page: the test was run to its end.
    pub fn is_conclusive(self) -> bool {
        self.is_pass() || self.is_failure()
    }
}

/// How many tests have each outcome. `total` is 0 until the job is planned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Counts {
    /// Tests in the plan
    pub total: u32,
    /// Tests that passed at once
    pub passed: u32,
    /// Tests in which a check did not hold
    pub failed: u32,
    /// Tests whose result is unknown
    pub errored: u32,
    /// Tests that the site refused
    pub blocked: u32,
    /// Tests that passed on a retry
    pub flaky: u32,
    /// Tests the suite skips
    pub skipped: u32,
    /// Tests that were cancelled
    pub cancelled: u32,
}

impl Counts {
    /// How many tests ended with `outcome`.
    pub fn get(&self, outcome: Outcome) -> u32 {
        match outcome {
            Outcome::Passed => self.passed,
            Outcome::Failed => self.failed,
            Outcome::Errored => self.errored,
            Outcome::Blocked => self.blocked,
            Outcome::Flaky => self.flaky,
            Outcome::Skipped => self.skipped,
            Outcome::Cancelled => self.cancelled,
        }
    }

    /// The counter of `outcome`.
    pub fn get_mut(&mut self, outcome: Outcome) -> &mut u32 {
        match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Failed => &mut self.failed,
            Outcome::Errored => &mut self.errored,
            Outcome::Blocked => &mut self.blocked,
            Outcome::Flaky => &mut self.flaky,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Cancelled => &mut self.cancelled,
        }
    }

    /// How many tests have ended.
    pub fn finished(&self) -> u32 {
        Outcome::ALL.iter().map(|outcome| self.get(*outcome)).sum()
    }

    /// How much of the plan is done, 0 to 100.
    pub fn percent(&self) -> u32 {
        (self.finished().min(self.total) * 100).checked_div(self.total).unwrap_or_default()
    }
}

/// The result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Verdict {
    /// Something was checked and everything checked held
    Passed,
    /// At least one test failed
    Failed,
    /// Nothing failed, but at least one test errored, was blocked or was not run to its end
    Errored,
    /// No test or no check ran
    Empty,
    /// A user stopped the run
    Cancelled,
}

impl Verdict {
    /// How a run ends, and why it was cut short, if it was. `stop` is why it had to stop; a run that came to its end
    /// before the stop took effect ends as its tests did.
    pub fn at_end(counts: &Counts, checks: u64, stop: Option<Stop>) -> (Self, Option<Stop>) {
        let was_cut_short = counts.cancelled > 0 || counts.total == 0;
        let stop = stop.filter(|_| was_cut_short);
        (Self::of(counts, checks, stop == Some(Stop::Cancelled)), stop)
    }

    /// The verdict over finished counts. `checks` is the number of checks that were evaluated: green means tested.
    /// `cancelled` says that a user stopped the run; tests that were stopped by a limit make it errored.
    fn of(counts: &Counts, checks: u64, cancelled: bool) -> Self {
        if cancelled {
            Self::Cancelled
        } else if counts.failed > 0 {
            Self::Failed
        } else if counts.errored + counts.blocked + counts.cancelled > 0 {
            Self::Errored
        } else if checks == 0 || counts.passed + counts.flaky == 0 {
            Self::Empty
        } else {
            Self::Passed
        }
    }

    /// The verdict as it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::Empty => "empty",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The status of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum JobStatus {
    /// Stored; being planned
    Accepted,
    /// Planned; its tests are queued or running
    Running,
    /// A user asked it to stop; its tests are ending
    Cancelling,
    /// It has a verdict
    Finished,
}

impl JobStatus {
    /// The status as it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Finished => "finished",
        }
    }
}

/// The status of a test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum TestStatus {
    /// Waiting for a worker
    #[default]
    Queued,
    /// A worker is on it
    Running,
    /// It has an outcome
    Finished,
}

impl TestStatus {
    /// The status as it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Finished => "finished",
        }
    }
}

/// One check of a step, or the step's request if that failed (`check` is then `request`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct CheckResult {
    /// What was checked, as the suite writes it
    pub check: String,
    /// How it ended: passed, failed, errored or blocked
    pub outcome: Outcome,
    /// What kind of result it is, if it is not that of a check or a request
    #[serde(default, skip_serializing_if = "CheckKind::is_check")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<CheckKind>"))]
    pub kind: CheckKind,
    /// What was expected; only if it was not found
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was found instead
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// What came closest, or what to do next
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl CheckResult {
    /// The check with what was expected and found, in a line.
    pub fn in_a_line(&self) -> String {
        let expected = self.expected.as_deref().map(|expected| format!(", expected {expected}")).unwrap_or_default();
        let actual = self.actual.as_deref().map(|actual| format!(", found {actual}")).unwrap_or_default();
        format!("{}{expected}{actual}", self.check)
    }
}

/// What kind of result a [`CheckResult`] is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum CheckKind {
    /// The result of a check, or of the step's request
    #[default]
    Check,
    /// A note that a step or a test was slow, which changes no outcome
    Slow,
    /// A note that a certificate was not verified
    Insecure,
}

impl CheckKind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_check(&self) -> bool {
        *self == Self::Check
    }
}

/// A check that did not hold, with its step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Failure {
    /// The step's place in the test, from 0
    pub step: u32,
    /// The step's name
    pub name: String,
    /// The trace context that the step's requests carried, see [`StepState::traceparent`]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<String>", optional))]
    pub traceparent: Option<TraceContext>,
    /// The check that did not hold
    #[serde(flatten)]
    pub result: CheckResult,
}

/// One step of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct StepState {
    /// Its place in the test, from 0
    pub step: u32,
    /// Its name
    pub name: String,
    /// Its outcome, once it has ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// How long it took, in milliseconds
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Which try of a step with `until` this is, from 1; once the step has ended, how many there were
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries: Option<u32>,
    /// Its checks, in the order of the suite
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<CheckResult>>"))]
    pub checks: Vec<CheckResult>,
    /// What was kept of its requests and answers, once the test has ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<StepEvidence>,
    /// How its answer differs from the one when the test last passed, if it did not pass and that one is kept
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_passed: Option<SincePassed>,
    /// The trace context that its requests carried, if the test asks for it, as the header `traceparent` has it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<String>"))]
    pub traceparent: Option<TraceContext>,
    /// The version of the update that reported it; if it is missing, the test's version
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v: Option<u64>,
}

/// One test of a job, with its full state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct TestState {
    /// Its place in the plan, from 0
    pub test: u32,
    /// Its name
    pub name: String,
    /// The version of this state: `lease × 1,000,000 + n`, so a state from a newer lease is newer
    #[serde(default)]
    pub v: u64,
    /// Its status
    pub status: TestStatus,
    /// Which try this is, from 1; 0 before the first
    #[serde(default)]
    pub attempt: u32,
    /// Its outcome, once it has ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// How long it took, retries included, in milliseconds
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// How that compares with earlier runs of the same suite and branch, if there is something new to report
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Where and when it ran, once it has ended
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ran: Option<Ran>,
    /// What its answers came from, if not from the site
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<AnswersFrom>,
    /// Its steps, as far as they have started
    #[serde(default)]
    pub steps: Vec<StepState>,
    /// The attempts before this one, in order
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<EarlierAttempt>>"))]
    pub earlier: Vec<EarlierAttempt>,
    /// Whether its worker is silent; another one will run it again
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub stalled: bool,
    /// The host at which its request waits for its turn, because the host gets no more requests at once
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<String>,
}

/// How many updates of one lease the version has room for.
pub const UPDATES_PER_LEASE: u64 = 1_000_000;

/// The lease under which a version was made.
pub fn lease_of(v: u64) -> u64 {
    v / UPDATES_PER_LEASE
}

/// The version of the `n`th update a worker makes under its `lease` of a test.
pub fn test_version(lease: u64, n: u64) -> u64 {
    lease * UPDATES_PER_LEASE + n
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl TestState {
    /// A test that has not been started.
    pub fn queued(test: u32, name: impl Into<String>) -> Self {
        Self {
            test,
            name: name.into(),
            v: 0,
            status: TestStatus::Queued,
            attempt: 0,
            outcome: None,
            duration_ms: None,
            change: None,
            ran: None,
            from: None,
            steps: Vec::new(),
            earlier: Vec::new(),
            stalled: false,
            waiting_for: None,
        }
    }

    /// The checks that did not hold, and the requests that went wrong.
    pub fn failures(&self) -> Vec<Failure> {
        failures_of(&self.steps)
    }
}

fn failures_of(steps: &[StepState]) -> Vec<Failure> {
    let failing = |step: &StepState| {
        let (number, name, traceparent) = (step.step, step.name.clone(), step.traceparent);
        let results: Vec<_> = step.checks.iter().filter(|check| !check.outcome.is_pass()).cloned().collect();
        results.into_iter().map(move |result| Failure { step: number, name: name.clone(), traceparent, result })
    };
    steps.iter().flat_map(failing).collect()
}

/// A job without its tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct JobSummary {
    /// The suite's name
    pub suite: String,
    /// Its status
    pub status: JobStatus,
    /// How its tests ended so far
    pub counts: Counts,
    /// Its verdict
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// From acceptance to verdict, in milliseconds
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Fingerprint of all outcomes, see [`digest_of`]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// When it was accepted (RFC 3339)
    pub created_at: String,
    /// The principal that requested it
    pub principal: String,
    /// The labels to find it by
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Why it could not be planned, or was stopped before all tests had run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The job this one repeats
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_of: Option<String>,
    /// What its answers come from, if not from the site
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<AnswersFrom>,
}

/// A job as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ListedJob {
    /// Its id
    pub job: String,
    /// The version of this state
    pub v: u64,
    /// The state
    #[serde(flatten)]
    pub summary: JobSummary,
}

impl JobSummary {
    /// A job that has just been stored.
    pub fn accepted(suite: &str, principal: &str, labels: &BTreeMap<String, String>, at: &str) -> Self {
        Self {
            suite: suite.to_owned(),
            status: JobStatus::Accepted,
            counts: Counts::default(),
            verdict: None,
            duration_ms: None,
            digest: None,
            created_at: at.to_owned(),
            principal: principal.to_owned(),
            labels: labels.clone(),
            problem: None,
            replay_of: None,
            from: None,
        }
    }

    pub(crate) fn unheard_of() -> Self {
        Self::accepted("", "", &BTreeMap::new(), "")
    }
}

/// One test's share of a job's digest: 32-bit FNV-1a of `test:outcome`. The digest is the sum of the shares, so that
/// counters can add it up in the same write that counts the test, in any order.
/// <http://www.isthe.com/chongo/tech/comp/fnv/>
pub fn digest_of(test: u32, outcome: Outcome) -> u64 {
    let named = format!("{test}:{}", outcome.as_str());
    let hash = named.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u64::from(hash)
}

/// A digest as it is written on the wire: 16 hexadecimal digits.
pub fn format_digest(sum: u64) -> String {
    format!("{sum:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_counts_only_if_it_cut_the_run_short() {
        let counts = |passed, cancelled| Counts { total: 2, passed, cancelled, ..Counts::default() };
        let limit = Some(Stop::MaxFailures(1));
        for (counts, stop, expected) in [
            (counts(2, 0), Some(Stop::Cancelled), (Verdict::Passed, None)),
            (counts(2, 0), limit, (Verdict::Passed, None)),
            (counts(1, 1), Some(Stop::Cancelled), (Verdict::Cancelled, Some(Stop::Cancelled))),
            (counts(1, 1), limit, (Verdict::Errored, limit)),
            (Counts::default(), Some(Stop::Cancelled), (Verdict::Cancelled, Some(Stop::Cancelled))),
        ] {
            assert_eq!(Verdict::at_end(&counts, 2, stop), expected, "{counts:?} {stop:?}");
        }
    }
}
