//! Throws generated input at every reader of the suite language. `make fuzz` goes on for longer.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use stepcast_fuzz::{Language, fuzz, languages};
use stepcast_suite::document::Node;
use stepcast_suite::template;
use stepcast_suite::{Suite, check_variables};

/// Does everything with a suite that is done before it runs.
fn take(node: &Node) {
    if let Ok(suite) = stepcast_suite::read(node) {
        let _ = check_variables(&suite, [], []);
        let _ = stepcast_suite::lint(node, &suite, |_| false);
        let _ = serde_json::to_string(&suite);
    }
}

/// A suite of one check.
fn take_check(check: &Value) {
    take(&Node::from(&json!({ "suite": "s", "tests": [{ "name": "t", "get": "http://h/", "expect": [check] }] })));
}

fn fuzz_check(language: &Language, check: impl Fn(&str) -> Value) {
    fuzz(language, |text| take_check(&check(text)));
}

#[test]
fn fuzz_suites() {
    fuzz(&languages::SUITE, |text| {
        let _ = Suite::parse(text);
        if let Ok(node) = Node::parse(text) {
            take(&node);
        }
    });
}

#[test]
fn fuzz_suites_in_json() {
    fuzz(&languages::SUITE_IN_JSON, |text| {
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            take(&Node::from(&value));
        }
    });
}

#[test]
fn fuzz_json_paths_of_a_suite() {
    fuzz_check(&languages::JSON_PATH, |text| json!({ "json": text }));
}

#[test]
fn fuzz_selectors_of_a_suite() {
    fuzz_check(&languages::CSS, |text| json!({ "css": text }));
}

#[test]
fn fuzz_xpaths_of_a_suite() {
    fuzz_check(&languages::XPATH, |text| json!({ "xpath": text }));
}

#[test]
fn fuzz_patterns_of_a_suite() {
    fuzz_check(&languages::PATTERN, |text| json!({ "body": null, "matches": text }));
}

#[test]
fn fuzz_schemas_of_a_suite() {
    fuzz(&languages::SCHEMA, |text| {
        if let Ok(schema) = serde_json::from_str::<Value>(text) {
            take_check(&json!({ "schema": schema }));
        }
    });
}

#[test]
fn fuzz_templates() {
    let values: BTreeMap<String, String> = BTreeMap::new();
    fuzz(&languages::TEMPLATE, |text| {
        let _ = (template::names(text), template::is_template(text), template::render(text, &values));
        take_check(&json!({ "body": null, "contains": text }));
    });
}

#[test]
fn fuzz_tables() {
    fuzz(&languages::TABLE, |text| {
        let _ = stepcast_suite::read_csv(text);
    });
}
