//! JSON Schema, draft 2020-12: <https://json-schema.org/draft/2020-12>
//!
//! The suite contains the whole schema: references to other documents are not fetched. Its patterns are those of the
//! `regex` crate, so that none takes more than linear time, times its size. A schema that refers to itself in several
//! branches can ask for practically endless work; every access is counted, and the evaluation stops at the limit.

mod budget;
mod counted;
mod exact;
mod patterns;
mod unevaluated;

use crate::bounds::{SCHEMA_COST, SCHEMA_VALUES};
use crate::matcher::TYPES;
use crate::number;
use budget::within;
use counted::{Counted, CountedValue};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use patterns::Patterns;
pub(crate) use patterns::patterns;
use serde_json::Value;

/// Most violations that are reported for one value.
const MOST_VIOLATIONS: usize = 5;
/// Most accesses to a value. Ordinary schemas access each of its parts about ten times.
const STEPS: u64 = 20_000_000;

/// A schema that values can be validated with.
pub struct Schema {
    validator: Validator<Counted>,
    patterns: Patterns,
}

/// It takes too long to find out whether a value is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "validating this JSON takes too long; use fewer references of the schema to itself, or check a part of the JSON"
)]
pub struct TooMuchWork;

/// Why a value is not a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a JSON Schema: {message}")]
pub struct SchemaError {
    /// The problem
    pub message: String,
    /// The place in the schema, as a JSON pointer (RFC 6901)
    pub pointer: String,
}

impl Schema {
    /// Reads a schema.
    pub fn new(value: &Value) -> Result<Self, SchemaError> {
        if parts(value) > SCHEMA_VALUES {
            return Err(SchemaError::of_whole(&format!(
                "it has more than {SCHEMA_VALUES} values; check parts of the JSON separately"
            )));
        }
        within(0, || compile(value)).unwrap_or_else(|_| Err(SchemaError::of_whole("it could not be read")))
    }

    /// Whether a value is valid.
    pub fn is_valid(&self, value: &Value) -> Result<bool, TooMuchWork> {
        self.within_steps(|| self.validator.is_valid(CountedValue(value)))
    }

    /// The first places at which a value is invalid, each with the reason. If there are more than can be collected,
    /// only the first.
    pub fn violations(&self, value: &Value) -> Vec<String> {
        let all = || {
            self.validator
                .iter_errors(CountedValue(value))
                .take(MOST_VIOLATIONS)
                .map(|error| describe(&error))
                .collect()
        };
        let first = || self.validator.validate(CountedValue(value)).err().as_ref().map(describe);
        let violations = self.within_steps(all).or_else(|_| self.within_steps(first).map(Vec::from_iter));
        violations
            .unwrap_or_else(|_| vec!["JSON that does not fit the schema; finding out where takes too long".to_owned()])
    }

    fn within_steps<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, TooMuchWork> {
        within(STEPS, || self.patterns.while_counted(work)).map_err(|_| TooMuchWork)
    }
}

impl SchemaError {
    fn of_whole(message: &str) -> Self {
        Self { message: message.to_owned(), pointer: String::new() }
    }
}

fn compile(value: &Value) -> Result<Schema, SchemaError> {
    if unevaluated::cost(value) > SCHEMA_COST {
        return Err(SchemaError::of_whole(
            "its references lead from one `unevaluatedProperties` or `unevaluatedItems` to the next too often",
        ));
    }
    let prepared = exact::prepared(value).map_err(|problem| SchemaError::of_whole(&problem))?;
    let options = jsonschema::options_for::<Counted>().offline().with_pattern_options(PatternOptions::regex());
    exact::with_keywords(options)
        .should_validate_formats(true)
        .build(&prepared)
        .map(|validator| Schema { validator, patterns: Patterns::of(value) })
        .map_err(|error| SchemaError { message: explain(&error), pointer: error.instance_path().to_string() })
}

/// How many values there are in a value, itself included.
pub(crate) fn parts(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(parts).sum(),
        Value::Object(members) => members.values().map(parts).sum(),
        _ => 0,
    }
}

fn describe(error: &jsonschema::ValidationError) -> String {
    let message = number::shown(&error.to_string());
    match error.instance_path().to_string().as_str() {
        "" => message,
        pointer => format!("`{pointer}`: {message}"),
    }
}

