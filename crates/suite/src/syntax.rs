//! Checks the syntax of selectors, patterns and paths in the way the engine reads them.

use super::quote::shorten;
use crate::json_path::JsonPath;
use crate::pattern::Pattern;
use crate::selector;
use crate::xpath::XPath;

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
    JsonPath::parse(text).map(|_| ()).map_err(|error| error.to_string())
}
