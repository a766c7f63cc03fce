//! Decides whether two values are the same.

use super::found::Found;
use super::look::fold;
use super::matcher::Expectation;
use serde_json::Value;
use stepcast_suite::matcher::status_class;
use stepcast_suite::number;

/// Whether what was found is the expected value.
pub fn equals(found: &Found, expected: &Value, how: Expectation) -> bool {
    match found {
        Found::Nothing => false,
        Found::Number(number) => number_equals(*number, expected),
        Found::Text(text) => text_equals(text, expected, how),
        Found::List(values) if expected.is_array() || values.len() != 1 => {
            found.to_value().is_some_and(|list| json_equals(&list, expected, how))
        }
        Found::Fields(values) => values.iter().any(|value| text_equals(value, expected, how)),
        Found::Json(_) | Found::List(_) => found.as_value().is_some_and(|value| json_equals(value, expected, how)),
    }
}

/// JSON equality, by which 1 and 1.0 are the same number. A value that was a template is always text; it also equals
/// the number or boolean it spells.
pub fn json_equals(found: &Value, expected: &Value, how: Expectation) -> bool {
    if let Some(found) = number::text(found) {
        return match expected {
            Value::String(spelt) => (how.was_template || how.is_text) && number::is_same(&found, spelt),
            expected => number::text(expected).is_some_and(|expected| number::is_same(&found, &expected)),
        };
    }
    match (found, expected) {
        (Value::Array(found), Value::Array(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| json_equals(found, expected, how))
        }
        (Value::Object(found), Value::Object(expected)) => {
            found.len() == expected.len()
                && expected
                    .iter()
                    .all(|(key, expected)| found.get(key).is_some_and(|found| json_equals(found, expected, how)))
        }
        (Value::Bool(_) | Value::Null, Value::String(spelt)) if how.was_template => spells(found, spelt),
        (Value::String(found), _) if how.is_text => text_equals(found, expected, how),
        _ => found == expected,
    }
}

fn text_equals(found: &str, expected: &Value, how: Expectation) -> bool {
    match expected {
        Value::String(expected) if how.folds_white_space => found == fold(expected),
        Value::String(expected) => found == expected,
        other => match number::text(other) {
            Some(expected) => number::is_same(found, &expected),
            None => spells(other, found),
        },
    }
}

/// Whether the text is the JSON form of the value.
pub fn spells(value: &Value, text: &str) -> bool {
    number::to_text(value) == text
}

fn number_equals(found: f64, expected: &Value) -> bool {
    match expected {
        Value::String(spelt) if let Some(class) = status_class(spelt) => {
            found >= f64::from(*class.start()) && found <= f64::from(*class.end())
        }
        Value::String(spelt) => number::is_same(&found.to_string(), spelt),
        other => number::text(other).is_some_and(|expected| number::is_same(&found.to_string(), &expected)),
    }
}
