//! Values as messages show them.

use crate::document::{Kind, Node};
use crate::number;
use serde_json::Value;

/// How many characters of a value a message quotes.
const LONGEST_QUOTE: usize = 40;
/// How many characters a message quotes of its subject.
const LONGEST_EXCERPT: usize = 160;

/// A value as a message shows it.
pub(super) fn quote(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(Value::String(text)) if text.is_empty() => "an empty text".to_owned(),
        Kind::Scalar(Value::String(text)) => format!("the text `{}`", cut(text, LONGEST_QUOTE)),
        Kind::Scalar(value) if let Some(number) = number::text(value) => {
            format!("the number {}", cut(&number, LONGEST_QUOTE))
        }
        Kind::Scalar(Value::Bool(value)) => format!("`{value}`"),
        Kind::List(items) if items.is_empty() => "an empty list".to_owned(),
        Kind::List(items) => format!("a list of {}", items.len()),
        _ => node.describe().to_owned(),
    }
}

/// A text as far as a message shows it.
pub(super) fn shorten(text: &str) -> String {
    cut(text, LONGEST_EXCERPT)
}

/// A text, or its first characters if it has more.
pub(super) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A value that YAML 1.1 read as a boolean, or a boolean in quotes.
pub(super) fn boolean_meant(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "true" => Some(true),
        "no" | "off" | "false" => Some(false),
        _ => None,
    }
}
