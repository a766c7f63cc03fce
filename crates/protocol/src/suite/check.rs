//! The check language: what is looked at (a [`Subject`]) and what has to hold of it ([`Matcher`]s).

use crate::template::{self, Lookup, UndefinedVariable};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// One check. All its matchers have to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What is looked at
    pub subject: Subject,
    /// What has to hold of it; never empty
    pub matchers: Vec<Matcher>,
}

/// Something about an answer that has a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The status code
    Status,
    /// A header; the first of that name
    Header(String),
    /// The address after redirects
    Url,
    /// How many redirects were followed
    Redirects,
    /// The body as text
    Body,
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
    /// A place in a JSON body (RFC 9535)
    Json(String),
    /// What a pattern's first group (or all of it) matched in the body
    Regex(String),
}

/// What of the selected elements is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// The first element's text, white space folded
    Text,
    /// The first element's markup
    Html,
    /// An attribute of the first element
    Attribute(String),
    /// How many there are
    Count,
    /// Whether there is one
    Exists,
}

/// What has to hold of a value. Texts may be templates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matcher {
    /// The same value
    Equals(Value),
    /// Another value
    NotEquals(Value),
    /// The text is in it, or the item is in the list
    Contains(Value),
    /// The text is not in it, nor the item in the list
    NotContains(Value),
    /// It begins so
    StartsWith(String),
    /// It ends so
    EndsWith(String),
    /// The pattern is found in it
    Matches(String),
    /// The pattern is not found in it
    NotMatches(String),
    /// It is there, or is not
    Exists(bool),
    /// It is there and empty, or is not
    Empty(bool),
    /// One of these
    OneOf(Vec<Value>),
    /// How many items or characters
    Count(Box<Matcher>),
    /// More than
    Above(Bound),
    /// Less than
    Below(Bound),
    /// This or more
    AtLeast(Bound),
    /// This or less
    AtMost(Bound),
    /// From the first to the second, both included
    Between(Bound, Bound),
    /// The JSON type: string, number, integer, boolean, array, object or null
    Type(String),
}

/// A number something is compared with; for `time` it is written as a length of time and held in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bound {
    /// Known
    Number(f64),
    /// A template whose value is a number
    Template(String),
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Template(text) => f.write_str(text),
        }
    }
}

/// The names of the matchers, as a suite writes them.
pub const MATCHERS: [&str; 18] = [
    "equals",
    "not_equals",
    "contains",
    "not_contains",
    "starts_with",
    "ends_with",
    "matches",
    "not_matches",
    "exists",
    "empty",
    "one_of",
    "count",
    "above",
    "below",
    "at_least",
    "at_most",
    "between",
    "type",
];

/// The names of the subjects, as a suite writes them.
pub const SUBJECTS: [&str; 10] =
    ["status", "header", "url", "redirects", "body", "size", "time", "css", "json", "regex"];

/// The JSON types `type` knows.
pub const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];

impl Matcher {
    /// The name a suite writes.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Equals(_) => "equals",
            Self::NotEquals(_) => "not_equals",
            Self::Contains(_) => "contains",
            Self::NotContains(_) => "not_contains",
            Self::StartsWith(_) => "starts_with",
            Self::EndsWith(_) => "ends_with",
            Self::Matches(_) => "matches",
            Self::NotMatches(_) => "not_matches",
            Self::Exists(_) => "exists",
            Self::Empty(_) => "empty",
            Self::OneOf(_) => "one_of",
            Self::Count(_) => "count",
            Self::Above(_) => "above",
            Self::Below(_) => "below",
            Self::AtLeast(_) => "at_least",
            Self::AtMost(_) => "at_most",
            Self::Between(..) => "between",
            Self::Type(_) => "type",
        }
    }

    /// The same matcher with every template filled in.
    pub fn render(&self, variables: &impl Lookup) -> Result<Self, UndefinedVariable> {
        let text = |text: &String| template::render(text, variables);
        let value = |value: &Value| render_value(value, variables);
        let bound = |bound: &Bound| match bound {
            Bound::Number(number) => Ok(Bound::Number(*number)),
            Bound::Template(text) => template::render(text, variables).map(Bound::Template),
        };
        Ok(match self {
            Self::Equals(expected) => Self::Equals(value(expected)?),
            Self::NotEquals(expected) => Self::NotEquals(value(expected)?),
            Self::Contains(expected) => Self::Contains(value(expected)?),
            Self::NotContains(expected) => Self::NotContains(value(expected)?),
            Self::StartsWith(expected) => Self::StartsWith(text(expected)?),
            Self::EndsWith(expected) => Self::EndsWith(text(expected)?),
            Self::Matches(pattern) => Self::Matches(text(pattern)?),
            Self::NotMatches(pattern) => Self::NotMatches(text(pattern)?),
            Self::OneOf(values) => Self::OneOf(values.iter().map(value).collect::<Result<_, _>>()?),
            Self::Count(inner) => Self::Count(Box::new(inner.render(variables)?)),
            Self::Above(limit) => Self::Above(bound(limit)?),
            Self::Below(limit) => Self::Below(bound(limit)?),
            Self::AtLeast(limit) => Self::AtLeast(bound(limit)?),
            Self::AtMost(limit) => Self::AtMost(bound(limit)?),
            Self::Between(low, high) => Self::Between(bound(low)?, bound(high)?),
            Self::Exists(_) | Self::Empty(_) | Self::Type(_) => self.clone(),
        })
    }
}

/// Fills in the templates inside a JSON value.
pub fn render_value(value: &Value, variables: &impl Lookup) -> Result<Value, UndefinedVariable> {
    Ok(match value {
        Value::String(text) => Value::String(template::render(text, variables)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| render_value(item, variables)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, item)| Ok((key.clone(), render_value(item, variables)?)))
                .collect::<Result<_, UndefinedVariable>>()?,
        ),
        other => other.clone(),
    })
}

impl Subject {
    /// The same subject with every template filled in.
    pub fn render(&self, variables: &impl Lookup) -> Result<Self, UndefinedVariable> {
        let text = |text: &String| template::render(text, variables);
        Ok(match self {
            Self::Header(name) => Self::Header(text(name)?),
            Self::Css { selector, property } => {
                let property = match property {
                    Property::Attribute(name) => Property::Attribute(text(name)?),
                    other => other.clone(),
                };
                Self::Css { selector: text(selector)?, property }
            }
            Self::Json(path) => Self::Json(text(path)?),
            Self::Regex(pattern) => Self::Regex(text(pattern)?),
            other => other.clone(),
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status => f.write_str("status"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Url => f.write_str("url"),
            Self::Redirects => f.write_str("redirects"),
            Self::Body => f.write_str("body"),
            Self::Size => f.write_str("size"),
            Self::Time => f.write_str("time"),
            Self::Css { selector, property } => match property {
                Property::Text => write!(f, "css `{selector}` text"),
                Property::Html => write!(f, "css `{selector}` html"),
                Property::Attribute(name) => write!(f, "css `{selector}` attribute {name}"),
                Property::Count => write!(f, "css `{selector}` count"),
                Property::Exists => write!(f, "css `{selector}`"),
            },
            Self::Json(path) => write!(f, "json `{path}`"),
            Self::Regex(pattern) => write!(f, "regex `{pattern}`"),
        }
    }
}
