//! Subjects: the part of an answer that a check or a capture looks at.
//!
//! To add one, add a variant, a row to `TABLE`, and an arm to the engine's `check/look.rs`, which finds it in a page.
//! The reader and the JSON Schema follow from the row.

use super::filter::Filter;
use super::matcher::MATCHERS;
use super::reader::{At, Fields};
use super::syntax::{check_json_path, check_selector, check_xpath};
use crate::template::{self, Lookup, UndefinedVariable};
use crate::xpath::{Gives, XPath};
use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

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
        /// Its name
        name: String,
        /// Which attribute of it; its value if none
        attribute: Option<CookieAttribute>,
        /// The only place to look for it, if given
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
        /// Which property of them
        attribute: HopAttribute,
        /// Which of them, from 0, `-1` is the last; a list of all without it
        nth: Option<i32>,
    },
    /// The body as text
    Body,
    /// The body as text in this charset, whatever charset the answer declares
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
        /// Which property of them
        property: Property,
    },
    /// The result of an `XPath`
    XPath {
        /// The expression
        path: String,
        /// Which property of its nodes; `Text` is also used for a value that is not a node
        property: Property,
    },
    /// A place in a JSON body (RFC 9535)
    Json(String),
    /// The first match of a pattern in the body
    Regex {
        /// The pattern
        pattern: String,
        /// Which group of it, 0 for the whole match; the first group, or all, if not specified
        group: Option<u32>,
    },
}

/// The property of the selected elements to look at.
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

/// The property of a redirect to look at.
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

/// The place to look for a cookie in.
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

/// The attributes of a cookie (RFC 6265, section 4.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CookieAttribute {
    /// The address it is sent to
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

/// The property of a certificate to look at (RFC 5280).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateProperty {
    /// Whole days until it expires, below zero afterwards
    DaysLeft,
    /// When it expires, as an ISO 8601 date
    Expires,
    /// Its issuer, as RFC 4514 writes names
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

/// How a subject is written in a suite.
pub(crate) struct Row {
    /// Its key
    pub key: &'static str,
    /// The description that an editor shows for the key
    pub description: &'static str,
    /// What its key holds, if that is what the subject is compared with
    pub compared: Option<Compared>,
    /// The keys that may be beside its own
    pub beside: &'static [&'static str],
    read: fn(&Fields, &At) -> Option<Subject>,
}

const XPATH_PROPERTIES: [&str; 4] = ["text", "texts", "count", "exists"];
const CSS_PROPERTIES: [&str; 6] = ["text", "texts", "html", "attr", "count", "exists"];

/// All subjects, in the order in which messages list them.
pub(crate) static TABLE: [Row; 17] = [
    Row {
        key: "status",
        description: "The status code; `2xx` is any from 200 to 299",
        compared: Some(Compared::Status),
        beside: &[],
        read: |_, _| Some(Subject::Status),
    },
    Row {
        key: "http_version",
        description: "The HTTP version of the last answer: `1.0`, `1.1` or `2`",
        compared: Some(Compared::Text),
        beside: &[],
        read: |_, _| Some(Subject::HttpVersion),
    },
    Row {
        key: "header",
        description: "All headers of this name",
        compared: None,
        beside: &[],
        read: |_, at| Some(Subject::Header(at.text_not_empty()?.to_ascii_lowercase())),
    },
    Row {
        key: "cookie",
        description: "The cookie of this name that the answer sets, or else the one in the cookie jar",
        compared: None,
        beside: &["attr", "from"],
        read: read_cookie,
    },
    Row {
        key: "cert",
        description: "A field of the certificate of the server that gave the last answer",
        compared: None,
        beside: &[],
        read: |_, at| Some(Subject::Certificate(read_certificate_property(at)?)),
    },
    Row {
        key: "url",
        description: "The address after redirects",
        compared: Some(Compared::Text),
        beside: &[],
        read: |_, _| Some(Subject::Url),
    },
    Row {
        key: "redirects",
        description: "The number of redirects that were followed; with `attr`, a property of each",
        compared: Some(Compared::Number),
        beside: &["attr", "nth"],
        read: |fields, _| read_redirects(fields),
    },
    Row {
        key: "body",
        description: "The body as text",
        compared: Some(Compared::Text),
        beside: &["charset"],
        read: |fields, _| read_body(fields),
    },
    Row {
        key: "bytes",
        description: "The body's bytes, unpacked, in hexadecimal",
        compared: Some(Compared::Text),
        beside: &[],
        read: |_, _| Some(Subject::Bytes),
    },
    Row {
        key: "sha256",
        description: "The SHA-256 of the body's bytes, unpacked, in hexadecimal",
        compared: Some(Compared::Text),
        beside: &[],
        read: |_, _| Some(Subject::Sha256),
    },
    Row {
        key: "md5",
        description: "The MD5 of the body's bytes, unpacked, in hexadecimal",
        compared: Some(Compared::Text),
        beside: &[],
        read: |_, _| Some(Subject::Md5),
    },
    Row {
        key: "size",
        description: "The size of the body in bytes, unpacked",
        compared: Some(Compared::Number),
        beside: &[],
        read: |_, _| Some(Subject::Size),
    },
    Row {
        key: "time",
        description: "From sending the request to the last byte of the body",
        compared: Some(Compared::Time),
        beside: &[],
        read: |_, _| Some(Subject::Time),
    },
    Row {
        key: "css",
        description: "Elements of the page, by a CSS selector",
        compared: None,
        beside: &CSS_PROPERTIES,
        read: |fields, at| Some(Subject::Css { selector: read_selector(at)?, property: read_css_property(fields)? }),
    },
    Row {
        key: "xpath",
        description: "Nodes of the page, or a text, number or boolean, by an XPath 1.0 expression",
        compared: None,
        beside: &XPATH_PROPERTIES,
        read: read_xpath,
    },
    Row {
        key: "json",
        description: "A part of a JSON body, by a JSONPath (RFC 9535)",
        compared: None,
        beside: &[],
        read: |_, at| Some(Subject::Json(at.pattern(check_json_path)?)),
    },
    Row {
        key: "regex",
        description: "The first match of a pattern in the body: its first group, or all of it if it has no groups",
        compared: None,
        beside: &["group"],
        read: read_regex,
    },
];

