//! Matchers: the type they compare with depends on the value they are applied to.

use super::super::matcher::{MATCHERS, OperandKind};
use super::super::read_matcher::ORDERS;
use super::super::subject::Compared;
use super::values::{or_template, reference};
use super::words::{self, Place};
use serde_json::{Map, Value, json};

/// All there are, each with the name its definitions end with.
const COMPARED: [(Compared, &str); 5] = [
    (Compared::Status, "status"),
    (Compared::Number, "number"),
    (Compared::Time, "time"),
    (Compared::Text, "text"),
    (Compared::Anything, "anything"),
];

/// For each kind of value the types of its matchers, the matchers as a mapping, and the allowed values of a subject's
/// key.
pub(super) fn definitions() -> Map<String, Value> {
    let mut definitions = Map::new();
    for (compared, name) in COMPARED {
        definitions.insert(format!("values_of_{name}"), values(compared));
        definitions.insert(format!("matchers_of_{name}"), matchers(compared));
        definitions.insert(format!("expected_{name}"), expected(compared, name));
    }
    definitions.insert("count".into(), count());
    definitions
}

/// Matchers beside a subject, or in a mapping. Which of them are allowed there is defined elsewhere, and so is `count`,
/// which is not a matcher beside elements.
pub(super) fn beside(compared: Compared) -> Value {
    reference(&format!("values_of_{}", name(compared)))
}

pub(super) fn name(compared: Compared) -> &'static str {
    COMPARED.iter().find(|(other, _)| *other == compared).map_or("anything", |(_, name)| *name)
}

fn values(compared: Compared) -> Value {
    let keys = MATCHERS.iter().filter(|key| **key != "count");
    let described = |key: &&str| ((*key).to_owned(), words::describe(Place::Matcher, key, value(compared, key)));
    json!({ "properties": keys.map(described).collect::<Map<_, _>>() })
}

fn matchers(compared: Compared) -> Value {
    let count = words::describe(Place::Matcher, "count", reference("count"));
    json!({
        "type": "object", "allOf": [beside(compared)], "properties": { "count": count }, "propertyNames": { "enum": MATCHERS },
    })
}

/// Empty, if matchers are beside it; a bare value, which means equals; or matchers.
fn expected(compared: Compared, name: &str) -> Value {
    let matchers = reference(&format!("matchers_of_{name}"));
    let bare = match compared {
        Compared::Anything => json!({ "type": ["string", "number", "boolean", "array"] }),
        _ => equal(compared),
    };
    json!({ "anyOf": [{ "type": "null" }, bare, matchers] })
}

fn count() -> Value {
    let one = json!({ "allOf": [reference("matchers_of_number"), { "minProperties": 1, "maxProperties": 1 }] });
    json!({ "anyOf": [equal(Compared::Number), one] })
}

fn value(compared: Compared, matcher: &str) -> Value {
    let Some(operand) = OperandKind::of(matcher) else { return Value::Bool(false) };
    match operand {
        OperandKind::Value => equal(compared),
        OperandKind::Values => json!({ "type": "array", "items": equal(compared) }),
        OperandKind::Part | OperandKind::Text => reference("text"),
        OperandKind::Pattern => reference("text_not_empty"),
        OperandKind::Flag => json!({ "type": "boolean" }),
        OperandKind::Count => reference("count"),
        OperandKind::Bound => bound(compared),
        OperandKind::Bounds => json!({ "type": "array", "items": bound(compared), "minItems": 2, "maxItems": 2 }),
        OperandKind::Type => reference("json_type"),
        OperandKind::Order => json!({ "enum": ORDERS.map(|(name, _)| name) }),
        OperandKind::Schema if compared == Compared::Anything => json!({ "type": ["object", "boolean"] }),
        OperandKind::Schema => Value::Bool(false),
    }
}

fn equal(compared: Compared) -> Value {
    let number = json!({ "type": "integer", "minimum": 0 });
    match compared {
        Compared::Status => {
            json!({ "anyOf": [number, { "type": "string", "pattern": "^[1-5]xx$" }, reference("template")] })
        }
        Compared::Number => or_template(&number),
        Compared::Time => Value::Bool(false),
        Compared::Text => reference("text"),
        Compared::Anything => Value::Bool(true),
    }
}

fn bound(compared: Compared) -> Value {
    match compared {
        Compared::Time => or_template(&reference("duration")),
        Compared::Status | Compared::Number => or_template(&json!({ "type": "number" })),
        Compared::Text | Compared::Anything => {
            json!({ "anyOf": [{ "type": "number" }, reference("date"), reference("template")] })
        }
    }
}
