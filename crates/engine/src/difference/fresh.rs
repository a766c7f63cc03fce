//! Values that are new each time, as far as they look like it: dates, times, tokens and ids.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// How much of a value is looked at, in bytes.
const LOOKED_AT: usize = 4 * 1024;
/// What stands for a value that is new each time.
const FRESH: &str = "*";

/// Dates and times as pages and headers write them.
static MOMENT: LazyLock<Regex> = LazyLock::new(|| {
    let month = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";
    let clock = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[ap]m\b)?(?:\s?(?:z\b|utc|gmt|[+-]\d{2}:?\d{2}))?";
    let forms = [
        format!(r"\b\d{{4}}-\d{{2}}-\d{{2}}(?:[t ]{clock})?"),
        format!(r"\b(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s)?\d{{1,2}}\.?\s{month}\.?,?\s\d{{4}}(?:\s{clock})?"),
        format!(r"\b{month}\.?\s\d{{1,2}},\s\d{{4}}(?:,?\s{clock})?"),
        format!(r"\b{clock}"),
        // Seconds and milliseconds since 1970, from 2001 on
        r"\b1\d{9}(?:\d{3})?\b".to_owned(),
    ];
    pattern(&format!("(?i){}", forms.join("|")))
});

/// Runs of letters and digits, as ids and tokens are written, and as Base64 is.
static RUN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9A-Za-z+/=]{6,}")
});

#[expect(clippy::expect_used, reason = "the patterns are ours, and a test compiles them")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that a test compiles")
}

/// Whether two values differ only where both have something that looks new each time.
pub fn is_fresh(before: &str, after: &str) -> bool {
    before.len() <= LOOKED_AT && after.len() <= LOOKED_AT && before != after && stable(before) == stable(after)
}

/// A value with what looks new each time replaced.
pub fn stable(text: &str) -> Cow<'_, str> {
    let without_moments = MOMENT.replace_all(text, FRESH);
    let without_runs = RUN.replace_all(&without_moments, |found: &regex::Captures<'_>| match &found[0] {
        token if is_token(token) => FRESH.to_owned(),
        word => word.to_owned(),
    });
    if without_runs == text { text.into() } else { without_runs.into_owned().into() }
}

/// A name with each run of letters and digits replaced that has a digit: ids and classes are numbered.
pub fn unnumbered(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        out.push_str(if run.contains(|c: char| c.is_ascii_digit()) { FRESH } else { run });
        let next = after.find(char::is_alphanumeric).unwrap_or(after.len());
        out.push_str(&after[..next]);
        rest = &after[next..];
    }
    out
}

/// Whether a run of letters and digits was made by a machine: words have no digits between their letters, and numbers
/// have no letters.
fn is_token(run: &str) -> bool {
    if run.contains('-') {
        return true;
    }
    let count = |is: fn(&u8) -> bool| run.as_bytes().iter().filter(|byte| is(byte)).count();
    let (digits, letters) = (count(u8::is_ascii_digit), count(u8::is_ascii_alphabetic));
    let turns = run.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    // A name may begin with a capital.
    let is_mixed_case =
        run.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    (digits >= 2 && letters >= 1 && turns >= 2) || (run.len() >= 20 && letters > 0 && (digits > 0 || is_mixed_case))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_each_time_is_not_compared() {
        for (before, after) in [
            ("nonce-r4nd0mAB12", "nonce-x9Yz81qq0"),
            ("6f1ed002ab5595859014ebf0951522d9", "0cc175b9c0f1b6a831c399e269772661"),
            ("9b2f6f0e-8c1d-4b57-9c35-1f2f3c8a7d11", "1c9e0f6a-21a4-4c0e-8f43-5b8e9d2a6f00"),
            ("q8N1+abc/DEFghiJKL012==", "Zz9Y+xyz/QWErtyUIO345=="),
            ("ad-8f3a2b", "ad-1c9d4e"),
            ("2026-11-29T16:40:13.123Z", "2026-11-30T01:02:03.004Z"),
            ("Sun, 29 Nov 2026 16:40:13 GMT", "Mon, 30 Nov 2026 06:00:00 GMT"),
            ("updated November 29, 2026", "updated December 1, 2026"),
            ("at 4:40 pm", "at 11:05 am"),
            ("/app.js?t=1764434413", "/app.js?t=1764434999"),
        ] {
            assert!(is_fresh(before, after), "{before} {after}: {} {}", stable(before), stable(after));
        }
    }

    #[test]
    fn what_means_something_is_compared() {
        for (before, after) in [
            ("buy", "purchase"),
            ("€ 12.00", "12,00 €"),
            ("12", "13"),
            ("h264", "h265"),
            ("/cart/12", "/basket/12"),
            ("Internationalisation", "Internationalization"),
            ("version 15.3", "version 17.0"),
            ("col-md-6", "col-md-12"),
            ("no date", "29 November 2026"),
            ("same", "same"),
        ] {
            assert!(!is_fresh(before, after), "{before} {after}");
        }
    }
}
