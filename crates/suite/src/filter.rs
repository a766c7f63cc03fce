//! Filters: how a value is prepared before it is checked or captured.
//!
//! To add one, add a variant, a row to `TABLE`, and an arm to the engine's `check/filter.rs`, which applies it.

use super::reader::At;
use super::suggestion::suggestion;
use super::syntax::{check_json_path, check_selector, check_xpath};
use crate::document::Kind;
use crate::limits;
use crate::template::{self, Lookup, UndefinedVariable};
use jiff::Zoned;
use jiff::fmt::strtime;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One preparation of a value. On a list, all but `split`, `count`, `nth` and `json` apply to every item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// White space at the ends is taken away
    Trim,
    /// In small letters
    Lower,
    /// In capitals
    Upper,
    /// The only number in the text
    Number {
        /// The decimal separator: a point or a comma
        decimal: char,
    },
    /// A date
    Date {
        /// How it is written; in ISO 8601 or as in HTTP headers, if not specified
        from: Option<String>,
        /// How to write it; in ISO 8601, if not specified
        to: Option<String>,
    },
    /// The pieces between these separators
    Split(String),
    /// One text in place of another, at every occurrence
    Replace(String, String),
    /// A replacement for all matches of a pattern
    ReplacePattern {
        /// The pattern
        pattern: String,
        /// The replacement; `$1` is what the first group matched, `$$` a dollar
        with: String,
    },
    /// The first match of a pattern
    Regex {
        /// The pattern
        pattern: String,
        /// Which group of it, 0 for the whole match; the first group, or all, if not specified
        group: Option<u32>,
    },
    /// A place in JSON, by a JSONPath; a text is read as JSON first
    Json(String),
    /// The result of an `XPath` in an HTML or XML text
    XPath(String),
    /// The text of the first element of HTML or XML that a selector matches
    Css(String),
    /// The first value of this name in the query of an address
    UrlParam(String),
    /// How many items or characters
    Count,
    /// One item of a list, from 0; negative from its end
    Nth(i32),
    /// The decoded text
    Decode(Encoding),
}

/// How a text was encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Base64, its URL-safe form too, with padding or without
    Base64,
    /// Percent-encoding
    Url,
    /// Character references like `&amp;`
    Html,
}

/// The names of the encodings `decode` knows.
pub const ENCODINGS: [(&str, Encoding); 3] =
    [("base64", Encoding::Base64), ("url", Encoding::Url), ("html", Encoding::Html)];

/// How a filter is written in a suite.
pub(crate) struct Row {
    /// Its name
    pub key: &'static str,
    /// The meaning of the name alone
    pub bare: Bare,
    /// The description that an editor shows for a filter that takes a value
    pub description: Option<&'static str>,
    read: Option<fn(&At) -> Option<Filter>>,
}

