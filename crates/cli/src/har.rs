//! HTTP Archives: what `stepcast check --record` writes and `--from` reads, and what the developer tools of browsers
//! save and open. <http://www.softwareishard.com/blog/har-12-spec/>
//!
//! The structure is our own, because the `har` crate knows no fields beginning with `_`, which keep what a recording
//! needs and the format has no place for, and refuses files in which a browser left out an empty list.

mod read;
mod write;

pub(crate) use read::read;
pub(crate) use write::ArchiveWriter;

use serde::{Deserialize, Serialize};
use stepcast_protocol::exchange::ExchangeFailure;

/// The version of the format.
const VERSION: &str = "1.2";
/// How Stepcast names itself as the creator of a file.
const CREATOR: &str = "Stepcast";
/// A number that is not known.
const UNKNOWN: i64 = -1;

#[derive(Deserialize)]
struct Document {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    #[serde(default)]
    creator: Creator,
    #[serde(default)]
    pages: Vec<Page>,
    entries: Vec<Entry>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Creator {
    name: String,
    version: String,
}

/// A test, or the planning of a suite.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Page {
    started_date_time: String,
    id: String,
    title: String,
    #[serde(rename = "pageTimings")]
    timings: PageTimings,
}

#[derive(Default, Serialize, Deserialize)]
struct PageTimings {}

/// A request and its answer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pageref: Option<String>,
    #[serde(default)]
    started_date_time: String,
    #[serde(default)]
    time: f64,
    request: Request,
    response: Response,
    #[serde(default)]
    cache: Cache,
    #[serde(default)]
    timings: Timings,
    #[serde(rename = "serverIPAddress", skip_serializing_if = "Option::is_none")]
    server_address: Option<String>,
    /// The name of the step
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(rename = "_stepcast", skip_serializing_if = "Option::is_none")]
    own: Option<Own>,
}

#[derive(Default, Serialize, Deserialize)]
struct Cache {}

/// What a recording needs, and the format has no place for.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Own {
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<ExchangeFailure>,
    /// The server's certificate: Base64 of its DER
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    /// Why the body of the request, or only a part of it, is not here
    #[serde(skip_serializing_if = "Option::is_none")]
    request_left_out: Option<String>,
    /// The same of the answer
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_left_out: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    #[serde(default)]
    http_version: String,
    #[serde(default)]
    cookies: Vec<Pair>,
    #[serde(default)]
    headers: Vec<Pair>,
    #[serde(default)]
    query_string: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData>,
    #[serde(default = "unknown")]
    headers_size: i64,
    #[serde(default = "unknown")]
    body_size: i64,
}

/// A header, a cookie or a parameter.
#[derive(Serialize, Deserialize)]
struct Pair {
    name: String,
    #[serde(default)]
    value: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    #[serde(default)]
    mime_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    params: Vec<Pair>,
    #[serde(rename = "_encoding", default, skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    /// 0 if there is no answer
    status: i64,
    #[serde(default)]
    status_text: String,
    #[serde(default)]
    http_version: String,
    #[serde(default)]
    cookies: Vec<Pair>,
    #[serde(default)]
    headers: Vec<Pair>,
    #[serde(default)]
    content: Content,
    #[serde(rename = "redirectURL", default)]
    redirect_url: String,
    #[serde(default = "unknown")]
    headers_size: i64,
    #[serde(default = "unknown")]
    body_size: i64,
    /// Why there is no answer, as Chromium writes it
    #[serde(rename = "_error", default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Content {
    size: i64,
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
}

/// In milliseconds; -1 is not known, or did not happen.
#[derive(Serialize, Deserialize)]
#[serde(default)]
struct Timings {
    blocked: f64,
    dns: f64,
    connect: f64,
    ssl: f64,
    send: f64,
    wait: f64,
    receive: f64,
}

impl Default for Timings {
    fn default() -> Self {
        Self { blocked: -1.0, dns: -1.0, connect: -1.0, ssl: -1.0, send: 0.0, wait: 0.0, receive: 0.0 }
    }
}

fn unknown() -> i64 {
    UNKNOWN
}
