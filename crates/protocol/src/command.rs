//! The commands of a client: one JSON object per WebSocket message, with the command in `action`.

mod detail;
mod evidence;
mod history;
mod lists;
mod run;
mod topic;

pub use detail::{Detail, Level, MOST_STEPS_OF};
pub(crate) use detail::{notable, notable_of};
pub use evidence::EvidenceQuery;
pub use history::HistoryQuery;
pub use lists::{JobsQuery, PageQuery};
pub use run::{Replay, Run, Selection};
pub use topic::Topic;

use crate::error::{ErrorCode, WireError};
use crate::id::{ConnectionId, JobId, SuiteName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepcast_suite::bounds::why_not_json;
use stepcast_suite::limits::EXCERPT_CHARS;
use stepcast_suite::number;

/// A client's own name for a command; the answer repeats it as `re`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum RequestId {
    /// A text, at most 128 bytes
    Text(String),
    /// A whole number
    Number(i64),
}

/// A command with the name its answer should carry.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The id, which the answer repeats as `re`
    pub id: Option<RequestId>,
    /// The request
    pub command: Command,
}

/// Why a message is not a [`Request`]; the id is kept if it could be read, so that the client can match the error.
#[derive(Debug, Clone, PartialEq)]
pub struct BadRequest {
    /// The id, which the error repeats as `re`
    pub id: Option<RequestId>,
    /// The error to send back
    pub error: WireError,
}

/// The commands of a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Command {
    /// Asks for `welcome`
    #[serde(rename = "hello")]
    Hello,
    /// Starts a run
    #[serde(rename = "run")]
    Run(Box<Run>),
    /// Subscribes to a job, or to the job-level updates of all jobs
    #[serde(rename = "watch")]
    Watch(Topic),
    /// Ends a subscription
    #[serde(rename = "unwatch")]
    Unwatch(Topic),
    /// Stops a job: queued tests never start, running ones stop at the next step
    #[serde(rename = "cancel")]
    Cancel {
        /// The job to stop
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        job: JobId,
    },
    /// Runs a job again
    #[serde(rename = "replay")]
    Replay(Replay),
    /// Lists jobs, newest first
    #[serde(rename = "jobs")]
    Jobs(JobsQuery),
    /// Asks for the past outcomes of a suite's tests
    #[serde(rename = "history")]
    History(HistoryQuery),
    /// Asks for the whole state of a job once
    #[serde(rename = "job")]
    Job {
        /// The job to show
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        job: JobId,
        /// Its only test to show, with all of its steps
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        test: Option<u32>,
    },
    /// Asks for what a test sent and received
    #[serde(rename = "evidence")]
    Evidence(EvidenceQuery),
    /// Stores a suite under a name
    #[serde(rename = "suites.put")]
    PutSuite {
        /// The name to store it under; by default the suite's own
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        name: Option<String>,
        /// The suite itself
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional, type = "unknown"))]
        suite: Option<Value>,
        /// A suite too large for one message: its JSON, gzip, then base64
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        suite_gz: Option<String>,
        /// The principal that will own it (admin); by default its present owner, or else the principal that stores it
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        owner: Option<String>,
    },
    /// Asks for a stored suite
    #[serde(rename = "suites.get")]
    GetSuite {
        /// The name it was stored under
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        name: SuiteName,
    },
    /// Lists the stored suites
    #[serde(rename = "suites.list")]
    ListSuites(PageQuery),
    /// Removes a stored suite
    #[serde(rename = "suites.delete")]
    DeleteSuite {
        /// The name it was stored under
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        name: SuiteName,
    },
    /// Adds a comment to a job
    #[serde(rename = "comment")]
    Comment {
        /// The job it belongs to
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        job: JobId,
        /// The text
        text: String,
    },
    /// Keeps the connection open; asks for `pong`
    #[serde(rename = "ping")]
    Ping,
    /// Lists the connections (admin)
    #[serde(rename = "connections")]
    Connections(PageQuery),
    /// Ends a connection (admin)
    #[serde(rename = "disconnect")]
    Disconnect {
        /// The connection to end
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        connection: ConnectionId,
    },
    /// Sends a message to every connection (admin)
    #[serde(rename = "broadcast")]
    Broadcast {
        /// The text
        text: String,
    },
    /// Ends a job at once, whatever the state of its tests (admin)
    #[serde(rename = "finish")]
    Finish {
        /// The job to end
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        job: JobId,
    },
    /// Puts the dead-letter queue's messages back on the queue (admin)
    #[serde(rename = "redrive")]
    Redrive,
    /// Creates a token that shows one job and nothing else
    #[serde(rename = "share")]
    Share {
        /// The job to show
        #[cfg_attr(feature = "typescript", ts(type = "string"))]
        job: JobId,
        /// How long it is valid, in seconds: 7 days by default, and never longer than the job is kept
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        expires_s: Option<u32>,
        /// Whether it shows what tests sent and received; by default it does
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
        evidence: bool,
    },
    /// Revokes a token and closes the connections opened with it (admin)
    #[serde(rename = "tokens.revoke")]
    RevokeToken {
        /// The token's id, its `jti`
        token: String,
    },
    /// Lists the tokens that were revoked (admin)
    #[serde(rename = "tokens.revoked")]
    ListRevokedTokens(PageQuery),
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// Every action, as a command names it.
pub const ACTIONS: [&str; 24] = [
    "hello",
    "run",
    "watch",
    "unwatch",
    "cancel",
    "replay",
    "jobs",
    "history",
    "job",
    "evidence",
    "suites.put",
    "suites.get",
    "suites.list",
    "suites.delete",
    "comment",
    "ping",
    "connections",
    "disconnect",
    "broadcast",
    "finish",
    "redrive",
    "share",
    "tokens.revoke",
    "tokens.revoked",
];

