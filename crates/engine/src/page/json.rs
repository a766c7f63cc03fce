//! Reads JSON within a bound of memory.

use serde_json::Value;
use stepcast_suite::number::{self, ByValue};

/// Most values in a body; each takes about a hundred bytes of memory, however short it is written.
const VALUES: usize = 1_000_000;
/// An object counts as this many values, and so does a number that does not fit into 64 bits.
const OBJECT: usize = 5;

/// Why a body is not read as JSON.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is not JSON
    #[error("the body is not JSON: {0}")]
    Invalid(String),
    /// It has too many values
    #[error("the body has more than {VALUES} JSON values; an object counts as {OBJECT} of them")]
    TooMany,
}

/// Parses a text. If numbers need their exact text, the value is kept twice, so it may have half as many values.
pub fn parse(text: &str) -> Result<ByValue, JsonError> {
    let values = count(text);
    let left = VALUES.checked_sub(values).ok_or(JsonError::TooMany)?;
    let read = number::read_by_value(text, left / OBJECT).ok_or(JsonError::TooMany)?;
    let read = read.map_err(|error| JsonError::Invalid(error.to_string()))?;
    if read.exact.is_some() && values > VALUES / 2 { Err(JsonError::TooMany) } else { Ok(read) }
}

/// Parses a text to a value with exact numbers, for filters.
pub fn parse_exact(text: &str) -> Result<Value, JsonError> {
    let ByValue { nearest, exact } = parse(text)?;
    Ok(exact.unwrap_or(nearest))
}

/// The value of a text that is an object or a list in JSON.
pub fn structure(text: &str) -> Option<Value> {
    let begins_as_one = text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
    parse_exact(text).ok().filter(|_| begins_as_one)
}

/// Counts values: each one but the outermost is the first of an array or object, or follows a comma. Empty arrays and
/// objects count too.
fn count(text: &str) -> usize {
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
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fuzz_json() {
        stepcast_fuzz::fuzz(&stepcast_fuzz::languages::JSON, |text| {
            let _ = parse(text);
        });
    }

    #[test]
    fn values_are_counted_as_if_nothing_were_empty() {
        for (text, values) in [("1", 1), ("[1, 2]", 3), (r#"{"a,b\",[": [{}, "{"]}"#, 13), ("[]", 2)] {
            assert_eq!(count(text), values, "{text}");
        }
    }

    #[test]
    fn numbers_that_have_to_be_held_count_as_what_they_take() {
        let text = format!("[{}1]", "1e400,".repeat(VALUES / OBJECT));
        assert_eq!(parse(&text).map(|_| ()), Err(JsonError::TooMany));
        let text = format!("[{}1e400]", "1,".repeat(VALUES / 2));
        assert_eq!(parse(&text).map(|_| ()), Err(JsonError::TooMany));
    }
}
