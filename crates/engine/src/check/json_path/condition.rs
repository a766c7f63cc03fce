//! Whether the condition of a filter holds (RFC 9535, section 2.3.5.2).

use super::evaluation::{Evaluation, TooMuch};
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use stepcast_suite::json_path::{Comparable, Comparison, Condition, Query};
use stepcast_suite::number;
use stepcast_suite::pattern::{Pattern, cost_of_reading};

/// How many bytes of text are compared in the time of one visit.
const COMPARED: usize = 256;
/// How many bytes of a compiled pattern are made in the time of one visit.
const COMPILED: usize = 20;
/// How many bytes of a pattern times bytes of text are matched in the time of one visit.
const MATCHED: usize = 3_000;
/// The cost of any pattern, however small.
const PATTERN: usize = 200;

/// The patterns of an evaluation, by their text; an invalid one is `None`.
#[derive(Default)]
pub(super) struct Patterns {
    /// Those that the whole text has to match
    whole: HashMap<String, Option<Pattern>>,
    /// Those that a part of the text has to match
    part: HashMap<String, Option<Pattern>>,
}

impl Patterns {
    fn of(&mut self, is_whole: bool) -> &mut HashMap<String, Option<Pattern>> {
        if is_whole { &mut self.whole } else { &mut self.part }
    }
}

