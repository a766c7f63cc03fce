//! Finds names in templates that no variable can have.

use super::privacy::is_private;
use super::read_names::is_variable_name;
use super::reader::At;
use crate::document::Kind;
use crate::template;
use serde_json::Value;

/// The parts of a suite whose texts are templates.
pub(super) const PARTS: [&str; 4] = ["vars", "defaults", "checks", "tests"];

/// Looks through everything that is filled in.
pub(super) fn check(suite: &At) {
    for part in PARTS.iter().filter_map(|part| suite.child(part)) {
        check_texts(&part);
    }
}

fn check_texts(at: &At) {
    match &at.node.kind {
        Kind::Scalar(Value::String(text)) => check_text(at, text),
        Kind::Scalar(_) => {}
        Kind::List(_) => at.items().into_iter().flatten().for_each(|item| check_texts(&item)),
        Kind::Mapping(_) => {
            let Some(fields) = at.open_fields() else { return };
            // A JSON Schema stays as it is.
            fields.entries().filter(|(key, _)| *key != "schema").for_each(|(_, value)| check_texts(&value));
            // The names in other mappings are taken as they are, those of a JSON body too.
            if at.path.is_of_headers() {
                fields.entries().for_each(|(key, value)| check_text(&value, key));
            }
        }
    }
}

fn check_text(at: &At, text: &str) {
    for name in template::names(text) {
        let is_good = match name.strip_prefix(template::SECRET_PREFIX) {
            Some(secret) => !secret.is_empty(),
            None => is_variable_name(name) || template::MADE.contains(&name),
        };
        if !is_good {
            // The text between the braces may be half a password.
            let name = if is_private(&at.path.to_string()) { "…" } else { name };
            let message = format!("`${{{name}}}` is not a valid variable name; use letters, digits, `_` and `-`");
            at.problem_with_hint(message, "for a literal `${`, write `$${`");
        }
    }
}
