//! What the server sends: one or more JSON objects per WebSocket frame, one per line, with the kind of event in `type`.

mod access;
mod finished;
mod history;

pub use access::{Limits, ListedConnection, RevokedToken, Role};
pub use finished::{JobFinished, TestFinished};
pub use history::{PastOutcome, TestHistory};

use crate::command::RequestId;
use crate::error::{ErrorCode, WireError};
use crate::state::{CheckResult, Counts, JobStatus, JobSummary, ListedJob, Outcome, StepState, TestState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stepcast_suite::number;
use stepcast_suite::{Problem, Problems};

/// One thing that happened, or one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Event {
    /// What it is
    #[serde(flatten)]
    pub body: EventBody,
    /// When it was said (RFC 3339, milliseconds)
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

/// What an event can be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub enum EventBody {
    /// The answer to `hello`
    #[serde(rename = "welcome")]
    Welcome {
        /// The id of this connection
        connection: String,
        /// Who the token says this is
        principal: String,
        /// What that one may do
        role: Role,
        /// What the server accepts
        limits: Limits,
        /// Send `ping` this often to keep the connection, in seconds
        ping_every_s: u64,
        /// When the connection will be cut (RFC 3339); open another before
        connected_until: String,
    },
    /// The job is stored and will reach a verdict, whatever dies
    #[serde(rename = "job.accepted")]
    JobAccepted {
        /// The suite's name
        #[serde(default)]
        suite: String,
        /// Who asked for it
        #[serde(default)]
        principal: String,
        /// What to find it by
        #[serde(default)]
        labels: BTreeMap<String, String>,
        /// The job this one repeats
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replay_of: Option<String>,
        /// The stored suite it runs, if it was asked for by name
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<RunningSuite>,
    },
    /// The tests are known and on their way
    #[serde(rename = "job.planned")]
    JobPlanned {
        /// How many there are
        total: u32,
    },
    /// More tests have ended
    #[serde(rename = "job.progress")]
    JobProgress {
        /// How they ended
        counts: Counts,
        /// How far the job is
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
    },
    /// Its worker gives no sign of life any more; another one will run it again
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
    /// The whole state of a test, for whoever has just joined
    #[serde(rename = "test.state")]
    TestState(TestState),
    /// The answer to `jobs`, and to `watch {feed:true}`
    #[serde(rename = "jobs")]
    Jobs {
        /// Newest first
        jobs: Vec<ListedJob>,
        /// Send it with the next `jobs` for what follows; left out at the end
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// The answer to `history`
    #[serde(rename = "history")]
    History {
        /// The suite's name
        suite: String,
        /// The label `branch` of the jobs; left out where they have none
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
        /// By name
        tests: Vec<TestHistory>,
        /// Where the next page begins, if there is one
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// The answer to `suites.list`
    #[serde(rename = "suites")]
    Suites {
        /// By name
        suites: Vec<StoredSuite>,
        /// Where the next page begins, if there is one
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
        /// The principal that may replace and delete it, besides admins
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
        /// Where the next page begins, if there is one
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// The answer to `share`: a token that shows the event's job and nothing else
    #[serde(rename = "shared")]
    Shared {
        /// The token itself
        token: String,
        /// What it is revoked by, its `jti`
        id: String,
        /// Until when it is good (RFC 3339)
        expires_at: String,
    },
    /// The answer to `tokens.revoke` (admin): nobody gets in with it any more
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
        /// Where the next page begins, if there is one
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// What was asked for is done and there is nothing more to say
    #[serde(rename = "ok")]
    Ok,
    /// Somebody said something about a job
    #[serde(rename = "comment")]
    Comment {
        /// Who
        principal: String,
        /// What
        text: String,
    },
    /// An admin said something to everybody
    #[serde(rename = "notice")]
    Notice {
        /// What
        text: String,
    },
    /// The answer to `ping`
    #[serde(rename = "pong")]
    Pong,
    /// The connection is about to be closed
    #[serde(rename = "bye")]
    Bye {
        /// Why, for programs
        code: String,
        /// Whether to open another
        reconnect: bool,
    },
    /// What was asked for was not done
    #[serde(rename = "error")]
    Error {
        /// Why, for programs
        code: ErrorCode,
        /// Why, for people
        message: String,
        /// Whether the same command can succeed later
        temporary: bool,
        /// For `invalid_suite`: everything that is wrong with it
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
    /// How many there are
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
    /// Which version it is: goes up by one each time a suite is stored under this name. 0 for one that was stored before
    /// suites had versions
    #[serde(default)]
    pub version: u64,
    /// The principal that may replace and delete it, besides admins. Left out for one that was stored before suites had
    /// owners, which is in the hands of admins
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
    /// The principal it belongs to; left out for one that was stored before suites had owners
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// One thing that is wrong with a suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct SuiteProblem {
    /// Where in the suite, like `tests[2].expect[0].css`
    pub path: String,
    /// What is wrong there
    pub message: String,
    /// What to do about it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl SuiteProblem {
    /// What is wrong with a suite, for a client that has its text.
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
        Self { check: check.into(), outcome: Outcome::Passed, expected: None, actual: None, hint: None }
    }
}
