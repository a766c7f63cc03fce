//! Numbers of a schema, by their value: the library compares them as floats.
//!
//! A schema is compiled with the nearest number that 64 bits hold. The number as written is kept beside it, under a key
//! that the library does not know, for the keywords that compare.

use super::counted::{Counted, CountedValue};
use crate::number;
use jsonschema::json::Node;
use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError, ValidationOptions};
use serde_json::{Map, Value, json};
use std::cmp::Ordering;

/// The suffix of the key that holds a number as it was written; the key begins with the keyword. No text has this
/// character.
const AS_WRITTEN: &str = "\u{fdd0}";
/// The keywords that compare a number with a bound.
const BOUNDS: [&str; 4] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
/// Keywords whose values are not schemas.
const VALUES: [&str; 4] = ["const", "enum", "default", "examples"];

/// The bound that a number must satisfy.
struct Limit {
    text: String,
    holds: fn(Ordering) -> bool,
    said: &'static str,
}

/// The schema as the library reads it; reports a number by which it cannot divide exactly.
pub(super) fn prepared(schema: &Value) -> Result<Value, String> {
    match schema {
        Value::Array(items) => items.iter().map(prepared).collect::<Result<Vec<_>, _>>().map(Value::Array),
        Value::Object(members) if number::held_text(schema).is_none() => of_members(members).map(Value::Object),
        _ => Ok(number::nearest(schema)),
    }
}

fn of_members(members: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut prepared = Map::new();
    for (key, member) in members {
        let held = number::held_text(member);
        match held {
            Some(text) if BOUNDS.contains(&key.as_str()) => {
                prepared.insert(format!("{key}{AS_WRITTEN}"), text.into());
            }
            Some(text) if key == "multipleOf" && !number::is_same(&number::nearest(member).to_string(), text) => {
                return Err(format!("`multipleOf` has more digits than can be divided by: {text}"));
            }
            _ => {}
        }
        let is_value = VALUES.contains(&key.as_str());
        let value = if is_value { member.clone() } else { self::prepared(member)? };
        prepared.insert(key.clone(), value);
    }
    split_enum(&mut prepared);
    Ok(prepared)
}

/// The library looks for a number only among the numbers of an `enum`, and does not treat a held one as a number. As
/// constants each is compared by its value.
fn split_enum(members: &mut Map<String, Value>) {
    let Some(Value::Array(items)) = members.get("enum") else { return };
    if !items.iter().any(|item| number::held_text(item).is_some()) {
        return;
    }
    let constants: Vec<Value> = items.iter().map(|item| json!({ "const": item })).collect();
    members.remove("enum");
    if let Value::Array(all) = members.entry("allOf").or_insert_with(|| json!([])) {
        all.push(json!({ "anyOf": constants }));
    }
}

/// The same options with the keywords that compare numbers.
pub(super) fn with_keywords<R>(options: ValidationOptions<'_, R, Counted>) -> ValidationOptions<'_, R, Counted> {
    BOUNDS.into_iter().fold(options, |options, keyword| {
        options.with_keyword(keyword, move |parent: &Map<String, Value>, value: &Value, _: Location| {
            Ok(Box::new(Limit::of(keyword, parent, value)) as Box<dyn for<'i> Keyword<'i, Counted>>)
        })
    })
}

impl Limit {
    fn of(keyword: &str, parent: &Map<String, Value>, value: &Value) -> Self {
        let written = parent.get(&format!("{keyword}{AS_WRITTEN}")).and_then(Value::as_str);
        let text = written.map_or_else(|| value.to_string(), str::to_owned);
        // Up to draft 4 `exclusiveMinimum: true` was written beside `minimum`.
        let is_exclusive = |own: &str| parent.get(own) == Some(&Value::Bool(true));
        let (holds, said): (fn(Ordering) -> bool, _) = match keyword {
            "minimum" if is_exclusive("exclusiveMinimum") => (Ordering::is_gt, "less than or equal to the minimum of"),
            "minimum" => (Ordering::is_ge, "less than the minimum of"),
            "maximum" if is_exclusive("exclusiveMaximum") => {
                (Ordering::is_lt, "greater than or equal to the maximum of")
            }
            "maximum" => (Ordering::is_le, "greater than the maximum of"),
            "exclusiveMinimum" => (Ordering::is_gt, "less than or equal to the minimum of"),
            _ => (Ordering::is_lt, "greater than or equal to the maximum of"),
        };
        Self { text, holds, said }
    }
}

impl<'i> Keyword<'i, Counted> for Limit {
    fn validate(&self, instance: CountedValue<'i>) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            return Ok(());
        }
        let number = number::text(instance.0).unwrap_or_default();
        Err(ValidationError::custom(format!("{number} is {} {}", self.said, self.text)))
    }

    fn is_valid(&self, instance: CountedValue<'i>) -> bool {
        if instance.as_number().is_none() {
            return true;
        }
        let number = number::text(instance.0).unwrap_or_default();
        // A bound that is not a number is the boolean of draft 4, which holds for everything.
        number::compare(&number, &self.text).is_none_or(self.holds)
    }
}
