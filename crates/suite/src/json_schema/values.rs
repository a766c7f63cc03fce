//! Values that are used in several places.

use super::super::matcher::TYPES;
use super::LONGEST_NAME;
use serde_json::{Map, Value, json};

/// A text with a template, whose value is unknown before a run.
const TEMPLATE: &str = r"\$\{[^}]*\}";
/// Lengths of time as `duration::parse` reads them.
const DURATION: &str = r"^\s*(([0-9]+\.?[0-9]*|\.[0-9]+)\s*(ms|s|min|m|h|d)\s*)+$";
const VARIABLE_NAME: &str = r"^[\p{L}\p{N}_-]+$";
const HEADER_NAME: &str = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$|\$\{[^}]*\}";
const ADDRESS: &str = r"^\s*[hH][tT][tT][pP][sS]?:|\$\{[^}]*\}";
const JSON_PATH: &str = r"^\$|\$\{[^}]*\}";
const DATE: &str = r"^[-+]?[0-9]{4,6}-?[0-9]{2}-?[0-9]{2}|^\s*now\s*([-+].*)?$";

pub(super) fn definitions() -> Map<String, Value> {
    let entries = [
        ("name", with_text(json!({ "pattern": r"\S", "maxLength": LONGEST_NAME }))),
        // Any scalar is accepted as the text it was written as.
        ("text", with_text(json!({}))),
        ("text_not_empty", with_text(json!({ "pattern": r"\S" }))),
        ("texts", one_or_list(&reference("text"))),
        ("text_pairs", json!({ "type": "object", "additionalProperties": reference("text") })),
        ("patterns", one_or_list(&reference("text_not_empty"))),
        ("template", json!({ "type": "string", "pattern": TEMPLATE })),
        ("duration", json!({ "type": "string", "pattern": DURATION, "examples": ["800ms", "10s", "1m30s"] })),
        ("address", json!({ "type": "string", "pattern": ADDRESS })),
        ("json_path", json!({ "type": "string", "pattern": JSON_PATH, "examples": ["$.items[0].name"] })),
        ("variable_name", json!({ "pattern": VARIABLE_NAME })),
        ("header_name", json!({ "pattern": HEADER_NAME })),
        ("date", json!({ "type": "string", "pattern": DATE })),
        ("json_type", json!({ "enum": TYPES })),
    ];
    entries.map(|(name, schema)| (name.to_owned(), schema)).into_iter().collect()
}

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

pub(super) fn whole_number(least: u32, most: u32) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

pub(super) fn one_or_list(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "array", "items": schema }] })
}

pub(super) fn or_template(schema: &Value) -> Value {
    json!({ "anyOf": [schema, reference("template")] })
}

fn with_text(more: Value) -> Value {
    super::with(json!({ "type": ["string", "number", "boolean"] }), more)
}
