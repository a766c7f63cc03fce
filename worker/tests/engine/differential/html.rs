//! CSS selectors and `XPath` against soupsieve and libxml2, on trees of html5lib.

use super::{fixture, judge, numbered, plain, read};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Command, Stdio};
use stepcast_protocol::Outcome;

/// What Python says of each case, in their order.
fn answers(language: &str) -> Vec<Value> {
    let python = fixture("../../../target/python/differential/bin/python");
    assert!(python.exists(), "`{}` is missing; `make test` makes it", python.display());
    let cases = File::open(fixture(&format!("html/{language}.json"))).expect("the cases");
    let mut command = Command::new(python);
    command.arg(fixture("html/ask.py")).arg(language).stdin(cases).stderr(Stdio::inherit());
    let output = command.output().expect("Python runs");
    assert!(output.status.success(), "Python failed");
    serde_json::from_slice(&output.stdout).expect("answers")
}

/// Checks that hold where the engine finds the same.
fn checks(language: &str, question: &Value, answer: &Value) -> Vec<Value> {
    let question = plain(question);
    match answer {
        Value::Array(texts) if texts.is_empty() => vec![json!({ language: question, "count": 0 })],
        Value::Array(texts) => vec![
            json!({ language: question, "count": texts.len() }),
            json!({ language: question, "texts": plain(answer) }),
        ],
        Value::Bool(false) => vec![json!({ "not": { language: question } })],
        other => vec![json!({ language: question, "equals": plain(other) })],
    }
}

async fn compare(language: &str, at_least: usize) {
    let cases = read(&format!("html/{language}.json"));
    let cases = cases.as_array().expect("cases");
    assert!(cases.len() >= at_least, "{}", cases.len());
    let mut places = BTreeMap::new();
    let mut pages = Vec::new();
    for case in cases {
        let name = case[0].as_str().expect("a page");
        places.entry(name).or_insert_with(|| {
            pages.push(std::fs::read_to_string(fixture("html").join(name)).expect(name));
            pages.len() - 1
        });
    }
    let site = numbered("text/html; charset=utf-8", pages).await;
    let mut wrong = Vec::new();
    for (case, answer) in cases.iter().zip(answers(language)) {
        let page = places[case[0].as_str().expect("a page")];
        let told = match judge(&site, page, &checks(language, &case[1], &answer).into()).await {
            Ok(results) if results.iter().all(|result| result.outcome == Outcome::Passed) => String::new(),
            Ok(results) => site.told(&results),
            Err(problem) => problem,
        };
        if told.is_empty() == case.get(2).is_some() {
            wrong.extend([case.to_string(), told]);
        }
    }
    assert!(wrong.is_empty(), "these differ and are not known to, or are known to and do not:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn selectors_find_what_soupsieve_finds() {
    compare("css", 150).await;
}

#[tokio::test]
async fn expressions_give_what_libxml2_gives() {
    compare("xpath", 120).await;
}
