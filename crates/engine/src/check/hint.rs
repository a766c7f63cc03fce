//! Hints: the closest match, and what to do next.

mod body;
mod way;

use super::compare::spells;
use super::filter;
use super::found::Found;
use super::json_path::{self, Longest};
use super::look::{self, fold};
use super::matcher::{as_date, counted, type_name, type_of_value};
use super::nearest::{listed, nearest};
use super::order;
use super::selector;
use super::unmatched;
use super::xpath;
use crate::mask::Mask;
use crate::page::{DocumentError, Page, written_name};
use serde_json::Value;
use stepcast_suite::number;
use stepcast_suite::{CookieAttribute, CookieSource, Filter, Matcher, Operand, Property, Subject};

/// Most existing names that a hint lists.
const NAMES: usize = 8;
/// Differences between shorter texts are obvious without a hint; in characters.
const SEEN_AT_A_GLANCE: usize = 60;
/// How much common text is quoted before a difference, in characters.
const BEFORE: usize = 15;

/// What to do about a check that cannot be filled in.
pub const OF_VARIABLES: &str =
    "check the values of the variables of the suite and the run, and what earlier steps capture";

/// A hint for a matcher that did not hold.
pub fn hint(subject: &Subject, matcher: &Matcher, found: &Found, page: &Page, mask: &Mask) -> Option<String> {
    let is_count_of_none = *found == Found::Number(0.0) && counts_elements(subject);
    if !found.exists() || is_count_of_none {
        return of_nothing(subject, page, mask).or_else(|| of_negation(matcher));
    }
    if says_nothing(subject, found)
        && let Some(hint) = of_nothing(subject, page, mask)
    {
        return Some(hint);
    }
    of_matcher(matcher, found, mask).or_else(|| way::hint(subject, page))
}

fn of_matcher(matcher: &Matcher, found: &Found, mask: &Mask) -> Option<String> {
    match (matcher, matcher.operand()) {
        (Matcher::Equals(expected), _) => of_difference(found, expected, mask),
        (Matcher::Contains(Value::String(expected)), _) => of_case(found, expected),
        (_, Operand::Text(_) | Operand::Pattern(_)) => super::matcher::text(found)
            .is_none()
            .then(|| format!("found {}, which is not text", article(type_name(found)))),
        (_, Operand::Bound(_) | Operand::Bounds(..)) => {
            let is_comparable = found.as_number().is_some() || as_date(found).is_some();
            (!is_comparable).then(|| "the value found is not a number".into())
        }
        (_, Operand::Count(_)) if counted(found).is_none() => {
            Some(format!("found {}, which cannot be counted", article(type_name(found))))
        }
        (_, Operand::Order(_)) if order::is_list(found) && found.count() == Some(0) => {
            Some("an empty list has no order".into())
        }
        (_, Operand::Order(_)) if !order::is_list(found) => {
            Some(format!("found {}, which cannot be ordered", article(type_name(found))))
        }
        _ => None,
    }
}

/// What to do about a body that should be XML and is not.
pub fn of_document(subject: &Subject, page: &Page) -> Option<String> {
    let is_about_elements = matches!(subject, Subject::Css { .. } | Subject::XPath { .. });
    let is_malformed = is_about_elements && matches!(page.document(), Err(DocumentError::Malformed(_)));
    is_malformed.then(|| "correct the document; `as: html` on the step reads it as browsers read HTML".to_owned())
}

/// Reports how long the list is from which `nth` takes an item.
pub fn of_items(subject: &Subject, filters: &[Filter], found: &Found, page: &Page) -> Option<String> {
    let place = filters.iter().position(|filter| matches!(filter, Filter::Nth(_))).filter(|_| !found.exists())?;
    let list = filter::apply(look::look(subject, page).ok()?, &filters[..place], page.namespaces()).ok()?;
    let count = list.count().filter(|_| list.exists())?;
    let items = unmatched::counted(count, "item");
    Some(format!("the list has {items}, and `{}` counts from 0", filters[place]))
}

fn counts_elements(subject: &Subject) -> bool {
    matches!(subject, Subject::Css { property: Property::Count, .. } | Subject::XPath { property: Property::Count, .. })
}

/// Whether the value of an `XPath` is what an expression gives for missing nodes: an empty text, zero, false.
fn says_nothing(subject: &Subject, found: &Found) -> bool {
    matches!(subject, Subject::XPath { .. })
        && match found {
            Found::Text(text) => text.is_empty(),
            Found::Number(number) => *number == 0.0 || number.is_nan(),
            Found::Json(value) => value.as_bool() == Some(false),
            _ => false,
        }
}

/// A hint for a subject that was not found.
pub fn of_nothing(subject: &Subject, page: &Page, mask: &Mask) -> Option<String> {
    match subject {
        Subject::Css { selector, property } => of_selector(selector, property, page),
        Subject::XPath { path, .. } => xpath::explain(path, page.document().ok()?),
        Subject::Json(path) => of_json_path(path, page, mask),
        Subject::Regex { pattern, group } => body::of_pattern(pattern, *group, page, mask),
        Subject::Header(name) => {
            let near = nearest(name, page.response().headers.keys().map(http::HeaderName::as_str));
            (!near.is_empty()).then(|| format!("there is {}", listed(near)))
        }
        Subject::Certificate(_) => of_certificate(page),
        Subject::Cookie { name, attribute, from } => Some(of_cookie(name, *attribute, *from, page)),
        Subject::Hops { .. } => Some(of_hops(page)),
        _ => None,
    }
}

