//! CSS selectors and `XPath` against soupsieve and libxml2: HTML on trees of html5lib, XML on those of libxml2.

use super::{fixture, judge, numbered, plain, read};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Command, Stdio};
use stepcast_protocol::Outcome;

/// What is asked, and of which pages.
struct Questions {
    /// The file of the cases, and what Python is asked for
    name: &'static str,
    /// The subject of the checks
    subject: &'static str,
    content_type: &'static str,
    at_least: usize,
}

/// What Python says of each case, in their order.
fn answers(name: &str) -> Vec<Value> {
    let python = fixture("../../../target/python/differential/bin/python");
    assert!(python.exists(), "`{}` is missing; `make test` makes it", python.display());
    let cases = File::open(fixture(&format!("markup/{name}.json"))).expect("the cases");
    let mut command = Command::new(python);
    command.arg(fixture("markup/ask.py")).arg(name).stdin(cases).stderr(Stdio::inherit());
    let output = command.output().expect("Python runs");
    assert!(output.status.success(), "Python failed");
    serde_json::from_slice(&output.stdout).expect("answers")
}

/// Checks that hold where the engine finds the same.
fn checks(subject: &str, question: &Value, answer: &Value) -> Vec<Value> {
    let question = plain(question);
    match answer {
        Value::Array(texts) if texts.is_empty() => vec![json!({ subject: question, "count": 0 })],
        Value::Array(texts) => vec![
            json!({ subject: question, "count": texts.len() }),
            json!({ subject: question, "texts": plain(answer) }),
        ],
        Value::Bool(false) => vec![json!({ "not": { subject: question } })],
        other => vec![json!({ subject: question, "equals": plain(other) })],
    }
}

async fn compare(questions: Questions) {
    let Questions { name, subject, content_type, at_least } = questions;
    let cases = read(&format!("markup/{name}.json"));
    let cases = cases.as_array().expect("cases");
    assert!(cases.len() >= at_least, "{}", cases.len());
    let mut places = BTreeMap::new();
    let mut pages = Vec::new();
    for case in cases {
        let page = case[0].as_str().expect("a page");
        places.entry(page).or_insert_with(|| {
            pages.push(std::fs::read_to_string(fixture("markup").join(page)).expect(page));
            pages.len() - 1
        });
    }
    let site = numbered(content_type, pages).await;
    let mut wrong = Vec::new();
    for (case, answer) in cases.iter().zip(answers(name)) {
        let page = places[case[0].as_str().expect("a page")];
        let report = match judge(&site, page, &checks(subject, &case[1], &answer).into()).await {
            Ok(results) if results.iter().all(|result| result.outcome == Outcome::Passed) => String::new(),
            Ok(results) => site.describe(&results),
            Err(problem) => problem,
        };
        if report.is_empty() == case.get(2).is_some() {
            wrong.extend([case.to_string(), report]);
        }
    }
    assert!(wrong.is_empty(), "these differ and are not known to, or are known to and do not:\n{}", wrong.join("\n"));
}

const HTML: &str = "text/html; charset=utf-8";

#[tokio::test]
async fn selectors_find_what_soupsieve_finds() {
    compare(Questions { name: "css", subject: "css", content_type: HTML, at_least: 150 }).await;
}

#[tokio::test]
async fn expressions_give_what_libxml2_gives() {
    compare(Questions { name: "xpath", subject: "xpath", content_type: HTML, at_least: 120 }).await;
}

#[tokio::test]
async fn expressions_in_xml_give_what_libxml2_gives() {
    compare(Questions { name: "xml", subject: "xpath", content_type: "application/xml", at_least: 140 }).await;
}
