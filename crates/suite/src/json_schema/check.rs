//! Checks and captures: one mapping with all keys that they can have, and the keys that each subject allows.

use super::super::check::ErrorKind;
use super::super::filter::{Bare, DATE_KEYS, ENCODINGS, FILTERS, REGEX_KEYS, REPLACE_KEYS, TABLE};
use super::super::matcher::MATCHERS;
use super::super::read_check::GROUPS;
use super::super::read_links::{LINK_SCOPES, LINKS_KEYS};
use super::super::subject::{
    CertificateProperty, Compared, CookieAttribute, CookieSource, HopAttribute, SUBJECTS, keys_of, row,
};
use super::values::{reference, whole_number};
use super::words::{self, Place};
use super::{any_required, mapping, matcher, one_required, with};
use crate::limits;
use serde_json::{Map, Value, json};

/// Keys beside `css` and `xpath` that can be combined; of all others only one is allowed.
const PAIRS: [(&str, &str); 2] = [("texts", "count"), ("attr", "exists")];

pub(super) fn definitions() -> Map<String, Value> {
    let entries = [
        ("check", check(&[&GROUPS[..], &["use"]].concat())),
        ("check_or_links", check(&[&GROUPS[..], &["links", "error"]].concat())),
        ("check_or_group", check(&[&GROUPS[..], &["links", "error", "use"]].concat())),
        ("subjects", json!({ "allOf": SUBJECTS.map(|subject| of_subject(subject, &MATCHERS)) })),
        ("says_something", any_required(&MATCHERS)),
        ("capture", capture()),
        ("filter", filter()),
        (
            "filters",
            json!({ "anyOf": [reference("filter"), {
            "type": "array", "items": reference("filter"), "maxItems": limits::FILTERS_PER_CHECK,
        }] }),
        ),
        ("links", links()),
    ];
    entries.map(|(name, schema)| (name.to_owned(), schema)).into_iter().collect()
}

/// `others` are the kinds of checks that have no subject.
fn check(others: &[&str]) -> Value {
    let mut keys = subject_keys();
    keys.extend(MATCHERS.iter().filter(|key| !keys.contains(key)).copied().collect::<Vec<_>>());
    keys.extend(others);
    let mut check = mapping(Place::Check, &keys, own_value);
    let mut rules = vec![reference("subjects")];
    rules.extend(others.iter().map(|other| alone(other, &[other])));
    // A schema without a subject applies to the whole body.
    let subjects = [&SUBJECTS[..], others].concat();
    rules.push(json!({
        "if": { "not": any_required(&subjects) },
        "then": { "required": ["schema"], "propertyNames": { "enum": MATCHERS },
            "allOf": [matcher::beside(Compared::Anything)], "properties": { "count": reference("count") } },
        "else": one_required(&subjects),
    }));
    check["allOf"] = Value::Array(rules);
    check
}

fn capture() -> Value {
    let mut capture = mapping(Place::Check, &subject_keys(), own_value);
    let mut rules: Vec<Value> = SUBJECTS.iter().map(|subject| of_subject(subject, &[])).collect();
    rules.push(one_required(&SUBJECTS));
    capture["allOf"] = Value::Array(rules);
    capture
}

/// The subjects and the keys they allow beside them, without matchers.
fn subject_keys() -> Vec<&'static str> {
    let mut keys = SUBJECTS.to_vec();
    keys.push("filter");
    for key in SUBJECTS.iter().flat_map(|subject| keys_of(subject)) {
        if !keys.contains(key) {
            keys.push(key);
        }
    }
    keys
}

/// The value of a key that is the same everywhere; other values depend on the subject.
fn own_value(key: &str) -> Value {
    match key {
        "json" => reference("json_path"),
        "cert" => json!({ "enum": CertificateProperty::ALL.map(CertificateProperty::name) }),
        "header" | "cookie" | "css" | "xpath" | "regex" | "charset" => reference("text_not_empty"),
        "filter" => reference("filters"),
        "group" => whole_number(0, u32::from(u16::MAX)),
        "nth" => json!({ "type": "integer" }),
        "from" => json!({ "enum": CookieSource::ALL.map(CookieSource::name) }),
        "links" => reference("links"),
        "error" => one_or_more(&json!({ "enum": ErrorKind::ALL.map(ErrorKind::name) })),
        "use" => reference("text"),
        "not" => reference("check"),
        "any" | "all" => json!({ "type": "array", "items": reference("check"), "minItems": 1 }),
        _ => json!({}),
    }
}

