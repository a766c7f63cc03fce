//! The suite language: the contents of a file, after it has been read and validated.
//!
//! [`read()`] turns a [`Node`] into a [`Suite`] or into everything that is wrong with it. `lint` warns about what the
//! author cannot have meant. The languages inside a suite have a module each: [`selector`], [`xpath`], [`pattern`],
//! [`schema`], [`template`]; [`bounds`] says what they may cost. A suite's requests and checks are data here; the
//! engine gives them meaning.
//!
//! Nothing here is asynchronous or depends on AWS, so values alone are enough to test all of it.

pub mod bounds;
pub mod check;
pub mod date;
pub mod document;
pub mod duration;
mod each;
mod evidence;
pub mod filter;
mod groups;
pub mod json_path;
mod json_schema;
pub mod limits;
mod lint;
pub mod matcher;
pub mod network;
pub mod number;
mod path;
pub mod pattern;
pub mod place;
pub mod plain;
mod privacy;
mod problem;
mod quote;
mod read;
mod read_check;
mod read_links;
mod read_matcher;
mod read_names;
mod read_network;
mod read_request;
mod read_retries;
mod read_test;
mod reader;
pub mod schema;
pub mod selector;
mod shared;
pub mod subject;
mod suggestion;
pub mod syntax;
pub mod template;
mod template_names;
mod variables;
pub mod wildcard;
pub mod xpath;

pub use check::{Check, ErrorKind, LinkScope, Links, ValueCheck};
pub use each::{TableError, read_csv};
pub use evidence::Evidence;
pub use filter::{Encoding, Filter};
pub use json_schema::{SCHEMA_URL, json_schema, render_json_schema};
pub use lint::lint;
pub use matcher::{Bound, Matcher, Operand, Order, Words};
pub use network::{ClientCertificate, Network};
pub use privacy::hide_private_lines;
pub use problem::{Problem, Problems, Severity};
pub use read::read;
pub use subject::{CertificateProperty, CookieAttribute, CookieSource, HopAttribute, Property, Subject};
pub use suggestion::closest;
pub use variables::check_variables;

use crate::document::Node;
use crate::selector::Prefixes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A suite of tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suite {
    /// Its name
    pub name: String,
    /// Values its templates may use
    pub vars: BTreeMap<String, String>,
    /// The settings that apply unless a test sets its own
    pub defaults: Defaults,
    /// The tests, in the order of the file
    pub tests: Vec<Test>,
}

/// The settings that apply unless a test sets its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Defaults {
    /// Time for one request, redirects and body included
    #[serde(with = "crate::duration::as_millis")]
    pub timeout: Duration,
    /// When to try a test again
    pub retries: Retries,
    /// How long a test may take
    pub time_limit: Option<Duration>,
    /// Sent with every request
    pub headers: Vec<(String, String)>,
    /// Sent with every request that has no credentials of its own
    pub auth: Option<Auth>,
    /// How many redirects a step follows, see [`Request::follow`]
    pub follow: Option<u32>,
    /// Whether tests share answers
    pub share: bool,
    /// What is kept of the tests' requests and answers, if the suite says so
    pub evidence: Option<Evidence>,
    /// Whether requests carry a trace context, see [`Test::trace`]
    pub trace: bool,
    /// Limits on the requests to one host
    pub host: HostLimits,
    /// How requests reach the network
    pub network: Network,
    /// The namespaces of prefixes in selectors and `XPath`s of XML
    pub namespaces: Prefixes,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            retries: Retries::default(),
            time_limit: None,
            headers: Vec::new(),
            auth: None,
            follow: None,
            share: false,
            evidence: None,
            trace: false,
            host: HostLimits::default(),
            network: Network::default(),
            namespaces: Prefixes::new(),
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

/// The results after which a test is tried again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryOn {
    /// When the result is unknown
    #[default]
    Network,
    /// Also when a check did not hold
    Any,
}

/// Limits on the requests from a deployment to one host.
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
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Its name; may use the variables of `each`
    pub name: String,
    /// Tags to select it by
    pub tags: Vec<String>,
    /// Run once for every combination of these
    pub each: Vec<Axis>,
    /// Run once for every page found
    pub discover: Option<Discover>,
    /// Do not run it
    pub skip: bool,
    /// Run only this one, and others that say so
    pub only: bool,
    /// It is known to fail: its steps are expected to fail
    pub expect_failure: bool,
    /// Steps to run before its own
    pub setup: Vec<Step>,
    /// Its steps, in order; they share a cookie jar and captures, also with setup and teardown
    pub steps: Vec<Step>,
    /// Steps to run afterwards, whatever the outcome of the others
    pub teardown: Vec<Step>,
    /// When to try it again
    pub retries: Retries,
    /// How long it may take with all of its attempts; teardown has its own time
    pub time_limit: Option<Duration>,
    /// The duration from which an attempt is reported as slow
    pub slow_over: Option<Duration>,
    /// Whether it may use an answer that another test of the job got to the same request
    pub share: bool,
    /// What is kept of its requests and answers, if the suite says so
    pub evidence: Option<Evidence>,
    /// Whether requests to the origins that its steps name carry a trace context (<https://www.w3.org/TR/trace-context/>)
    pub trace: bool,
}

