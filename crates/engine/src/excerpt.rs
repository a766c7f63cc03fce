//! Quotes values in results: secrets hidden, invisible characters made visible, long texts cut.

use super::mask::Mask;
use serde_json::Value;
use std::fmt::Write;
use stepcast_suite::limits::EXCERPT_CHARS;
use stepcast_suite::number;

/// How much of a long text is read: enough for an excerpt of the widest characters.
const LOOKED_AT: usize = EXCERPT_CHARS * 8;

/// The beginning of a text, without quotes.
pub fn excerpt(text: &str, mask: &Mask) -> String {
    shown(text, mask, false)
}

/// The beginning of a text, in double quotes.
pub fn quote(text: &str, mask: &Mask) -> String {
    format!("\"{}\"", shown(text, mask, true))
}

/// The first `chars` characters of a text, for a sentence that becomes an excerpt itself. Secrets are hidden before the
/// text is cut: a cut secret would not be found, and a part of it would show.
pub fn beginning(text: &str, chars: usize, mask: &Mask) -> String {
    let looked_at = chars * 4;
    let hidden = mask.hide_start(text, looked_at);
    match hidden.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &hidden[..end]),
        None if text.len() > looked_at => hidden + "…",
        None => hidden,
    }
}

/// A value as JSON, texts quoted as [`quote`] does.
pub fn quote_value(value: &Value, mask: &Mask) -> String {
    match value {
        Value::String(text) => quote(text, mask),
        other => excerpt(&number::to_text(other), mask),
    }
}

fn shown(text: &str, mask: &Mask, quoted: bool) -> String {
    let hidden = mask.hide_start(text, LOOKED_AT);
    let mut out = String::new();
    let mut room = EXCERPT_CHARS;
    for c in hidden.chars() {
        let piece = visible(c, quoted);
        let width = piece.chars().count();
        if width > room {
            return out + "…";
        }
        room -= width;
        out.push_str(&piece);
    }
    if text.len() > LOOKED_AT { out + "…" } else { out }
}

fn visible(c: char, quoted: bool) -> String {
    match c {
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        '"' if quoted => "\\\"".into(),
        c if c.is_control() || is_invisible(c) => {
            let mut escape = String::new();
            let _ = write!(escape, "\\u{{{:x}}}", u32::from(c));
            escape
        }
        c => c.into(),
    }
}

/// Characters that change how others are shown, or are not shown themselves.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{a0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_made_visible() {
        let mask = Mask::default();
        assert_eq!(quote("a\n\"b\"\t\u{1b}[31m\u{202e}", &mask), r#""a\n\"b\"\t\u{1b}[31m\u{202e}""#);
        assert_eq!(excerpt("a \"b\" c:\\d", &mask), r#"a "b" c:\d"#);
    }

    #[test]
    fn long_texts_are_cut() {
        let mask = Mask::default();
        assert_eq!(excerpt(&"ü".repeat(10_000), &mask), "ü".repeat(EXCERPT_CHARS) + "…");
        assert_eq!(excerpt(&"a".repeat(EXCERPT_CHARS), &mask), "a".repeat(EXCERPT_CHARS));
        assert_eq!(excerpt(&"\n".repeat(10_000), &mask).chars().count(), EXCERPT_CHARS + 1);
    }

    #[test]
    fn a_secret_at_the_cut_does_not_show() {
        let secret = "s3cr3t-".repeat(4);
        let mask = Mask::new(&[("key".to_owned(), secret.clone())].into());
        let text = excerpt(&secret.repeat(1_000), &mask);
        assert!(!text.contains("s3cr3t") && text.ends_with('…'), "{text}");
        let text = beginning(&secret.repeat(1_000), 60, &mask);
        assert!(!text.contains("s3cr3t") && text.ends_with('…'), "{text}");
    }
}