/// The library's message, if there is no better one.
fn explain(error: &jsonschema::ValidationError) -> String {
    let pointer = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::Referencing(_) => "it refers to another document, and Stepcast fetches none".to_owned(),
        ValidationErrorKind::AnyOf { .. } if pointer.ends_with("/type") => {
            format!("{} is not a type; known are {}", error.instance(), TYPES.join(", "))
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LARGE: &str = r"^\w{1,50}$";

    #[test]
    fn violations_have_a_place() {
        let schema = json!({ "type": "object", "required": ["id"], "properties": { "n": { "minimum": 1 } } });
        let schema = Schema::new(&schema).expect("a schema");
        assert_eq!(schema.is_valid(&json!({ "id": 1, "n": 1 })), Ok(true));
        let violations = schema.violations(&json!({ "n": 0 }));
        assert_eq!(violations, ["\"id\" is a required property", "`/n`: 0 is less than the minimum of 1"]);
    }

    #[test]
    fn numbers_compare_by_their_value() {
        let number = |text: &str| number::of_text(text).expect("a number");
        let large = "12345678901234567890123";
        for (keyword, bound, inside, outside) in [
            ("minimum", large, "12345678901234567890123.0", "12345678901234567890122"),
            ("maximum", "9007199254740992", "9007199254740992", "9007199254740993"),
            ("exclusiveMaximum", "1e22", "9999999999999999999999", "10000000000000000000000"),
            ("exclusiveMinimum", "1e22", "10000000000000000000001", "1e22"),
            ("maximum", "1e400", "1e399", "1.1e400"),
            ("const", large, "1.2345678901234567890123e22", "12345678901234567890124"),
            ("const", "1e22", "10e21", "10000000000000000000001"),
            ("multipleOf", "1.10", "2.2", "2.3"),
        ] {
            let schema = Schema::new(&json!({ keyword: number(bound) })).expect("a schema");
            assert_eq!(schema.is_valid(&number(inside)), Ok(true), "{keyword} {inside}");
            assert_eq!(schema.is_valid(&number(outside)), Ok(false), "{keyword} {outside}");
        }
        let schema = Schema::new(&json!({ "type": "integer", "maximum": number("1e400") })).expect("a schema");
        assert_eq!(schema.violations(&number("2e400")), ["2e400 is greater than the maximum of 1e400"]);
        assert_eq!(schema.violations(&number("1e-400")), ["1e-400 is not of type \"integer\""]);
        let listed = Schema::new(&json!({ "enum": [number("1.10"), [number(large)]] })).expect("a schema");
        assert_eq!([number("1.1"), json!([number(large)])].map(|value| listed.is_valid(&value)), [Ok(true), Ok(true)]);
        assert!(Schema::new(&json!({ "multipleOf": number("0.10000000000000000001") })).is_err());
    }

    #[test]
    fn nothing_is_fetched() {
        for address in ["http://127.0.0.1:1/s.json", "file:///etc/passwd", "https://example.com/s"] {
            assert!(Schema::new(&json!({ "$ref": address })).is_err(), "{address}");
        }
    }

    #[test]
    fn large_patterns_are_held_against_so_much_text_only() {
        let size = crate::pattern::Pattern::new(LARGE).expect("a pattern").size();
        let text = "x".repeat(2 * 10_000 * usize::try_from(STEPS).expect("a size") / size);
        let ask = |schema: Value, value: Value| Schema::new(&schema).expect("a schema").is_valid(&value);
        assert_eq!(ask(json!({ "pattern": LARGE }), json!(text[..1_000])), Ok(false));
        assert_eq!(ask(json!({ "pattern": LARGE }), json!(text)), Err(TooMuchWork));
        let (short, long) = (json!({ &text[..1_000]: 1 }), json!({ &text: 1 }));
        assert_eq!(ask(json!({ "patternProperties": { LARGE: false } }), short), Ok(true));
        assert_eq!(ask(json!({ "patternProperties": { LARGE: false } }), long), Err(TooMuchWork));
        let in_names = json!({ "propertyNames": { "pattern": LARGE } });
        assert_eq!(ask(in_names, json!({ &text: 1 })), Err(TooMuchWork));
    }

    #[test]
    fn patterns_are_linear() {
        assert!(Schema::new(&json!({ "pattern": "^(a+)+$" })).is_ok());
        assert!(Schema::new(&json!({ "pattern": "(?=a)" })).is_err());
    }

    #[test]
    fn a_schema_that_is_itself_ends() {
        let schema = Schema::new(&json!({ "$ref": "#" })).expect("a schema");
        assert_eq!(schema.is_valid(&json!({ "a": [1] })), Ok(true));
    }

    /// Schemas that each refer to the next in this many branches; the last refers to `last`.
    fn chain(length: usize, branches: usize, last: &Value) -> Value {
        let next = |n: usize| json!({ "$ref": format!("#/$defs/{}", n + 1) });
        let link = |n: usize| (n.to_string(), json!({ "anyOf": vec![next(n); branches] }));
        let mut schemas: serde_json::Map<_, _> = (0..length).map(link).collect();
        schemas.insert(length.to_string(), last.clone());
        json!({ "$defs": schemas, "$ref": "#/$defs/0" })
    }

    #[test]
    fn a_schema_that_never_ends_is_given_up() {
        let schema = Schema::new(&chain(60, 2, &json!({ "type": "null" }))).expect("a schema");
        assert_eq!(schema.is_valid(&json!("a")), Err(TooMuchWork));
        assert_eq!(
            schema.violations(&json!("a")),
            ["JSON that does not fit the schema; finding out where takes too long"]
        );
    }

    #[test]
    fn a_schema_is_read_however_deep_it_leads() {
        let schema = Schema::new(&chain(2_400, 1, &json!({ "type": "null" }))).expect("a schema");
        assert_eq!(schema.is_valid(&json!(null)), Ok(true));
        let again = json!({ "items": { "$ref": "#/$defs/0" } });
        let schema = Schema::new(&chain(2_400, 1, &again)).expect("a schema");
        let deep = (0..120).fold(json!(0), |value, _| json!([value]));
        assert_eq!(schema.is_valid(&deep), Err(TooMuchWork));
    }

    #[test]
    fn a_schema_can_be_too_large() {
        let error = Schema::new(&chain(4_000, 1, &json!({}))).map(|_| ()).expect_err("too large");
        assert!(error.to_string().contains("more than 10000 values"), "{error}");
    }

    #[test]
    fn of_too_many_violations_the_first_is_told() {
        let schema = Schema::new(&json!({ "items": { "type": "string" } })).expect("a schema");
        let violations = schema.violations(&vec![0; 100_000].into());
        assert_eq!(violations, ["`/0`: 0 is not of type \"string\""]);
    }
}
