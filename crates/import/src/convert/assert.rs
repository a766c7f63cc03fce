//! Asserts: a query, filters and a predicate become checks.

use super::file::Folder;
use super::kind::Kind;
use super::matcher::{self, Matcher, Wanted, Written, exists};
use super::same::{self, Asked};
use super::subject::Subject;
use super::{failing, filter, refusal};
use crate::hurl::{Assert, Capture, Filter, Operator, Predicate, Property, Query, Test, Value};
use crate::notes::Unsaid;
use crate::yaml::{Item, Yaml};
use std::borrow::Cow;

/// The checks that are equivalent to an assert; mostly one.
pub(super) fn convert(
    assert: &Assert,
    captures: &[Capture],
    folder: &Folder,
    rounds: bool,
) -> Result<Vec<Yaml>, Unsaid> {
    let asked = same::simplified(asked_of(assert, captures));
    if let Some(check) = failing::check(&asked) {
        return Ok(vec![check]);
    }
    let Asked { query, filters, predicate } = &asked;
    let (subject, filters) = Subject::of(query, filters)?;
    if let Some(check) = of_many_bytes(&subject, filters, predicate, folder)? {
        return Ok(vec![refusal::checked_check(check)?]);
    }
    let kind = filter::after(filters, subject.kind);
    let mut checks = asked_before(&subject, filters)?;
    checks.retain(|check| !is_said_by(check, &subject, filters, predicate));
    let wanted = matcher::convert(predicate, kind, folder, Written { text: written(assert), rounds })?;
    checks.extend(undecoded(&subject));
    checks.extend(exact_text(&subject, filters, predicate));
    // A redirect is taken from a list by filters.
    let is_filtered = !filters.is_empty() || matches!(query, Query::Redirects);
    // The input of a filter has to exist, even if its output may be missing.
    if let ([.., _], true) = (filters, wanted.any.iter().flatten().any(|one| *one == exists(false))) {
        let before = filter::convert(&filters[..filters.len() - 1])?;
        checks.push(check(&subject, before, vec![exists(true)]));
    }
    let (filters, is_counted) = without_count(filters, &subject, predicate);
    let filters = filter::convert(filters)?;
    let make = |matchers: Vec<Matcher>| {
        let inside = |(name, value): Matcher| match name {
            "exists" | "type" => (name, value),
            name if is_counted => ("count", Yaml::one(name, value)),
            name => (name, value),
        };
        check(&subject, filters.clone(), matchers.into_iter().map(inside).collect())
    };
    // A body that is not JSON fails in Hurl, even if the assert says that something must not be in it.
    if subject.kind.is_json() && (wanted.of_nothing || wanted.any.iter().flatten().any(|one| *one == exists(false))) {
        checks.push(is_json());
    }
    let made = grouped(wanted, &subject, is_filtered, make);
    match made.as_slice() {
        [count] if is_counted && !predicate.is_negated && may_be_one_list(query) => {
            let several = checks.extract_if(.., |check| says_several(check, &subject)).next();
            checks.push(of_one_list(count, several, &subject));
        }
        _ => checks.extend(made),
    }
    checks.into_iter().map(refusal::checked_check).collect()
}

/// Whether an assert is about how numbers are rounded: it compares with one that has more digits than a double.
pub(super) fn rounds(assert: &Assert) -> bool {
    matches!(assert.predicate.test, Test::Compare(_, Value::Number(_)))
        && Written { text: written(assert), rounds: false }.is_rounded()
}

/// What an assert compares with, as it is written, if that is one word.
fn written(assert: &Assert) -> &str {
    assert.source.split_ascii_whitespace().last().unwrap_or_default()
}

/// Byte sequences longer than this read better as a digest.
const MANY_BYTES: usize = 64;

/// The check that the body is, or is not, a long sequence of bytes.
fn of_many_bytes(
    subject: &Subject,
    filters: &[Filter],
    predicate: &Predicate,
    folder: &Folder,
) -> Result<Option<Yaml>, Unsaid> {
    let Test::Compare(operator @ (Operator::Equal | Operator::NotEqual), value) = &predicate.test else {
        return Ok(None);
    };
    let bytes = match value {
        Value::Bytes(bytes) => bytes.clone(),
        Value::File(name) if subject.kind == Kind::Bytes => folder.read(name)?,
        _ => return Ok(None),
    };
    if subject.kind != Kind::Bytes || !filters.is_empty() || bytes.len() <= MANY_BYTES {
        return Ok(None);
    }
    let is_other = predicate.is_negated != (*operator == Operator::NotEqual);
    let matcher = if is_other { "not_equals" } else { "equals" };
    let (digest, _) = Subject::of(&Query::Sha256, &[])?;
    Ok(Some(check(&digest, Vec::new(), vec![(matcher, Yaml::Text(matcher::sha256(&bytes)))])))
}

