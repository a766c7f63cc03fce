//! Requests: the keys of a step that make one.

use super::super::read_request::{ASKERS, BASIC_KEYS, BODIES, FILE_KEYS, METHODS};
use super::values::{one_or_list, reference, whole_number};
use super::words::Place;
use super::{excludes, mapping, with};
use crate::limits;
use serde_json::{Map, Value, json};

pub(super) fn definitions() -> Map<String, Value> {
    let headers = json!({
        "type": "object",
        "propertyNames": reference("header_name"),
        "additionalProperties": reference("text"),
        "examples": [{ "accept-language": "en" }],
    });
    let basic = mapping(Place::Basic, &BASIC_KEYS, |key| match key {
        "user" => reference("text_not_empty"),
        _ => reference("text"),
    });
    let file = mapping(Place::File, &FILE_KEYS, |key| match key {
        "content" => reference("text"),
        "type" => json!({ "type": "string", "pattern": r"[^/]/.|\$\{", "default": "application/octet-stream" }),
        _ => reference("text_not_empty"),
    });
    let part = json!({ "anyOf": [reference("text"), with(file, json!({ "required": ["name", "content"] }))] });
    let entries = [
        ("headers", headers),
        ("basic", with(basic, json!({ "required": BASIC_KEYS }))),
        ("part", part),
        ("multipart", json!({ "type": "object", "additionalProperties": one_or_list(&reference("part")) })),
    ];
    entries.map(|(name, schema)| (name.to_owned(), schema)).into_iter().collect()
}

/// The value of a key of a request.
pub(super) fn value(key: &str) -> Value {
    match key {
        "headers" => reference("headers"),
        "basic" | "digest" => reference("basic"),
        "bearer" => with(reference("text_not_empty"), json!({ "examples": ["${secret.token}"] })),
        "user_agent" => reference("text_not_empty"),
        "form" => reference("text_pairs"),
        "json" => json!({}),
        "text" => reference("text"),
        "multipart" => reference("multipart"),
        "timeout" => reference("duration"),
        "follow" => json!({ "anyOf": [{ "type": "boolean", "default": true }, whole_number(0, limits::REDIRECTS)] }),
        _ => with(reference("address"), json!({ "examples": ["https://shop.example/", "${base}/"] })),
    }
}

/// Which keys of a request exclude one another. The caller requires a method, because it knows what else can define the
/// request.
pub(super) fn rules() -> Vec<Value> {
    let mut rules = vec![one_asker()];
    for body in BODIES {
        rules.push(excludes(body, &others(&BODIES, body)));
    }
    for method in METHODS {
        let without_body = if matches!(method, "get" | "head") { &BODIES[..] } else { &[] };
        rules.push(excludes(method, &[others(&METHODS, method), without_body.to_vec()].concat()));
    }
    rules
}

pub(super) fn one_asker() -> Value {
    json!({ "allOf": ASKERS.map(|asker| excludes(asker, &others(&ASKERS, asker))) })
}

fn others<'a>(keys: &[&'a str], key: &str) -> Vec<&'a str> {
    keys.iter().copied().filter(|other| *other != key).collect()
}
