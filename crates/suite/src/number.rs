//! Numbers of JSON that keep their value, whatever their size.
//!
//! `serde_json` holds a number as 64 bits, so `12345678901234567890123` and `1e400` do not fit. Its feature
//! `arbitrary_precision` would change every crate of the workspace, and breaks what serde reads by tag. So a [`Value`]
//! keeps a number that 64 bits do not hold as an object with one key that no text may have: a *held* number. Held
//! numbers do not leave the process: [`to_text`] writes them as the numbers they are, [`read()`] reads them.

mod decimal;
mod read;

pub use decimal::Decimal;
pub use read::{ByValue, read, read_by_value};

use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// The key of a held number. It begins with a noncharacter, which Unicode keeps for use inside a program.
/// <https://www.unicode.org/faq/private_use.html#noncharacters>
const KEY: &str = "\u{fdd0}number";

/// A number as it is written in JSON. If `serde_json` would write it differently, it is held.
pub fn of_text(text: &str) -> Option<Value> {
    if !read::is_number(text) {
        return None;
    }
    Some(plain(text).filter(|number| number.to_string() == text).map_or_else(|| held(text), Value::Number))
}

/// The number in 64 bits, perhaps rounded.
fn plain(text: &str) -> Option<Number> {
    if let Ok(number) = text.parse::<u64>() {
        return Some(number.into());
    }
    match text.parse::<i64>() {
        Ok(number) => Some(number.into()),
        Err(_) => text.parse().ok().and_then(Number::from_f64),
    }
}

fn held(text: &str) -> Value {
    Value::Object(Map::from_iter([(KEY.to_owned(), Value::String(text.to_owned()))]))
}

/// The text of a held number.
pub fn held_text(value: &Value) -> Option<&str> {
    match value {
        Value::Object(members) if members.len() == 1 => members.get(KEY)?.as_str(),
        _ => None,
    }
}

/// The text of a number.
pub fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Number(number) => Some(number.to_string().into()),
        other => held_text(other).map(Cow::Borrowed),
    }
}

/// Whether it is a number, held or not.
pub fn is_number(value: &Value) -> bool {
    value.is_number() || held_text(value).is_some()
}

/// Whether it is neither a list nor an object.
pub fn is_scalar(value: &Value) -> bool {
    !(value.is_array() || value.is_object()) || held_text(value).is_some()
}

/// Whether two texts are the same number.
pub fn is_same(one: &str, other: &str) -> bool {
    compare(one, other) == Some(Ordering::Equal)
}

/// The order of two numbers, if the texts are numbers.
pub fn compare(one: &str, other: &str) -> Option<Ordering> {
    Some(Decimal::parse(one)?.cmp(&Decimal::parse(other)?))
}

/// JSON as it is written down, with held numbers as the numbers they are.
pub fn to_text(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => write_all('[', items, ']', out, write),
        Value::Object(members) => match held_text(value) {
            Some(text) => out.push_str(text),
            None => write_all('{', members, '}', out, |(key, member), out| {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(member, out);
            }),
        },
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn write_all<T>(
    open: char,
    items: impl IntoIterator<Item = T>,
    close: char,
    out: &mut String,
    write: impl Fn(T, &mut String),
) {
    out.push(open);
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

/// A library's text with held numbers shown as the numbers they are.
pub fn shown(message: &str) -> String {
    let key = format!("\"{KEY}\":");
    let mut pieces = message.split(&key);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let before = out.trim_end().trim_end_matches('{').len();
        out.truncate(before);
        let (number, rest) = piece.trim_start().trim_start_matches('"').split_once('"').unwrap_or((piece, ""));
        out.push_str(number);
        out.push_str(rest.trim_start().strip_prefix('}').unwrap_or(rest));
    }
    out
}

/// The same JSON with every held number replaced by the nearest one that 64 bits hold.
pub fn nearest(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(nearest).collect()),
        Value::Object(members) => match held_text(value) {
            Some(text) => Value::Number(nearest_number(text)),
            None => Value::Object(members.iter().map(|(key, member)| (key.clone(), nearest(member))).collect()),
        },
        other => other.clone(),
    }
}

/// The 64-bit number nearest to this one; the largest if this one is too large.
pub fn nearest_number(text: &str) -> Number {
    let largest = || if text.starts_with('-') { f64::MIN } else { f64::MAX };
    plain(text).or_else(|| Number::from_f64(largest())).unwrap_or_else(|| 0.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_written_as_they_were() {
        for text in
            ["0", "-0", "1.10", "1e400", "12345678901234567890123", "0.1", "1E2", "-1.0", "18446744073709551615"]
        {
            let value = of_text(text).expect(text);
            assert_eq!(to_text(&json!({ "a": [value] })), format!("{{\"a\":[{text}]}}"));
            assert_eq!(super::text(&of_text(text).expect(text)).as_deref(), Some(text));
        }
        for text in ["", "01", ".5", "5.", "+1", "1e", "0x1", "1 "] {
            assert_eq!(of_text(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_held_is_shown_as_a_number() {
        let message = format!("{} is less than {}", of_text("1e400").expect("a number"), json!("a"));
        assert_eq!(shown(&message), "1e400 is less than \"a\"");
        let indented = serde_json::to_string_pretty(&json!([of_text("1.10"), { "a": of_text("1e400") }]));
        assert_eq!(shown(&indented.expect("JSON")), "[\n  1.10,\n  {\n    \"a\": 1e400\n  }\n]");
        assert_eq!(nearest(&json!([of_text("-1e400")])), json!([f64::MIN]));
    }
}