/// Bytes that are invalid in the charset they are decoded with fail in Hurl, whatever the assert requires.
fn undecoded(subject: &Subject) -> Option<Yaml> {
    let is_decoded = subject.keys.iter().any(|(key, _)| *key == "charset");
    let replaced = || vec![("not_contains", Yaml::text("\u{fffd}"))];
    is_decoded.then(|| check(subject, Vec::new(), replaced()))
}

/// What Hurl requires of the values that go into filters.
pub(super) fn asked_before(subject: &Subject, filters: &[Filter]) -> Result<Vec<Yaml>, Unsaid> {
    let asked = filter::asked(filters, subject.kind).into_iter();
    let made = asked.map(|(place, ways)| {
        let before = filter::convert(&filters[..place])?;
        Ok(any(ways.into_iter().map(|matchers| check(subject, before.clone(), matchers)).collect()))
    });
    made.collect()
}

/// A check that the body is JSON.
pub(super) fn is_json() -> Yaml {
    Yaml::Map(vec![("json".to_owned(), Yaml::text("$")), ("exists".to_owned(), Yaml::Boolean(true))])
}

/// What an assert looks at. For a variable that the same request captures, this is what the capture takes.
fn asked_of<'a>(assert: &'a Assert, captures: &'a [Capture]) -> Asked<'a> {
    let mut asked = Asked {
        query: &assert.query,
        filters: Cow::Borrowed(&assert.filters),
        predicate: Cow::Borrowed(&assert.predicate),
    };
    if let Query::Variable(name) = &assert.query
        && let Some(capture) = captures.iter().rev().find(|capture| capture.name == *name)
    {
        if assert.filters.is_empty() && same::is_same_variable(name, &assert.predicate) {
            let is_negated = assert.predicate.is_negated;
            asked.predicate = Cow::Owned(Predicate { is_negated, test: Test::Is(Property::There) });
        }
        asked.query = &capture.query;
        asked.filters = Cow::Owned([&capture.filters[..], &assert.filters[..]].concat());
    }
    asked
}

/// Whether a check says no more than that there are several values.
fn says_several(check: &Yaml, subject: &Subject) -> bool {
    *check == self::check(subject, Vec::new(), vec![matcher::several()])
}

/// Whether the requirement on a count implies that there are several.
fn is_said_by(check: &Yaml, subject: &Subject, filters: &[Filter], predicate: &Predicate) -> bool {
    let number = match (filters, &predicate.test) {
        ([count], Test::Compare(Operator::Equal | Operator::GreaterOrEqual, Value::Number(number)))
            if count.name == "count" =>
        {
            number.as_u64()
        }
        _ => None,
    };
    !predicate.is_negated && number.is_some_and(|number| number >= 2) && says_several(check, subject)
}

