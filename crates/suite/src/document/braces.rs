//! Hides the braces of `${name}` from YAML, which would take them for the beginning of a mapping in
//! `form: { user: ${user} }`.
//!
//! Each character is replaced by one of Unicode's private use, so positions stay what they are.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use std::borrow::Cow;

const DOLLAR: char = '\u{F0100}';
const OPEN: char = '\u{F0101}';
const CLOSE: char = '\u{F0102}';

/// The text with every `${name}` hidden. A text that holds the private characters itself is left alone.
pub fn hide(text: &str) -> Cow<'_, str> {
    if !text.contains("${") || text.contains([DOLLAR, OPEN, CLOSE]) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().saturating_add(64));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        if let Some((name, behind)) = name(after) {
            out.extend([DOLLAR, OPEN]);
            out.push_str(name);
            out.push(CLOSE);
            rest = behind;
        } else {
            out.push_str("${");
            rest = after;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// A piece of the text as it was.
pub fn show(text: &str) -> Cow<'_, str> {
    if !text.contains(DOLLAR) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace(DOLLAR, "$").replace(OPEN, "{").replace(CLOSE, "}"))
}

/// The name that ends with the next brace, and the text behind it. The search stops at the first character that a name
/// cannot have.
fn name(text: &str) -> Option<(&str, &str)> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    let (name, rest) = text.split_at_checked(text.find(|c| !is_name(c))?)?;
    let behind = rest.strip_prefix('}')?;
    (!name.is_empty()).then_some((name, behind))
}
