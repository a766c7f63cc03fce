//! A suite cannot ask for more than a bounded time or stack while it is read, regardless of its content.

use serde_json::{Map, Value, json};
use std::fmt::Write;
use stepcast_suite::document::Node;
use stepcast_suite::{Problems, Suite, check_variables};

fn read(suite: &Value) -> Result<Suite, Problems> {
    stepcast_suite::read(&Node::from(suite))
}

/// A suite of one test with these checks.
fn with_checks(checks: &[Value]) -> Value {
    json!({ "suite": "s", "tests": [{ "name": "t", "get": "http://h/", "expect": checks }] })
}

fn report(suite: &Value) -> String {
    read(suite).expect_err("a suite beyond a bound").to_string()
}

fn nested(open: &str, inside: &str, close: &str, depth: usize) -> String {
    format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))
}

#[test]
fn every_language_is_bounded_before_it_is_parsed() {
    for (check, bound) in [
        (json!({ "json": format!("$[?{}]", nested("(", "@.a", ")", 5_000)) }), "a JSONPath may have at most 4096"),
        (
            json!({ "json": format!("$[?{}]", nested("(", "@.a", ")", 400)) }),
            "a JSONPath may nest them at most 32 deep",
        ),
        (json!({ "json": format!("$[?@{}", nested("[?@", ".a", "]", 32) + "]") }), "nested 33 deep"),
        (json!({ "json": format!("$[?{}]", nested("length(", "@.a", ")", 33)) }), "nested 34 deep"),
        (json!({ "css": nested(":not(", "a", ")", 50) }), "a CSS selector may nest them at most 32 deep"),
        (json!({ "css": nested(":is(", "a", ")", 5_000) }), "a CSS selector may have at most 4096"),
        (json!({ "css": nested(":is(],", "a", ")", 50) }), "a CSS selector may nest them at most 32 deep"),
        (json!({ "xpath": nested("(", "1", ")", 200) }), "it is nested more than 32 deep"),
        (json!({ "xpath": format!("//a{}", nested("[b", "", "]", 100)) }), "it is nested more than 32 deep"),
        (json!({ "xpath": nested("not(", "1", ")", 100) }), "it is nested more than 32 deep"),
        (json!({ "xpath": "-".repeat(20_000) }), "an XPath may have at most 16384"),
        (json!({ "body": null, "matches": nested("(", "a", ")", 200) }), "(100)"),
        (json!({ "body": null, "matches": "a".repeat(20_000) }), "a regular expression may have at most 16384"),
        (json!({ "body": null, "matches": format!("(?i){}", r"\p{L}".repeat(3_000)) }), "more than 100 classes"),
    ] {
        let report = report(&with_checks(&[check]));
        assert!(report.contains(bound), "{report}");
        assert!(report.len() < 1_000, "{report}");
    }
}

#[test]
fn suites_and_schemas_nest_as_deep_as_a_document_may() {
    let deep = (0..100).fold(json!({}), |inner, _| json!({ "items": inner }));
    assert_eq!(report(&with_checks(&[json!({ "schema": deep })])), "nested more than 64 deep");
    let deep = (0..100).fold(json!([]), |inner, _| json!([inner]));
    let body = json!({ "suite": "s", "tests": [{ "name": "t", "post": "http://h/", "json": deep }] });
    assert_eq!(report(&body), "nested more than 64 deep");
    let yaml = format!("suite: {}", nested("[", "", "]", 5_000));
    assert!(Suite::parse(&yaml).is_err());
}

#[test]
fn equal_patterns_are_compiled_once_and_all_share_a_budget() {
    let checks = |count: usize, each: fn(usize) -> String| {
        let check = |number| json!({ "body": null, "matches": each(number) });
        let steps: Vec<Value> = (0..count.div_ceil(100))
            .map(|step| {
                let numbers = step * 100..count.min(step * 100 + 100);
                json!({ "get": "http://h/", "expect": numbers.map(check).collect::<Vec<_>>() })
            })
            .collect();
        json!({ "suite": "s", "tests": [{ "name": "t", "steps": steps }] })
    };
    let problems = |suite: &Value| read(suite).map(|_| ()).map_err(|problems| problems.0.len());
    assert_eq!(problems(&checks(2_000, |_| r"\w{1,100}".to_owned())), Ok(()));
    let different = checks(200, |number| format!(r"\w{{1,100}}{number}"));
    assert!(report(&different).contains("the patterns of this suite take more than 67108864 bytes of memory together"));
    assert_eq!(problems(&different), Err(20));
    assert_eq!(problems(&checks(400, |number| format!(r"^[a-z]+/\d+-{number}$"))), Ok(()));
}

