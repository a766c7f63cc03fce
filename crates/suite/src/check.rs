//! The check language: what is looked at (a [`Subject`]), how it is prepared ([`Filter`]s) and what has to hold of it
//! ([`Matcher`]s); alone or in groups.

use super::filter::Filter;
use super::matcher::Matcher;
use crate::template::{self, Lookup, UndefinedVariable};
use serde::{Deserialize, Serialize};
use std::fmt;

pub use super::matcher::render_value;

/// Something that has to hold of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// One thing is looked at
    One(ValueCheck),
    /// At least one of these holds; never empty
    Any(Vec<Check>),
    /// All of these hold; never empty
    All(Vec<Check>),
    /// This does not hold
    Not(Box<Check>),
    /// Every link of the page answers; never in a group
    Links(Links),
    /// The request fails in one of these ways, never none; alone in its step
    Error(Vec<ErrorKind>),
}

/// A way in which a request gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The name has no address
    Dns,
    /// No connection comes about
    Connect,
    /// No secure connection comes about, or the certificate is not trusted
    Tls,
    /// Nothing is answered within the step's `timeout`
    Timeout,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Dns, Self::Connect, Self::Tls, Self::Timeout];

    /// The name a suite writes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
        }
    }
}

/// Which links are asked, and what they have to answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// Which of them
    pub scope: LinkScope,
    /// From the first to the second status, both included
    pub accept: Vec<(u16, u16)>,
    /// Whether fragments have to be in the pages
    pub fragments: bool,
    /// Most addresses that are asked
    pub limit: u32,
    /// Patterns of addresses that are left out
    pub ignore: Vec<String>,
}

/// Which links of a page are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkScope {
    /// Those to the page's own host
    SameHost,
    /// Those to it and to names below it
    Internal,
    /// All
    All,
}

impl Default for Links {
    fn default() -> Self {
        Self { scope: LinkScope::SameHost, accept: vec![(200, 399)], fragments: true, limit: 100, ignore: Vec::new() }
    }
}

impl Links {
    /// The same with every template filled in.
    pub fn render(&self, variables: &impl Lookup) -> Result<Self, UndefinedVariable> {
        let ignore = self.ignore.iter().map(|pattern| template::render(pattern, variables));
        Ok(Self { ignore: ignore.collect::<Result<_, _>>()?, ..self.clone() })
    }
}

/// A check of one thing. All its matchers have to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueCheck {
    /// What is looked at
    pub subject: Subject,
    /// What is made of it first
    pub filters: Vec<Filter>,
    /// What has to hold of it; never empty
    pub matchers: Vec<Matcher>,
}

/// Something about an answer that has a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The status code
    Status,
    /// The version of HTTP that the last answer came in: `1.0`, `1.1`, `2`
    HttpVersion,
    /// All header fields of that name
    Header(String),
    /// A cookie the answer sets, or else one the jar has for its address
    Cookie {
        /// What it is called
        name: String,
        /// What of it; its value if none
        attribute: Option<CookieAttribute>,
        /// Where alone it is looked for
        from: Option<CookieSource>,
    },
    /// The server's certificate, that of the last answer
    Certificate(CertificateProperty),
    /// The address after redirects
    Url,
    /// How many redirects were followed
    Redirects,
    /// The redirects that were followed
    Hops {
        /// What of them
        attribute: HopAttribute,
        /// Which of them, from 0, `-1` is the last; a list of all without it
        nth: Option<i32>,
    },
    /// The body as text
    Body,
    /// The body as text in this charset, whatever the answer says of it
    BodyIn(String),
    /// The body's bytes, decompressed, two hexadecimal digits each
    Bytes,
    /// The SHA-256 of the body's bytes, decompressed, in hexadecimal
    Sha256,
    /// The MD5 of the body's bytes, decompressed, in hexadecimal
    Md5,
    /// The size of the body in bytes, decompressed
    Size,
    /// From sending the request to the last byte of the body
    Time,
    /// Elements of the page
    Css {
        /// The selector
        selector: String,
        /// What of them
        property: Property,
    },
    /// What an `XPath` gives
    XPath {
        /// The expression
        path: String,
        /// What of its nodes; `Text` also stands for what is no node
        property: Property,
    },
    /// A place in a JSON body (RFC 9535)
    Json(String),
    /// What a pattern matched in the body
    Regex {
        /// The pattern
        pattern: String,
        /// Which group of it, 0 for all it matched; the first group, or all, if it is not said
        group: Option<u32>,
    },
}

/// What of the selected elements is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// The first element's text, white space folded
    Text,
    /// The texts of all elements, white space folded
    Texts,
    /// The first element's markup
    Html,
    /// An attribute of the first element
    Attribute(String),
    /// How many there are
    Count,
    /// Whether there is one
    Exists,
}

/// What of a redirect is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HopAttribute {
    /// The status code it answered
    Status,
    /// The absolute address it led to
    Location,
}

impl HopAttribute {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Status, Self::Location];

    /// The name a suite writes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Location => "location",
        }
    }
}

/// Where a cookie is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CookieSource {
    /// Among those the answer sets
    Answer,
    /// Among those the jar has for the answer's address
    Jar,
}

impl CookieSource {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Answer, Self::Jar];

    /// The name a suite writes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Jar => "jar",
        }
    }
}