impl Request {
    /// Reads one message. Fields it does not know are ignored, as clients ignore those of events.
    pub fn parse(text: &str) -> Result<Self, BadRequest> {
        let value = number::read(text).map_err(|error| {
            let why = why_not_json(&error);
            bad(None, format!("the message is not JSON: {why}; send one object like {{\"action\":\"hello\"}}"))
        })?;
        let Value::Object(map) = &value else {
            return Err(bad(None, "the message is not an object; send one like {\"action\":\"hello\"}"));
        };
        let id = request_id(map.get("id"))?;
        let Some(action) = map.get("action") else {
            return Err(bad(id, "`action` is missing; send an object like {\"action\":\"hello\"}"));
        };
        let Some(action) = action.as_str() else {
            return Err(bad(id, "`action` has to be a text"));
        };
        if !ACTIONS.contains(&action) {
            return Err(bad(id, unknown_action(action)));
        }
        match serde_json::from_value(value.clone()) {
            Ok(command) => Ok(Self { id, command }),
            Err(error) => Err(bad(id, format!("`{action}`: {error}"))),
        }
    }

    /// The message that asks for this.
    pub fn to_json(&self) -> String {
        let mut value = serde_json::to_value(&self.command).unwrap_or_default();
        if let (Value::Object(map), Some(id)) = (&mut value, &self.id) {
            map.insert("id".to_owned(), serde_json::to_value(id).unwrap_or_default());
        }
        number::to_text(&value)
    }
}

fn request_id(value: Option<&Value>) -> Result<Option<RequestId>, BadRequest> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= 128 => Ok(Some(RequestId::Text(text.clone()))),
        Some(Value::Number(number)) if number.is_i64() => Ok(number.as_i64().map(RequestId::Number)),
        Some(_) => Err(bad(None, "`id` has to be a text of at most 128 bytes or a whole number")),
    }
}

fn unknown_action(action: &str) -> String {
    let shown: String = action.chars().take(EXCERPT_CHARS).collect();
    match stepcast_suite::closest(action, &ACTIONS) {
        Some(near) => format!("unknown action `{shown}`; did you mean `{near}`?"),
        None => format!("unknown action `{shown}`; known are {}", ACTIONS.join(", ")),
    }
}

