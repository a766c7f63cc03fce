//! Characters that are not seen, or that change how the text around them is shown.
//!
//! A name with them is not what it seems to be: an escape sequence moves a terminal's cursor, a bidirectional control turns
//! the rest of the line around (<https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>), and two names that
//! differ in a character without a width look the same. Names and labels with them are refused, and what is printed shows
//! them by their number.
//!
//! Hidden are control characters (C0, DEL, C1), line and paragraph separators, all bidirectional controls, characters
//! without width or shape (zero-width space, word joiner, soft hyphen, byte order mark, Hangul fillers, invisible operators)
//! and deprecated format controls. Not hidden are those that scripts and emoji are written with:
//!
//! - zero-width joiner and non-joiner between two characters that are not ASCII, as in Persian, Hindi and family emoji
//! - variation selectors, as in emoji
//! - tags after a black flag (U+1F3F4), as in the flag of Scotland (<https://www.unicode.org/reports/tr51/>)

use std::fmt::Write;

/// Zero-width non-joiner and joiner.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// The emoji whose tags say which flag it is.
const FLAG: char = '\u{1f3f4}';

/// The first hidden character of a text.
pub fn hidden(text: &str) -> Option<char> {
    marked(text).find_map(|(c, is_hidden)| is_hidden.then_some(c))
}

/// What is wrong with a text as a name, if something hidden is in it.
pub fn name_problem(text: &str) -> Option<String> {
    let hidden = u32::from(hidden(text)?);
    Some(format!("U+{hidden:04X} cannot be in a name: it is invisible, or changes how the text around it is displayed"))
}

/// The text with hidden characters by their numbers, like `\u{1b}`.
pub fn shown(text: &str) -> String {
    replaced(text, |out, c| {
        // Writing to memory does not fail.
        let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
    })
}

/// The text with something else in place of each hidden character.
pub fn replaced(text: &str, mut replace: impl FnMut(&mut String, char)) -> String {
    let mut out = String::with_capacity(text.len());
    for (c, is_hidden) in marked(text) {
        if is_hidden { replace(&mut out, c) } else { out.push(c) }
    }
    out
}

/// Each character, and whether it is hidden in its place.
fn marked(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut characters = text.chars().peekable();
    let mut before = None;
    std::iter::from_fn(move || {
        let c = characters.next()?;
        let is_hidden = match c {
            c if JOINERS.contains(&c) => {
                !(before.is_some_and(can_be_joined) && characters.peek().copied().is_some_and(can_be_joined))
            }
            '\u{e0020}'..='\u{e007f}' => !before.is_some_and(|before| before == FLAG || is_tag(before)),
            c => is_always_hidden(c),
        };
        before = (!is_hidden).then_some(c);
        Some((c, is_hidden))
    })
}

fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

fn can_be_joined(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !JOINERS.contains(&c) && !is_always_hidden(c) && !is_tag(c)
}

fn is_always_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180e}'
            | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e001f}' | '\u{e0080}'..='\u{e00ff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_seen_is_found() {
        for c in "\0\t\n\r\u{7}\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{200b}\u{200e}\u{2028}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{3164}"
            .chars()
        {
            assert_eq!(hidden(&format!("Shop{c}smoke")), Some(c), "{c:?}");
            assert_eq!(shown(&format!("a{c}b")), format!("a\\u{{{:x}}}b", u32::from(c)));
        }
        assert_eq!(name_problem("Shop \u{202e}").expect("one").split(':').next(), Some("U+202E cannot be in a name"));
    }

    #[test]
    fn scripts_and_emoji_are_written_as_they_are() {
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        let scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
        for name in ["Käse – 5 €", "می‌خواهم", "क्‍ष", family, scotland, "❤\u{fe0f}", "שלום", "日本語", "a\u{a0}b"]
        {
            assert_eq!(hidden(name), None, "{name}");
            assert_eq!(shown(name), name);
        }
    }

    #[test]
    fn joiners_and_tags_that_join_nothing_are_hidden() {
        for name in
            ["ad\u{200d}min", "\u{200d}ü", "ü\u{200c}", "ü\u{200d}\u{200d}ü", "ü\u{200d} ", "x\u{e0067}\u{e0062}"]
        {
            assert!(hidden(name).is_some(), "{name:?}");
            assert_eq!(hidden(&shown(name)), None, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_hides_nothing(text in any::<String>()) {
            prop_assert_eq!(hidden(&shown(&text)), None);
        }
    }
}
