//! How texts are written in YAML: as they are, quoted, or in lines of their own.

use std::fmt::Write;
use stepcast_suite::plain;

/// A comment in the form of a single line.
pub(crate) fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if is_printable(c) { c } else { ' ' }).collect();
    plain::shown(&line).replace("##", "# #")
}

/// How a text of several lines begins, if it can stand in lines of its own.
pub(super) fn block_header(text: &str) -> Option<&'static str> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_good = |line: &str| {
        line.chars().all(is_printable) && (line.is_empty() || !line.trim().is_empty()) && !needs_escapes(line)
    };
    let begins_well = body.starts_with(|c: char| !c.is_whitespace());
    if !text.contains('\n') || body.ends_with('\n') || !begins_well || !text.split('\n').all(is_good) {
        return None;
    }
    Some(if text.ends_with('\n') { "|" } else { "|-" })
}

/// A key. `on` is one of a suite's own, and every key is text there.
pub(super) fn name(key: &str) -> String {
    if key == "on" { key.to_owned() } else { scalar(key, true) }
}

/// A text as a scalar, quoted if it could be taken for something else. Inside braces and brackets, and as a key, more
/// texts could.
pub(super) fn scalar(text: &str, is_inside: bool) -> String {
    if is_plain(text, is_inside) {
        return text.to_owned();
    }
    let reads_better_escaped = text.contains('\'') && !text.contains(['"', '\\']);
    if reads_better_escaped || !text.chars().all(is_printable) || needs_escapes(text) {
        return escaped(text);
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether a line with this text could be a command of a CI system in whose log it is printed, or hides something.
fn needs_escapes(text: &str) -> bool {
    text.trim_start().starts_with("::") || text.contains("##") || plain::hidden(text).is_some()
}

fn is_plain(text: &str, is_inside: bool) -> bool {
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '$' | '^' | '_'));
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .iter()
        .any(|word| word.eq_ignore_ascii_case(text));
    let is_good = |c: char| {
        c.is_ascii_alphanumeric() || " _-./$()=?+@~^<>;|\\'\"%!*:&".contains(c) || (!is_inside && "[]{},".contains(c))
    };
    (begins_well || is_duration(text))
        && !is_word
        && text.chars().all(is_good)
        && !text.contains(": ")
        && !text.ends_with([' ', ':'])
        && !(is_inside && text.contains(':') && !text.contains("://"))
}

/// `800ms`, which begins like a number but is not one.
fn is_duration(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(['s', 'm', 'h'])
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, 'm' | 's' | 'h'))
}

/// In double quotes, in which everything can be written.
fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '#' if text.contains("##") => out.push_str("\\x23"),
            c if is_printable(c) && plain::hidden(c.encode_utf8(&mut [0; 4])).is_none() => out.push(c),
            // Writing to memory does not fail.
            c => drop(write!(out, "\\U{:08X}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// Whether YAML allows a character unescaped, and no editor would hide it.
fn is_printable(c: char) -> bool {
    let is_hidden =
        matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{e000}'..='\u{f8ff}');
    !c.is_control() && !is_hidden && u32::from(c) < 0xF_0000
}
