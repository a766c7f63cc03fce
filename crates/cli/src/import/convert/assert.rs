//! Asserts: a query, filters and a predicate become a check.

use super::file::Folder;
use super::matcher::{self, Matcher, Wanted};
use super::subject::{Kind, Subject};
use super::{filter, refusal};
use crate::import::hurl::{Assert, Filter, Predicate, Test, Value};
use crate::import::notes::Unsaid;
use crate::import::yaml::{Item, Yaml};

/// The checks that say what an assert says; mostly one.
pub(super) fn convert(assert: &Assert, folder: &Folder) -> Result<Vec<Yaml>, Unsaid> {
    let (subject, filters) = Subject::of(&assert.query, &assert.filters)?;
    let (filters, is_counted) = without_count(filters, &subject, &assert.predicate);
    let filters = filter::convert(filters, subject.kind)?;
    let kind = if is_counted { Kind::Number } else { subject.kind };
    let make = |(name, value): Matcher| {
        let matcher = if is_counted { ("count", Yaml::one(name, value)) } else { (name, value) };
        check(&subject, filters.clone(), matcher)
    };
    let checks = match matcher::convert(&assert.predicate, kind, folder)? {
        Wanted::One(matcher) => vec![make(matcher)],
        Wanted::Any(matchers) => {
            let checks = matchers.into_iter().map(|matcher| Item::Value(make(matcher)));
            vec![Yaml::one("any", Yaml::Items(checks.collect()))]
        }
        // Where there is nothing, nothing is so; that has to be ruled out.
        Wanted::Not(matcher) if subject.is_optional() => {
            vec![check(&subject, filters.clone(), ("exists", Yaml::Boolean(true))), Yaml::one("not", make(matcher))]
        }
        Wanted::Not(matcher) => vec![Yaml::one("not", make(matcher))],
    };
    checks.into_iter().map(refusal::checked_check).collect()
}

/// A check of one thing with one matcher.
pub(super) fn check(subject: &Subject, filters: Vec<Yaml>, (matcher, value): Matcher) -> Yaml {
    let mut keys: Vec<(String, Yaml)> = Vec::new();
    let is_bare = !subject.is_optional();
    for (key, own) in &subject.keys {
        let value = match own {
            Some(own) => own.clone(),
            None if matcher == "equals" && !matches!(value, Yaml::Null) => value.clone(),
            None => Yaml::one(matcher, value.clone()),
        };
        keys.push(((*key).to_owned(), value));
    }
    match filters.len() {
        0 => {}
        1 => keys.extend(filters.into_iter().map(|filter| ("filter".to_owned(), filter))),
        _ => keys.push(("filter".to_owned(), Yaml::List(filters))),
    }
    if !is_bare {
        keys.push((matcher.to_owned(), shortened(matcher, value)));
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