fn of_certificate(page: &Page) -> Option<String> {
    let response = page.response();
    match (&response.certificate, response.url.scheme()) {
        (Some(_), _) => None,
        (None, "https") => {
            Some("the certificate is not visible through a proxy; check it in a suite without `proxy`".into())
        }
        (None, _) => Some("the answer came over plain http, which has no certificate".into()),
    }
}

fn of_hops(page: &Page) -> String {
    match page.response().redirects.len() {
        0 => "no redirect was followed".into(),
        count => format!("the step followed {}, and `nth` counts from 0", unmatched::counted(count, "redirect")),
    }
}

fn of_cookie(name: &str, attribute: Option<CookieAttribute>, from: Option<CookieSource>, page: &Page) -> String {
    if let (Some(attribute), Some(_)) = (attribute, page.cookie(name, from)) {
        return format!("the cookie `{name}` is there, but without `{}`", attribute.name());
    }
    let mut names: Vec<&str> = page.cookie_names(from).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return match from {
            None => "there are no cookies".into(),
            Some(CookieSource::Answer) => "the answer sets no cookie".into(),
            Some(CookieSource::Jar) => "the jar has no cookie for this address".into(),
        };
    }
    let near = nearest(name, names.iter().copied());
    format!("there is {}", listed(if near.is_empty() { names.into_iter().take(NAMES).collect() } else { near }))
}

fn of_negation(matcher: &Matcher) -> Option<String> {
    matcher.is_negative().then(|| "to check that it is missing, write `exists: false`".into())
}

fn of_selector(text: &str, property: &Property, page: &Page) -> Option<String> {
    let document = page.document().ok()?;
    if let Property::Attribute(name) = property
        && let Some(first) = look::selector(text, document).ok()?.first(document).ok()?
    {
        let own: Vec<String> = first.value().attrs.iter().map(|(name, _)| written_name(name)).take(NAMES).collect();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let has = if own.is_empty() { "no attribute".into() } else { listed(own) };
        return Some(format!("the first element of `{text}` has no `{name}`; it has {has}"));
    }
    selector::explain(text, document)
}

fn of_json_path(path: &str, page: &Page, mask: &Mask) -> Option<String> {
    let value = match page.json() {
        Ok(json) => json.with_exact_numbers(),
        Err(error) => return Some(format!("{error}; {}", body::describe(page, mask))),
    };
    let path = json_path::parse(path).ok()?;
    let Longest { beginning, value: here, beyond, segment } = json_path::longest_match(&path, value)?;
    let has = match here {
        here if number::is_number(here) => "is a number".into(),
        Value::Object(members) => {
            let keys = || members.keys().map(String::as_str);
            let near = segment.name().map(|name| nearest(name, keys())).unwrap_or_default();
            let shown = if near.is_empty() { keys().take(NAMES).collect() } else { near };
            if shown.is_empty() { "is an empty object".into() } else { format!("has {}", listed(shown)) }
        }
        Value::Array(items) => format!("is an array of {}", items.len()),
        other => format!("is {}", article(type_of_value(other))),
    };
    Some(format!("`{beginning}` is there, `{beyond}` is not; `{beginning}` {has}"))
}

fn of_difference(found: &Found, expected: &Value, mask: &Mask) -> Option<String> {
    let Value::String(text) = expected else { return of_type(found, expected) };
    let Some(actual) = found.as_text() else { return of_type(found, expected) };
    let (actual, expected) = (fold(actual), fold(text));
    if actual == expected {
        Some("they differ only in white space".into())
    } else if actual.to_lowercase() == expected.to_lowercase() {
        Some("they differ only in upper and lower case".into())
    } else if actual.chars().count().min(expected.chars().count()) > SEEN_AT_A_GLANCE {
        // Masked only here, because the texts may differ only in a secret.
        first_difference(&mask.hide(&actual), &mask.hide(&expected))
    } else {
        None
    }
}

/// Quotes both texts where they first differ, with a little of the text before.
fn first_difference(actual: &str, expected: &str) -> Option<String> {
    let same = actual.chars().zip(expected.chars()).take_while(|(left, right)| left == right).count();
    if same < BEFORE {
        return None;
    }
    let around = |text: &str| text.chars().skip(same - BEFORE).take(3 * BEFORE).collect::<String>();
    let (expected, actual) = (around(expected), around(actual));
    Some(format!("they are the same for {same} characters; expected …\"{expected}\"…, found …\"{actual}\"…"))
}

fn of_type(found: &Found, expected: &Value) -> Option<String> {
    let actual = found.as_value()?;
    let (has, wants) = (type_of_value(actual), type_of_value(expected));
    match (actual, expected) {
        (Value::String(text), other) if spells(other, text) => {
            Some(format!("the page has a text, the suite {}; put it in quotes", article(wants)))
        }
        (other, Value::String(text)) if spells(other, text) => {
            Some(format!("the page has {}, the suite a text; remove the quotes", article(has)))
        }
        _ if has != wants && !(number::is_number(actual) && number::is_number(expected)) => {
            Some(format!("expected {}, found {}", article(wants), article(has)))
        }
        _ => None,
    }
}

fn of_case(found: &Found, expected: &str) -> Option<String> {
    let text = found.as_text()?;
    let is_there = text.to_lowercase().contains(&expected.to_lowercase());
    is_there.then(|| "it is there in different letter case".into())
}

fn article(type_name: &str) -> String {
    match type_name {
        "string" => "a text".into(),
        "null" | "nothing" => type_name.to_owned(),
        "integer" => "a number".into(),
        "array" | "object" => format!("an {type_name}"),
        other => format!("a {other}"),
    }
}
