//! Text from others on its way to a terminal or a CI system's log. Everything the command prints passes through here.
//!
//! A terminal obeys control sequences; bidirectional controls and characters without width show something other than
//! the actual text; and CI systems obey lines. GitHub Actions takes a line as a command if it begins with `::`, after
//! blanks too, or has `##[` anywhere (`ActionCommand` in <https://github.com/actions/runner>); Azure Pipelines takes
//! `##vso[`, and `TeamCity` `##teamcity[`.

use std::fmt::Write;
use stepcast_suite::plain;

/// The colours of our own words; other terminal sequences are not let through.
const STYLES: [&str; 8] =
    ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[35m", "\u{1b}[36m"];

/// A text on one line.
pub(crate) fn one_line(text: &str) -> String {
    let shown = plain::replaced(text, |out, c| match c {
        '\n' | '\r' | '\t' => out.push(' '),
        c => show(out, c),
    });
    disarmed(&shown)
}

/// A message of one or several lines.
pub(super) fn lines(text: &str) -> String {
    let line = |line: &str| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        disarmed(&plain::replaced(line, |out, c| if c == '\t' { out.push(c) } else { show(out, c) }))
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// The same, with our own colours in it. Text from others has been through [`one_line`].
pub(super) fn styled_lines(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((at, style)) = STYLES.iter().filter_map(|style| Some((rest.find(style)?, style))).min() {
        out += &lines(&rest[..at]);
        out += style;
        rest = &rest[at + style.len()..];
    }
    out + &lines(rest)
}

/// A text that follows others in a line of ours.
pub(super) fn inside_a_line(text: &str) -> String {
    replace_hashes(&plain::shown(text), "\\u{23}")
}

/// JSON with the same value, in which nothing is hidden and nothing is a command.
pub(super) fn json(text: &str) -> String {
    let shown = plain::replaced(text, |out, c| {
        if c == '\n' {
            return out.push(c);
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    });
    replace_hashes(&shown, "\\u0023")
}

fn show(out: &mut String, c: char) {
    // Writing to memory does not fail.
    let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
}

/// A line that no CI system takes for a command.
fn disarmed(line: &str) -> String {
    let line = replace_hashes(line, "\\u{23}");
    let blanks = line.len() - line.trim_start().len();
    match line[blanks..].strip_prefix("::") {
        Some(rest) => format!("{}\\u{{3a}}:{rest}", &line[..blanks]),
        None => line,
    }
}

/// Writes the second `#` of `##[`, `##vso[` and the like in another way.
fn replace_hashes(line: &str, instead: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("##") {
        let after = &rest[at + 2..];
        out.push_str(&rest[..=at]);
        let is_command = after.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('[');
        if is_command {
            out.push_str(instead);
            rest = after;
        } else {
            rest = &rest[at + 1..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_moves_a_cursor_or_turns_a_line_around() {
        assert_eq!(
            one_line("a\u{1b}[31mb\u{7}c\u{9b}2Jd\u{202e}e\u{200b}f\ng"),
            r"a\u{1b}[31mb\u{7}c\u{9b}2Jd\u{202e}e\u{200b}f g"
        );
        assert_eq!(lines("a\tb\r\nc\rd"), "a\tb\nc\\u{d}d");
        assert_eq!(lines("\u{1b}[31mred\u{1b}[0m"), r"\u{1b}[31mred\u{1b}[0m");
    }

    #[test]
    fn our_own_colours_stay_and_no_others() {
        assert_eq!(
            styled_lines("\u{1b}[31mfailed\u{1b}[0m x\u{1b}[8my\n\u{1b}[1mz"),
            "\u{1b}[31mfailed\u{1b}[0m x\\u{1b}[8my\n\u{1b}[1mz"
        );
    }

    #[test]
    fn no_line_is_a_command_of_a_ci_system() {
        for (text, shown) in [
            ("::stop-commands::x", r"\u{3a}:stop-commands::x"),
            ("ok\n \u{a0}::error::x", "ok\n \u{a0}\\u{3a}:error::x"),
            ("a ##[error]b", r"a #\u{23}[error]b"),
            ("###[group]", r"##\u{23}[group]"),
            ("##vso[task.setvariable variable=x]y", r"#\u{23}vso[task.setvariable variable=x]y"),
            ("## a heading, std::fmt, a::b", "## a heading, std::fmt, a::b"),
        ] {
            assert_eq!(lines(text), shown);
        }
        assert_eq!(one_line("\n::error::x"), r" \u{3a}:error::x");
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({ "name": "a\u{9b}\u{202e}\u{e0001}##[error]\n::x", "ok": "Käse" });
        for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
            let printed = json(&text);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).expect("JSON"), value, "{printed}");
            assert!(!printed.contains("##[") && plain::hidden(&printed.replace('\n', "")).is_none(), "{printed}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_printed_is_harmless(text in "([ -~\u{9b}\u{202e}\u{1b}\r\n]|::|##|\\[){0,40}") {
            let printed = lines(&text);
            for line in printed.split('\n') {
                prop_assert_eq!(plain::hidden(line), None);
                prop_assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{}", line);
            }
            prop_assert_eq!(lines(&printed), printed, "what is harmless stays as it is");
        }
    }
}
