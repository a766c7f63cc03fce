//! Checks the syntax of selectors, patterns and paths with the libraries that will run them.

use super::quote::shorten;
use crate::bounds::check_json_path as check_json_path_bounds;
use crate::number::{self, Decimal};
use crate::pattern::Pattern;
use crate::selector;
use crate::xpath::XPath;
use serde_json_path::JsonPath;

/// Whether this is a CSS selector.
pub(super) fn check_selector(text: &str) -> Result<(), String> {
    selector::parse(text, None)
        .map(|_| ())
        .map_err(|error| format!("`{}` is not a CSS selector: {error}", shorten(text)))
}

/// Whether this is a pattern.
pub fn check_regex(text: &str) -> Result<(), String> {
    Pattern::new(text).map(|_| ()).map_err(|error| format!("`{}` is not a regular expression: {error}", shorten(text)))
}

/// Whether this is an `XPath`.
pub(super) fn check_xpath(text: &str) -> Result<(), String> {
    XPath::parse(text).map(|_| ()).map_err(|error| format!("`{}` is not an XPath: {error}", shorten(text)))
}

/// Whether this is a JSONPath.
pub(super) fn check_json_path(text: &str) -> Result<(), String> {
    parse_json_path(text).map(|_| ())
}

/// Reads a JSONPath; the error says why a text is not one.
pub fn parse_json_path(text: &str) -> Result<JsonPath, String> {
    let problem = |why: String| format!("`{}` is not a JSONPath: {why}", shorten(text));
    check_json_path_bounds(text).map_err(|error| problem(error.to_string()))?;
    large_number(text).map_or(Ok(()), Err)?;
    JsonPath::parse(text).map_err(|error| {
        if text.starts_with('$') {
            return problem(format!("it is invalid from character {} on", error.position() + 1));
        }
        problem("it starts with `$`, like `$.items[0].name`".to_owned())
    })
}

/// A path compares numbers as floats, which is exact as far as its standard promises it (RFC 9535, section 2.1): up to
/// 2^53. A number beyond that in a path would match other numbers than it means.
fn large_number(path: &str) -> Option<String> {
    let (mut rest, mut before) = (path, ' ');
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' | '\'' => quoted_length(rest, c),
            c if c.is_ascii_digit() && !before.is_alphanumeric() && !matches!(before, '_' | '.') => {
                let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
                let number = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
                if !is_exact(number) {
                    let how = "take the values and compare them with a matcher";
                    return Some(format!(
                        "`{}`: `{}` is too large or too long to be compared here; {how}",
                        shorten(path),
                        shorten(number)
                    ));
                }
                number.len()
            }
            c => c.len_utf8(),
        };
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    None
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether a float holds the number, and no other near it.
fn is_exact(number: &str) -> bool {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    let Some(decimal) = Decimal::parse(number) else { return true };
    let Ok(float) = number.parse::<f64>() else { return true };
    float.abs() <= SAFE
        && number::is_same(&float.to_string(), number)
        && (decimal.digits() <= 15 || decimal.is_integer())
}
