//! The JSON Schema (draft 2020-12) of suite files, for editors.
//!
//! It is built from the reader's own tables, so a key added to the reader is in the schema too. If a file cannot be
//! judged by its shape alone (selectors, patterns, names that have to be unique), the schema accepts what the reader
//! rejects; it never rejects what the reader accepts.

mod check;
mod matcher;
mod network;
mod request;
mod test;
mod values;
mod words;

use super::evidence::Evidence;
use super::network::NETWORK_KEYS;
use super::read::{DEFAULTS_KEYS, HOST_KEYS, MOST_CONCURRENCY, SUITE_KEYS};
use super::read_retries::{MOST_RETRIES, RETRIES_KEYS, RETRY_ON};
use crate::limits;
use serde_json::{Map, Value, json};
use values::{reference, whole_number};
use words::Place;

/// The address at which the schema of this version is published.
pub const SCHEMA_URL: &str = concat!(
    "https://raw.githubusercontent.com/stepcast/stepcast/v",
    env!("CARGO_PKG_VERSION"),
    "/docs/suite.schema.json"
);

/// The schema.
pub fn json_schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stepcast suite",
        "description": "A suite of page tests",
    });
    extend(&mut schema, suite());
    schema["$defs"] = Value::Object(definitions());
    schema
}

/// The schema as the published file.
pub fn render_json_schema() -> String {
    format!("{:#}\n", json_schema())
}

fn definitions() -> Map<String, Value> {
    let mut definitions = values::definitions();
    definitions.insert("defaults".into(), defaults());
    definitions.insert("retries".into(), retries());
    definitions.insert("host".into(), host());
    definitions.append(&mut network::definitions());
    definitions.append(&mut request::definitions());
    definitions.append(&mut test::definitions());
    definitions.append(&mut matcher::definitions());
    definitions.append(&mut check::definitions());
    definitions
}

fn suite() -> Value {
    let mut suite = mapping(Place::Suite, &SUITE_KEYS, |key| match key {
        "suite" => reference("name"),
        "include" => json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] }),
        "vars" => json!({
            "type": "object", "propertyNames": reference("variable_name"), "additionalProperties": reference("text"),
        }),
        "defaults" => reference("defaults"),
        "checks" => json!({
            "type": "object", "additionalProperties": { "type": "array", "items": reference("check_or_links") },
        }),
        _ => json!({ "type": "array", "items": reference("test") }),
    });
    suite["required"] = json!(["suite"]);
    // The tests may all come from other files.
    suite["if"] = json!({ "not": { "required": ["include"] } });
    suite["then"] = json!({ "required": ["tests"], "properties": { "tests": { "minItems": 1 } } });
    suite
}

fn defaults() -> Value {
    let keys = [&DEFAULTS_KEYS[..], &NETWORK_KEYS].concat();
    let mut defaults = mapping(Place::Defaults, &keys, |key| match key {
        "timeout" => with(reference("duration"), json!({ "default": "10s" })),
        "retries" => reference("retries"),
        "time_limit" => reference("duration"),
        "share" | "trace" => json!({ "type": "boolean", "default": false }),
        "evidence" => with(evidence(), json!({ "default": "failed" })),
        "host" => reference("host"),
        "namespaces" => json!({
            "type": "object", "propertyNames": { "pattern": r"^[\p{L}_][\p{L}\p{N}_.-]*$" },
            "additionalProperties": reference("text_not_empty"), "examples": [{ "dc": "http://purl.org/dc/elements/1.1/" }],
        }),
        key if NETWORK_KEYS.contains(&key) => reference(key),
        key => request::value(key),
    });
    defaults["allOf"] = json!([request::one_asker(), network::not_shown_to_proxy()]);
    defaults
}

fn evidence() -> Value {
    json!({ "enum": Evidence::ALL.map(|(name, _)| name) })
}

fn retries() -> Value {
    let retries = mapping(Place::Retries, &RETRIES_KEYS, |key| match key {
        "max" => whole_number(0, MOST_RETRIES),
        _ => json!({ "enum": RETRY_ON.map(|(name, _)| name), "default": RETRY_ON[0].0 }),
    });
    json!({ "anyOf": [whole_number(0, MOST_RETRIES), with(retries, json!({ "required": ["max"] }))] })
}

fn host() -> Value {
    mapping(Place::Host, &HOST_KEYS, |key| match key {
        "concurrency" => with(whole_number(1, MOST_CONCURRENCY), json!({ "default": 8 })),
        _ => with(reference("duration"), json!({ "default": "0s" })),
    })
}

/// A mapping with these keys and no others, each with its description from the documents.
fn mapping(place: Place, keys: &[&str], value: impl Fn(&str) -> Value) -> Value {
    let described = |key: &&str| ((*key).to_owned(), words::describe(place, key, value(key)));
    let properties: Map<String, Value> = keys.iter().map(described).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// If this key is present, these others must not be.
fn excludes(key: &str, others: &[&str]) -> Value {
    let none: Map<String, Value> = others.iter().map(|other| ((*other).to_owned(), Value::Bool(false))).collect();
    json!({ "if": { "required": [key] }, "then": { "properties": none } })
}

fn any_required(keys: &[&str]) -> Value {
    json!({ "anyOf": keys.iter().map(|key| json!({ "required": [key] })).collect::<Vec<_>>() })
}

fn one_required(keys: &[&str]) -> Value {
    json!({ "oneOf": keys.iter().map(|key| json!({ "required": [key] })).collect::<Vec<_>>() })
}

fn with(mut schema: Value, more: Value) -> Value {
    extend(&mut schema, more);
    schema
}

fn extend(schema: &mut Value, more: Value) {
    if let (Value::Object(schema), Value::Object(more)) = (schema, more) {
        schema.extend(more);
    }
}

/// The longest name, in characters; the reader of suites counts bytes.
const LONGEST_NAME: usize = limits::NAME_BYTES;
