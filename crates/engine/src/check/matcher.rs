//! Decides whether a matcher holds for a value.

use super::compare::{equals, json_equals};
use super::found::{Found, is_number};
use super::look::{pattern, too_long};
use super::order;
use crate::unclear::Unclear;
use jiff::Timestamp;
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use stepcast_suite::number::{self, Decimal};
use stepcast_suite::schema::Schema;
use stepcast_suite::{Bound, Matcher};
use stepcast_suite::{date, duration};

/// How a value is compared, in addition to its matcher.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The expected value was a template, so it is text even if a number is meant
    pub was_template: bool,
    /// The value found has its white space folded
    pub folds_white_space: bool,
    /// The value found is text even if a number is meant
    pub is_text: bool,
}

impl Expectation {
    /// Whether `matcher` holds for the value. If nothing was found, only `exists: false` holds: a page without the
    /// thing is not a page with the right thing.
    pub fn holds(self, matcher: &Matcher, found: &Found) -> Result<bool, Unclear> {
        if let Matcher::Exists(expected) = matcher {
            return Ok(found.exists() == *expected);
        }
        if let Found::Fields(values) = found {
            return self.holds_of_fields(matcher, values);
        }
        // An empty list has a count and is empty.
        let is_counted = matches!((found, matcher), (Found::List(_), Matcher::Count(_) | Matcher::Empty(_)));
        if found.exists() || is_counted { self.holds_of_something(matcher, found) } else { Ok(false) }
    }

    /// With several header fields of a name, one of them has to match. A negative matcher has to hold for all of them.
    fn holds_of_fields(self, matcher: &Matcher, values: &[String]) -> Result<bool, Unclear> {
        if let Matcher::Count(inner) = matcher {
            return self.holds(inner, &count_of(values.len()));
        }
        let must_not = matcher.is_negative() || *matcher == Matcher::Empty(false);
        let mut holds = must_not && !values.is_empty();
        for value in values {
            if self.holds(matcher, &Found::Text(value.as_str().into()))? != must_not {
                holds = !must_not;
            }
        }
        Ok(holds)
    }

    fn holds_of_something(self, matcher: &Matcher, found: &Found) -> Result<bool, Unclear> {
        let compared = |limit: &Bound, holds: fn(Ordering) -> bool| -> Result<bool, Unclear> {
            let ordering = match limit_of(limit)? {
                Limit::Number(limit) => compare_number(found, &limit),
                Limit::Date(limit) => as_date(found).map(|date| date.cmp(&limit)),
            };
            Ok(ordering.is_some_and(holds))
        };
        Ok(match matcher {
            Matcher::Exists(expected) => found.exists() == *expected,
            Matcher::Empty(expected) => found.is_empty() == *expected,
            Matcher::Equals(expected) => equals(found, expected, self),
            Matcher::NotEquals(expected) => !equals(found, expected, self),
            Matcher::OneOf(expected) => expected.iter().any(|expected| equals(found, expected, self)),
            Matcher::Contains(expected) => contains(found, expected, self) == Some(true),
            Matcher::NotContains(expected) => contains(found, expected, self) == Some(false),
            Matcher::StartsWith(expected) => text(found).is_some_and(|text| text.starts_with(expected)),
            Matcher::EndsWith(expected) => text(found).is_some_and(|text| text.ends_with(expected)),
            Matcher::Matches(expected) => is_match(expected, found)? == Some(true),
            Matcher::NotMatches(expected) => is_match(expected, found)? == Some(false),
            Matcher::Count(inner) => match counted(found) {
                Some(count) => self.holds(inner, &count)?,
                None => false,
            },
            Matcher::Above(limit) => compared(limit, Ordering::is_gt)?,
            Matcher::Below(limit) => compared(limit, Ordering::is_lt)?,
            Matcher::AtLeast(limit) => compared(limit, Ordering::is_ge)?,
            Matcher::AtMost(limit) => compared(limit, Ordering::is_le)?,
            Matcher::Between(low, high) => compared(low, Ordering::is_ge)? && compared(high, Ordering::is_le)?,
            Matcher::Type(name) => has_type(found, name),
            Matcher::Schema(value) => {
                let schema = schema_of(value)?;
                match found.to_single() {
                    Some(found) => schema.is_valid(&found).map_err(|error| Unclear(error.to_string()))?,
                    None => false,
                }
            }
            Matcher::Order(direction) => order::holds(found, *direction),
        })
    }
}