fn one_or_more(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "array", "items": schema, "minItems": 1 }] })
}

/// The keys allowed beside a subject, and their values.
fn of_subject(subject: &str, matchers: &[&str]) -> Value {
    let allowed = [&[subject, "filter"], matchers, keys_of(subject)].concat();
    let mut rules = Vec::new();
    if !matchers.is_empty() {
        rules.push(typed(subject));
    }
    match subject {
        "css" | "xpath" => rules.extend(of_elements(keys_of(subject), !matchers.is_empty())),
        "cookie" => rules.push(json!({ "properties": {
            "attr": { "enum": CookieAttribute::ALL.map(CookieAttribute::name) },
        } })),
        "redirects" => {
            rules.push(json!({ "properties": { "attr": { "enum": HopAttribute::ALL.map(HopAttribute::name) } } }));
            rules.push(json!({ "dependentRequired": { "nth": ["attr"] } }));
        }
        _ => {}
    }
    let mut rule = alone(subject, &allowed);
    if !rules.is_empty() {
        rule["then"]["allOf"] = Value::Array(rules);
    }
    rule
}

/// Allows only these keys beside this one.
fn alone(key: &str, allowed: &[&str]) -> Value {
    json!({ "if": { "required": [key] }, "then": { "propertyNames": { "enum": allowed } } })
}

/// The operands for values. A filter may turn a value into any type.
fn typed(subject: &str) -> Value {
    let own = row(subject).and_then(|row| row.compared);
    let of = |compared| match own {
        Some(_) => json!({ "allOf": [matcher::beside(compared)], "properties": {
            subject: reference(&format!("expected_{}", matcher::name(compared))), "count": reference("count"),
        } }),
        None => json!({ "allOf": [matcher::beside(compared)], "properties": { "count": reference("count") } }),
    };
    let filtered = of(Compared::Anything);
    if subject == "redirects" {
        let number = with(
            of(Compared::Number),
            json!({ "allOf": [matcher::beside(Compared::Number), says_something(subject)] }),
        );
        return json!({ "if": any_required(&["filter", "attr"]), "then": filtered, "else": number });
    }
    let plain = match (subject, own) {
        (_, Some(compared)) => of(compared),
        ("json", _) => return filtered,
        ("cert", _) => return of_certificate_typed(),
        ("css" | "xpath", _) => return of_elements_typed(),
        _ => of(Compared::Text),
    };
    let mut rules = vec![json!({ "if": { "required": ["filter"] }, "then": filtered, "else": plain })];
    if own.is_some() {
        rules.push(says_something(subject));
    }
    json!({ "allOf": rules })
}

/// Requires a value for this key, or a matcher beside it.
fn says_something(key: &str) -> Value {
    let nothing = json!({ "anyOf": [{ "type": "null" }, { "type": "object", "maxProperties": 0 }] });
    json!({ "if": { "required": [key], "properties": { key: nothing } }, "then": reference("says_something") })
}

/// Days are a number, names a list, the rest is text.
fn of_certificate_typed() -> Value {
    let is = |property: CertificateProperty| json!({ "properties": { "cert": { "const": property.name() } } });
    let typed = json!({
        "if": { "anyOf": [{ "required": ["filter"] }, is(CertificateProperty::Names)] },
        "then": matcher::beside(Compared::Anything),
        "else": {
            "if": is(CertificateProperty::DaysLeft),
            "then": matcher::beside(Compared::Number),
            "else": matcher::beside(Compared::Text),
        },
    });
    with(typed, json!({ "properties": { "count": reference("count") } }))
}

/// The texts of elements are a list, their number is a number, the rest is text.
fn of_elements_typed() -> Value {
    json!({
        "if": any_required(&["filter", "texts", "order"]),
        "then": matcher::beside(Compared::Anything),
        "else": {
            "if": { "required": ["count"] },
            "then": matcher::beside(Compared::Number),
            "else": matcher::beside(Compared::Text),
        },
    })
}

