//! Reads JSON within a bound of memory.

use serde_json::Value;

/// Most values in a body; each takes about a hundred bytes of memory, however short it is written.
const VALUES: usize = 1_000_000;
/// An object takes as much as so many values.
const OBJECT: usize = 5;

/// Why a body is not read as JSON.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is none
    #[error("the body is not JSON: {0}")]
    Invalid(String),
    /// It has too many values
    #[error("the body has more than {VALUES} JSON values, of which objects count {OBJECT} times")]
    TooMany,
}

/// The value in a text.
pub fn parse(text: &str) -> Result<Value, JsonError> {
    if has_more_values_than(VALUES, text) {
        return Err(JsonError::TooMany);
    }
    serde_json::from_str(text).map_err(|error| JsonError::Invalid(error.to_string()))
}

/// Each value but the outermost is the first of an array or object, or stands behind a comma. So empty ones count too.
fn has_more_values_than(most: usize, text: &str) -> bool {
    let (mut values, mut is_text, mut is_escaped) = (1, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            b',' | b'[' if !is_text => values += 1,
            b'{' if !is_text => values += OBJECT,
            _ => {}
        }
    }
    values > most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_as_if_nothing_were_empty() {
        for (text, values) in [("1", 1), ("[1, 2]", 3), (r#"{"a,b\",[": [{}, "{"]}"#, 13), ("[]", 2)] {
            assert!(has_more_values_than(values - 1, text), "{text}");
            assert!(!has_more_values_than(values, text), "{text}");
        }
    }
}
