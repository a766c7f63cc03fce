//! What is made of a value before it is judged or kept.

use crate::template::{self, Lookup, UndefinedVariable};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One preparation of a value. On a list, all but `split`, `count` and `nth` are made of every item.
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
    /// A date, in ISO 8601; written as this pattern says, or else in ISO 8601 or as in HTTP headers
    Date(Option<String>),
    /// The pieces between these separators
    Split(String),
    /// One text in place of another, wherever it stands
    Replace(String, String),
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
pub const FILTERS: [&str; 10] =
    ["trim", "lower", "upper", "number", "date", "split", "replace", "count", "nth", "decode"];

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
            Self::Date(_) => "date",
            Self::Split(_) => "split",
            Self::Replace(..) => "replace",
            Self::Count => "count",
            Self::Nth(_) => "nth",
            Self::Decode(_) => "decode",
        }
    }

    /// The texts that may be templates.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Split(separator) => vec![separator],
            Self::Replace(from, to) => vec![from, to],
            _ => Vec::new(),
        }
    }

    /// The same filter with every template filled in.
    pub fn render(&self, variables: &impl Lookup) -> Result<Self, UndefinedVariable> {
        let text = |text: &String| template::render(text, variables);
        Ok(match self {
            Self::Split(separator) => Self::Split(text(separator)?),
            Self::Replace(from, to) => Self::Replace(text(from)?, text(to)?),
            other => other.clone(),
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Date(Some(pattern)) => write!(f, " `{pattern}`"),
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
