//! Describes checks, expectations and findings in words.

use super::found::Found;
use super::matcher::{counted, schema_of, type_name};
use super::order;
use crate::excerpt::{excerpt, quote, quote_value};
use crate::mask::Mask;
use serde_json::Value;
use stepcast_suite::{Bound, CertificateProperty, Filter, Matcher, Operand, Order, Subject, Words};

/// A check as written in a suite: `css `h1` text, trim, equals "Welcome"`.
pub fn check(subject: &Subject, filters: &[Filter], matchers: &[Matcher], mask: &Mask) -> String {
    let matchers: Vec<_> = matchers.iter().map(|matcher| asked(subject, matcher, mask)).collect();
    let filters = filters.iter().map(|filter| format!(", {filter}")).collect::<Vec<_>>().concat();
    let comma = if filters.is_empty() { "" } else { "," };
    excerpt(&format!("{subject}{filters}{comma} {}", matchers.join(" and ")), mask)
}

fn asked(subject: &Subject, matcher: &Matcher, mask: &Mask) -> String {
    phrase(|words| words.asked, subject, matcher, mask)
}

/// What a matcher expects, as the answer to "what should have been found?".
pub fn expected(subject: &Subject, matcher: &Matcher, mask: &Mask) -> String {
    phrase(|words| words.expected, subject, matcher, mask)
}

/// A matcher in one of its phrases.
fn phrase(of: fn(Words) -> &'static str, subject: &Subject, matcher: &Matcher, mask: &Mask) -> String {
    let whole = of(matcher.words());
    let (phrase, opposite) = whole.split_once('|').unwrap_or((whole, whole));
    match matcher.operand() {
        Operand::Flag(expected) => if *expected { phrase } else { opposite }.to_owned(),
        Operand::Count(inner) => phrase.replace("{}", &self::phrase(of, &Subject::Size, &inner, mask)),
        operand => phrase.replace("{}", &self::operand(subject, &operand, mask)),
    }
}

/// The value found, in the terms of the matcher.
pub fn actual(subject: &Subject, matcher: &Matcher, found: &Found, mask: &Mask) -> String {
    match (matcher, found) {
        (Matcher::Count(inner), _) if let Some(count) = counted(found) => {
            format!("count {}", actual(&Subject::Size, inner, &count, mask))
        }
        _ if !found.exists() => "nothing".into(),
        (Matcher::Schema(schema), _) => violations(schema, found, mask),
        (Matcher::Type(_), _) => format!("type {}: {}", type_name(found), value(subject, found, mask)),
        (Matcher::Order(order), _) if let Some((place, item, next)) = order::explain(found, *order) => {
            format!("{} before {} (items {place} and {})", quote(&item, mask), quote(&next, mask), place + 1)
        }
        _ => value(subject, found, mask),
    }
}

/// The value found, independent of the matcher.
fn value(subject: &Subject, found: &Found, mask: &Mask) -> String {
    match found {
        Found::Text(text) => quote(text, mask),
        Found::Number(number) => measured(subject, *number),
        Found::Fields(values) => {
            excerpt(&values.iter().map(|value| quote(value, mask)).collect::<Vec<_>>().join(" and "), mask)
        }
        _ => found
            .to_value()
            .map(|value| match found.as_value() {
                Some(single) if !value.is_array() || !single.is_array() => quote_value(single, mask),
                _ => quote_value(&value, mask),
            })
            .unwrap_or_default(),
    }
}

/// How the value violates the schema; a value in the message may be long.
fn violations(schema: &Value, found: &Found, mask: &Mask) -> String {
    let (Ok(schema), Some(found)) = (schema_of(schema), found.to_single()) else { return String::new() };
    excerpt(&schema.violations(&found).join("; "), mask)
}

/// The expected value of a matcher.
fn operand(subject: &Subject, operand: &Operand, mask: &Mask) -> String {
    let bound = |bound: &Bound| match bound {
        Bound::Number(number) => measured(subject, *number),
        Bound::Text(text) => excerpt(text, mask),
    };
    match operand {
        Operand::Value(value) | Operand::Part(value) => compared(subject, value, mask),
        Operand::Values(values) => {
            values.iter().map(|value| compared(subject, value, mask)).collect::<Vec<_>>().join(", ")
        }
        Operand::Text(text) => quote(text, mask),
        Operand::Pattern(pattern) => format!("`{}`", excerpt(pattern, mask)),
        Operand::Bound(limit) => bound(limit),
        Operand::Bounds(low, high) => format!("{} and {}", bound(low), bound(high)),
        Operand::Type(name) => name.to_string(),
        Operand::Order(order) => match **order {
            Order::Ascending => "ascending".into(),
            Order::Descending => "descending".into(),
        },
        Operand::Flag(_) | Operand::Count(_) | Operand::Schema(_) => String::new(),
    }
}

/// The expected value. If the subject gives only numbers, the text of a filled-in template is shown as a number.
fn compared(subject: &Subject, value: &Value, mask: &Mask) -> String {
    match (subject, value) {
        (
            Subject::Status | Subject::Size | Subject::Redirects | Subject::Certificate(CertificateProperty::DaysLeft),
            Value::String(text),
        ) => excerpt(text, mask),
        _ => quote_value(value, mask),
    }
}

fn measured(subject: &Subject, number: f64) -> String {
    match subject {
        Subject::Time if number > 0.0 && number % 1_000.0 == 0.0 => format!("{}s", number / 1_000.0),
        Subject::Time => format!("{number}ms"),
        _ => number.to_string(),
    }
}