/// Variables that get their values together: one with its values, or the columns of a table with its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// The names
    pub names: Vec<String>,
    /// Their values, each row as long as there are names
    pub rows: Vec<Vec<String>>,
}

/// The source of the pages that a test runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discover {
    /// The way to find the pages
    pub from: DiscoverFrom,
    /// Most pages to take
    pub limit: u32,
    /// Patterns; an address has to match one of them, if there are any
    pub include: Vec<String>,
    /// Patterns that an address must not match
    pub exclude: Vec<String>,
    /// Take pages that the site's `robots.txt` keeps robots from
    pub ignore_robots: bool,
}

/// The ways to find pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscoverFrom {
    /// Address of a sitemap or a sitemap index (<https://www.sitemaps.org/protocol.html>)
    Sitemap(String),
    /// The links of a page, and those of the pages they lead to
    Links {
        /// Address of the first page
        start: String,
        /// How many links away from it
        depth: u32,
        /// Take pages of other hosts too; their links are not followed
        other_hosts: bool,
    },
}

/// The variable that holds the address of a discovered page.
pub const PAGE_VARIABLE: &str = "page";

/// One request and what is expected of its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its name
    pub name: String,
    /// The request
    pub request: Request,
    /// Values to store for later steps
    pub capture: Vec<(String, Capture)>,
    /// What has to hold
    pub expect: Vec<Check>,
    /// The duration from which it is reported as slow
    pub slow_over: Option<Duration>,
    /// How the elements of its answer are read, if the answer's content type is not to decide it
    pub markup: Option<Markup>,
    /// The namespaces of prefixes, from the defaults
    pub namespaces: Prefixes,
    /// How long to wait before it
    pub wait: Option<Duration>,
    /// How long, and how often, it is repeated until its checks hold
    pub until: Option<Until>,
}

/// How a body is read by `css` and `xpath`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// As browsers read HTML
    Html,
    /// As XML
    Xml,
}

impl Markup {
    /// All of them, as a suite writes them.
    pub const ALL: [(&str, Self); 2] = [("html", Self::Html), ("xml", Self::Xml)];
}

/// For how long a step is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Until {
    /// No try begins later than this after the first
    #[serde(with = "crate::duration::as_millis")]
    pub within: Duration,
    /// Minimum time between the starts of two tries
    #[serde(with = "crate::duration::as_millis")]
    pub every: Duration,
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
    /// The credentials
    pub auth: Option<Auth>,
    /// The body to send
    pub body: Option<Body>,
    /// Time for the request, redirects and body included
    #[serde(with = "crate::duration::as_millis")]
    pub timeout: Duration,
    /// How many redirects are followed before the answer is looked at; without it all are, up to a bound beyond which
    /// the request fails
    pub follow: Option<u32>,
}

/// Credentials. They are hidden in all output, and a redirect sends them to no other origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// RFC 7617
    Basic {
        /// The name, without a colon in it
        user: String,
        /// The password
        password: String,
    },
    /// RFC 6750
    Bearer(String),
    /// RFC 7616; sent if the server requires it
    Digest {
        /// The name
        user: String,
        /// The password
        password: String,
    },
}

impl Auth {
    /// How long it is, in bytes.
    fn size(&self) -> usize {
        match self {
            Self::Basic { user, password } | Self::Digest { user, password } => user.len() + password.len(),
            Self::Bearer(token) => token.len(),
        }
    }
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// `application/x-www-form-urlencoded`
    Form(Vec<(String, String)>),
    /// `application/json`
    Json(serde_json::Value),
    /// `text/plain`, unless a header says otherwise
    Text(String),
    /// `multipart/form-data` (RFC 7578)
    Multipart(Vec<Part>),
}

/// A field of a form with files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The field
    pub name: String,
    /// Its value, or what is in the file
    pub content: String,
    /// The file's name, if it is one
    pub file: Option<String>,
    /// The content type it declares
    pub content_type: Option<String>,
}

/// A value taken from an answer, named by a subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// The subject that gives its value
    pub subject: Subject,
    /// The filters that are applied first
    pub filters: Vec<Filter>,
}

impl Step {
    /// The ways in which its request is expected to fail, if it is.
    pub fn expected_errors(&self) -> Option<&[ErrorKind]> {
        self.expect.iter().find_map(|check| match check {
            Check::Error(kinds) => Some(kinds.as_slice()),
            _ => None,
        })
    }
}

impl Suite {
    /// Reads and validates the text of a suite file.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        let node = Node::parse(text).map_err(|error| Problems::from_syntax(&error))?;
        read(&node)
    }

    /// Whether a test has the requested tags: each entry is a list joined by commas, and the test must have all of
    /// them; one matching entry is enough, and an empty request selects every test.
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
