//! Finds the names in a suite's templates that nobody gives a value.

use super::problem::{Problem, Problems};
use super::{Body, Capture, Check, Discover, Matcher, PAGE_VARIABLE, Step, Subject, Suite, Test};
use crate::suite::check::{Bound, Property};
use crate::template;
use serde_json::Value;
use std::collections::BTreeSet;

/// Checks that every template of the suite can be filled in with its own variables, those given with the run, the
/// secrets given with the run, and what earlier steps capture.
pub fn check_variables<'a>(
    suite: &'a Suite,
    given: impl IntoIterator<Item = &'a str>,
    secrets: impl IntoIterator<Item = &'a str>,
) -> Result<(), Problems> {
    let mut known: BTreeSet<String> = suite.vars.keys().cloned().collect();
    known.extend(given.into_iter().map(str::to_owned));
    known.extend(secrets.into_iter().map(|name| format!("{}{name}", template::SECRET_PREFIX)));
    let mut problems = Vec::new();
    for (name, value) in &suite.vars {
        missing(value, &known, &format!("vars.{name}"), &mut problems);
    }
    for (number, test) in suite.tests.iter().enumerate() {
        check_test(test, &known, &format!("tests[{number}]"), &mut problems);
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

fn check_test(test: &Test, suite: &BTreeSet<String>, path: &str, problems: &mut Vec<Problem>) {
    for (name, values) in &test.each {
        for value in values {
            missing(value, suite, &format!("{path}.each.{name}"), problems);
        }
    }
    let mut known = suite.clone();
    known.extend(test.each.iter().map(|(name, _)| name.clone()));
    if let Some(Discover { sitemap, .. }) = &test.discover {
        missing(sitemap, &known, &format!("{path}.discover.sitemap"), problems);
        known.insert(PAGE_VARIABLE.to_owned());
    }
    for (number, step) in test.steps.iter().enumerate() {
        let path = if test.steps.len() > 1 { format!("{path}.steps[{number}]") } else { path.to_owned() };
        check_step(step, &known, &path, problems);
        known.extend(step.capture.iter().map(|(name, _)| name.clone()));
    }
}

fn check_step(step: &Step, known: &BTreeSet<String>, path: &str, problems: &mut Vec<Problem>) {
    let request = &step.request;
    missing(&request.url, known, &format!("{path}.{}", request.method.to_lowercase()), problems);
    for (name, value) in &request.headers {
        missing(value, known, &format!("{path}.headers.{name}"), problems);
    }
    match &request.body {
        Some(Body::Form(fields)) => {
            for (name, value) in fields {
                missing(value, known, &format!("{path}.form.{name}"), problems);
            }
        }
        Some(Body::Json(value)) => missing_in_value(value, known, &format!("{path}.json"), problems),
        Some(Body::Text(text)) => missing(text, known, &format!("{path}.text"), problems),
        None => {}
    }
    for (name, Capture { subject }) in &step.capture {
        missing_in_subject(subject, known, &format!("{path}.capture.{name}"), problems);
    }
    // A check may use what its own step captures.
    let mut known = known.clone();
    known.extend(step.capture.iter().map(|(name, _)| name.clone()));
    for (number, Check { subject, matchers }) in step.expect.iter().enumerate() {
        let path = format!("{path}.expect[{number}]");
        missing_in_subject(subject, &known, &path, problems);
        for matcher in matchers {
            missing_in_matcher(matcher, &known, &path, problems);
        }
    }
}

fn missing_in_subject(subject: &Subject, known: &BTreeSet<String>, path: &str, problems: &mut Vec<Problem>) {
    match subject {
        Subject::Header(text) | Subject::Json(text) | Subject::Regex(text) => missing(text, known, path, problems),
        Subject::Css { selector, property } => {
            missing(selector, known, path, problems);
            if let Property::Attribute(name) = property {
                missing(name, known, path, problems);
            }
        }
        _ => {}
    }
}

fn missing_in_matcher(matcher: &Matcher, known: &BTreeSet<String>, path: &str, problems: &mut Vec<Problem>) {
    match matcher {
        Matcher::Equals(value) | Matcher::NotEquals(value) | Matcher::Contains(value) | Matcher::NotContains(value) => {
            missing_in_value(value, known, path, problems);
        }
        Matcher::StartsWith(text) | Matcher::EndsWith(text) | Matcher::Matches(text) | Matcher::NotMatches(text) => {
            missing(text, known, path, problems);
        }
        Matcher::OneOf(values) => values.iter().for_each(|value| missing_in_value(value, known, path, problems)),
        Matcher::Count(inner) => missing_in_matcher(inner, known, path, problems),
        Matcher::Above(bound) | Matcher::Below(bound) | Matcher::AtLeast(bound) | Matcher::AtMost(bound) => {
            missing_in_bound(bound, known, path, problems);
        }
        Matcher::Between(low, high) => {
            missing_in_bound(low, known, path, problems);
            missing_in_bound(high, known, path, problems);
        }
        Matcher::Exists(_) | Matcher::Empty(_) | Matcher::Type(_) => {}
    }
}

fn missing_in_bound(bound: &Bound, known: &BTreeSet<String>, path: &str, problems: &mut Vec<Problem>) {
    if let Bound::Template(text) = bound {
        missing(text, known, path, problems);
    }
}

fn missing_in_value(value: &Value, known: &BTreeSet<String>, path: &str, problems: &mut Vec<Problem>) {
    match value {
        Value::String(text) => missing(text, known, path, problems),
        Value::Array(items) => items.iter().for_each(|item| missing_in_value(item, known, path, problems)),
        Value::Object(map) => map.values().for_each(|item| missing_in_value(item, known, path, problems)),
        _ => {}
    }
}

fn missing(text: &str, known: &BTreeSet<String>, path: &str, problems: &mut Vec<Problem>) {
    for name in template::names(text) {
        if known.contains(name) {
            continue;
        }
        let hint = match name.strip_prefix(template::SECRET_PREFIX) {
            Some(secret) => format!("give it with `--secret {secret}=...`"),
            None => format!("give it with `--var {name}=...` or under `vars`"),
        };
        problems.push(Problem {
            path: path.to_owned(),
            position: None,
            message: format!("`${{{name}}}` has no value"),
            hint: Some(hint),
        });
    }
}
