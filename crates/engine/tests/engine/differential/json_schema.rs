//! JSON Schema 2020-12 as its official test suite has it.

use super::{judge, numbered, plain, read};
use serde_json::{Value, json};
use stepcast_protocol::Outcome;

/// Schemas with references to other documents, which are not fetched, by the beginning of their names.
const REMOTE: [&str; 7] = [
    "refRemote: ",
    "vocabulary: ",
    "dynamicRef: strict-tree schema, guards against misspelled properties: ",
    "dynamicRef: tests for implementation dynamic anchor and reference link: ",
    "dynamicRef: $ref and $dynamicAnchor are independent of order - $defs first: ",
    "dynamicRef: $ref and $dynamicAnchor are independent of order - $ref first: ",
    "dynamicRef: $ref to $dynamicRef finds detached $dynamicAnchor: ",
];
/// Formats that are checked here, which the standard leaves open.
const CHECKED: [&str; 17] = [
    "email",
    "regex",
    "ipv4",
    "ipv6",
    "hostname",
    "date",
    "date-time",
    "time",
    "json-pointer",
    "relative-json-pointer",
    "iri",
    "iri-reference",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
    "duration",
];

/// Whether the engine is known to answer otherwise.
fn is_different(name: &str) -> bool {
    let format = name.strip_prefix("format: ").and_then(|name| name.split_once(" format: "));
    let is_checked =
        |(format, case): (&str, &str)| CHECKED.contains(&format) && case.ends_with("is only an annotation by default");
    format.is_some_and(is_checked) || REMOTE.iter().any(|beginning| name.starts_with(beginning))
}

#[tokio::test]
async fn values_fit_where_the_standard_says() {
    let suite = read("json-schema/draft2020-12.json");
    let mut cases: Vec<(String, Value, Value, bool)> = Vec::new();
    for (file, groups) in suite.as_object().expect("files") {
        for group in groups.as_array().expect("groups") {
            for test in group["tests"].as_array().expect("tests") {
                let name = format!(
                    "{file}: {}: {}",
                    group["description"].as_str().expect("text"),
                    test["description"].as_str().expect("text")
                );
                cases.push((name, group["schema"].clone(), test["data"].clone(), test["valid"] == true));
            }
        }
    }
    assert!(cases.len() > 1_000, "{}", cases.len());
    let site = numbered("application/json", cases.iter().map(|case| case.2.to_string()).collect()).await;
    for (page, (name, schema, _, is_valid)) in cases.into_iter().enumerate() {
        let expected = if is_valid { Outcome::Passed } else { Outcome::Failed };
        let results = judge(&site, page, &json!([{ "schema": plain(&schema) }])).await;
        let is_right = results.is_ok_and(|results| results[0].outcome == expected);
        assert_ne!(is_right, is_different(&name), "{name}");
    }
}
