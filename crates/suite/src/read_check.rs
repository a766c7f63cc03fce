//! Reads checks: one subject, its property, and what has to hold; or a group of checks.

use super::Capture;
use super::check::{Check, ErrorKind, ValueCheck};
use super::filter::{Filter, read_filters};
use super::matcher::{MATCHERS, Matcher};
use super::read_links::read_links;
use super::read_matcher::{read_matcher, read_matchers};
use super::reader::{At, Fields};
use super::subject::{Compared, Property, SUBJECTS, Subject, TABLE, keys_of, read_subject};
use super::suggestion::suggestion;
use crate::document::Kind;
use crate::limits;
use crate::xpath::{Gives, XPath};
use serde_json::Value;

/// The keys that make one check of several, or its opposite.
pub(super) const GROUPS: [&str; 3] = ["any", "all", "not"];

pub(super) fn read_checks(at: &At) -> Option<Vec<Check>> {
    let checks = read_list(at, 0)?;
    let size: usize = checks.iter().map(Check::size).sum();
    if size > limits::CHECKS_PER_STEP {
        at.problem(format!("a step may have at most {} checks; this one has {size}", limits::CHECKS_PER_STEP));
    }
    if checks.len() > 1 && checks.iter().any(|check| matches!(check, Check::Error(_))) {
        at.problem_with_hint(
            "`error` expects that no answer arrives, so other checks have nothing to look at",
            "remove them, or put them into a step of their own",
        );
    }
    Some(checks)
}

fn read_list(at: &At, depth: usize) -> Option<Vec<Check>> {
    // Every item is read even if one is invalid, so that all problems are reported at once.
    let checks: Vec<_> = at.items()?.iter().map(|at| read_check(at, depth)).collect();
    checks.into_iter().collect()
}

fn read_check(at: &At, depth: usize) -> Option<Check> {
    let fields = at.open_fields()?;
    if let Some(links) = fields.get("links") {
        at.fields(&["links"])?;
        if depth > 0 {
            at.problem("`links` is evaluated after all other checks and cannot be in a group");
            return None;
        }
        return read_links(&links).map(Check::Links);
    }
    if let Some(error) = fields.get("error") {
        at.fields(&["error"])?;
        if depth > 0 {
            at.problem("`error` is about the request itself and cannot be in a group");
            return None;
        }
        return read_errors(&error).map(Check::Error);
    }
    match GROUPS.into_iter().find(|group| fields.has(group)) {
        Some(group) => read_group(at, &fields, group, depth + 1),
        None => read_value_check(at).map(Check::One),
    }
}

/// One way to fail or a list of them.
fn read_errors(at: &At) -> Option<Vec<ErrorKind>> {
    let read = |at: &At| at.choice(&ErrorKind::ALL.map(ErrorKind::name)).map(|place| ErrorKind::ALL[place]);
    if !matches!(at.node.kind, Kind::List(_)) {
        return read(at).map(|kind| vec![kind]);
    }
    let kinds: Vec<_> = at.items()?.iter().map(read).collect();
    if kinds.is_empty() {
        return at.expected_value("at least one kind of error");
    }
    kinds.into_iter().collect()
}

fn read_group(at: &At, fields: &Fields, group: &str, depth: usize) -> Option<Check> {
    if let Some((key, _)) = fields.entries().find(|(key, _)| *key != group) {
        let message = format!("`{group}` is a check of its own; `{key}` cannot be combined with it");
        fields.problem_at_key(key, message, Some("make two checks of it, or move it inside".into()));
        return None;
    }
    if depth > limits::CHECK_DEPTH {
        at.problem(format!("groups of checks may be nested at most {} deep", limits::CHECK_DEPTH));
        return None;
    }
    let inner = fields.get(group)?;
    if group == "not" {
        return read_check(&inner, depth).map(|check| Check::Not(Box::new(check)));
    }
    let checks = read_list(&inner, depth)?;
    if checks.is_empty() {
        return inner.expected_value("at least one check");
    }
    Some(if group == "any" { Check::Any(checks) } else { Check::All(checks) })
}

fn read_value_check(at: &At) -> Option<ValueCheck> {
    let (fields, subject, filters) = read_parts(at, &GROUPS)?;
    let compared = Compared::of(&subject, &filters);
    let mut matchers = own_matchers(&fields, &subject, compared)?;
    for (key, value) in fields.entries() {
        if MATCHERS.contains(&key) && !is_css_property(&subject, key) {
            matchers.push(read_matcher(compared, key, &value)?);
        }
    }
    if matchers.is_empty() {
        matchers.push(implied_matcher(&fields, &subject)?);
    }
    Some(ValueCheck { subject, filters, matchers })
}

