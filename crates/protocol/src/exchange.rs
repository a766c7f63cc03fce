//! What a step sent and received: the evidence of its checks, with secrets masked.
//!
//! Bodies and certificates are named by their digest and kept beside it, so that a page that did not change is kept
//! once.

use crate::difference::StepDifferences;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was kept of the requests and answers of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct StepEvidence {
    /// The id of the record that has them; `evidence` reads it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why they could not be kept
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The requests of a step in the order they were sent, redirects included, and then those of its links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepExchanges {
    /// The step's place in the attempt, from 0
    pub step: u32,
    /// The step's name
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<String>", optional))]
    pub name: String,
    /// The requests with their answers
    pub exchanges: Vec<Exchange>,
}

/// What was sent and received in an attempt at a test, without the bodies. This is what is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptEvidence {
    /// Its steps, as far as they are kept
    pub steps: Vec<StepExchanges>,
    /// How answers of steps that did not pass differ from those when the test last passed
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<StepDifferences>,
    /// Where the answers of passing attempts differ from each other
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noise: Vec<StepNoise>,
    /// What links answered whose requests are not kept, so that a replay can judge them
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<StepLinks>,
}

/// What the links of a step answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLinks {
    /// The step's place in the attempt, from 0
    pub step: u32,
    /// The links, in no order
    pub links: Vec<LinkAnswer>,
}

/// What a link answered, redirects followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkAnswer {
    /// The address, without a fragment
    pub url: String,
    /// The status
    pub status: u16,
    /// The fragments that the page has, of those that were looked for
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fragments: Vec<String>,
    /// The fragments that the page does not have, of those that were looked for
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// Where the answers of a step that passed differ from each other, as far as that is known. It changes a little with
/// each answer that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepNoise {
    /// The step's place in the attempt, from 0
    pub step: u32,
    /// How many pairs of answers were compared, at most 8
    pub compared: u32,
    /// For each place, in which of these comparisons it differed: the lowest bit is the last one
    pub places: BTreeMap<String, u8>,
}

/// A page of what a test sent and received: first the differences from the answers when it last passed, then the requests
/// with their answers, then the contents that these name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct EvidencePage {
    /// The test's place in the plan, from 0
    pub test: u32,
    /// The attempt, from 1
    pub attempt: u32,
    /// How answers of steps that did not pass differ from those when the test last passed
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<StepDifferences>>"))]
    pub differences: Vec<StepDifferences>,
    /// Requests with their answers, by step
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<StepExchanges>>"))]
    pub steps: Vec<StepExchanges>,
    /// Parts of bodies and certificates
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<ContentPart>>"))]
    pub contents: Vec<ContentPart>,
    /// Where the next page begins; missing on the last
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A part of a body or a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ContentPart {
    /// The content that it is a part of
    pub sha256: String,
    /// Where the part begins, in bytes
    pub offset: u64,
    /// The size of the content, in bytes
    pub bytes: u64,
    /// The part, in Base64
    pub base64: String,
}

/// One request and its answer, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Exchange {
    /// When it was sent, in ISO 8601
    pub at: String,
    /// The request as it was sent
    pub request: SentRequest,
    /// What came back
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub answer: Option<Answer>,
    /// Why nothing came back, or only a part
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub failure: Option<ExchangeFailure>,
    /// The address and port of the server, or of the proxy
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub remote: Option<String>,
    /// How long its parts took
    pub times: ExchangeTimes,
    /// Whether it was sent for a check of links, and not by the step itself
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>", optional))]
    pub is_link: bool,
}

/// The requests that a step sent itself: those of its links come after them.
pub fn own_exchanges(exchanges: &[Exchange]) -> &[Exchange] {
    let end = exchanges.iter().position(|exchange| exchange.is_link).unwrap_or(exchanges.len());
    &exchanges[..end]
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A request as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SentRequest {
    /// The method
    pub method: String,
    /// The address
    pub url: String,
    /// The header fields, without those that are about the connection
    pub headers: Vec<HeaderField>,
    /// The body
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub body: Option<Content>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Answer {
    /// The status code
    pub status: u16,
    /// The version of HTTP, like `HTTP/1.1`
    pub version: String,
    /// The header fields
    pub headers: Vec<HeaderField>,
    /// The body, decompressed; missing if it was not read, as that of a redirect
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub body: Option<Content>,
    /// The SHA-256 of the server's certificate in DER
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub certificate: Option<String>,
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HeaderField {
    /// The name
    pub name: String,
    /// The value
    pub value: String,
}

/// A body, which is kept apart from what names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Content {
    /// Its size as it was read, in bytes
    pub bytes: u64,
    /// The SHA-256 of what is kept of it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub sha256: Option<String>,
    /// Why less than all of it is kept, or nothing
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub left_out: Option<String>,
}

/// Why a request has no answer, or only a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ExchangeFailure {
    /// What kind of failure it is
    pub kind: FailureKind,
    /// What happened
    pub message: String,
    /// Whether another attempt would fail in the same way
    pub is_permanent: bool,
}

/// The kinds of failures of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum FailureKind {
    /// The name could not be resolved
    Dns,
    /// The connection could not be made
    Connect,
    /// The server could not be trusted, or no encryption could be agreed on
    Tls,
    /// No answer arrived in time
    Timeout,
    /// The answer arrived, but its body did not in time
    Body,
    /// The body is larger than the limit
    TooLarge,
    /// The answer could not be read, because it is not valid HTTP or was cut off
    Protocol,
    /// Something else, like an address that may not be fetched
    Other,
}

/// How long the parts of a request took, in microseconds. A part that did not happen is missing: a connection is used
/// again and again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ExchangeTimes {
    /// The wait for a turn at the host
    pub waiting_us: u64,
    /// Resolving the name
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub name_us: Option<u64>,
    /// Connecting, without TLS
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub connect_us: Option<u64>,
    /// TLS
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub tls_us: Option<u64>,
    /// From the request on a connection to the headers of the answer
    pub answer_us: u64,
    /// The body
    pub body_us: u64,
}

impl ExchangeTimes {
    /// How long the request took once its turn had come.
    pub fn total_us(&self) -> u64 {
        let Self { name_us, connect_us, tls_us, answer_us, body_us, .. } = self;
        let connection: u64 = [name_us, connect_us, tls_us].into_iter().flatten().sum();
        connection + answer_us + body_us
    }
}
