//! Asserts that fail in Hurl on every answer: they have an invalid path or pattern, or give a filter a value that it
//! never accepts. A suite's reader would reject most of them, so a check that never holds replaces them.

use super::same::{Asked, first_text};
use super::subject::Subject;
use super::{encoding, filter, kind};
use crate::hurl::{Filter, Operator, Query, Test, Value};
use crate::yaml::Yaml;
use encoding_rs::Encoding;
use stepcast_suite::bounds::PATTERN;
use stepcast_suite::json_path::{JsonPath, PathError};

/// The check, if this always fails.
pub(super) fn check(asked: &Asked) -> Option<Yaml> {
    let is_refused = Subject::of(asked.query, &asked.filters)
        .is_ok_and(|(subject, filters)| filter::is_refused(filters, subject.kind));
    let is_broken = is_refused
        || is_never_decoded(asked)
        || is_broken_query(asked.query)
        || asked.filters.iter().any(is_broken_filter)
        || matches!(&asked.predicate.test, Test::Compare(Operator::Matches, Value::Text(pattern))
            if !asked.predicate.is_negated && is_no_pattern(pattern.literal()));
    is_broken.then(never)
}

/// The check that a status is a text, which it never is.
pub(super) fn never() -> Yaml {
    Yaml::one("status", Yaml::one("type", Yaml::text("string")))
}

/// Whether bytes are decoded with a charset that lacks a character of the expected text.
fn is_never_decoded(asked: &Asked) -> bool {
    let (Query::Bytes, [only]) = (asked.query, &*asked.filters) else { return false };
    let Test::Compare(Operator::Equal, Value::Text(expected)) = &asked.predicate.test else { return false };
    let charset = encoding::charset(only).filter(|charset| charset.output_encoding() == *charset);
    let expected = expected.literal().filter(|_| !asked.predicate.is_negated);
    charset.zip(expected).is_some_and(|(charset, expected)| encoding::encoded(charset, expected).is_none())
}

fn is_broken_query(query: &Query) -> bool {
    match query {
        Query::JsonPath(path) => is_no_path(path.literal()),
        Query::XPath(path) => is_no_xpath(path.literal()),
        Query::Regex(pattern) => is_no_pattern(pattern.literal()),
        _ => false,
    }
}

fn is_broken_filter(filter: &Filter) -> bool {
    let text = first_text(filter);
    match filter.name {
        "jsonpath" => is_no_path(text),
        "xpath" => is_no_xpath(text),
        "regex" | "replaceRegex" => is_no_pattern(text),
        "decode" | "charsetDecode" => text.is_some_and(|label| Encoding::for_label(label.as_bytes()).is_none()),
        _ => false,
    }
}

/// Hurl accepts only paths of RFC 9535, with patterns that are valid. A path that is too much for a suite, or whose
/// numbers a suite does not compare, may still be valid.
fn is_no_path(path: Option<&str>) -> bool {
    let Some(path) = path else { return false };
    match JsonPath::parse(path) {
        Ok(path) => {
            let mut has_broken_pattern = false;
            path.each_pattern(&mut |pattern| {
                has_broken_pattern |= is_no_pattern(pattern.as_str()) || !pattern.is_string();
            });
            has_broken_pattern
        }
        Err(error) => matches!(error, PathError::Invalid(_)),
    }
}

/// Only what is certainly invalid: a path that ends at a place for the name of a node, or begins with a function that
/// does not exist.
fn is_no_xpath(path: Option<&str>) -> bool {
    const OTHERS: [&str; 7] = ["id", "last", "position", "text", "node", "comment", "processing-instruction"];
    let Some(path) = path.map(str::trim) else { return false };
    let word = path.split_once('(').map_or("", |(word, _)| word.trim_end());
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    (path.ends_with('/') && path != "/") || (is_word && !kind::is_function(word) && !OTHERS.contains(&word))
}

fn is_no_pattern(pattern: Option<&str>) -> bool {
    pattern.is_some_and(|pattern| pattern.len() <= PATTERN.bytes && regex_syntax::parse(pattern).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_hurl_refuses_always_fails() {
        for path in [
            "",
            "a",
            "$.",
            "$.a-b",
            "$[]",
            "$[?match(@.a, '[')]",
            "$[?search(@.a, 1)]",
            "$[?count(@[?match(@, '[')]) > 1]",
        ] {
            assert!(is_no_path(Some(path)), "{path}");
        }
        for path in
            ["$", "$.a", "$['a-b']", "$[?match(@.a, '[a]')]", "$[?match(@.a, $.b)]", "$[?@.a == 43252003274489856000]"]
        {
            assert!(!is_no_path(Some(path)), "{path}");
        }
        assert!(is_no_pattern(Some("{}")) && is_no_pattern(Some("hi{")) && !is_no_pattern(Some("^a+$")));
        assert!(!is_no_pattern(None));
        for path in ["//", "//a/", "strong(//a)"] {
            assert!(is_no_xpath(Some(path)), "{path}");
        }
        for path in ["/", "//a", "string(//a)", "text()", "(//a)[1]", "id('a')", "a:b(1)", "sum(//a) > 1"] {
            assert!(!is_no_xpath(Some(path)), "{path}");
        }
    }
}
