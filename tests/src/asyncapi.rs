//! The messages as `docs/asyncapi.yaml` describes them. The end-to-end tests check every message against it.

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use stepcast_suite::document::Node;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/asyncapi.yaml");

/// The document.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = std::fs::read_to_string(FILE).expect("docs/asyncapi.yaml");
    let document = Node::parse(&text).unwrap_or_else(|error| panic!("{FILE}:{}: {}", error.position, error.message));
    document.to_json()
});

static COMMANDS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| validators(Kind::Command));
static EVENTS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| validators(Kind::Event));

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// From a client to the server
    Command,
    /// From the server to a client
    Event,
}

impl Kind {
    /// Returns the prefix of its messages' names in the document.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Command => "command.",
            Self::Event => "event.",
        }
    }

    /// Returns the field that distinguishes its messages.
    pub fn field(self) -> &'static str {
        match self {
            Self::Command => "action",
            Self::Event => "type",
        }
    }
}

/// Returns the messages of one kind: their definitions by action or type.
pub fn messages(kind: Kind) -> BTreeMap<&'static str, &'static Value> {
    let all = DOCUMENT["components"]["messages"].as_object().expect("messages");
    all.iter().filter_map(|(key, message)| Some((key.strip_prefix(kind.prefix())?, message))).collect()
}

/// Returns where a message differs from the document, field by field. A field that is not in the document counts as
/// well: clients must ignore it, but the code here must not send undocumented fields.
pub fn problems(kind: Kind, message: &Value) -> Vec<String> {
    let name = message[kind.field()].as_str().unwrap_or_default();
    let validators = match kind {
        Kind::Command => &COMMANDS,
        Kind::Event => &EVENTS,
    };
    let Some(validator) = validators.get(name) else {
        return vec![format!("no message has the {} `{name}`", kind.field())];
    };
    let problem = |error: jsonschema::ValidationError<'_>| format!("at `{}`: {error}", error.instance_path());
    validator.iter_errors(message).map(problem).collect()
}

/// Fails the test if a message differs from the document.
pub fn assert_conforms(kind: Kind, message: &Value) {
    let problems = problems(kind, message);
    let name = &message[kind.field()];
    assert!(
        problems.is_empty(),
        "{kind:?} {name} is not what docs/asyncapi.yaml says:\n  {}\n{message}",
        problems.join("\n  ")
    );
}

/// Returns the types of events that may answer a command.
pub fn answers(action: &str) -> BTreeSet<&'static str> {
    names(&DOCUMENT["operations"][action]["reply"]["messages"], Kind::Event)
}

/// Returns the actions or types that a list of references names.
pub fn names(references: &'static Value, kind: Kind) -> BTreeSet<&'static str> {
    let references = references.as_array().into_iter().flatten();
    let last = references.filter_map(|reference| reference["$ref"].as_str()?.rsplit('/').next());
    last.filter_map(|key| key.strip_prefix(kind.prefix())).collect()
}

fn validators(kind: Kind) -> BTreeMap<String, Validator> {
    let mut components = DOCUMENT["components"].clone();
    close(&mut components);
    let of_message = |name: &str| {
        let schema = json!({
            "$ref": format!("#/components/messages/{}{name}/payload", kind.prefix()),
            "unevaluatedProperties": false,
            "components": components,
        });
        // The draft with `unevaluatedProperties`. Everything the document uses has the same meaning in it as in the
        // document's own, draft 7.
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        options.build(&schema).unwrap_or_else(|error| panic!("`{name}` has no good schema: {error}"))
    };
    messages(kind).into_keys().map(|name| (name.to_owned(), of_message(name))).collect()
}

/// Forbids every property that is not described, in each object with described properties. `additionalProperties` would
/// not work: it does not see the other parts of an `allOf`.
fn close(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(close),
        Value::Object(map) => {
            map.remove("examples");
            if map.contains_key("properties") && map.get("additionalProperties") == Some(&json!(true)) {
                map.remove("additionalProperties");
            }
            map.values_mut().for_each(close);
            let fields = map.get_mut("properties").and_then(Value::as_object_mut);
            fields.into_iter().flat_map(Map::values_mut).for_each(end);
            map.get_mut("items").into_iter().for_each(end);
        }
        _ => {}
    }
}

fn end(schema: &mut Value) {
    if let Value::Object(schema) = schema {
        schema.insert("unevaluatedProperties".to_owned(), json!(false));
    }
}