impl<'v> Evaluation<'v> {
    pub fn holds(&mut self, condition: &Condition, value: &'v Value) -> Result<bool, TooMuch> {
        match condition {
            Condition::Any(conditions) => {
                for condition in conditions {
                    if self.holds(condition, value)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Condition::All(conditions) => {
                for condition in conditions {
                    if !self.holds(condition, value)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Condition::Not(condition) => Ok(!self.holds(condition, value)?),
            Condition::Exists(query) => Ok(!self.query(query, value)?.is_empty()),
            Condition::Comparison(left, comparison, right) => {
                let (left, right) = (self.value(left, value)?, self.value(right, value)?);
                self.compares(left.as_deref(), *comparison, right.as_deref())
            }
            Condition::Matches { text, pattern, is_whole } => {
                let (text, pattern) = (self.value(text, value)?, self.value(pattern, value)?);
                match (text.as_deref(), pattern.as_deref()) {
                    (Some(Value::String(text)), Some(Value::String(pattern))) => self.matches(text, pattern, *is_whole),
                    _ => Ok(false),
                }
            }
        }
    }

    fn query(&mut self, query: &Query, value: &'v Value) -> Result<Vec<&'v Value>, TooMuch> {
        let start = if query.is_relative { value } else { self.document };
        self.segments(&query.segments, vec![start])
    }

    fn value<'p>(&mut self, comparable: &'p Comparable, value: &'v Value) -> Result<Option<Cow<'p, Value>>, TooMuch>
    where
        'v: 'p,
    {
        self.count(1)?;
        let only = |found: Vec<&'v Value>| match *found {
            [one] => Some(Cow::Borrowed(one)),
            _ => None,
        };
        Ok(match comparable {
            Comparable::Literal(literal) => Some(Cow::Borrowed(literal)),
            Comparable::Query(query) | Comparable::Value(query) => only(self.query(query, value)?),
            Comparable::Count(query) => Some(Cow::Owned(self.query(query, value)?.len().into())),
            Comparable::Length(of) => {
                let of = self.value(of, value)?;
                self.length(of.as_deref())?.map(|length| Cow::Owned(length.into()))
            }
        })
    }

    fn length(&mut self, value: Option<&Value>) -> Result<Option<usize>, TooMuch> {
        Ok(match value {
            Some(Value::String(text)) => {
                self.count(text.len() / COMPARED)?;
                Some(text.chars().count())
            }
            Some(Value::Array(items)) => Some(items.len()),
            Some(object @ Value::Object(members)) if number::held_text(object).is_none() => Some(members.len()),
            _ => None,
        })
    }

    /// Compares two values. Either may be missing, and a missing one equals another missing one only.
    fn compares(
        &mut self,
        left: Option<&Value>,
        comparison: Comparison,
        right: Option<&Value>,
    ) -> Result<bool, TooMuch> {
        let is_equal = |evaluation: &mut Self| match (left, right) {
            (Some(left), Some(right)) => evaluation.are_equal(left, right),
            (None, None) => Ok(true),
            _ => Ok(false),
        };
        let is_ordered = |evaluation: &mut Self, expected| match (left, right) {
            (Some(left), Some(right)) => Ok(evaluation.order(left, right)? == Some(expected)),
            _ => Ok(false),
        };
        match comparison {
            Comparison::Equal => is_equal(self),
            Comparison::NotEqual => Ok(!is_equal(self)?),
            Comparison::Less => is_ordered(self, Ordering::Less),
            Comparison::Greater => is_ordered(self, Ordering::Greater),
            Comparison::LessOrEqual => Ok(is_ordered(self, Ordering::Less)? || is_equal(self)?),
            Comparison::GreaterOrEqual => Ok(is_ordered(self, Ordering::Greater)? || is_equal(self)?),
        }
    }

    fn are_equal(&mut self, left: &Value, right: &Value) -> Result<bool, TooMuch> {
        self.count(1)?;
        if number::is_number(left) || number::is_number(right) {
            return Ok(self.order(left, right)? == Some(Ordering::Equal));
        }
        match (left, right) {
            (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
                for (left, right) in left.iter().zip(right) {
                    if !self.are_equal(left, right)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Object(left), Value::Object(right)) if left.len() == right.len() => {
                for (name, left) in left {
                    let Some(right) = right.get(name) else { return Ok(false) };
                    if !self.are_equal(left, right)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::String(left), Value::String(right)) => {
                self.count(left.len().min(right.len()) / COMPARED)?;
                Ok(left == right)
            }
            _ => Ok(left == right),
        }
    }

    /// The order of two numbers or two texts; other values have none.
    fn order(&mut self, left: &Value, right: &Value) -> Result<Option<Ordering>, TooMuch> {
        if let (Value::String(left), Value::String(right)) = (left, right) {
            self.count(left.len().min(right.len()) / COMPARED)?;
            return Ok(Some(left.cmp(right)));
        }
        if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
            return Ok(Some(left.cmp(&right)));
        }
        let (Some(left), Some(right)) = (number::text(left), number::text(right)) else { return Ok(None) };
        self.count(left.len().max(right.len()) / COMPARED)?;
        Ok(number::compare(&left, &right))
    }

    /// Whether a text matches a pattern, wholly or in a part. A pattern that is invalid matches nothing (sections 2.4.6
    /// and 2.4.7).
    fn matches(&mut self, text: &str, pattern: &str, is_whole: bool) -> Result<bool, TooMuch> {
        self.count(1 + text.len().saturating_mul(pattern.len()) / MATCHED)?;
        if !self.patterns.of(is_whole).contains_key(pattern) {
            self.count(PATTERN)?;
            let compiled = compiled(pattern, is_whole);
            let size = compiled.as_ref().map_or_else(|| cost_of_reading(pattern), Pattern::size);
            self.count(size / COMPILED)?;
            self.patterns.of(is_whole).insert(pattern.to_owned(), compiled);
        }
        match self.patterns.of(is_whole).get(pattern) {
            Some(Some(compiled)) => {
                compiled.is_match(text).map_err(|problem| TooMuch::Pattern(pattern.to_owned(), problem))
            }
            _ => Ok(false),
        }
    }
}

/// A dot matches neither `\n` nor `\r` (RFC 9485, section 5).
fn compiled(pattern: &str, is_whole: bool) -> Option<Pattern> {
    // On its own first, since `a)(b` would be valid in a group.
    Pattern::new(pattern).ok()?;
    let whole = if is_whole { format!(r"(?R)\A(?:{pattern})\z") } else { format!("(?R:{pattern})") };
    Pattern::new(&whole).ok()
}
