//! Asks the reader of suites. Whatever it would reject is left out, so that the rest of the suite is valid.

use crate::notes::Unsaid;
use crate::yaml::Yaml;
use serde_json::{Value, json};
use stepcast_suite::document::Node;

/// These keys of a step, if the reader accepts them.
pub(super) fn checked_step(keys: Vec<(String, Yaml)>) -> Result<Vec<(String, Yaml)>, Unsaid> {
    let step = Yaml::Map(keys);
    accept(&json!({ "suite": "x", "tests": [{ "name": "x", "steps": [step.to_json()] }] }))?;
    match step {
        Yaml::Map(keys) => Ok(keys),
        _ => Ok(Vec::new()),
    }
}

/// A key of a step that makes a request with a body, if the reader accepts it.
pub(super) fn checked_key(key: &str, value: Yaml) -> Result<Yaml, Unsaid> {
    let step = json!({ "post": "http://h/", key: value.to_json() });
    accept(&json!({ "suite": "x", "tests": [{ "name": "x", "steps": [step] }] })).map(|()| value)
}

/// A check, if the reader accepts it.
pub(super) fn checked_check(check: Yaml) -> Result<Yaml, Unsaid> {
    checked_key("expect", Yaml::List(vec![check.clone()])).map(|_| check)
}

/// Variables, if the reader accepts them.
pub(super) fn check_variables(vars: &Yaml) -> Result<(), Unsaid> {
    let tests = json!([{ "name": "x", "get": "http://h/" }]);
    accept(&json!({ "suite": "x", "vars": vars.to_json(), "tests": tests }))
}

fn accept(suite: &Value) -> Result<(), Unsaid> {
    let Err(problems) = stepcast_suite::read(&Node::from(suite)) else { return Ok(()) };
    let Some(problem) = problems.0.first() else { return Ok(()) };
    let hint = problem.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    Unsaid::new(format!("{}{hint}", problem.message))
}
