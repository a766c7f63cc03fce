//! Checks of one step that cannot all hold.

use super::Warnings;
use crate::place::Place;
use crate::template;
use crate::{Bound, Check, Matcher, Property, Step, Subject, ValueCheck};
use serde_json::Value;

pub(super) fn check(step: &Step, path: &str, warnings: &mut Warnings) {
    let checks: Vec<(usize, &ValueCheck)> = step.expect.iter().enumerate().filter_map(of_one).collect();
    for (at, (number, check)) in checks.iter().enumerate() {
        let place = Place::value(format!("{path}.expect[{number}]"));
        if let Some(matcher) = check.matchers.iter().find(|matcher| is_impossible(matcher, check)) {
            let message = format!("`{}` cannot hold here", matcher.name());
            let hint = "a count is never less than 0, and the first of two bounds is the lower one";
            warnings.warn(&place, message, hint);
        }
        let own = check.matchers.iter().enumerate();
        let own = own.flat_map(|(at, one)| check.matchers[at + 1..].iter().map(move |other| (one, other)));
        if let Some((one, other)) = { own }.find(|(one, other)| is_opposite(one, other)) {
            let message = format!("`{}` and `{}` of this check cannot both hold", one.name(), other.name());
            warnings.warn(&place, message, "keep one of them, or correct its value");
        }
        let earlier = checks[..at].iter().filter(|(_, other)| is_same_thing(check, other));
        if let Some((first, _)) = { earlier }.find(|(_, other)| cannot_both_hold(check, other)) {
            let message = format!("this check and number {} of the step's checks cannot both hold", first + 1);
            warnings.warn(
                &place,
                message,
                "they contradict each other about the same value; correct or remove one of them",
            );
        }
    }
}

/// Leaves out headers: if there are several of one name, each may satisfy a different check.
fn of_one((number, check): (usize, &Check)) -> Option<(usize, &ValueCheck)> {
    match check {
        Check::One(check) if !matches!(check.subject, Subject::Header(_)) => Some((number, check)),
        _ => None,
    }
}

fn is_same_thing(one: &ValueCheck, other: &ValueCheck) -> bool {
    one.subject == other.subject && one.filters == other.filters
}

fn cannot_both_hold(one: &ValueCheck, other: &ValueCheck) -> bool {
    one.matchers.iter().any(|own| other.matchers.iter().any(|others| is_opposite(own, others)))
}

/// Whether a count has to be below zero, or the bounds are the wrong way round.
fn is_impossible(matcher: &Matcher, check: &ValueCheck) -> bool {
    let counted = match matcher {
        Matcher::Count(inner) => range(inner),
        matcher if is_counted(&check.subject) && check.filters.is_empty() => range(matcher),
        _ => None,
    };
    counted.is_some_and(|range| range.is_below(&Range::from_zero()))
        || range(matcher).is_some_and(|range| range.low > range.high)
}

fn is_opposite(one: &Matcher, other: &Matcher) -> bool {
    match (one, other) {
        (Matcher::Exists(one), Matcher::Exists(other)) | (Matcher::Empty(one), Matcher::Empty(other)) => one != other,
        (Matcher::Exists(false), other) | (other, Matcher::Exists(false)) => needs_something(other),
        (Matcher::Equals(one), Matcher::Equals(other)) if !is_number(one) || !is_number(other) => differ(one, other),
        (Matcher::Count(one), Matcher::Count(other)) => is_opposite(one, other),
        (one, other) => match (range(one), range(other)) {
            (Some(one), Some(other)) => one.is_below(&other) || other.is_below(&one),
            _ => false,
        },
    }
}

/// Whether the matcher fails if there is no value. A list without items, which also counts as missing, can be counted,
/// empty and equal.
fn needs_something(matcher: &Matcher) -> bool {
    use Matcher::{Above, AtLeast, AtMost, Below, Between, Contains, EndsWith, Matches, StartsWith};
    matches!(
        matcher,
        Contains(_)
            | StartsWith(_)
            | EndsWith(_)
            | Matches(_)
            | Above(_)
            | Below(_)
            | AtLeast(_)
            | AtMost(_)
            | Between(..)
    )
}

fn is_number(value: &Value) -> bool {
    value.is_number()
}

/// Whether two texts, if both are known, differ. A number and a text may be the same in the end.
fn differ(one: &Value, other: &Value) -> bool {
    let known =
        |text: &&str| !template::is_template(text) && text.trim().parse::<f64>().is_err() && !text.ends_with("xx");
    match (one.as_str().filter(known), other.as_str().filter(known)) {
        (Some(one), Some(other)) => plain(one) != plain(other),
        _ => false,
    }
}

/// The text without the differences that a comparison may ignore: white space and capitals.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The numbers that fit a matcher.
struct Range {
    low: f64,
    high: f64,
    /// Whether the ends fit too
    with_low: bool,
    with_high: bool,
}

impl Range {
    fn from_zero() -> Self {
        Self { low: 0.0, high: f64::INFINITY, with_low: true, with_high: true }
    }

    /// Whether all of this is less than all of the other.
    fn is_below(&self, other: &Self) -> bool {
        self.high < other.low || (self.high <= other.low && !(self.with_high && other.with_low))
    }
}

fn range(matcher: &Matcher) -> Option<Range> {
    let range = |low, high, with_low, with_high| Some(Range { low, high, with_low, with_high });
    let (least, most) = (f64::NEG_INFINITY, f64::INFINITY);
    match matcher {
        Matcher::Equals(value) => value.as_f64().and_then(|number| range(number, number, true, true)),
        Matcher::Above(bound) => number(bound).and_then(|low| range(low, most, false, true)),
        Matcher::AtLeast(bound) => number(bound).and_then(|low| range(low, most, true, true)),
        Matcher::Below(bound) => number(bound).and_then(|high| range(least, high, true, false)),
        Matcher::AtMost(bound) => number(bound).and_then(|high| range(least, high, true, true)),
        Matcher::Between(low, high) => range(number(low)?, number(high)?, true, true),
        _ => None,
    }
}

fn number(bound: &Bound) -> Option<f64> {
    match bound {
        Bound::Number(number) => Some(*number),
        Bound::Text(_) => None,
    }
}

/// Whether a subject is a number that cannot be negative.
fn is_counted(subject: &Subject) -> bool {
    matches!(
        subject,
        Subject::Status
            | Subject::Redirects
            | Subject::Size
            | Subject::Time
            | Subject::Css { property: Property::Count, .. }
            | Subject::XPath { property: Property::Count, .. }
    )
}