/// What a cookie has besides its value (RFC 6265, section 4.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CookieAttribute {
    /// Where it is sent to
    Path,
    /// Whose subdomains get it too
    Domain,
    /// When it ends, as an ISO 8601 date
    Expires,
    /// How many seconds it is kept
    MaxAge,
    /// Whether it is sent over TLS only
    Secure,
    /// Whether it is hidden from scripts
    HttpOnly,
    /// Whether other sites' requests carry it: `Strict`, `Lax` or `None`
    SameSite,
}

impl CookieAttribute {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Path, Self::Domain, Self::Expires, Self::MaxAge, Self::Secure, Self::HttpOnly, Self::SameSite];

    /// The name a suite writes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Domain => "domain",
            Self::Expires => "expires",
            Self::MaxAge => "max_age",
            Self::Secure => "secure",
            Self::HttpOnly => "http_only",
            Self::SameSite => "same_site",
        }
    }

    /// Whether every cookie has it, as true or false.
    pub fn is_flag(self) -> bool {
        matches!(self, Self::Secure | Self::HttpOnly)
    }
}

/// What of a certificate is looked at (RFC 5280).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateProperty {
    /// Whole days until it expires, below zero afterwards
    DaysLeft,
    /// When it expires, as an ISO 8601 date
    Expires,
    /// Who issued it, as RFC 4514 writes names
    Issuer,
    /// Whose it is, as RFC 4514 writes names
    Subject,
    /// The host names and addresses it is for, a list
    Names,
    /// The SHA-256 of the certificate, in hexadecimal
    Sha256,
}

impl CertificateProperty {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::DaysLeft, Self::Expires, Self::Issuer, Self::Subject, Self::Names, Self::Sha256];

    /// The name a suite writes.
    pub fn name(self) -> &'static str {
        match self {
            Self::DaysLeft => "days_left",
            Self::Expires => "expires",
            Self::Issuer => "issuer",
            Self::Subject => "subject",
            Self::Names => "names",
            Self::Sha256 => "sha256",
        }
    }
}

/// The names of the subjects, as a suite writes them.
pub const SUBJECTS: [&str; 17] = [
    "status",
    "http_version",
    "header",
    "cookie",
    "cert",
    "url",
    "redirects",
    "body",
    "bytes",
    "sha256",
    "md5",
    "size",
    "time",
    "css",
    "xpath",
    "json",
    "regex",
];

impl Check {
    /// How many checks of one thing it is made of.
    pub fn size(&self) -> usize {
        match self {
            Self::One(_) | Self::Links(_) | Self::Error(_) => 1,
            Self::Any(checks) | Self::All(checks) => checks.iter().map(Self::size).sum(),
            Self::Not(check) => check.size(),
        }
    }
}

impl Subject {
    /// The same subject with every template filled in.
    pub fn render(&self, variables: &impl Lookup) -> Result<Self, UndefinedVariable> {
        let text = |text: &String| template::render(text, variables);
        Ok(match self {
            Self::Header(name) => Self::Header(text(name)?),
            Self::Cookie { name, attribute, from } => {
                Self::Cookie { name: text(name)?, attribute: *attribute, from: *from }
            }
            Self::Css { selector, property } => {
                let property = match property {
                    Property::Attribute(name) => Property::Attribute(text(name)?),
                    other => other.clone(),
                };
                Self::Css { selector: text(selector)?, property }
            }
            Self::XPath { path, property } => Self::XPath { path: text(path)?, property: property.clone() },
            Self::Json(path) => Self::Json(text(path)?),
            Self::Regex { pattern, group } => Self::Regex { pattern: text(pattern)?, group: *group },
            other => other.clone(),
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status => f.write_str("status"),
            Self::HttpVersion => f.write_str("http_version"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Cookie { name, attribute, from } => {
                write!(f, "cookie {name}")?;
                attribute.map_or(Ok(()), |attribute| write!(f, " {}", attribute.name()))?;
                from.map_or(Ok(()), |from| write!(f, " from {}", from.name()))
            }
            Self::Certificate(property) => write!(f, "cert {}", property.name()),
            Self::Url => f.write_str("url"),
            Self::Redirects => f.write_str("redirects"),
            Self::Hops { attribute, nth: None } => write!(f, "redirects {}", attribute.name()),
            Self::Hops { attribute, nth: Some(nth) } => write!(f, "redirects nth {nth} {}", attribute.name()),
            Self::Body => f.write_str("body"),
            Self::BodyIn(charset) => write!(f, "body in {charset}"),
            Self::Bytes => f.write_str("bytes"),
            Self::Sha256 => f.write_str("sha256"),
            Self::Md5 => f.write_str("md5"),
            Self::Size => f.write_str("size"),
            Self::Time => f.write_str("time"),
            Self::Css { selector, property } => match property {
                Property::Text => write!(f, "css `{selector}` text"),
                Property::Texts => write!(f, "css `{selector}` texts"),
                Property::Html => write!(f, "css `{selector}` html"),
                Property::Attribute(name) => write!(f, "css `{selector}` attribute {name}"),
                Property::Count => write!(f, "css `{selector}` count"),
                Property::Exists => write!(f, "css `{selector}`"),
            },
            Self::XPath { path, property } => match property {
                Property::Texts => write!(f, "xpath `{path}` texts"),
                Property::Count => write!(f, "xpath `{path}` count"),
                _ => write!(f, "xpath `{path}`"),
            },
            Self::Json(path) => write!(f, "json `{path}`"),
            Self::Regex { pattern, group: None } => write!(f, "regex `{pattern}`"),
            Self::Regex { pattern, group: Some(group) } => write!(f, "regex `{pattern}` group {group}"),
        }
    }
}
