//! Asserts: a query, filters and a predicate become checks.

use super::file::Folder;
use super::kind::Kind;
use super::matcher::{self, Matcher, Wanted, exists};
use super::subject::Subject;
use super::{filter, refusal};
use crate::import::hurl::{Assert, Capture, Filter, Operator, Predicate, Query, Template, Test, Value};
use crate::import::notes::Unsaid;
use crate::import::yaml::{Item, Yaml};
use std::borrow::Cow;

/// The checks that say what an assert says; mostly one.
pub(super) fn convert(assert: &Assert, captures: &[Capture], folder: &Folder) -> Result<Vec<Yaml>, Unsaid> {
    let (query, filters) = looked_at(assert, captures);
    let (query, predicate) = as_text(query, &filters, &assert.predicate);
    let (subject, filters) = Subject::of(query, &filters)?;
    let mut checks = asked_before(&subject, filters)?;
    let kind = filter::after(filters, subject.kind);
    let wanted = matcher::convert(&predicate, kind, folder)?;
    checks.extend(exact_text(&subject, filters, &predicate));
    // A redirect is taken from a list by filters.
    let is_filtered = !filters.is_empty() || matches!(query, Query::Redirects);
    // What a filter is put on has to be there, also where nothing may come out of it.
    if let ([.., _], true) = (filters, wanted.any.iter().flatten().any(|one| *one == exists(false))) {
        let before = filter::convert(&filters[..filters.len() - 1])?;
        checks.push(check(&subject, before, vec![exists(true)]));
    }
    let (filters, is_counted) = without_count(filters, &subject, &predicate);
    let filters = filter::convert(filters)?;
    let make = |matchers: Vec<Matcher>| {
        let inside = |(name, value): Matcher| match name {
            "exists" | "type" => (name, value),
            name if is_counted => ("count", Yaml::one(name, value)),
            name => (name, value),
        };
        check(&subject, filters.clone(), matchers.into_iter().map(inside).collect())
    };
    // A body that is no JSON fails in Hurl, also where something must not be in it.
    if subject.kind.is_json() && (wanted.of_nothing || wanted.any.iter().flatten().any(|one| *one == exists(false))) {
        checks.push(is_json());
    }
    checks.extend(grouped(wanted, &subject, is_filtered, make));
    checks.into_iter().map(refusal::checked_check).collect()
}

/// What Hurl asks of the values that go into filters.
pub(super) fn asked_before(subject: &Subject, filters: &[Filter]) -> Result<Vec<Yaml>, Unsaid> {
    let asked = filter::asked(filters, subject.kind).into_iter();
    let made = asked.map(|(place, matchers)| Ok(check(subject, filter::convert(&filters[..place])?, matchers)));
    made.collect()
}

/// A check that the body is JSON.
pub(super) fn is_json() -> Yaml {
    Yaml::Map(vec![("json".to_owned(), Yaml::text("$")), ("exists".to_owned(), Yaml::Boolean(true))])
}

/// What an assert looks at. A variable that the same request captures is what the capture takes.
fn looked_at<'a>(assert: &'a Assert, captures: &'a [Capture]) -> (&'a Query, Cow<'a, [Filter]>) {
    if let Query::Variable(name) = &assert.query
        && let Some(capture) = captures.iter().rev().find(|capture| capture.name == *name)
    {
        return (&capture.query, [&capture.filters[..], &assert.filters[..]].concat().into());
    }
    (&assert.query, assert.filters.as_slice().into())
}

/// The bytes of a body as its text, where they are compared with ASCII, which has the same bytes in nearly any charset.
fn as_text<'a>(query: &'a Query, filters: &[Filter], predicate: &'a Predicate) -> (&'a Query, Cow<'a, Predicate>) {
    if let (Query::Bytes, [], Test::Compare(operator, Value::Bytes(bytes))) = (query, filters, &predicate.test)
        && matches!(operator, Operator::StartsWith | Operator::EndsWith | Operator::Contains)
        && let Some(text) = str::from_utf8(bytes).ok().filter(|text| text.is_ascii())
    {
        let test = Test::Compare(*operator, Value::Text(Template::text(text)));
        return (&Query::Body, Cow::Owned(Predicate { test, ..*predicate }));
    }
    (query, Cow::Borrowed(predicate))
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

/// The checks of what is wanted: one of several has to hold, and none of the others.
fn grouped(mut wanted: Wanted, subject: &Subject, is_filtered: bool, make: impl Fn(Vec<Matcher>) -> Yaml) -> Vec<Yaml> {
    if wanted.of_nothing && subject.is_optional() {
        match (is_filtered, wanted.any.is_empty()) {
            // Nothing cannot be put into a filter.
            (true, true) => wanted.any.push(vec![exists(true)]),
            (false, false) => wanted.any.insert(0, vec![exists(false)]),
            _ => {}
        }
    }
    let mut checks: Vec<Yaml> = wanted.any.into_iter().map(&make).collect();
    if checks.len() > 1 {
        checks = vec![Yaml::one("any", Yaml::Items(checks.into_iter().map(Item::Value).collect()))];
    }
    checks.extend(wanted.none.into_iter().map(|matchers| match matchers.as_slice() {
        // What is always there has an opposite that reads better.
        [(name, value)] if !subject.is_optional() && opposite(name).is_some() => {
            make(vec![(opposite(name).unwrap_or(name), value.clone())])
        }
        _ => Yaml::one("not", make(matchers)),
    }));
    checks
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