/// A capture: the same keys as in a check, without matchers.
pub(super) fn read_capture(at: &At) -> Option<Capture> {
    let (fields, subject, filters) = read_parts(at, &[])?;
    for (key, _) in fields.entries() {
        if MATCHERS.contains(&key) && !is_css_property(&subject, key) {
            fields.problem_at_key(key, "a capture stores the value that it finds; it has no matchers", None);
        }
    }
    let subject = match subject {
        Subject::Css { selector, property: Property::Exists } => Subject::Css { selector, property: Property::Text },
        Subject::XPath { path, property: Property::Exists } => Subject::XPath { path, property: Property::Text },
        other => other,
    };
    Some(Capture { subject, filters })
}

fn read_parts<'a>(at: &At<'a>, groups: &[&str]) -> Option<(Fields<'a>, Subject, Vec<Filter>)> {
    let fields = at.open_fields()?;
    if fields.has("schema") && !SUBJECTS.iter().any(|subject| fields.has(subject)) {
        // The whole body is meant.
        return at.fields(&MATCHERS).map(|fields| (fields, Subject::Json("$".into()), Vec::new()));
    }
    let subjects: Vec<&str> = SUBJECTS.into_iter().filter(|subject| fields.has(subject)).collect();
    let [key] = subjects.as_slice() else {
        report_subjects(&fields, &subjects, groups);
        return None;
    };
    let known: Vec<&str> = [key, "filter"].into_iter().chain(MATCHERS).chain(keys_of(key).iter().copied()).collect();
    let subject = read_subject(&fields, key);
    let filters = fields.get("filter").map_or_else(|| Some(Vec::new()), |at| read_filters(&at));
    Some((at.fields(&known)?, subject?, filters?))
}

/// `groups` are the names allowed here in addition to subjects.
fn report_subjects(fields: &Fields, found: &[&str], groups: &[&str]) {
    if let [first, second, ..] = found {
        fields.problem_at_key(
            second,
            format!("a check looks at one thing; this one looks at `{first}` and `{second}`"),
            Some("make two checks of it".into()),
        );
        return;
    }
    for (key, _) in fields.entries() {
        if MATCHERS.contains(&key) {
            continue;
        }
        if let Some(hint) = suggestion(key, &SUBJECTS).or_else(|| suggestion(key, groups)) {
            fields.problem_at_key(key, format!("unknown key `{key}`"), Some(hint));
            return;
        }
    }
    let known = SUBJECTS.iter().chain(groups).copied().collect::<Vec<_>>().join(", ");
    fields.at().problem_with_hint("this does not say what it looks at", format!("add one of {known}"));
}

/// `count` and `exists` are matchers everywhere else; on a selector they name a property of the elements.
fn is_css_property(subject: &Subject, key: &str) -> bool {
    match subject {
        Subject::Css { property, .. } | Subject::XPath { property, .. } => match property {
            Property::Count => key == "count",
            Property::Exists => key == "exists",
            _ => false,
        },
        _ => false,
    }
}

/// The matchers in the value of the subject's own key or its property: `status: 200`, `count: { at_least: 12 }`.
fn own_matchers(fields: &Fields, subject: &Subject, compared: Compared) -> Option<Vec<Matcher>> {
    if let Some(row) = TABLE.iter().find(|row| row.compared.is_some() && fields.has(row.key)) {
        return read_matchers(compared, &fields.get(row.key)?);
    }
    let key = match subject {
        Subject::Css { property, .. } | Subject::XPath { property, .. } => match property {
            Property::Text if fields.has("text") => "text",
            Property::Texts if fields.has("texts") => "texts",
            Property::Html => "html",
            Property::Count => "count",
            Property::Exists => {
                let Some(at) = fields.get("exists") else { return Some(Vec::new()) };
                return Some(vec![Matcher::Exists(at.boolean()?)]);
            }
            _ => return Some(Vec::new()),
        },
        _ => return Some(Vec::new()),
    };
    read_matchers(compared, &fields.get(key)?)
}

/// The condition of a check that names a subject and nothing else.
fn implied_matcher(fields: &Fields, subject: &Subject) -> Option<Matcher> {
    match subject {
        Subject::Cookie { attribute: Some(attribute), .. } if attribute.is_flag() => {
            Some(Matcher::Equals(Value::Bool(true)))
        }
        // The existence of a boolean says nothing.
        Subject::XPath { path, property: Property::Text } if gives(path) == Some(Gives::Boolean) => {
            Some(Matcher::Equals(Value::Bool(true)))
        }
        Subject::Header(_)
        | Subject::Hops { .. }
        | Subject::Cookie { .. }
        | Subject::Certificate(_)
        | Subject::Json(_)
        | Subject::Regex { .. }
        | Subject::XPath { property: Property::Exists, .. }
        | Subject::Css { property: Property::Attribute(_) | Property::Exists, .. } => Some(Matcher::Exists(true)),
        _ => {
            fields.at().problem_with_hint("this check has no matcher", "add a matcher like `equals` or `contains`");
            None
        }
    }
}

fn gives(path: &str) -> Option<Gives> {
    XPath::parse(path).ok().map(|xpath| xpath.expression.gives())
}