fn bad(id: Option<RequestId>, message: impl Into<String>) -> BadRequest {
    BadRequest { id, error: WireError::new(ErrorCode::BadRequest, message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(text: &str) -> String {
        Request::parse(text).expect_err("a bad request").error.message
    }

    #[test]
    fn fuzz_commands() {
        stepcast_fuzz::fuzz(&stepcast_fuzz::languages::COMMAND, |text| {
            let _ = Request::parse(text);
        });
    }

    #[test]
    fn a_command_nests_only_so_deep() {
        let suite = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let error = message(&format!(r#"{{"action":"run","suite":{suite}}}"#));
        assert!(error.contains("more than 127 deep"), "{error}");
    }

    #[test]
    fn a_command_carries_its_id() {
        let request = Request::parse(r#"{"action":"cancel","id":7,"job":"j1","later":true}"#).expect("a request");
        assert_eq!(
            request,
            Request { id: Some(RequestId::Number(7)), command: Command::Cancel { job: "j1".parse().expect("an id") } }
        );
    }

    #[test]
    fn every_action_is_known_and_reads_back() {
        for action in ACTIONS {
            let test = if action == "history" { r#""t""# } else { "0" };
            let full = format!(
                r#"{{"action":"{action}","job":"j","test":{test},"name":"n","text":"t","suite":"s","connection":"c","token":"k","id":"x"}}"#
            );
            let request = Request::parse(&full).unwrap_or_else(|bad| panic!("{action}: {}", bad.error.message));
            assert_eq!(Request::parse(&request.to_json()), Ok(request));
        }
    }

    #[test]
    fn mistakes_are_named() {
        insta::assert_snapshot!(message("{"), @r#"the message is not JSON: EOF while parsing an object at line 1 column 1; send one object like {"action":"hello"}"#);
        insta::assert_snapshot!(message("[]"), @r#"the message is not an object; send one like {"action":"hello"}"#);
        insta::assert_snapshot!(message("{}"), @r#"`action` is missing; send an object like {"action":"hello"}"#);
        insta::assert_snapshot!(message(r#"{"action":"runn"}"#), @"unknown action `runn`; did you mean `run`?");
        insta::assert_snapshot!(message(r#"{"action":7}"#), @"`action` has to be a text");
        insta::assert_snapshot!(message(r#"{"action":"cancel"}"#), @"`cancel`: missing field `job`");
        insta::assert_snapshot!(message(r#"{"action":"watch"}"#), @"`watch`: expected `job` with an id or `feed` with `true`");
        insta::assert_snapshot!(message(r#"{"action":"replay","job":"j","only":"some"}"#), @"`replay`: unknown variant `some`, expected `all` or `failed`");
        insta::assert_snapshot!(message(r#"{"action":"jobs","since":"yesterday"}"#), @"`jobs`: `yesterday` is not a time; write it like `2026-11-22T10:20:30Z`");
        insta::assert_snapshot!(message(r#"{"action":"ping","id":[1]}"#), @"`id` has to be a text of at most 128 bytes or a whole number");
    }

    #[test]
    fn the_error_of_a_bad_command_keeps_its_id() {
        let bad = Request::parse(r#"{"action":"cancel","id":"x"}"#).expect_err("no job");
        assert_eq!(bad.id, Some(RequestId::Text("x".into())));
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in ".*") {
            let _ = Request::parse(&text);
        }

        #[test]
        fn any_object_gets_an_answer(action in prop::sample::select(&ACTIONS[..]), field in "job|feed|suite|only|limit|vars|name|text", value in prop_oneof!["null", "[0-9]{1,20}", "\"[a-z]{0,9}\"", "\\{\\}", "\\[\\[\\]\\]", "-?[0-9]{1,4}\\.[0-9]{1,4}e[0-9]{1,2}"]) {
            let text = format!(r#"{{"action":"{action}","{field}":{value}}}"#);
            if let Err(bad) = Request::parse(&text) {
                prop_assert_eq!(bad.error.code, ErrorCode::BadRequest);
            }
        }
    }
}
