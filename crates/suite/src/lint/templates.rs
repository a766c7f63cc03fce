//! Templates that begin and do not end.

use super::Warnings;
use crate::document::{Kind, Node};
use crate::path::Path;
use crate::place::Place;
use crate::template_names::PARTS;
use serde_json::Value;

pub(super) fn check(warnings: &mut Warnings) {
    let Kind::Mapping(entries) = &warnings.node.kind else { return };
    for entry in entries.iter().filter(|entry| PARTS.contains(&entry.key.as_str())) {
        look_through(&entry.value, &Path::written(entry.key.as_str()), warnings);
    }
}

fn look_through<'n>(node: &'n Node, path: &Path<'n>, warnings: &mut Warnings) {
    match &node.kind {
        Kind::Scalar(Value::String(text)) if is_open(text) => {
            let hint = "close it with `}`; for a literal `${`, write `$${`";
            warnings.warn(&Place::value(path.to_string()), "a `${` is not closed here, so it is taken literally", hint);
        }
        Kind::Scalar(_) => {}
        Kind::List(items) => {
            for (number, item) in items.iter().enumerate() {
                look_through(item, &path.item(number), warnings);
            }
        }
        Kind::Mapping(entries) => {
            // A JSON Schema stays as it is.
            for entry in entries.iter().filter(|entry| entry.key != "schema") {
                look_through(&entry.value, &path.key(&entry.key), warnings);
            }
        }
    }
}

fn is_open(text: &str) -> bool {
    let last = text.rfind("${").filter(|at| !text[..*at].ends_with('$'));
    last.is_some_and(|at| !text[at..].contains('}'))
}
