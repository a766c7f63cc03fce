//! What is made of a value before it is judged or kept.

use crate::template::{self, Lookup, UndefinedVariable};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One preparation of a value. On a list, all but `split`, `count`, `nth` and `json` are made of every item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// White space at the ends is taken away
    Trim,
    /// In small letters
    Lower,
    /// In capitals
    Upper,
    /// The one number that stands in the text
    Number {
        /// What stands before the decimals: a point or a comma
        decimal: char,
    },
    /// A date
    Date {
        /// How it is written; in ISO 8601 or as in HTTP headers, if it is not said
        from: Option<String>,
        /// How it is to be written; in ISO 8601, if it is not said
        to: Option<String>,
    },
    /// The pieces between these separators
    Split(String),
    /// One text in place of another, wherever it stands
    Replace(String, String),
    /// Something in place of all that a pattern matches
    ReplacePattern {
        /// The pattern
        pattern: String,
        /// What stands there instead; `$1` is what the first group matched, `$$` a dollar
        with: String,
    },
    /// What a pattern matched first
    Regex {
        /// The pattern
        pattern: String,
        /// Which group of it, 0 for all it matched; the first group, or all, if it is not said
        group: Option<u32>,
    },
    /// A place in JSON, by a JSONPath; a text is read as JSON first
    Json(String),
    /// What an `XPath` gives in a text of HTML or XML
    XPath(String),
    /// The text of the first element of HTML or XML that a selector matches
    Css(String),
    /// The first value of this name in the query of an address
    UrlParam(String),
    /// How many items or characters
    Count,
    /// One item of a list, from 0; negative from its end
    Nth(i32),
    /// The text that was encoded
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

/// The names of the filters, as a suite writes them.
pub const FILTERS: [&str; 15] = [
    "trim",
    "lower",
    "upper",
    "number",
    "date",
    "split",
    "replace",
    "count",
    "nth",
    "decode",
    "regex",
    "json",
    "xpath",
    "css",
    "url_param",
];

/// The names of the encodings `decode` knows.
pub const ENCODINGS: [(&str, Encoding); 3] =
    [("base64", Encoding::Base64), ("url", Encoding::Url), ("html", Encoding::Html)];

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
