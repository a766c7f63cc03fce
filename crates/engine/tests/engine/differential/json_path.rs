//! JSONPath as the compliance test suite of RFC 9535 has it.

use super::{judge, numbered, plain, read};
use serde_json::{Value, json};
use stepcast_protocol::Outcome;
use stepcast_suite::Suite;

/// Cases in which the engine differs, by name, each with the reason.
const DIFFERENT: [(&str, &str); 0] = [];

#[tokio::test]
async fn paths_lead_where_the_standard_says() {
    let suite = read("json-path/cts.json");
    let cases: Vec<&Value> =
        suite["tests"].as_array().expect("cases").iter().filter(|case| case.get("document").is_some()).collect();
    assert!(cases.len() > 400, "{}", cases.len());
    let site = numbered("application/json", cases.iter().map(|case| case["document"].to_string()).collect()).await;
    let mut wrong = Vec::new();
    for (page, case) in cases.into_iter().enumerate() {
        let expected = case
            .get("result")
            .map_or_else(|| case["results"].as_array().expect("results").clone(), |one| vec![one.clone()]);
        let path = plain(&case["selector"]);
        let each: Vec<Value> = expected.iter().map(|nodes| check(&path, nodes)).collect();
        let results = judge(&site, page, &json!([{ "any": each }])).await;
        if !results.is_ok_and(|results| results[0].outcome == Outcome::Passed) {
            wrong.push(case["name"].as_str().expect("a name").to_owned());
        }
    }
    let known: Vec<_> = DIFFERENT.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(wrong, known);
}

/// A path to one place gives its value, any other a list.
fn check(path: &Value, nodes: &Value) -> Value {
    match plain(nodes).as_array().expect("nodes").as_slice() {
        [] => json!({ "not": { "json": path } }),
        [one] => json!({ "any": [{ "json": path, "equals": one }, { "json": path, "equals": [one] }] }),
        many => json!({ "json": path, "equals": many }),
    }
}

#[test]
fn invalid_paths_are_rejected() {
    let suite = read("json-path/cts.json");
    let invalid = |case: &&Value| case["invalid_selector"] == true;
    let cases: Vec<&Value> = suite["tests"].as_array().expect("cases").iter().filter(invalid).collect();
    assert!(cases.len() > 200, "{}", cases.len());
    for case in cases {
        let check = json!({ "json": plain(&case["selector"]) });
        let test = json!({ "name": "t", "get": "http://a.example/", "expect": [check] });
        let read = Suite::parse(&json!({ "suite": "s", "tests": [test] }).to_string());
        assert!(read.is_err(), "{}: {}", case["name"], case["selector"]);
    }
}
