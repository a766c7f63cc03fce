//! The events of the server: one or more JSON objects per WebSocket frame, one per line. `type` is the kind of event.

mod access;
mod finished;
mod history;

pub use access::{Limits, ListedConnection, RevokedToken, Role};
pub use finished::{JobFinished, TestFinished};
pub use history::{PastOutcome, TestHistory};

use crate::command::RequestId;
use crate::error::{ErrorCode, WireError};
use crate::exchange::EvidencePage;
use crate::state::{
    AnswersFrom, CheckKind, CheckResult, Counts, EarlierAttempt, JobStatus, JobSummary, ListedJob, Outcome, StepState,
    TestState,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stepcast_suite::number;
use stepcast_suite::{Problem, Problems};

/// An event, or the answer to a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Event {
    /// The event itself
    #[serde(flatten)]
    pub body: EventBody,
    /// When it was created (RFC 3339, milliseconds)
    #[serde(default)]
    pub at: String,
    /// The job it concerns
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Orders the updates of one thing: the job for `job.*`, the test for `test.*` and `step.*`. Larger is newer
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v: Option<u64>,
    /// The `id` of the command this answers
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub re: Option<RequestId>,
}

/// The kinds of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub enum EventBody {
    /// The answer to `hello`
    #[serde(rename = "welcome")]
    Welcome {
        /// The id of this connection
        connection: String,
        /// The principal that the token identifies
        principal: String,
        /// The role of that principal
        role: Role,
        /// The limits of the server
        limits: Limits,
        /// Send `ping` this often to keep the connection, in seconds
        ping_every_s: u64,
        /// When the server will close the connection (RFC 3339); open another one before
        connected_until: String,
    },
    /// The job is stored and will reach a verdict, whichever process dies
    #[serde(rename = "job.accepted")]
    JobAccepted {
        /// The suite's name
        #[serde(default)]
        suite: String,
        /// The principal that requested it
        #[serde(default)]
        principal: String,
        /// The labels to find it by
        #[serde(default)]
        labels: BTreeMap<String, String>,
        /// The job this one repeats
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replay_of: Option<String>,
        /// What its answers come from, if not from the site
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<AnswersFrom>,
        /// The stored suite it runs, if it was requested by name
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<RunningSuite>,
    },
    /// The tests are known and queued
    #[serde(rename = "job.planned")]
    JobPlanned {
        /// The number of tests
        total: u32,
    },
    /// More tests have ended
    #[serde(rename = "job.progress")]
    JobProgress {
        /// How the tests ended
        counts: Counts,
        /// The status of the job
        status: JobStatus,
        /// How much of the plan is done, 0 to 100
        percent: u32,
        /// Roughly how long the rest will take, in seconds
        #[serde(default, skip_serializing_if = "Option::is_none")]
        eta_s: Option<u64>,
    },
    /// The verdict; there is only one
    #[serde(rename = "job.finished")]
    JobFinished(JobFinished),
    /// The whole state of a job, a page of it
    #[serde(rename = "job.state")]
    JobState(JobSnapshot),
    /// A worker has begun, or begun again
    #[serde(rename = "test.started")]
    TestStarted {
        /// The test's place in the plan, from 0
        test: u32,
        /// Its name
        name: String,
        /// Which try this is, from 1
        attempt: u32,
        /// The attempts before it, in order
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<EarlierAttempt>>"))]
        earlier: Vec<EarlierAttempt>,
    },
    /// Its worker is silent; another one will run it again
    #[serde(rename = "test.stalled")]
    TestStalled {
        /// The test's place in the plan, from 0
        test: u32,
        /// Its name
        name: String,
    },
    /// A step has begun
    #[serde(rename = "step.started")]
    StepStarted {
        /// The test's place in the plan, from 0
        test: u32,
        /// The step, without an outcome
        #[serde(flatten)]
        step: StepState,
    },
    /// A step has ended
    #[serde(rename = "step.finished")]
    StepFinished {
        /// The test's place in the plan, from 0
        test: u32,
        /// The step with its outcome and checks
        #[serde(flatten)]
        step: StepState,
    },
    /// A test has its outcome, and is counted
    #[serde(rename = "test.finished")]
    TestFinished(TestFinished),
    /// The whole state of a test, for a client that has just joined
    #[serde(rename = "test.state")]
    TestState(TestState),
    /// The answer to `jobs`, and to `watch {feed:true}`
    #[serde(rename = "jobs")]
    Jobs {
        /// Newest first
        jobs: Vec<ListedJob>,
        /// Send it with the next `jobs` to get the next page; missing on the last page
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// The answer to `history`
    #[serde(rename = "history")]
    History {
        /// The suite's name
        suite: String,
        /// The label `branch` of the jobs; missing if they have none
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
        /// By name
        tests: Vec<TestHistory>,
        /// The cursor of the next page, if there is one
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// A page of the answer to `evidence`
    #[serde(rename = "evidence")]
    Evidence(EvidencePage),
    /// The answer to `suites.list`
    #[serde(rename = "suites")]
    Suites {
        /// By name
        suites: Vec<StoredSuite>,
        /// The cursor of the next page, if there is one
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// The answer to `suites.get`
    #[serde(rename = "suite")]
    Suite {
        /// The name it is stored under
        name: String,
        /// The suite itself
        #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
        suite: serde_json::Value,
        /// Which version it is
        #[serde(default)]
        version: u64,
        /// When it was stored (RFC 3339)
        #[serde(default)]
        updated_at: String,
        /// The principal that may replace and delete it, in addition to admins
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
        /// The principal that stored this version
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored_by: Option<String>,
    },
    /// The answer to `connections` (admin)
    #[serde(rename = "connections")]
    Connections {
        /// By id
        connections: Vec<ListedConnection>,
        /// The cursor of the next page, if there is one
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// The answer to `share`: a token that shows the event's job and nothing else
    #[serde(rename = "shared")]
    Shared {
        /// The token itself
        token: String,
        /// The id to revoke it by, its `jti`
        id: String,
        /// When it expires (RFC 3339)
        expires_at: String,
    },
    /// The answer to `tokens.revoke` (admin): the token is no longer accepted
    #[serde(rename = "token.revoked")]
    TokenRevoked {
        /// The token's id
        token: String,
    },
    /// The answer to `tokens.revoked` (admin)
    #[serde(rename = "tokens.revoked")]
    RevokedTokens {
        /// By id
        tokens: Vec<RevokedToken>,
        /// The cursor of the next page, if there is one
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// The command is done and there is nothing else to report
    #[serde(rename = "ok")]
    Ok,
    /// A comment on a job
    #[serde(rename = "comment")]
    Comment {
        /// The author
        principal: String,
        /// The text
        text: String,
    },
    /// A message from an admin to every connection
    #[serde(rename = "notice")]
    Notice {
        /// The text
        text: String,
    },
    /// The events that follow were collected, because many watch or because the gateway refuses messages
    #[serde(rename = "pace")]
    Pace {
        /// How long events are collected before they are sent, in milliseconds
        every_ms: u64,
    },
    /// The answer to `ping`
    #[serde(rename = "pong")]
    Pong,
    /// The connection is about to be closed
    #[serde(rename = "bye")]
    Bye {
        /// The reason, for programs
        code: String,
        /// Whether to open another connection
        reconnect: bool,
    },
    /// The command failed
    #[serde(rename = "error")]
    Error {
        /// The reason, for programs
        code: ErrorCode,
        /// The reason, for people
        message: String,
        /// Whether the same command can succeed later
        temporary: bool,
        /// For `invalid_suite`: all problems of the suite
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<SuiteProblem>>"))]
        problems: Vec<SuiteProblem>,
    },
    /// A type this version does not know; to be ignored
    #[serde(other)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    Unknown,
}

/// A page of the whole state of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct JobSnapshot {
    /// The job without its tests
    #[serde(flatten)]
    pub summary: JobSummary,
    /// Some of its tests
    pub tests: Vec<TestState>,
    /// Which page this is, from 1
    pub page: u32,
    /// The number of pages
    pub pages: u32,
}

/// A stored suite as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct StoredSuite {
    /// The name it is stored under
    pub name: String,
    /// How many tests it has before `each` and `discover` are expanded
    pub tests: u32,
    /// When it was stored (RFC 3339)
    pub updated_at: String,
    /// Its version: goes up by one each time a suite is stored under this name. 0 for a suite that was stored before
    /// suites had versions
    #[serde(default)]
    pub version: u64,
    /// The principal that may replace and delete it, in addition to admins. Missing for a suite that was stored before
    /// suites had owners: only admins may change it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The principal that stored this version
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_by: Option<String>,
}

/// The stored suite that a job runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct RunningSuite {
    /// The name it is stored under
    pub name: String,
    /// Which version of it
    pub version: u64,
    /// The principal it belongs to; missing for a suite that was stored before suites had owners
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// A problem of a suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct SuiteProblem {
    /// The place in the suite, like `tests[2].expect[0].css`
    pub path: String,
    /// The problem
    pub message: String,
    /// How to fix it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl SuiteProblem {
    /// The problems of a suite, for a client that has its text.
    pub fn of(problems: &Problems) -> Vec<Self> {
        let sent = |Problem { path, message, hint, .. }: Problem| Self { path, message, hint };
        problems.shown().map(sent).collect()
    }
}

impl Event {
    /// An event that concerns nothing in particular.
    pub fn new(body: EventBody, at: impl Into<String>) -> Self {
        Self { body, at: at.into(), job: None, v: None, re: None }
    }

    /// An event of a job.
    pub fn of_job(job: impl Into<String>, v: u64, body: EventBody, at: impl Into<String>) -> Self {
        Self { body, at: at.into(), job: Some(job.into()), v: Some(v), re: None }
    }

    /// The whole state of one test. The version is in the state itself, at `v`, where every event has it.
    pub fn of_test_state(job: impl Into<String>, state: TestState, at: impl Into<String>) -> Self {
        Self { body: EventBody::TestState(state), at: at.into(), job: Some(job.into()), v: None, re: None }
    }

    /// The same event as the answer to a command.
    #[must_use]
    pub fn answering(mut self, re: Option<RequestId>) -> Self {
        self.re = re;
        self
    }

    /// The line that goes over the wire, without its end.
    pub fn to_json(&self) -> String {
        let line = serde_json::to_string(self).unwrap_or_default();
        // Only a suite has numbers of any size.
        if matches!(self.body, EventBody::Suite { .. }) { number::shown(&line) } else { line }
    }

    /// Reads such a line.
    pub fn parse(line: &str) -> Result<Self, serde_json::Error> {
        if line.contains(r#""type":"suite""#) {
            return number::read(line).and_then(serde_json::from_value);
        }
        serde_json::from_str(line)
    }
}

impl From<&WireError> for EventBody {
    fn from(error: &WireError) -> Self {
        Self::Error {
            code: error.code,
            message: error.message.clone(),
            temporary: error.code.is_temporary(),
            problems: Vec::new(),
        }
    }
}

impl CheckResult {
    /// A check that held.
    pub fn passed(check: impl Into<String>) -> Self {
        Self {
            kind: CheckKind::Check,
            check: check.into(),
            outcome: Outcome::Passed,
            expected: None,
            actual: None,
            hint: None,
        }
    }
}
