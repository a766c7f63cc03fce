//! Selectors, paths and patterns that nothing can match.

use super::{Warnings, selectors, xpaths};
use crate::place::Place;
use crate::template;
use crate::{Check, Filter, Matcher, Step, Subject, Test};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

const HINT: &str = "correct it or remove it; it finds nothing on any page";

pub(super) fn check(step: &Step, path: &str, warnings: &mut Warnings) {
    for (name, capture) in &step.capture {
        let path = format!("{path}.capture.{name}");
        of_subject(&capture.subject, &path, warnings);
        of_filters(&capture.filters, &path, warnings);
    }
    for (number, check) in step.expect.iter().enumerate() {
        of_check(check, &format!("{path}.expect[{number}]"), warnings);
    }
}

pub(super) fn check_discover(test: &Test, path: &str, warnings: &mut Warnings) {
    let Some(discover) = &test.discover else { return };
    let several = |key: &str, patterns: &[String], warnings: &mut Warnings| {
        for (number, pattern) in patterns.iter().enumerate() {
            of_pattern(pattern, &format!("{path}.discover.{key}[{number}]"), warnings);
        }
    };
    several("include", &discover.include, warnings);
    several("exclude", &discover.exclude, warnings);
}

fn of_check(check: &Check, path: &str, warnings: &mut Warnings) {
    match check {
        Check::One(check) => {
            of_subject(&check.subject, path, warnings);
            of_filters(&check.filters, path, warnings);
            for matcher in &check.matchers {
                if let Matcher::Matches(pattern) | Matcher::NotMatches(pattern) = matcher {
                    of_pattern(pattern, &format!("{path}.{}", matcher.name()), warnings);
                }
            }
        }
        Check::Any(checks) | Check::All(checks) => {
            let group = if matches!(check, Check::Any(_)) { "any" } else { "all" };
            for (number, check) in checks.iter().enumerate() {
                of_check(check, &format!("{path}.{group}[{number}]"), warnings);
            }
        }
        Check::Not(check) => of_check(check, &format!("{path}.not"), warnings),
        Check::Error(_) => {}
        Check::Links(links) => {
            for (number, pattern) in links.ignore.iter().enumerate() {
                of_pattern(pattern, &format!("{path}.links.ignore[{number}]"), warnings);
            }
        }
    }
}

fn of_subject(subject: &Subject, path: &str, warnings: &mut Warnings) {
    let never = |text: &str, check: fn(&str) -> bool| !template::is_template(text) && check(text);
    match subject {
        Subject::Css { selector, .. } if never(selector, selectors::never_matches) => {
            warnings.warn(&Place::value(format!("{path}.css")), format!("no element can match `{selector}`"), HINT);
        }
        Subject::XPath { path: expression, .. } if never(expression, xpaths::never_matches) => {
            warnings.warn(
                &Place::value(format!("{path}.xpath")),
                format!("`{expression}` cannot select any node"),
                HINT,
            );
        }
        Subject::Regex { pattern, .. } => of_pattern(pattern, &format!("{path}.regex"), warnings),
        _ => {}
    }
}

fn of_filters(filters: &[Filter], path: &str, warnings: &mut Warnings) {
    let path = format!("{path}.filter");
    for filter in filters {
        match filter {
            Filter::Regex { pattern, .. } | Filter::ReplacePattern { pattern, .. } => {
                of_pattern(pattern, &path, warnings);
            }
            Filter::Css(text) if !template::is_template(text) && selectors::never_matches(text) => {
                warnings.warn(&Place::value(path.as_str()), format!("no element can match `{text}`"), HINT);
            }
            Filter::XPath(text) if !template::is_template(text) && xpaths::never_matches(text) => {
                warnings.warn(&Place::value(path.as_str()), format!("`{text}` cannot select any node"), HINT);
            }
            _ => {}
        }
    }
}

fn of_pattern(pattern: &str, path: &str, warnings: &mut Warnings) {
    if !template::is_template(pattern) && regex_syntax::parse(pattern).is_ok_and(|hir| is_never(&hir)) {
        warnings.warn(&Place::value(path), format!("no text can match `{pattern}`"), HINT);
    }
}

/// Whether a pattern matches nothing, as far as the requirements of each part before and behind it show.
fn is_never(hir: &Hir) -> bool {
    if hir.properties().minimum_len().is_none() {
        return true;
    }
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => class.ranges().is_empty(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().is_empty(),
        HirKind::Capture(capture) => is_never(&capture.sub),
        HirKind::Repetition(repetition) => repetition.min > 0 && is_never(&repetition.sub),
        HirKind::Alternation(parts) => parts.iter().all(is_never),
        HirKind::Concat(parts) => parts.iter().any(is_never) || has_text_beyond_its_ends(parts),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => false,
    }
}

/// Something before the beginning, or behind the end, of the whole text.
fn has_text_beyond_its_ends(parts: &[Hir]) -> bool {
    let takes_text = |part: &Hir| part.properties().minimum_len().is_some_and(|length| length > 0);
    let is = |part: &Hir, look: Look| matches!(part.kind(), HirKind::Look(found) if *found == look);
    let start = parts.iter().rposition(|part| is(part, Look::Start));
    let end = parts.iter().position(|part| is(part, Look::End));
    start.is_some_and(|at| parts[..at].iter().any(takes_text))
        || end.is_some_and(|at| parts[at..].iter().any(takes_text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_match_nothing_are_told_from_those_that_do() {
        for never in ["a^b", "$a", r"[^\s\S]", "a(^b|$c)d$e", "(x$y)+", "[a&&b]", "b^|$c"] {
            assert!(is_never(&regex_syntax::parse(never).expect(never)), "{never}");
        }
        for possible in
            ["", "^a$", "a*^b", "$a*", "(?m)a$\n^b", "a|$b", "(x$y)*", "^^a$$", r"\s\S", "(a|^)b", r"a\b^|x"]
        {
            assert!(!is_never(&regex_syntax::parse(possible).expect(possible)), "{possible}");
        }
    }
}
