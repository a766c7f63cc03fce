//! JSON that counts every access: a schema does everything with a value through this module.

use super::budget::spend;
use super::{parts, patterns};
use crate::number::{self, Decimal};
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use jsonschema::types::JsonType;
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// How many bytes of a text are read in one step.
const BYTES: usize = 16;
/// The cost of remembering whether an array or object fits a schema that refers to itself, which takes memory.
const MEMORY: u64 = 16;
/// The cost of reporting one violation; all of them are kept.
const VIOLATION: u64 = 1_000;

/// The representation, as `jsonschema` calls it.
pub(super) struct Counted;

/// A value of it.
#[derive(Clone, Copy)]
pub(super) struct CountedValue<'a>(pub &'a Value);

/// A number of it, held or not.
pub(super) struct CountedNumber<'a>(&'a Value);

/// The members of an object.
pub(super) struct CountedObject<'a>(&'a Map<String, Value>);

/// The items of an array.
pub(super) struct CountedArray<'a>(&'a [Value]);

impl Json for Counted {
    type Node<'a> = CountedValue<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>((): &mut (), string: &str, work: impl FnOnce(CountedValue<'_>) -> T) -> T {
        work(CountedValue(&Value::String(string.to_owned())))
    }
}

impl<'a> Node<'a, Counted> for CountedValue<'a> {
    type Object = CountedObject<'a>;
    type Array = CountedArray<'a>;
    type Number = CountedNumber<'a>;

    fn as_object(&self) -> Option<CountedObject<'a>> {
        spend(1);
        self.0.as_object().filter(|_| !number::is_number(self.0)).map(CountedObject)
    }

    fn as_array(&self) -> Option<CountedArray<'a>> {
        spend(1);
        self.0.as_array().map(|items| CountedArray(items))
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        let text = self.0.as_str();
        spend(1 + text.map_or(0, |text| steps(text.len() / BYTES) + patterns::steps_of_text(text)));
        text.map(Cow::Borrowed)
    }

    fn as_number(&self) -> Option<CountedNumber<'a>> {
        spend(1 + number::held_text(self.0).map_or(0, |text| steps(text.len() / BYTES)));
        number::is_number(self.0).then_some(CountedNumber(self.0))
    }

    fn as_boolean(&self) -> Option<bool> {
        spend(1);
        self.0.as_bool()
    }

    fn is_null(&self) -> bool {
        spend(1);
        self.0.is_null()
    }

    fn json_type(&self) -> JsonType {
        spend(1);
        match self.0 {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Number(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::Array(_) => JsonType::Array,
            Value::Object(_) if number::is_number(self.0) => JsonType::Number,
            Value::Object(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        spend(if self.0.is_array() || self.0.is_object() { steps(parts(expected)) } else { 1 });
        is_equal(self.0, expected)
    }

    fn to_value(&self) -> Cow<'a, Value> {
        spend(VIOLATION);
        Cow::Borrowed(self.0)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        spend(1);
        Some(NodeIdentity::new(std::ptr::from_ref(self.0) as usize))
    }

    fn container_identity(&self) -> Option<NodeIdentity> {
        spend(MEMORY);
        if number::is_scalar(self.0) { None } else { self.identity() }
    }
}

impl JsonNumber for CountedNumber<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.0.as_u64()
    }

    fn as_i64(&self) -> Option<i64> {
        self.0.as_i64()
    }

    // A float next to the nearest one, so that it equals none that a schema is likely to have.
    fn as_f64(&self) -> Option<f64> {
        let Some(text) = number::held_text(self.0) else { return self.0.as_f64() };
        let nearest = text.parse::<f64>().ok().filter(|nearest| nearest.is_finite())?;
        Some(match number::compare(text, &nearest.to_string()) {
            Some(Ordering::Greater) => nearest.next_up(),
            Some(Ordering::Less) => nearest.next_down(),
            _ => nearest,
        })
    }

    fn as_str(&self) -> Cow<'_, str> {
        number::text(self.0).unwrap_or_default()
    }

    fn to_number(&self) -> Cow<'_, Number> {
        match self.0 {
            Value::Number(number) => Cow::Borrowed(number),
            _ => Cow::Owned(number::nearest_number(&self.as_str())),
        }
    }

    fn is_integer(&self) -> bool {
        Decimal::parse(&self.as_str()).is_some_and(|number| number.is_integer())
    }
}

/// Whether two values are the same; numbers are compared by value.
fn is_equal(one: &Value, other: &Value) -> bool {
    match (number::text(one), number::text(other)) {
        (Some(one), Some(other)) => return number::is_same(&one, &other),
        (Some(_), None) | (None, Some(_)) => return false,
        (None, None) => {}
    }
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let is_there = |(key, value): (&String, &Value)| other.get(key).is_some_and(|other| is_equal(value, other));
            one.len() == other.len() && one.iter().all(is_there)
        }
        _ => one == other,
    }
}

impl<'a> Object<'a, Counted> for CountedObject<'a> {
    type Node = CountedValue<'a>;
    type MemberName = &'a str;
    type MembersIter = Box<dyn Iterator<Item = (&'a str, CountedValue<'a>)> + 'a>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, key: &String) -> Option<CountedValue<'a>> {
        spend(1);
        self.0.get(key).map(CountedValue)
    }

    fn members(&self) -> Self::MembersIter {
        Box::new(self.0.iter().map(|(name, member)| {
            spend(1 + patterns::steps_of_name(name));
            (name.as_str(), CountedValue(member))
        }))
    }
}

impl<'a> Array<'a, Counted> for CountedArray<'a> {
    type Node = CountedValue<'a>;
    type ElementsIter = Box<dyn Iterator<Item = CountedValue<'a>> + 'a>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn elements(&self) -> Self::ElementsIter {
        Box::new(self.0.iter().map(|item| {
            spend(1);
            CountedValue(item)
        }))
    }

    fn is_unique(&self) -> bool {
        spend(steps(self.0.iter().map(parts).sum()));
        jsonschema::json::unique::is_unique(self.0)
    }
}

fn steps(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
