//! JSON Schema, draft 2020-12: <https://json-schema.org/draft/2020-12>
//!
//! A schema stands in the suite whole: what it refers to elsewhere is not fetched. Its patterns are those of the
//! `regex` crate, so that none takes more than linear time.

use crate::suite::matcher::TYPES;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Most violations that are told of one value.
const TOLD: usize = 5;

/// A schema that can be asked.
pub struct Schema(Validator);

/// Why a value is no schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a JSON Schema: {message}")]
pub struct SchemaError {
    /// What is wrong
    pub message: String,
    /// Where in the schema, as a JSON pointer (RFC 6901)
    pub pointer: String,
}

impl Schema {
    /// Reads a schema.
    pub fn new(value: &Value) -> Result<Self, SchemaError> {
        let options = jsonschema::options().offline().with_pattern_options(PatternOptions::regex());
        options
            .should_validate_formats(true)
            .build(value)
            .map(Self)
            .map_err(|error| SchemaError { message: explain(&error), pointer: error.instance_path().to_string() })
    }

    /// Whether a value is as the schema says.
    pub fn is_valid(&self, value: &Value) -> bool {
        self.0.is_valid(value)
    }

    /// The first places at which a value is not, each with what is wrong there.
    pub fn violations(&self, value: &Value) -> Vec<String> {
        let tell = |error: jsonschema::ValidationError| match error.instance_path().to_string().as_str() {
            "" => error.to_string(),
            pointer => format!("`{pointer}`: {error}"),
        };
        self.0.iter_errors(value).take(TOLD).map(tell).collect()
    }
}

/// The library's message, where there is no better one.
fn explain(error: &jsonschema::ValidationError) -> String {
    let pointer = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::Referencing(_) => "what it refers to stands elsewhere, and nothing is fetched".to_owned(),
        ValidationErrorKind::AnyOf { .. } if pointer.ends_with("/type") => {
            format!("{} is no type; known are {}", error.instance(), TYPES.join(", "))
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn violations_have_a_place() {
        let schema = json!({ "type": "object", "required": ["id"], "properties": { "n": { "minimum": 1 } } });
        let schema = Schema::new(&schema).expect("a schema");
        assert!(schema.is_valid(&json!({ "id": 1, "n": 1 })));
        let told = schema.violations(&json!({ "n": 0 }));
        assert_eq!(told, ["\"id\" is a required property", "`/n`: 0 is less than the minimum of 1"]);
    }

    #[test]
    fn nothing_is_fetched() {
        for address in ["http://127.0.0.1:1/s.json", "file:///etc/passwd", "https://example.com/s"] {
            assert!(Schema::new(&json!({ "$ref": address })).is_err(), "{address}");
        }
    }

    #[test]
    fn patterns_are_linear() {
        assert!(Schema::new(&json!({ "pattern": "^(a+)+$" })).is_ok());
        assert!(Schema::new(&json!({ "pattern": "(?=a)" })).is_err());
    }

    #[test]
    fn a_schema_that_is_itself_ends() {
        let schema = Schema::new(&json!({ "$ref": "#" })).expect("a schema");
        assert!(schema.is_valid(&json!({ "a": [1] })));
    }
}