/// The number that a `count` matcher compares.
pub fn counted(found: &Found) -> Option<Found<'static>> {
    found.count().map(count_of)
}

#[expect(clippy::cast_precision_loss, reason = "pages are far smaller than 2^53")]
fn count_of(count: usize) -> Found<'static> {
    Found::Number(count as f64)
}

/// The name of the JSON type of the value found.
pub fn type_name(found: &Found) -> &'static str {
    match found {
        Found::Nothing => "nothing",
        Found::Text(_) | Found::Fields(_) => "string",
        Found::Number(_) => "integer",
        Found::Json(_) | Found::List(_) => found.as_value().map_or("array", type_of_value),
    }
}

/// The name of the JSON type of a value.
pub fn type_of_value(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        // JSON Schema's rule: a number without a fraction is an integer, however it is written.
        value if let Some(number) = number::text(value) => {
            let is_integer = Decimal::parse(&number).is_some_and(|number| number.is_integer());
            if is_integer { "integer" } else { "number" }
        }
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Compiles a schema, which was valid when the suite was read.
pub fn schema_of(value: &Value) -> Result<Schema, Unclear> {
    Schema::new(value).map_err(|error| Unclear(error.to_string()))
}

/// The value of a bound.
enum Limit {
    /// A number as it is written
    Number(String),
    /// Seconds since 1970
    Date(i64),
}

/// Compares a number with a limit. A value that is not decimal, like the infinity an `XPath` can give, is compared as a
/// float.
fn compare_number(found: &Found, limit: &str) -> Option<Ordering> {
    match found {
        Found::Number(number) if !number.is_finite() => number.partial_cmp(&limit.parse().ok()?),
        _ => number::compare(&found.as_number()?, limit),
    }
}

/// The limit of a bound. A template may give a length of time, which is converted to milliseconds.
fn limit_of(bound: &Bound) -> Result<Limit, Unclear> {
    let text = match bound {
        Bound::Number(number) => return Ok(Limit::Number(number.to_string())),
        Bound::Text(text) if is_number(text) => return Ok(Limit::Number(text.clone())),
        Bound::Text(text) => text,
    };
    let milliseconds = duration::parse(text).ok().map(|duration| (duration.as_secs_f64() * 1_000.0).to_string());
    milliseconds
        .map(Limit::Number)
        .or_else(|| date::seconds(text).map(Limit::Date))
        .or_else(|| from_now(text).map(Limit::Date))
        .ok_or_else(|| Unclear(format!("`{text}` is not a number to compare with")))
}

/// A moment given relative to now, in seconds since 1970.
fn from_now(text: &str) -> Option<i64> {
    date::seconds_from_now(text).map(|seconds| Timestamp::now().as_second().saturating_add(seconds))
}

/// The moment of the value found, if it is a date.
pub fn as_date(found: &Found) -> Option<i64> {
    found.as_text().and_then(date::seconds)
}

/// The text of the value, for matchers that need text; includes numbers and booleans.
pub fn text<'f>(found: &'f Found) -> Option<Cow<'f, str>> {
    if let Some(text) = found.as_text() {
        return Some(text.into());
    }
    match found {
        Found::Number(number) => Some(number.to_string().into()),
        _ => match found.as_value()? {
            Value::Bool(value) => Some(value.to_string().into()),
            value => number::text(value),
        },
    }
}

fn is_match(expected: &str, found: &Found) -> Result<Option<bool>, Unclear> {
    let pattern = pattern(expected)?;
    let is_match = text(found).map(|text| pattern.is_match(&text)).transpose();
    is_match.map_err(|error| too_long(expected, error))
}

fn contains(found: &Found, expected: &Value, how: Expectation) -> Option<bool> {
    match found {
        Found::List(values) => Some(values.iter().any(|value| json_equals(value, expected, how))),
        _ => match found.as_value() {
            Some(Value::Array(items)) => Some(items.iter().any(|item| json_equals(item, expected, how))),
            Some(value @ Value::Object(members)) if !number::is_number(value) => {
                expected.as_str().map(|key| members.contains_key(key))
            }
            _ => {
                let expected = expected.as_str().map_or_else(|| number::to_text(expected), str::to_owned);
                text(found).map(|text| text.contains(&expected))
            }
        },
    }
}

fn has_type(found: &Found, expected: &str) -> bool {
    let actual = type_name(found);
    actual == expected || (expected == "number" && actual == "integer")
}