/// The meaning of a filter's name alone.
pub(crate) enum Bare {
    /// This filter
    Is(fn() -> Filter),
    /// Nothing; it needs a value, as in this example
    Needs(&'static str),
}

/// The keys of `date`, if it is a mapping.
pub(crate) const DATE_KEYS: [&str; 2] = ["from", "to"];
/// The keys of `replace`, if it is a mapping.
pub(crate) const REPLACE_KEYS: [&str; 2] = ["pattern", "with"];
/// The keys of `regex`, if it is a mapping.
pub(crate) const REGEX_KEYS: [&str; 2] = ["pattern", "group"];

/// All filters, in the order in which messages list them.
pub(crate) static TABLE: [Row; 15] = [
    Row { key: "trim", bare: Bare::Is(|| Filter::Trim), description: None, read: None },
    Row { key: "lower", bare: Bare::Is(|| Filter::Lower), description: None, read: None },
    Row { key: "upper", bare: Bare::Is(|| Filter::Upper), description: None, read: None },
    Row {
        key: "number",
        bare: Bare::Is(|| Filter::Number { decimal: '.' }),
        description: Some("The only number in the text; the value is the decimal separator"),
        read: Some(|at| Some(Filter::Number { decimal: read_decimal(at)? })),
    },
    Row {
        key: "date",
        bare: Bare::Is(|| Filter::Date { from: None, to: None }),
        description: Some(
            "Reads a date in this format and writes it in ISO 8601; `{ from, to }` writes it in another format",
        ),
        read: Some(read_date),
    },
    Row {
        key: "split",
        bare: Bare::Needs("{ split: ',' }"),
        description: Some("Splits the text at this separator into a list"),
        read: Some(|at| Some(Filter::Split(not_nothing(at)?))),
    },
    Row {
        key: "replace",
        bare: Bare::Needs("{ replace: [from, to] }"),
        description: Some(
            "Replaces every occurrence of the first text with the second, or everything that a pattern matches",
        ),
        read: Some(read_replace),
    },
    Row { key: "count", bare: Bare::Is(|| Filter::Count), description: None, read: None },
    Row {
        key: "nth",
        bare: Bare::Needs("{ nth: 0 }"),
        description: Some("One item of a list: `0` is the first, `-1` the last"),
        read: Some(|at| Some(Filter::Nth(at.place()?))),
    },
    Row {
        key: "decode",
        bare: Bare::Needs("{ decode: base64 }"),
        description: Some("The decoded text"),
        read: Some(|at| Some(Filter::Decode(ENCODINGS[at.choice(&ENCODINGS.map(|(name, _)| name))?].1))),
    },
    Row {
        key: "regex",
        bare: Bare::Needs("{ regex: '\\d+' }"),
        description: Some("The first match of a pattern: its first group, or all of it if it has no groups"),
        read: Some(read_regex),
    },
    Row {
        key: "json",
        bare: Bare::Needs("{ json: $.id }"),
        description: Some("A part of the JSON value, or of a text that is JSON, by a JSONPath (RFC 9535)"),
        read: Some(|at| Some(Filter::Json(at.pattern(check_json_path)?))),
    },
    Row {
        key: "xpath",
        bare: Bare::Needs("{ xpath: //a/@href }"),
        description: Some("The result of an XPath in an HTML or XML text"),
        read: Some(|at| Some(Filter::XPath(at.pattern(check_xpath)?))),
    },
    Row {
        key: "css",
        bare: Bare::Needs("{ css: h1 }"),
        description: Some("The text of the first element that the selector matches in an HTML or XML text"),
        read: Some(|at| Some(Filter::Css(at.pattern(check_selector)?))),
    },
    Row {
        key: "url_param",
        bare: Bare::Needs("{ url_param: id }"),
        description: Some("The first query parameter of this name in an address"),
        read: Some(|at| Some(Filter::UrlParam(at.text_not_empty()?))),
    },
];

/// The names of the filters, as a suite writes them.
pub const FILTERS: [&str; 15] = {
    let mut names = [""; 15];
    let mut at = 0;
    while at < names.len() {
        names[at] = TABLE[at].key;
        at += 1;
    }
    names
};

/// The row of a filter's name.
pub(crate) fn row(key: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.key == key)
}

/// One filter or a list of them.
pub(crate) fn read_filters(at: &At) -> Option<Vec<Filter>> {
    let Kind::List(_) = &at.node.kind else { return read_filter(at).map(|filter| vec![filter]) };
    let items = at.items()?;
    if items.len() > limits::FILTERS_PER_CHECK {
        at.problem(format!(
            "a value may have at most {} filters; this one has {}",
            limits::FILTERS_PER_CHECK,
            items.len()
        ));
    }
    let filters: Vec<_> = items.iter().map(read_filter).collect();
    filters.into_iter().collect()
}

fn read_filter(at: &At) -> Option<Filter> {
    let Kind::Mapping(_) = &at.node.kind else { return read_bare(at, &at.text()?) };
    let fields = at.fields(&FILTERS)?;
    let entries: Vec<_> = fields.entries().collect();
    match entries.as_slice() {
        [(name, value)] => read_with(row(name)?, value),
        _ => at.expected("a single filter (write several as a list)"),
    }
}

fn read_bare(at: &At, name: &str) -> Option<Filter> {
    match row(name).map(|row| &row.bare) {
        Some(Bare::Is(filter)) => Some(filter()),
        Some(Bare::Needs(example)) => {
            at.problem_with_hint(format!("`{name}` needs an argument"), format!("write it like `{example}`"));
            None
        }
        None => {
            let hint = suggestion(name, &FILTERS).unwrap_or_else(|| format!("known are {}", FILTERS.join(", ")));
            at.problem_with_hint(format!("unknown filter `{name}`"), hint);
            None
        }
    }
}

fn read_with(row: &Row, at: &At) -> Option<Filter> {
    let Some(read) = row.read else {
        at.problem_with_hint(format!("`{}` takes no argument", row.key), format!("write just `{}`", row.key));
        return None;
    };
    read(at)
}

