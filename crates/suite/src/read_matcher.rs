//! Reads what has to hold of a value.

use super::matcher::{Bound, MATCHERS, Matcher, Operand, OperandKind, Order, TYPES, status_class};
use super::reader::At;
use super::subject::Compared;
use crate::document::Kind;
use crate::{date, number, template};
use serde_json::Value;
use std::borrow::Cow;

/// How the items of a list follow one another, as a suite writes it.
pub(super) const ORDERS: [(&str, Order); 2] = [("ascending", Order::Ascending), ("descending", Order::Descending)];

/// A bare value means equals; a mapping has matchers for keys; an empty value leaves it to the keys beside it.
pub(super) fn read_matchers(compared: Compared, at: &At) -> Option<Vec<Matcher>> {
    match &at.node.kind {
        Kind::Scalar(Value::Null) => Some(Vec::new()),
        Kind::Mapping(_) => {
            let fields = at.fields(&MATCHERS)?;
            let matchers: Vec<_> = fields.entries().map(|(key, value)| read_matcher(compared, key, &value)).collect();
            matchers.into_iter().collect()
        }
        _ => read_matcher(compared, "equals", at).map(|matcher| vec![matcher]),
    }
}

pub(super) fn read_matcher(compared: Compared, name: &str, at: &At) -> Option<Matcher> {
    let operand = match OperandKind::of(name)? {
        OperandKind::Value => Operand::Value(Cow::Owned(read_value(compared, at)?)),
        OperandKind::Values => {
            Operand::Values(Cow::Owned(at.items()?.iter().filter_map(|at| read_value(compared, at)).collect()))
        }
        OperandKind::Part => Operand::Part(Cow::Owned(read_scalar(at)?)),
        OperandKind::Text => Operand::Text(Cow::Owned(at.text()?)),
        OperandKind::Pattern => Operand::Pattern(Cow::Owned(at.regex()?.0)),
        OperandKind::Flag => Operand::Flag(Cow::Owned(at.boolean()?)),
        OperandKind::Count => Operand::Count(Cow::Owned(Box::new(read_count(at)?))),
        OperandKind::Bound => Operand::Bound(Cow::Owned(read_bound(compared, at)?)),
        OperandKind::Bounds => match at.items()?.as_slice() {
            [low, high] => {
                Operand::Bounds(Cow::Owned(read_bound(compared, low)?), Cow::Owned(read_bound(compared, high)?))
            }
            _ => return at.expected_value("a list of two (the lower and the upper bound)"),
        },
        OperandKind::Type => Operand::Type(Cow::Owned(TYPES[at.choice(&TYPES)?].to_owned())),
        OperandKind::Order => Operand::Order(Cow::Owned(ORDERS[at.choice(&ORDERS.map(|(name, _)| name))?].1)),
        OperandKind::Schema if compared == Compared::Anything => Operand::Schema(Cow::Owned(read_schema(at)?)),
        OperandKind::Schema => {
            at.problem("only JSON can be validated against a schema");
            return None;
        }
    };
    Matcher::of(name, operand)
}

/// Reports an invalid schema at the offending position.
fn read_schema(at: &At) -> Option<Value> {
    let value = at.node.to_json();
    match at.reader.shared.borrow_mut().schema(&value) {
        Ok(()) => Some(value),
        Err(error) => {
            let place = error.pointer.split('/').skip(1).try_fold(at.clone(), |at, part| descend(&at, part));
            place.unwrap_or_else(|| at.clone()).problem(error.to_string());
            None
        }
    }
}

/// The value that a part of a JSON pointer names.
fn descend<'a>(at: &At<'a>, part: &str) -> Option<At<'a>> {
    match &at.node.kind {
        Kind::Mapping(_) => at.open_fields()?.get(&part.replace("~1", "/").replace("~0", "~")),
        Kind::List(_) => at.items()?.into_iter().nth(part.parse().ok()?),
        Kind::Scalar(_) => None,
    }
}

fn read_count(at: &At) -> Option<Matcher> {
    let mut matchers = read_matchers(Compared::Number, at)?;
    if matchers.len() == 1 {
        return matchers.pop();
    }
    at.expected("a number or one matcher like `{ at_least: 2 }`")
}

fn read_value(compared: Compared, at: &At) -> Option<Value> {
    let value = at.node.to_json();
    let is_plain = number::is_scalar(&value);
    let is_number = value.is_u64() || value.as_str().is_some_and(template::is_template);
    match compared {
        Compared::Anything => Some(value),
        Compared::Time => {
            at.problem_with_hint("an answer never takes exactly this long", "write `time: { below: 800ms }`");
            None
        }
        Compared::Status if is_number || value.as_str().is_some_and(|text| status_class(text).is_some()) => Some(value),
        Compared::Status => at.expected_value("a status code, or a class like `2xx`"),
        Compared::Number if is_number => Some(value),
        Compared::Number => at.expected_value("a whole number"),
        Compared::Text if is_plain && !value.is_null() => Some(value),
        Compared::Text => at.expected("text"),
    }
}

fn read_scalar(at: &At) -> Option<Value> {
    match at.scalar() {
        Some(Value::Null) | None => at.expected("text or a number"),
        Some(value) => Some(value.clone()),
    }
}

fn read_bound(compared: Compared, at: &At) -> Option<Bound> {
    match at.scalar() {
        Some(Value::String(text)) if template::is_template(text) => Some(Bound::Text(text.clone())),
        _ if compared == Compared::Time => {
            let duration = at.duration(std::time::Duration::from_hours(1))?;
            Some(Bound::Number(duration.as_secs_f64() * 1_000.0))
        }
        Some(value) if let Some(number) = number::text(value) => Some(Bound::of_number(&number)),
        Some(Value::String(text)) if can_be_date(compared) && is_date(text) => Some(Bound::Text(text.clone())),
        _ if can_be_date(compared) => at.expected_value("a number, or a date like `2026-01-31` or `now-7d`"),
        _ => at.expected_value("a number"),
    }
}

fn is_date(text: &str) -> bool {
    date::seconds(text).is_some() || date::seconds_from_now(text).is_some()
}

fn can_be_date(compared: Compared) -> bool {
    matches!(compared, Compared::Text | Compared::Anything)
}