/// Which property of the elements is meant, and what is expected of it.
fn of_elements(properties: &[&str], is_check: bool) -> Vec<Value> {
    let mut rules = vec![json!({ "not": { "anyOf": exclusive(properties) } })];
    let count = json!({
        "if": { "required": ["texts"] },
        "then": { "properties": { "count": reference("count") } },
        "else": { "properties": { "count": reference("expected_number") } },
    });
    let expected = json!({ "properties": {
        "text": filtered("expected_text"), "html": filtered("expected_text"),
        "texts": reference("expected_anything"), "attr": reference("text_not_empty"), "exists": { "type": "boolean" },
    } });
    rules.push(json!({ "properties": { "attr": reference("text_not_empty") } }));
    if is_check {
        rules.extend([expected, json!({ "if": { "not": { "required": ["filter"] } }, "then": count })]);
        let own = ["text", "texts", "html"].into_iter().filter(|key| properties.contains(key));
        rules.extend(own.map(says_something));
    }
    rules
}

/// With a filter, whose result is unknown here, anything can be expected.
fn filtered(name: &str) -> Value {
    json!({ "anyOf": [reference(name), reference("expected_anything")] })
}

fn exclusive(properties: &[&str]) -> Vec<Value> {
    let mut pairs = Vec::new();
    for (at, one) in properties.iter().enumerate() {
        let others = properties[at + 1..].iter().filter(|other| !PAIRS.contains(&(one, other)));
        pairs.extend(others.map(|other| json!({ "required": [one, other] })));
    }
    pairs
}

fn filter() -> Value {
    let bare: Vec<&str> = TABLE.iter().filter(|row| matches!(row.bare, Bare::Is(_))).map(|row| row.key).collect();
    let with_value: Map<String, Value> = FILTERS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), words::describe(Place::Filter, name, argument(name)?))))
        .collect();
    let named = json!({
        "type": "object", "properties": with_value, "additionalProperties": false, "minProperties": 1, "maxProperties": 1,
    });
    json!({ "anyOf": [{ "enum": bare }, named] })
}

/// The argument that a filter needs or takes.
fn argument(filter: &str) -> Option<Value> {
    Some(match filter {
        "number" => json!({ "enum": [".", ","] }),
        "date" => json!({ "anyOf": [
            date_pattern(), mapping(Place::DateFilter, &DATE_KEYS, |_| date_pattern()),
        ] }),
        "split" => with(reference("text"), json!({ "minLength": 1 })),
        "replace" => json!({ "anyOf": [
            {
                "type": "array", "prefixItems": [with(reference("text"), json!({ "minLength": 1 })), reference("text")],
                "minItems": 2, "maxItems": 2,
            },
            with(mapping(Place::ReplaceFilter, &REPLACE_KEYS, |key| match key {
                "pattern" => reference("text_not_empty"),
                _ => reference("text"),
            }), json!({ "required": REPLACE_KEYS })),
        ] }),
        "regex" => json!({ "anyOf": [
            reference("text_not_empty"),
            with(mapping(Place::RegexFilter, &REGEX_KEYS, |key| match key {
                "pattern" => reference("text_not_empty"),
                _ => whole_number(0, u32::from(u16::MAX)),
            }), json!({ "required": ["pattern"] })),
        ] }),
        "json" => reference("json_path"),
        "xpath" | "css" | "url_param" => reference("text_not_empty"),
        "nth" => json!({ "type": "integer" }),
        "decode" => json!({ "enum": ENCODINGS.map(|(name, _)| name) }),
        _ => return None,
    })
}

fn date_pattern() -> Value {
    json!({ "type": "string", "pattern": "%", "examples": ["%d.%m.%Y"] })
}

fn links() -> Value {
    let statuses = json!({ "anyOf": [
        whole_number(100, 599),
        { "type": "string", "pattern": r"^([1-5]xx|\s*[1-5][0-9]{2}\s*(-\s*[1-5][0-9]{2}\s*)?)$" },
    ] });
    let links = mapping(Place::Links, &LINKS_KEYS, |key| match key {
        "scope" => json!({ "enum": LINK_SCOPES.map(|(name, _)| name), "default": LINK_SCOPES[0].0 }),
        "accept" => json!({ "type": "array", "items": statuses, "default": ["200-399"] }),
        "fragments" => json!({ "type": "boolean", "default": true }),
        "limit" => with(whole_number(1, limits::LINKS_PER_CHECK), json!({ "default": 100 })),
        _ => reference("patterns"),
    });
    json!({ "anyOf": [{ "type": "null" }, links] })
}