impl Filter {
    /// The name a suite writes.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trim => "trim",
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Number { .. } => "number",
            Self::Date { .. } => "date",
            Self::Split(_) => "split",
            Self::Replace(..) | Self::ReplacePattern { .. } => "replace",
            Self::Regex { .. } => "regex",
            Self::Json(_) => "json",
            Self::XPath(_) => "xpath",
            Self::Css(_) => "css",
            Self::UrlParam(_) => "url_param",
            Self::Count => "count",
            Self::Nth(_) => "nth",
            Self::Decode(_) => "decode",
        }
    }

    /// The texts that may be templates.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Split(text) | Self::Json(text) | Self::XPath(text) | Self::Css(text) | Self::UrlParam(text) => {
                vec![text]
            }
            Self::Regex { pattern, .. } => vec![pattern],
            Self::Replace(from, to) | Self::ReplacePattern { pattern: from, with: to } => vec![from, to],
            _ => Vec::new(),
        }
    }

    /// The same filter with every template filled in.
    pub fn render(&self, variables: &impl Lookup) -> Result<Self, UndefinedVariable> {
        let text = |text: &String| template::render(text, variables);
        Ok(match self {
            Self::Split(separator) => Self::Split(text(separator)?),
            Self::Replace(from, to) => Self::Replace(text(from)?, text(to)?),
            Self::ReplacePattern { pattern, with } => {
                Self::ReplacePattern { pattern: text(pattern)?, with: text(with)? }
            }
            Self::Regex { pattern, group } => Self::Regex { pattern: text(pattern)?, group: *group },
            Self::Json(path) => Self::Json(text(path)?),
            Self::XPath(path) => Self::XPath(text(path)?),
            Self::Css(selector) => Self::Css(text(selector)?),
            Self::UrlParam(name) => Self::UrlParam(text(name)?),
            other => other.clone(),
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Date { from: Some(from), to: None } => write!(f, " `{from}`"),
            Self::Date { from: Some(from), to: Some(to) } => write!(f, " `{from}` as `{to}`"),
            Self::Date { from: None, to: Some(to) } => write!(f, " as `{to}`"),
            Self::ReplacePattern { pattern, with } => write!(f, " `{pattern}` by {with:?}"),
            Self::Regex { pattern, group: None } => write!(f, " `{pattern}`"),
            Self::Regex { pattern, group: Some(group) } => write!(f, " `{pattern}` group {group}"),
            Self::Json(text) | Self::XPath(text) | Self::Css(text) => write!(f, " `{text}`"),
            Self::UrlParam(name) => write!(f, " {name}"),
            Self::Split(separator) => write!(f, " {separator:?}"),
            Self::Replace(from, to) => write!(f, " {from:?} by {to:?}"),
            Self::Nth(place) => write!(f, " {place}"),
            Self::Decode(encoding) => {
                let name = ENCODINGS.iter().find(|(_, known)| known == encoding).map(|(name, _)| *name);
                write!(f, " {}", name.unwrap_or_default())
            }
            _ => Ok(()),
        }
    }
}

/// The format of a date, or a mapping of its format and the one to write it in.
fn read_date(at: &At) -> Option<Filter> {
    let Kind::Mapping(_) = &at.node.kind else {
        return Some(Filter::Date { from: Some(read_date_pattern(at)?), to: None });
    };
    let fields = at.fields(&DATE_KEYS)?;
    let read = |key| fields.get(key).map_or(Some(None), |at| read_date_pattern(&at).map(Some));
    let (from, to) = (read("from"), read("to"));
    Some(Filter::Date { from: from?, to: to? })
}

/// A text and the one that replaces it, or a mapping of a pattern and what replaces its matches.
fn read_replace(at: &At) -> Option<Filter> {
    if matches!(at.node.kind, Kind::Mapping(_)) {
        return read_replace_pattern(at);
    }
    match at.items()?.as_slice() {
        [from, to] => Some(Filter::Replace(not_nothing(from)?, to.text()?)),
        _ => at.expected_value("a list of two (the text or pattern to replace, and its replacement)"),
    }
}

fn read_replace_pattern(at: &At) -> Option<Filter> {
    let fields = at.fields(&REPLACE_KEYS)?;
    let (pattern, with) = (fields.require("pattern"), fields.require("with"));
    let (pattern, with) = (pattern.and_then(|at| at.regex()), with.and_then(|at| at.text()));
    Some(Filter::ReplacePattern { pattern: pattern?.0, with: with? })
}

/// A pattern, or a mapping of one and the group to take.
fn read_regex(at: &At) -> Option<Filter> {
    let Kind::Mapping(_) = &at.node.kind else {
        return Some(Filter::Regex { pattern: at.regex()?.0, group: None });
    };
    let fields = at.fields(&REGEX_KEYS)?;
    let (pattern, groups) = fields.require("pattern")?.regex()?;
    let group = fields.get("group").map_or(Some(None), |at| at.pattern_group(groups).map(Some))?;
    Some(Filter::Regex { pattern, group })
}

/// Separators may be white space, but not empty.
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
        _ => at.expected_value("the decimal separator, `'.'` or `','`"),
    }
}

fn read_date_pattern(at: &At) -> Option<String> {
    let pattern = at.text_not_empty()?;
    // A pattern that can write a date can read one; there is no other way to check it without a date at hand.
    match strtime::format(&pattern, &Zoned::default()) {
        Ok(_) if pattern.contains('%') => Some(pattern),
        Ok(_) => at.expected_value("a pattern like `%Y-%m-%d`"),
        Err(error) => {
            at.problem_with_hint(format!("`{pattern}` is not a date pattern: {error}"), "write it like `%Y-%m-%d`");
            None
        }
    }
}
