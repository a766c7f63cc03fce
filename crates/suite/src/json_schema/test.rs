//! Tests and their steps, `each` and `discover`.

use super::super::Markup;
use super::super::read_request::{BODIES, METHODS, REQUEST_KEYS};
use super::super::read_test::{
    DEEPEST, DISCOVER_KEYS, DISCOVER_SCOPES, OF_STEPS, OWN_STEP_KEYS, ROBOTS, TEST_KEYS, UNTIL_KEYS,
};
use super::values::{reference, whole_number};
use super::words::Place;
use super::{evidence, excludes, mapping, one_required, request, with};
use crate::limits;
use serde_json::{Map, Value, json};

pub(super) fn definitions() -> Map<String, Value> {
    let steps = json!({
        "type": "array", "items": reference("step"), "minItems": 1, "maxItems": limits::STEPS_PER_TEST,
    });
    let captures = json!({
        "type": "object",
        "propertyNames": reference("variable_name"),
        "additionalProperties": reference("capture"),
        "examples": [{ "id": { "json": "$.id" } }],
    });
    let entries = [
        ("test", test()),
        ("step", step()),
        ("steps", steps),
        ("captures", captures),
        ("each", each()),
        ("discover", discover()),
        ("until", until()),
    ];
    entries.map(|(name, schema)| (name.to_owned(), schema)).into_iter().collect()
}

fn test() -> Value {
    let keys = [&OWN_STEP_KEYS[..], &TEST_KEYS, &REQUEST_KEYS].concat();
    let mut test = mapping(Place::Test, &keys, |key| match key {
        "tags" => reference("texts"),
        "each" | "discover" => reference(key),
        "skip" | "only" | "expect_failure" => json!({ "type": "boolean", "default": false }),
        "share" | "trace" => json!({ "type": "boolean" }),
        "evidence" => evidence(),
        "setup" | "steps" | "teardown" => reference("steps"),
        "retries" => reference("retries"),
        "time_limit" => reference("duration"),
        key => step_value(key),
    });
    test["required"] = json!(["name"]);
    let mut rules = request::rules();
    rules.push(excludes("steps", &[&REQUEST_KEYS[..], &OF_STEPS].concat()));
    rules.push(excludes("discover", &[&["steps"], &METHODS[..], &BODIES].concat()));
    rules.push(one_required(&[&METHODS[..], &["steps", "discover"]].concat()));
    test["allOf"] = Value::Array(rules);
    test
}

fn step() -> Value {
    let mut step = mapping(Place::Step, &[&OWN_STEP_KEYS[..], &REQUEST_KEYS].concat(), step_value);
    let mut rules = request::rules();
    rules.push(one_required(&METHODS));
    step["allOf"] = Value::Array(rules);
    step
}

fn step_value(key: &str) -> Value {
    match key {
        "name" => reference("name"),
        "capture" => reference("captures"),
        "expect" => json!({
            "type": "array", "items": reference("check_or_group"), "maxItems": limits::CHECKS_PER_STEP,
        }),
        "slow_over" | "wait" => reference("duration"),
        "until" => reference("until"),
        "as" => json!({ "enum": Markup::ALL.map(|(name, _)| name) }),
        key => request::value(key),
    }
}

fn until() -> Value {
    let until = mapping(Place::Until, &UNTIL_KEYS, |key| match key {
        "every" => with(reference("duration"), json!({ "default": "1s" })),
        _ => reference("duration"),
    });
    with(until, json!({ "required": ["within"], "examples": [{ "within": "30s", "every": "1s" }] }))
}

fn each() -> Value {
    let values = json!({ "type": "array", "items": reference("text"), "minItems": 1 });
    let row = json!({ "type": "object", "minProperties": 1, "additionalProperties": reference("text") });
    let rows = json!({ "type": "array", "items": row, "minItems": 1 });
    let mut each = mapping(Place::Each, &["csv", "json"], |key| match key {
        "csv" => json!({ "anyOf": [reference("text"), values] }),
        _ => json!({ "anyOf": [reference("text"), values, rows] }),
    });
    each["propertyNames"] = reference("variable_name");
    each["additionalProperties"] = values;
    with(each, json!({ "examples": [{ "lang": ["en", "de"] }, { "csv": "cities.csv" }] }))
}

fn discover() -> Value {
    let most = u32::try_from(limits::TESTS_PER_JOB).unwrap_or(u32::MAX);
    let mut discover = mapping(Place::Discover, &DISCOVER_KEYS, |key| match key {
        "sitemap" | "links" => reference("address"),
        "depth" => with(whole_number(0, DEEPEST), json!({ "default": 1 })),
        "scope" => json!({ "enum": DISCOVER_SCOPES, "default": DISCOVER_SCOPES[0] }),
        "limit" => with(whole_number(1, most), json!({ "default": most })),
        "robots" => json!({ "enum": ROBOTS, "default": ROBOTS[0] }),
        _ => reference("patterns"),
    });
    discover["allOf"] = json!([excludes("sitemap", &["depth", "scope"]), one_required(&["sitemap", "links"])]);
    discover
}