/// The names of the subjects, as a suite writes them.
pub const SUBJECTS: [&str; 17] = {
    let mut names = [""; 17];
    let mut at = 0;
    while at < names.len() {
        names[at] = TABLE[at].key;
        at += 1;
    }
    names
};

/// The type of value to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// A status code, or a class of them like `2xx`
    Status,
    /// A whole number
    Number,
    /// A length of time
    Time,
    /// Text, or a number a text may be
    Text,
    /// Any JSON
    Anything,
}

impl Compared {
    pub fn of(subject: &Subject, filters: &[Filter]) -> Self {
        match subject {
            _ if !filters.is_empty() => Self::Anything,
            Subject::Status | Subject::Hops { attribute: HopAttribute::Status, nth: Some(_) } => Self::Status,
            Subject::Redirects
            | Subject::Size
            | Subject::Certificate(CertificateProperty::DaysLeft)
            | Subject::Css { property: Property::Count, .. }
            | Subject::XPath { property: Property::Count, .. } => Self::Number,
            Subject::Time => Self::Time,
            Subject::Json(_)
            | Subject::Hops { nth: None, .. }
            | Subject::Certificate(CertificateProperty::Names)
            | Subject::Css { property: Property::Texts, .. }
            | Subject::XPath { property: Property::Texts, .. } => Self::Anything,
            _ => Self::Text,
        }
    }
}

/// The row of a subject's key.
pub(crate) fn row(key: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.key == key)
}

/// The keys that may be beside a subject's own.
pub(crate) fn keys_of(key: &str) -> &'static [&'static str] {
    row(key).map_or(&[], |row| row.beside)
}

/// The subject that a key names.
pub(crate) fn read_subject(fields: &Fields, key: &str) -> Option<Subject> {
    (row(key)?.read)(fields, &fields.get(key)?)
}

