//! Whether selectors, patterns and paths are such, by the libraries that will run them.

use crate::pattern::Pattern;
use crate::xpath::XPath;
use scraper::error::SelectorErrorKind;
use serde_json_path::ParseError;

/// Whether this is a CSS selector.
pub(super) fn check_selector(text: &str) -> Result<(), String> {
    scraper::Selector::parse(text)
        .map(|_| ())
        .map_err(|error| format!("`{text}` is not a CSS selector: {}", describe_selector_error(&error)))
}

/// What is wrong with a selector.
pub fn describe_selector_error(error: &SelectorErrorKind) -> String {
    match error {
        SelectorErrorKind::UnexpectedToken => "something stands where it cannot".to_owned(),
        SelectorErrorKind::EndOfLine => "it ends too early".to_owned(),
        SelectorErrorKind::UnexpectedSelectorParseError(error) => match format!("{error:?}").as_str() {
            "DanglingCombinator" => "it ends with a combinator and nothing behind it".to_owned(),
            "EmptySelector" => "a part of it is empty or cannot begin so".to_owned(),
            "UnsupportedPseudoClassOrElement" => {
                "it has a pseudo-class or pseudo-element that is not supported".to_owned()
            }
            other => other.split('(').next().unwrap_or_default().to_owned(),
        },
        other => other.to_string(),
    }
}

/// Whether this is a pattern.
pub fn check_regex(text: &str) -> Result<(), String> {
    Pattern::new(text).map(|_| ()).map_err(|error| format!("`{text}` is not a regular expression: {error}"))
}

/// Whether this is an `XPath`.
pub(super) fn check_xpath(text: &str) -> Result<(), String> {
    XPath::parse(text).map(|_| ()).map_err(|error| format!("`{text}` is not an XPath: {error}"))
}

/// Whether this is a JSONPath.
pub(super) fn check_json_path(text: &str) -> Result<(), String> {
    serde_json_path::JsonPath::parse(text).map(|_| ()).map_err(|error| json_path_problem(text, &error))
}

/// Why a text is no JSONPath.
pub fn json_path_problem(text: &str, error: &ParseError) -> String {
    if text.starts_with('$') {
        return format!("`{text}` is not a JSONPath: it cannot be read from character {} on", error.position() + 1);
    }
    format!("`{text}` is not a JSONPath: it starts with `$`, like `$.items[0].name`")
}
