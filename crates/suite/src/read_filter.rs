//! Reads filters: a list of names, or of mappings from a name to what it needs.

use super::filter::{ENCODINGS, FILTERS, Filter};
use super::patterns::{check_json_path, check_selector, check_xpath};
use super::reader::At;
use super::suggestion::suggestion;
use crate::document::Kind;
use crate::limits;
use jiff::Zoned;
use jiff::fmt::strtime;

/// The keys of `date`, where it is a mapping.
pub(super) const DATE_KEYS: [&str; 2] = ["from", "to"];
/// The keys of `replace`, where it is a mapping.
pub(super) const REPLACE_KEYS: [&str; 2] = ["pattern", "with"];
/// The keys of `regex`, where it is a mapping.
pub(super) const REGEX_KEYS: [&str; 2] = ["pattern", "group"];

/// One filter or a list of them.
pub(super) fn read_filters(at: &At) -> Option<Vec<Filter>> {
    let Kind::List(_) = &at.node.kind else { return read_filter(at).map(|filter| vec![filter]) };
    let items = at.items()?;
    if items.len() > limits::FILTERS_PER_CHECK {
        at.problem(format!("a value has at most {} filters, this one {}", limits::FILTERS_PER_CHECK, items.len()));
    }
    let filters: Vec<_> = items.iter().map(read_filter).collect();
    filters.into_iter().collect()
}

fn read_filter(at: &At) -> Option<Filter> {
    let Kind::Mapping(_) = &at.node.kind else { return read_bare(at, &at.text()?) };
    let fields = at.fields(&FILTERS)?;
    let entries: Vec<_> = fields.entries().collect();
    match entries.as_slice() {
        [(name, value)] if FILTERS.contains(name) => read_with(name, value),
        [_] => None,
        _ => at.expected("one filter; several are a list"),
    }
}

fn read_bare(at: &At, name: &str) -> Option<Filter> {
    Some(match name {
        "trim" => Filter::Trim,
        "lower" => Filter::Lower,
        "upper" => Filter::Upper,
        "number" => Filter::Number { decimal: '.' },
        "date" => Filter::Date { from: None, to: None },
        "count" => Filter::Count,
        "split" => return needs(at, name, "{ split: ',' }"),
        "replace" => return needs(at, name, "{ replace: [from, to] }"),
        "nth" => return needs(at, name, "{ nth: 0 }"),
        "decode" => return needs(at, name, "{ decode: base64 }"),
        "regex" => return needs(at, name, "{ regex: '\\d+' }"),
        "json" => return needs(at, name, "{ json: $.id }"),
        "xpath" => return needs(at, name, "{ xpath: //a/@href }"),
        "css" => return needs(at, name, "{ css: h1 }"),
        "url_param" => return needs(at, name, "{ url_param: id }"),
        _ => {
            let hint = suggestion(name, &FILTERS).unwrap_or_else(|| format!("known are {}", FILTERS.join(", ")));
            at.problem_with_hint(format!("unknown filter `{name}`"), hint);
            return None;
        }
    })
}

fn needs(at: &At, name: &str, example: &str) -> Option<Filter> {
    at.problem_with_hint(format!("`{name}` needs to know more"), format!("write it like `{example}`"));
    None
}

fn read_with(name: &str, at: &At) -> Option<Filter> {
    Some(match name {
        "number" => Filter::Number { decimal: read_decimal(at)? },
        "date" => read_date(at)?,
        "split" => Filter::Split(not_nothing(at)?),
        "replace" if matches!(at.node.kind, Kind::Mapping(_)) => read_replace_pattern(at)?,
        "regex" => read_regex(at)?,
        "json" => Filter::Json(at.pattern(check_json_path)?),
        "xpath" => Filter::XPath(at.pattern(check_xpath)?),
        "css" => Filter::Css(at.pattern(check_selector)?),
        "url_param" => Filter::UrlParam(at.text_not_empty()?),
        "replace" => match at.items()?.as_slice() {
            [from, to] => Filter::Replace(not_nothing(from)?, to.text()?),
            _ => return at.expected_value("a list of two, what is replaced and by what"),
        },
        "nth" => Filter::Nth(at.place()?),
        "decode" => Filter::Decode(ENCODINGS[at.choice(&ENCODINGS.map(|(name, _)| name))?].1),
        _ => {
            at.problem_with_hint(format!("`{name}` takes nothing"), format!("write just `{name}`"));
            return None;
        }
    })
}

/// How a date is written, or a mapping of how it is and how it is to be written.
fn read_date(at: &At) -> Option<Filter> {
    let Kind::Mapping(_) = &at.node.kind else {
        return Some(Filter::Date { from: Some(read_date_pattern(at)?), to: None });
    };
    let fields = at.fields(&DATE_KEYS)?;
    let read = |key| fields.get(key).map_or(Some(None), |at| read_date_pattern(&at).map(Some));
    let (from, to) = (read("from"), read("to"));
    Some(Filter::Date { from: from?, to: to? })
}

fn read_replace_pattern(at: &At) -> Option<Filter> {
    let fields = at.fields(&REPLACE_KEYS)?;
    let (pattern, with) = (fields.require("pattern"), fields.require("with"));
    let (pattern, with) = (pattern.and_then(|at| at.regex()), with.and_then(|at| at.text()));
    Some(Filter::ReplacePattern { pattern: pattern?.0, with: with? })
}

/// A pattern, or a mapping of one and which of its groups is taken.
fn read_regex(at: &At) -> Option<Filter> {
    let Kind::Mapping(_) = &at.node.kind else {
        return Some(Filter::Regex { pattern: at.regex()?.0, group: None });
    };
    let fields = at.fields(&REGEX_KEYS)?;
    let (pattern, groups) = fields.require("pattern")?.regex()?;
    let group = fields.get("group").map_or(Some(None), |at| at.pattern_group(groups).map(Some))?;
    Some(Filter::Regex { pattern, group })
}

/// Separators may be white space, but there has to be something.
fn not_nothing(at: &At) -> Option<String> {
    let text = at.text()?;
    if text.is_empty() {
        at.problem("this must not be empty");
        return None;
    }
    Some(text)
}

fn read_decimal(at: &At) -> Option<char> {
    match at.text()?.as_str() {
        "." => Some('.'),
        "," => Some(','),
        _ => at.expected_value("what stands before the decimals, `'.'` or `','`"),
    }
}

fn read_date_pattern(at: &At) -> Option<String> {
    let pattern = at.text_not_empty()?;
    // What can be written by a pattern can be read by it; there is no other way to check one without a date at hand.
    match strtime::format(&pattern, &Zoned::default()) {
        Ok(_) if pattern.contains('%') => Some(pattern),
        Ok(_) => at.expected_value("a pattern like `%Y-%m-%d`"),
        Err(error) => {
            at.problem_with_hint(format!("`{pattern}` is not a date pattern: {error}"), "write it like `%Y-%m-%d`");
            None
        }
    }
}