#[test]
fn schemas_of_a_suite_share_a_budget_too() {
    let schemas = |schema: fn(usize) -> Value| {
        let checks: Vec<Value> = (0..100).map(|number| json!({ "schema": schema(number) })).collect();
        with_checks(&checks)
    };
    assert_eq!(read(&schemas(|_| json!({ "enum": (0..1_500).collect::<Vec<_>>() }))).map(|_| ()), Ok(()));
    let report_of_values = report(&schemas(|number| json!({ "enum": (number..number + 1_500).collect::<Vec<_>>() })));
    assert!(report_of_values.contains("more than 100000 values"), "{report_of_values}");
    let report_of_patterns = report(&schemas(|number| json!({ "pattern": format!(r"\w{{1,100}}{number}") })));
    assert!(report_of_patterns.contains("the patterns of this suite"), "{report_of_patterns}");
}

#[test]
fn reading_stops_after_the_first_problems() {
    let tests: Vec<Value> = (0..10_000).map(|_| json!({ "nome": "t", "gett": "http://h/" })).collect();
    let problems = read(&json!({ "suite": "s", "tests": tests })).expect_err("many problems");
    assert_eq!(problems.0.len(), 20);
    let tests: Vec<Value> = (0..1_000).map(|n| json!({ "name": n.to_string(), "get": "http://h/${x}${y}" })).collect();
    let suite = read(&json!({ "suite": "s", "tests": tests })).expect("a suite");
    assert_eq!(check_variables(&suite, [], []).expect_err("no values").0.len(), 20);
}

#[test]
fn parts_multiplied_by_tests_are_bounded() {
    let one = |test: Value| json!({ "suite": "s", "tests": [test] });
    let names: Map<String, Value> = (0..10_000).map(|number| (format!("n{number}"), json!(["v"]))).collect();
    let many = one(json!({ "name": "t", "get": "http://h/", "each": names }));
    assert!(report(&many).contains("`each` may have at most 100 names; this one has 10000"));
    let columns: Vec<String> = (0..5_000).map(|number| format!("c{number}")).collect();
    let row: Map<String, Value> = columns.iter().map(|column| (column.clone(), json!("v"))).collect();
    let many = one(json!({ "name": "t", "get": "http://h/", "each": { "json": vec![row; 10] } }));
    assert!(report(&many).contains("`each` may have at most 100 names; this one has 5000"));
    let headers: Map<String, Value> = columns.iter().map(|column| (column.clone(), json!("v"))).collect();
    assert!(
        report(&one(json!({ "name": "t", "get": "http://h/", "headers": headers }))).contains("at most 100 headers")
    );
    let vars: Map<String, Value> = columns.iter().map(|column| (column.clone(), json!("v"))).collect();
    let many = json!({ "suite": "s", "vars": vars, "tests": [{ "name": "t", "get": "http://h/" }] });
    assert!(report(&many).contains("a suite may have at most 1000 variables; this one has 5000"));
    let tests: Vec<Value> = (0..5_000).map(|n| json!({ "name": n.to_string(), "get": "http://h/" })).collect();
    let long = json!({ "suite": "s", "defaults": { "headers": { "a": "x".repeat(10_000) } }, "tests": tests });
    assert!(report(&long).contains("inherit more than 33554432 bytes from `defaults`"));
}

/// Each of these took time that grew with the square of its size: minutes, where it now takes a moment.
#[test]
fn time_grows_with_the_size_of_the_input() {
    let mut yaml =
        String::from("suite: s\ntests:\n- name: t\n  post: http://h/\n  expect: [{ status: 200 }]\n  json:\n");
    for number in 0..30_000 {
        writeln!(yaml, "    k{number}: v").expect("memory");
    }
    let node = Node::parse(&yaml).expect("a document");
    let suite = stepcast_suite::read(&node).expect("a suite");
    assert!(stepcast_suite::lint(&node, &suite, |_| false).is_empty());

    // A key is part of the way to everything below it.
    let long = Map::from_iter([("x".repeat(400_000), json!(vec!["${a}"; 60_000]))]);
    let deep =
        json!({ "suite": "s", "vars": { "a": "v" }, "tests": [{ "name": "t", "post": "http://h/", "json": long }] });
    assert!(read(&deep).is_ok());

    // Names that are open are looked for once.
    let open = "${".repeat(400_000);
    assert!(read(&json!({ "suite": "s", "tests": [{ "name": "t", "post": "http://h/", "text": open }] })).is_ok());
    assert!(Node::parse(&format!("a: \"{open}\"")).is_ok());

    // What is spelt almost like something else is looked for among words that are short.
    let groups: Map<String, Value> =
        (0..20).map(|number| (format!("{}{number}", "g".repeat(20_000)), json!([{ "status": 200 }]))).collect();
    let uses = vec![json!({ "use": "h".repeat(20_000) }); 30];
    let unknown =
        json!({ "suite": "s", "checks": groups, "tests": [{ "name": "t", "get": "http://h/", "expect": uses }] });
    assert!(report(&unknown).contains("there is no group of checks"));
}
