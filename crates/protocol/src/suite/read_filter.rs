//! Reads filters: a list of names, or of mappings from a name to what it needs.

use super::filter::{ENCODINGS, FILTERS, Filter};
use super::reader::At;
use super::suggestion::suggestion;
use crate::document::Kind;
use crate::limits;
use jiff::Zoned;
use jiff::fmt::strtime;

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
        "date" => Filter::Date(None),
        "count" => Filter::Count,
        "split" => return needs(at, name, "{ split: ',' }"),
        "replace" => return needs(at, name, "{ replace: [from, to] }"),
        "nth" => return needs(at, name, "{ nth: 0 }"),
        "decode" => return needs(at, name, "{ decode: base64 }"),
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
        "date" => Filter::Date(Some(read_date_pattern(at)?)),
        "split" => Filter::Split(not_nothing(at)?),
        "replace" => match at.items()?.as_slice() {
            [from, to] => Filter::Replace(not_nothing(from)?, to.text()?),
            _ => return at.expected_value("a list of two, what is replaced and by what"),
        },
        "nth" => Filter::Nth(read_place(at)?),
        "decode" => Filter::Decode(ENCODINGS[at.choice(&ENCODINGS.map(|(name, _)| name))?].1),
        _ => {
            at.problem_with_hint(format!("`{name}` takes nothing"), format!("write just `{name}`"));
            return None;
        }
    })
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

pub(super) fn read_place(at: &At) -> Option<i32> {
    let place = at.scalar().and_then(serde_json::Value::as_i64).and_then(|place| i32::try_from(place).ok());
    if place.is_none() { at.expected_value("a whole number; the first item is 0, the last -1") } else { place }
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