/// Whether a path looks for a name anywhere: often it is there once, and what has it is a list.
fn may_be_one_list(query: &Query) -> bool {
    let Query::JsonPath(path) = query else { return false };
    let name = path.literal().and_then(|path| path.rsplit_once("..")).map_or("", |(_, name)| name);
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The same count, or that of the items of the only value: one value is not a list to Hurl, whatever path led to it.
fn of_one_list(count: &Yaml, several: Option<Yaml>, subject: &Subject) -> Yaml {
    let Yaml::Map(keys) = count else { return count.clone() };
    let first = ("filter".to_owned(), Yaml::one("nth", Yaml::Number(0.into())));
    let is_list = ("type".to_owned(), Yaml::text("array"));
    let (path, wanted) = keys.split_at(1);
    let inside = Yaml::Map(path.iter().cloned().chain([first, is_list]).chain(wanted.iter().cloned()).collect());
    let one = check(subject, Vec::new(), vec![("count", Yaml::Number(1.into()))]);
    let all = |checks: Vec<Yaml>| Yaml::one("all", Yaml::Items(checks.into_iter().map(Item::Value).collect()));
    let of_values = match several {
        Some(several) => all(vec![several, count.clone()]),
        None => count.clone(),
    };
    any(vec![of_values, all(vec![one, inside])])
}

/// A suite folds the white space of what an expression gives, and Hurl does not: the expression itself compares exactly.
fn exact_text(subject: &Subject, filters: &[Filter], predicate: &Predicate) -> Option<Yaml> {
    let Test::Compare(operator, Value::Text(template)) = &predicate.test else { return None };
    let text = template.literal().filter(|text| !text.contains('\'') && !text.contains("${"))?;
    let [("xpath", Some(Yaml::Text(path)))] = subject.keys.as_slice() else { return None };
    let is_folded = path.trim_start().starts_with("normalize-space(");
    if predicate.is_negated || !filters.is_empty() || subject.kind != Kind::XPathText || is_folded {
        return None;
    }
    let path = match operator {
        Operator::Equal => format!("{path} = '{text}'"),
        Operator::StartsWith => format!("starts-with({path}, '{text}')"),
        Operator::Contains => format!("contains({path}, '{text}')"),
        _ => return None,
    };
    let keys = vec![("xpath".to_owned(), Yaml::Text(path)), ("equals".to_owned(), Yaml::Boolean(true))];
    Some(Yaml::Map(keys))
}

/// The checks for the requirement: one of several has to hold, and none of the others.
fn grouped(mut wanted: Wanted, subject: &Subject, is_filtered: bool, make: impl Fn(Vec<Matcher>) -> Yaml) -> Vec<Yaml> {
    if wanted.of_nothing && subject.is_optional() {
        match (is_filtered, wanted.any.is_empty()) {
            // A missing value cannot be put into a filter.
            (true, true) => wanted.any.push(vec![exists(true)]),
            (false, false) => wanted.any.insert(0, vec![exists(false)]),
            _ => {}
        }
    }
    let ways: Vec<Yaml> = wanted.any.into_iter().map(&make).collect();
    let mut checks = if ways.is_empty() { Vec::new() } else { vec![any(ways)] };
    checks.extend(wanted.none.into_iter().map(|matchers| match matchers.as_slice() {
        // For a value that always exists the opposite matcher reads better.
        [(name, value)] if !subject.is_optional() && opposite(name).is_some() => {
            make(vec![(opposite(name).unwrap_or(name), value.clone())])
        }
        _ => Yaml::one("not", make(matchers)),
    }));
    checks
}

/// That one of the checks holds.
fn any(mut checks: Vec<Yaml>) -> Yaml {
    match checks.pop() {
        Some(only) if checks.is_empty() => only,
        last => Yaml::one("any", Yaml::Items(checks.into_iter().chain(last).map(Item::Value).collect())),
    }
}

fn opposite(matcher: &str) -> Option<&'static str> {
    match matcher {
        "equals" => Some("not_equals"),
        "contains" => Some("not_contains"),
        "matches" => Some("not_matches"),
        _ => None,
    }
}

/// A check of one thing with its matchers.
pub(super) fn check(subject: &Subject, filters: Vec<Yaml>, matchers: Vec<Matcher>) -> Yaml {
    let mut keys: Vec<(String, Yaml)> = Vec::new();
    let own = |matchers: &[Matcher]| match matchers {
        [("equals", value)] if !matches!(value, Yaml::Null) => value.clone(),
        _ => Yaml::Map(matchers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()),
    };
    for (key, value) in &subject.keys {
        keys.push(((*key).to_owned(), value.clone().unwrap_or_else(|| own(&matchers))));
    }
    match filters.len() {
        0 => {}
        1 => keys.extend(filters.into_iter().map(|filter| ("filter".to_owned(), filter))),
        _ => keys.push(("filter".to_owned(), Yaml::List(filters))),
    }
    if subject.is_optional() {
        keys.extend(matchers.into_iter().map(|(matcher, value)| (matcher.to_owned(), shortened(matcher, value))));
    }
    Yaml::Map(keys)
}

/// `count: 3` for `count: { equals: 3 }`.
fn shortened(matcher: &str, value: Yaml) -> Yaml {
    match value {
        Yaml::Map(mut inner) if matcher == "count" && inner.len() == 1 && inner[0].0 == "equals" => inner.remove(0).1,
        other => other,
    }
}

/// A `count` that a comparison with a number follows is a matcher, which reads better than a filter.
fn without_count<'f>(filters: &'f [Filter], subject: &Subject, predicate: &Predicate) -> (&'f [Filter], bool) {
    let is_number = matches!(&predicate.test, Test::Compare(_, Value::Number(number)) if number.is_u64());
    match filters {
        [count] if count.name == "count" && is_number && subject.is_optional() => (&[], true),
        _ => (filters, false),
    }
}
