//! Passwords and tokens that are in the suite in plain text.

use super::Warnings;
use crate::document::{Kind, Node};
use crate::place::Place;
use crate::template;
use serde_json::Value;

pub(super) fn check(warnings: &mut Warnings) {
    let node = warnings.node;
    if let Some(defaults) = child(node, "defaults") {
        of_request(defaults, "defaults", warnings);
        if child(defaults, "proxy").is_some_and(has_plain_password) {
            warn("defaults.proxy", "the password of the proxy", "proxy_password", warnings);
        }
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
    let password = |key| child(node, key).and_then(|asker| child(asker, "password"));
    let authorization = child(node, "headers").and_then(|headers| child(headers, "authorization"));
    let given = [
        (password("basic"), "basic.password", "password", "password"),
        (password("digest"), "digest.password", "password", "password"),
        (child(node, "bearer"), "bearer", "token", "token"),
        (authorization, "headers.authorization", "header", "authorization"),
    ];
    for (value, key, what, name) in given {
        if value.is_some_and(is_plain) {
            warn(&format!("{path}.{key}"), &format!("this {what}"), name, warnings);
        }
    }
}

fn warn(path: &str, what: &str, name: &str, warnings: &mut Warnings) {
    let message = format!("{what} is written in the suite as plain text, and is stored that way");
    let hint = format!("use `${{secret.{name}}}` and pass its value with `--secret {name}`");
    let before = warnings.problems.len();
    warnings.warn(&Place::value(path), message, hint);
    for problem in &mut warnings.problems[before..] {
        problem.is_private = true;
    }
}

/// Whether this is an address with a password in it.
fn has_plain_password(node: &Node) -> bool {
    let Kind::Scalar(Value::String(text)) = &node.kind else { return false };
    let asker = text.split_once("//").and_then(|(_, rest)| rest.rsplit_once('@'));
    let password = asker.and_then(|(asker, _)| asker.split_once(':'));
    password.is_some_and(|(_, password)| is_plain_text(password))
}

fn is_plain(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(Value::String(text)) => is_plain_text(text),
        Kind::Scalar(value) => !value.is_null(),
        _ => false,
    }
}

fn is_plain_text(text: &str) -> bool {
    !text.is_empty() && !template::is_template(text)
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