impl Subject {
    /// Whether it looks at the body.
    pub fn is_of_body(&self) -> bool {
        match self {
            Self::Body
            | Self::BodyIn(_)
            | Self::Bytes
            | Self::Sha256
            | Self::Md5
            | Self::Size
            | Self::Css { .. }
            | Self::XPath { .. }
            | Self::Json(_)
            | Self::Regex { .. } => true,
            Self::Status
            | Self::HttpVersion
            | Self::Header(_)
            | Self::Cookie { .. }
            | Self::Certificate(_)
            | Self::Url
            | Self::Redirects
            | Self::Hops { .. }
            | Self::Time => false,
        }
    }

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

fn read_body(fields: &Fields) -> Option<Subject> {
    let Some(at) = fields.get("charset") else { return Some(Subject::Body) };
    let label = at.text_not_empty()?;
    if Encoding::for_label(label.as_bytes()).is_none() {
        at.problem_with_hint(
            format!("`{label}` is not a charset"),
            "browsers know these names: https://encoding.spec.whatwg.org/#names-and-labels",
        );
        return None;
    }
    Some(Subject::BodyIn(label))
}

/// `#main` is a comment to YAML and `[name=q]` a list.
fn read_selector(at: &At) -> Option<String> {
    if at.scalar().is_none_or(Value::is_null) {
        let message = format!("expected a selector, found {}", at.node.describe());
        at.problem_with_hint(message, "a selector that begins with `#` or `[` needs quotes, like `css: '#main'`");
        return None;
    }
    at.pattern(check_selector)
}

fn read_cookie(fields: &Fields, at: &At) -> Option<Subject> {
    let attribute = match fields.get("attr") {
        Some(at) => Some(read_cookie_attribute(&at)?),
        None => None,
    };
    let from = match fields.get("from") {
        Some(at) => Some(CookieSource::ALL[at.choice(&CookieSource::ALL.map(CookieSource::name))?]),
        None => None,
    };
    Some(Subject::Cookie { name: at.text_not_empty()?, attribute, from })
}

/// The number of redirects, or which property of them is meant.
fn read_redirects(fields: &Fields) -> Option<Subject> {
    let nth = fields.get("nth").map(|at| at.place());
    let Some(at) = fields.get("attr") else {
        if nth.is_some() {
            let hint = "add `attr: status` or `attr: location`".to_owned();
            fields.problem_at_key("nth", "this does not say which property of the redirect to look at", Some(hint));
            return None;
        }
        return Some(Subject::Redirects);
    };
    let attribute = HopAttribute::ALL[at.choice(&HopAttribute::ALL.map(HopAttribute::name))?];
    Some(Subject::Hops { attribute, nth: nth.map_or(Some(None), |nth| nth.map(Some))? })
}

fn read_cookie_attribute(at: &At) -> Option<CookieAttribute> {
    at.choice(&CookieAttribute::ALL.map(CookieAttribute::name)).map(|place| CookieAttribute::ALL[place])
}

fn read_certificate_property(at: &At) -> Option<CertificateProperty> {
    let names = CertificateProperty::ALL.map(CertificateProperty::name);
    at.choice(&names).map(|place| CertificateProperty::ALL[place])
}

fn read_regex(fields: &Fields, at: &At) -> Option<Subject> {
    let (pattern, groups) = at.regex()?;
    let group = fields.get("group").map_or(Some(None), |at| at.pattern_group(groups).map(Some))?;
    Some(Subject::Regex { pattern, group })
}

/// Text, numbers and booleans are single values; there cannot be several.
fn read_xpath(fields: &Fields, at: &At) -> Option<Subject> {
    let path = at.pattern(check_xpath)?;
    let gives = XPath::parse(&path).map_or(Gives::Nodes, |xpath| xpath.expression.gives());
    if template::is_template(&path) || gives == Gives::Nodes {
        return Some(Subject::XPath { path, property: read_property(fields, &XPATH_PROPERTIES)? });
    }
    if let Some(key) = ["texts", "order"].into_iter().find(|key| fields.has(key)) {
        fields.problem_at_key(key, "this XPath gives a value, not nodes", None);
        return None;
    }
    Some(Subject::XPath { path, property: Property::Text })
}

fn read_css_property(fields: &Fields) -> Option<Property> {
    read_property(fields, &CSS_PROPERTIES)
}

fn read_property(fields: &Fields, known: &[&'static str]) -> Option<Property> {
    let given: Vec<&str> = known.iter().copied().filter(|key| fields.has(key)).collect();
    match given.as_slice() {
        // One text has no order.
        [] if fields.has("order") => Some(Property::Texts),
        [] if has_value_matcher(fields) => Some(Property::Text),
        ["text"] => Some(Property::Text),
        ["texts"] | ["texts", "count"] => Some(Property::Texts),
        ["html"] => Some(Property::Html),
        ["count"] => Some(Property::Count),
        [] | ["exists"] => Some(Property::Exists),
        // `attr` with `exists` says that the attribute should be there.
        ["attr"] | ["attr", "exists"] => fields.get("attr")?.text_not_empty().map(Property::Attribute),
        [first, second, ..] => {
            fields.problem_at_key(
                second,
                format!("a check looks at only one of `{first}` and `{second}`"),
                Some("make two checks of it".into()),
            );
            None
        }
        [other] => {
            fields.problem_at_key(other, format!("unknown key `{other}`"), None);
            None
        }
    }
}

fn has_value_matcher(fields: &Fields) -> bool {
    fields.entries().any(|(key, _)| MATCHERS.contains(&key) || key == "filter")
}
