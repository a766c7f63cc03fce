//! What has to hold of a value.

use crate::number;
use crate::template::{self, Lookup, UndefinedVariable};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

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
    /// Every item of the list stands where it belongs
    Order(Order),
    /// It is as this JSON Schema says; templates are not filled in
    Schema(Value),
}

/// How the items of a list follow one another. Equal ones may stand side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// No item is less than the one before
    Ascending,
    /// No item is more than the one before
    Descending,
}

/// A number or date something is compared with; for `time` it is written as a length of time and held in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bound {
    /// Known
    Number(f64),
    /// A date, a number that a float does not hold, or a template whose value is a number or a date
    Text(String),
}

impl Bound {
    /// A number as it is written; as text, if a float would not be the same number, or has no exponent where it has one.
    pub fn of_number(text: &str) -> Self {
        let is_held = |held: &f64| !text.contains(['e', 'E']) && number::is_same(&held.to_string(), text);
        let held = text.parse().ok().filter(is_held);
        held.map_or_else(|| Self::Text(text.to_owned()), Self::Number)
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The names of the matchers, as a suite writes them.
pub const MATCHERS: [&str; 20] = [
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
    "order",
    "schema",
];

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
            Self::Order(_) => "order",
            Self::Schema(_) => "schema",
        }
    }

    /// The same matcher with every template filled in.
    pub fn render(&self, variables: &impl Lookup) -> Result<Self, UndefinedVariable> {
        let text = |text: &String| template::render(text, variables);
        let value = |value: &Value| render_value(value, variables);
        let bound = |bound: &Bound| match bound {
            Bound::Number(number) => Ok(Bound::Number(*number)),
            Bound::Text(text) => template::render(text, variables).map(Bound::Text),
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
            Self::Exists(_) | Self::Empty(_) | Self::Type(_) | Self::Order(_) | Self::Schema(_) => self.clone(),
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

/// The status codes of a class: `2xx` is 200 to 299.
pub fn status_class(text: &str) -> Option<std::ops::RangeInclusive<u16>> {
    let first = text.strip_suffix("xx").filter(|digit| digit.len() == 1)?.parse::<u16>().ok()?;
    (1..=5).contains(&first).then(|| first * 100..=first * 100 + 99)
}
