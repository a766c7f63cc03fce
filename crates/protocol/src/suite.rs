//! Suites: what a file says, after it has been read and found good.
//!
//! [`read()`] turns a [`Node`] into a [`Suite`] or into everything that is wrong with it.
//! What a suite asks for is data here; `worker` gives it meaning.

pub mod check;
mod problem;
mod read;
mod read_check;
mod reader;
mod variables;

pub use check::{Bound, Check, Matcher, Property, Subject};
pub use problem::{Problem, Problems, closest};
pub use read::read;
pub use variables::check_variables;

use crate::document::Node;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A suite of tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suite {
    /// What it is called
    pub name: String,
    /// Values its templates may use
    pub vars: BTreeMap<String, String>,
    /// What holds where a test says nothing else
    pub defaults: Defaults,
    /// The tests, in the order of the file
    pub tests: Vec<Test>,
}

/// What holds where a test says nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Defaults {
    /// Time for one request, redirects and body included
    #[serde(with = "crate::duration::as_millis")]
    pub timeout: Duration,
    /// When to try a test again
    pub retries: Retries,
    /// Sent with every request
    pub headers: Vec<(String, String)>,
    /// How hard one host may be asked
    pub host: HostLimits,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            retries: Retries::default(),
            headers: Vec::new(),
            host: HostLimits::default(),
        }
    }
}

/// When to try a test again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    /// How many more tries
    pub max: u32,
    /// After what
    pub on: RetryOn,
}

/// What a test is tried again after.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryOn {
    /// When we could not tell
    #[default]
    Network,
    /// Also when a check did not hold
    Any,
}

/// How hard one worker may ask one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostLimits {
    /// Most requests at once
    pub concurrency: u32,
    /// Least time between the starts of two requests
    #[serde(with = "crate::duration::as_millis")]
    pub interval: Duration,
}

impl Default for HostLimits {
    fn default() -> Self {
        Self { concurrency: 8, interval: Duration::ZERO }
    }
}

/// One test, before `each` and `discover` multiply it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// What it is called; may use the variables of `each`
    pub name: String,
    /// What to choose it by
    pub tags: Vec<String>,
    /// Run once for every combination of these values
    pub each: Vec<(String, Vec<String>)>,
    /// Run once for every page found
    pub discover: Option<Discover>,
    /// Do not run it
    pub skip: bool,
    /// What it does, in order; they share a cookie jar and captures
    pub steps: Vec<Step>,
    /// When to try it again
    pub retries: Retries,
}

/// Where a test finds the pages it runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discover {
    /// Address of a sitemap or a sitemap index (<https://www.sitemaps.org/protocol.html>)
    pub sitemap: String,
    /// Most pages to take
    pub limit: u32,
}

/// The variable that holds the address of a discovered page.
pub const PAGE_VARIABLE: &str = "page";

/// One request and what is expected of its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What it is called
    pub name: String,
    /// What is asked for
    pub request: Request,
    /// What to keep for later steps
    pub capture: Vec<(String, Capture)>,
    /// What has to hold
    pub expect: Vec<Check>,
}

/// An HTTP request with templates still in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The method, in capitals
    pub method: String,
    /// The address
    pub url: String,
    /// Headers, those of the defaults included
    pub headers: Vec<(String, String)>,
    /// What is sent
    pub body: Option<Body>,
    /// Time for the request, redirects and body included
    #[serde(with = "crate::duration::as_millis")]
    pub timeout: Duration,
}

/// What a request sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// `application/x-www-form-urlencoded`
    Form(Vec<(String, String)>),
    /// `application/json`
    Json(serde_json::Value),
    /// `text/plain`, unless a header says otherwise
    Text(String),
}

/// A value taken from an answer, named by a subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// Where it is found
    pub subject: Subject,
}

impl Suite {
    /// Reads and validates the text of a suite file.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let node = Node::parse(text).map_err(|error| Problems::from_syntax(&error))?;
        read(&node)
    }

    /// Whether a test carries the tags somebody asked for: each entry is joined by commas, all of which it must have;
    /// one entry that fits is enough, and asking for nothing takes everything.
    pub fn selects(tags: &[String], test: &Test) -> bool {
        let has_all = |entry: &String| {
            entry
                .split(',')
                .map(str::trim)
                .filter(|tag| !tag.is_empty())
                .all(|tag| test.tags.iter().any(|own| own == tag))
        };
        tags.is_empty() || tags.iter().any(has_all)
    }
}
