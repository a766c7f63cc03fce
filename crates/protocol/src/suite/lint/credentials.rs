//! Passwords and tokens that stand in the suite as they are.

use super::Warnings;
use super::place::Place;
use crate::document::{Kind, Node};
use serde_json::Value;

pub(super) fn check(warnings: &mut Warnings) {
    let node = warnings.node;
    if let Some(defaults) = child(node, "defaults") {
        of_request(defaults, "defaults", warnings);
    }
    for (number, test) in items(child(node, "tests")) {
        let path = format!("tests[{number}]");
        of_request(test, &path, warnings);
        for key in ["setup", "steps", "teardown"] {
            for (number, step) in items(child(test, key)) {
                of_request(step, &format!("{path}.{key}[{number}]"), warnings);
            }
        }
    }
}

fn of_request(node: &Node, path: &str, warnings: &mut Warnings) {
    let password = child(node, "basic").and_then(|basic| child(basic, "password"));
    let authorization = child(node, "headers").and_then(|headers| child(headers, "authorization"));
    let given = [
        (password, "basic.password", "password", "password"),
        (child(node, "bearer"), "bearer", "token", "token"),
        (authorization, "headers.authorization", "header", "authorization"),
    ];
    for (value, key, what, name) in given {
        if value.is_some_and(is_plain) {
            let message = format!("this {what} stands in the suite as it is, and is stored so");
            let hint = format!("use `${{secret.{name}}}`, which is given with `--secret {name}`");
            warnings.warn(&Place::value(format!("{path}.{key}")), message, hint);
            if let Some(problem) = warnings.problems.last_mut() {
                problem.is_private = true;
            }
        }
    }
}

fn is_plain(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(Value::String(text)) => !text.is_empty() && !text.contains("${"),
        Kind::Scalar(value) => !value.is_null(),
        _ => false,
    }
}

fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Kind::Mapping(entries) = &node.kind else { return None };
    entries.iter().find(|entry| entry.key.eq_ignore_ascii_case(key)).map(|entry| &entry.value)
}

fn items(node: Option<&Node>) -> impl Iterator<Item = (usize, &Node)> {
    let items = node.map_or(&[][..], |node| match &node.kind {
        Kind::List(items) => items,
        _ => &[],
    });
    items.iter().enumerate()
}
