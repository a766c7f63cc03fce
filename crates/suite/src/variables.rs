//! Finds the names in a suite's templates that have no value.

use super::problem::{Problem, Problems};
use super::{
    Auth, Body, Bound, Capture, Check, Discover, DiscoverFrom, Filter, Matcher, Operand, PAGE_VARIABLE, Property,
    Request, Step, Subject, Suite, Test, ValueCheck,
};
use crate::bounds::PROBLEMS;
use crate::template;
use serde_json::Value;
use std::collections::HashSet;

/// Checks that every template of the suite can be filled in with its own variables, those given with the run, the
/// secrets given with the run, and what earlier steps capture. Reports the first [`PROBLEMS`] that cannot.
pub fn check_variables<'a>(
    suite: &'a Suite,
    given: impl IntoIterator<Item = &'a str>,
    secrets: impl IntoIterator<Item = &'a str>,
) -> Result<(), Problems> {
    let own = suite.vars.keys().map(String::as_str);
    let known = Known { names: own.chain(given).collect(), secrets: secrets.into_iter().collect(), outer: None };
    let mut problems = Vec::new();
    for (name, value) in &suite.vars {
        missing(value, &known, &format!("vars.{name}"), &mut problems);
    }
    for (place, template) in suite.defaults.network.templates() {
        missing(template, &known, &format!("defaults.{place}"), &mut problems);
    }
    for (number, test) in suite.tests.iter().enumerate() {
        if problems.len() >= PROBLEMS {
            break;
        }
        check_test(test, &known, &format!("tests[{number}]"), &mut problems);
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

/// The names that have a value somewhere in a suite, and those that have one around it: a suite may have thousands of
/// variables and of tests.
#[derive(Default)]
struct Known<'k> {
    names: HashSet<&'k str>,
    /// Without `secret.`
    secrets: HashSet<&'k str>,
    outer: Option<&'k Known<'k>>,
}

impl<'k> Known<'k> {
    fn within(outer: &'k Known<'k>) -> Self {
        Self { outer: Some(outer), ..Self::default() }
    }

    fn has(&self, name: &str) -> bool {
        let is_own = match name.strip_prefix(template::SECRET_PREFIX) {
            Some(secret) => self.secrets.contains(secret),
            None => self.names.contains(name),
        };
        is_own || self.outer.is_some_and(|outer| outer.has(name))
    }
}

fn check_test(test: &Test, suite: &Known, path: &str, problems: &mut Vec<Problem>) {
    for axis in &test.each {
        let path = format!("{path}.each.{}", axis.names.join(","));
        for value in axis.rows.iter().flatten() {
            missing(value, suite, &path, problems);
        }
    }
    let mut known = Known::within(suite);
    known.names.extend(test.each.iter().flat_map(|axis| axis.names.iter().map(String::as_str)));
    if let Some(discover) = &test.discover {
        check_discover(discover, &known, &format!("{path}.discover"), problems);
        known.names.insert(PAGE_VARIABLE);
    }
    let own = if test.steps.len() > 1 { "steps" } else { "" };
    for (key, steps) in [("setup", &test.setup), (own, &test.steps), ("teardown", &test.teardown)] {
        for (number, step) in steps.iter().enumerate() {
            let path = if key.is_empty() { path.to_owned() } else { format!("{path}.{key}[{number}]") };
            check_step(step, &known, &path, problems);
            known.names.extend(step.capture.iter().map(|(name, _)| name.as_str()));
        }
    }
}

fn check_discover(discover: &Discover, known: &Known, path: &str, problems: &mut Vec<Problem>) {
    match &discover.from {
        DiscoverFrom::Sitemap(address) => missing(address, known, &format!("{path}.sitemap"), problems),
        DiscoverFrom::Links { start, .. } => missing(start, known, &format!("{path}.links"), problems),
    }
    for (key, patterns) in [("include", &discover.include), ("exclude", &discover.exclude)] {
        for pattern in patterns {
            missing(pattern, known, &format!("{path}.{key}"), problems);
        }
    }
}

fn check_request(request: &Request, known: &Known, path: &str, problems: &mut Vec<Problem>) {
    missing(&request.url, known, &format!("{path}.{}", request.method.to_lowercase()), problems);
    for (name, value) in &request.headers {
        missing(name, known, &format!("{path}.headers.{name}"), problems);
        missing(value, known, &format!("{path}.headers.{name}"), problems);
    }
    match &request.auth {
        Some(Auth::Basic { user, password }) => {
            missing(user, known, &format!("{path}.basic.user"), problems);
            missing(password, known, &format!("{path}.basic.password"), problems);
        }
        Some(Auth::Digest { user, password }) => {
            missing(user, known, &format!("{path}.digest.user"), problems);
            missing(password, known, &format!("{path}.digest.password"), problems);
        }
        Some(Auth::Bearer(token)) => missing(token, known, &format!("{path}.bearer"), problems),
        None => {}
    }
    match &request.body {
        Some(Body::Form(fields)) => {
            for (name, value) in fields {
                missing(value, known, &format!("{path}.form.{name}"), problems);
            }
        }
        Some(Body::Multipart(parts)) => {
            for part in parts {
                for text in [Some(&part.content), part.file.as_ref(), part.content_type.as_ref()].into_iter().flatten()
                {
                    missing(text, known, &format!("{path}.multipart.{}", part.name), problems);
                }
            }
        }
        Some(Body::Json(value)) => missing_in_value(value, known, &format!("{path}.json"), problems),
        Some(Body::Text(text)) => missing(text, known, &format!("{path}.text"), problems),
        None => {}
    }
}

fn check_step(step: &Step, known: &Known, path: &str, problems: &mut Vec<Problem>) {
    check_request(&step.request, known, path, problems);
    for (name, Capture { subject, filters }) in &step.capture {
        let path = format!("{path}.capture.{name}");
        missing_in_subject(subject, known, &path, problems);
        missing_in_filters(filters, known, &path, problems);
    }
    // A check may use what its own step captures.
    let mut known = Known::within(known);
    known.names.extend(step.capture.iter().map(|(name, _)| name.as_str()));
    for (number, check) in step.expect.iter().enumerate() {
        missing_in_check(check, &known, &format!("{path}.expect[{number}]"), problems);
    }
}

fn missing_in_check(check: &Check, known: &Known, path: &str, problems: &mut Vec<Problem>) {
    match check {
        Check::One(ValueCheck { subject, filters, matchers }) => {
            missing_in_subject(subject, known, path, problems);
            missing_in_filters(filters, known, path, problems);
            for matcher in matchers {
                missing_in_matcher(matcher, known, path, problems);
            }
        }
        Check::Any(checks) | Check::All(checks) => {
            let group = if matches!(check, Check::Any(_)) { "any" } else { "all" };
            for (number, check) in checks.iter().enumerate() {
                missing_in_check(check, known, &format!("{path}.{group}[{number}]"), problems);
            }
        }
        Check::Not(check) => missing_in_check(check, known, &format!("{path}.not"), problems),
        Check::Error(_) => {}
        Check::Links(links) => {
            for pattern in &links.ignore {
                missing(pattern, known, &format!("{path}.links.ignore"), problems);
            }
        }
    }
}

fn missing_in_filters(filters: &[Filter], known: &Known, path: &str, problems: &mut Vec<Problem>) {
    for text in filters.iter().flat_map(Filter::texts) {
        missing(text, known, path, problems);
    }
}

fn missing_in_subject(subject: &Subject, known: &Known, path: &str, problems: &mut Vec<Problem>) {
    match subject {
        Subject::Header(text)
        | Subject::Json(text)
        | Subject::XPath { path: text, .. }
        | Subject::Cookie { name: text, .. }
        | Subject::Regex { pattern: text, .. } => missing(text, known, path, problems),
        Subject::Css { selector, property } => {
            missing(selector, known, path, problems);
            if let Property::Attribute(name) = property {
                missing(name, known, path, problems);
            }
        }
        _ => {}
    }
}

fn missing_in_matcher(matcher: &Matcher, known: &Known, path: &str, problems: &mut Vec<Problem>) {
    match matcher.operand() {
        Operand::Value(value) | Operand::Part(value) => missing_in_value(&value, known, path, problems),
        Operand::Values(values) => values.iter().for_each(|value| missing_in_value(value, known, path, problems)),
        Operand::Text(text) | Operand::Pattern(text) => missing(&text, known, path, problems),
        Operand::Count(inner) => missing_in_matcher(&inner, known, path, problems),
        Operand::Bound(bound) => missing_in_bound(&bound, known, path, problems),
        Operand::Bounds(low, high) => {
            missing_in_bound(&low, known, path, problems);
            missing_in_bound(&high, known, path, problems);
        }
        Operand::Flag(_) | Operand::Type(_) | Operand::Order(_) | Operand::Schema(_) => {}
    }
}

fn missing_in_bound(bound: &Bound, known: &Known, path: &str, problems: &mut Vec<Problem>) {
    if let Bound::Text(text) = bound {
        missing(text, known, path, problems);
    }
}

fn missing_in_value(value: &Value, known: &Known, path: &str, problems: &mut Vec<Problem>) {
    match value {
        Value::String(text) => missing(text, known, path, problems),
        Value::Array(items) => items.iter().for_each(|item| missing_in_value(item, known, path, problems)),
        Value::Object(map) => map.values().for_each(|item| missing_in_value(item, known, path, problems)),
        _ => {}
    }
}

fn missing(text: &str, known: &Known, path: &str, problems: &mut Vec<Problem>) {
    for name in template::names(text) {
        if problems.len() >= PROBLEMS {
            return;
        }
        if known.has(name) || template::MADE.contains(&name) {
            continue;
        }
        let hint = match name.strip_prefix(template::SECRET_PREFIX) {
            Some(secret) => format!("give it with `--secret {secret}=...`"),
            None => format!("give it with `--var {name}=...` or under `vars`"),
        };
        problems.push(Problem {
            path: path.to_owned(),
            message: format!("`${{{name}}}` has no value"),
            hint: Some(hint),
            ..Problem::default()
        });
    }
}
