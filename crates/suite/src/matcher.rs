//! Matchers: what has to hold of a value.
//!
//! The list of matchers is the call of `matchers!` below. To add one, add a row there and an arm to the engine's
//! `check/matcher.rs`, which says when it holds. Everything else follows from its [`Operand`]: how the reader reads it, how
//! templates are filled in, its JSON Schema, and its words in results.

use crate::number;
use crate::template::{self, Lookup, UndefinedVariable};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// The operand of a matcher.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand<'m> {
    /// A value of the subject's kind
    Value(Cow<'m, Value>),
    /// A value of the subject's kind; several of them
    Values(Cow<'m, Vec<Value>>),
    /// A part of a text, an item of a list, or a key of an object
    Part(Cow<'m, Value>),
    /// A text
    Text(Cow<'m, String>),
    /// A regular expression
    Pattern(Cow<'m, String>),
    /// Whether it holds, or its opposite
    Flag(Cow<'m, bool>),
    /// Another matcher, of the number of items or characters
    Count(Cow<'m, Box<Matcher>>),
    /// A number, a date or a length of time
    Bound(Cow<'m, Bound>),
    /// The least and the most, both included
    Bounds(Cow<'m, Bound>, Cow<'m, Bound>),
    /// One of [`TYPES`]
    Type(Cow<'m, String>),
    /// An order
    Order(Cow<'m, Order>),
    /// A JSON Schema; templates are not filled in
    Schema(Cow<'m, Value>),
}

/// Which [`Operand`] a matcher has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperandKind {
    Value,
    Values,
    Part,
    Text,
    Pattern,
    Flag,
    Count,
    Bound,
    Bounds,
    Type,
    Order,
    Schema,
}

/// How a matcher is written and described. `{}` is its operand; of two phrases with `|` between them the first is for a
/// flag that is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// The key in a suite
    pub name: &'static str,
    /// The description that an editor shows for the key
    pub description: &'static str,
    /// The name of the check in a result
    pub asked: &'static str,
    /// The answer to "what should have been found?"
    pub expected: &'static str,
}

macro_rules! matchers {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident($($field:ident: $type:ty),+) => $operand:ident {
            $name:literal, $description:literal, asked: $asked:literal, expected: $expected:literal $(,)?
        }
    )+) => {
        /// A condition on a value. Texts may be templates.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Matcher {
            $($(#[doc = $doc])+ $variant($($type),+),)+
        }

        /// The names of the matchers, as a suite writes them.
        pub const MATCHERS: [&str; [$($name),+].len()] = [$($name),+];

        /// The operand of each matcher, and its words.
        const TABLE: [(OperandKind, Words); MATCHERS.len()] = [$((
            OperandKind::$operand,
            Words { name: $name, description: $description, asked: $asked, expected: $expected },
        )),+];

        impl Matcher {
            /// The name a suite writes.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(..) => $name,)+
                }
            }

            /// How it is written and described.
            pub fn words(&self) -> Words {
                match self {
                    $(Self::$variant(..) => {
                        Words { name: $name, description: $description, asked: $asked, expected: $expected }
                    })+
                }
            }

            /// Its operand.
            pub fn operand(&self) -> Operand<'_> {
                match self {
                    $(Self::$variant($($field),+) => Operand::$operand($(Cow::Borrowed($field)),+),)+
                }
            }

            /// The matcher of this name with this operand, if there is one.
            pub(crate) fn of(name: &str, operand: Operand<'_>) -> Option<Self> {
                match (name, operand) {
                    $(($name, Operand::$operand($($field),+)) => Some(Self::$variant($($field.into_owned()),+)),)+
                    _ => None,
                }
            }
        }
    };
}

matchers! {
    /// The same value
    Equals(value: Value) => Value { "equals", "The value equals this one", asked: "equals {}", expected: "{}" }
    /// Another value
    NotEquals(value: Value) => Value {
        "not_equals", "The value differs from this one", asked: "not_equals {}", expected: "anything but {}",
    }
    /// The text is in it, or the item is in the list
    Contains(part: Value) => Part {
        "contains", "The text contains this text, the list this item, or the object this key",
        asked: "contains {}", expected: "something containing {}",
    }
    /// The text is not in it, nor the item in the list
    NotContains(part: Value) => Part {
        "not_contains", "There is a value, and it does not contain this",
        asked: "not_contains {}", expected: "something without {}",
    }
    /// It starts with this text
    StartsWith(text: String) => Text {
        "starts_with", "The text starts with this", asked: "starts_with {}", expected: "something starting with {}",
    }
    /// It ends with this text
    EndsWith(text: String) => Text {
        "ends_with", "The text ends with this", asked: "ends_with {}", expected: "something ending with {}",
    }
    /// The text contains a match of the pattern
    Matches(pattern: String) => Pattern {
        "matches", "The text contains a match of this pattern", asked: "matches {}", expected: "something matching {}",
    }
    /// The text contains no match of the pattern
    NotMatches(pattern: String) => Pattern {
        "not_matches", "The text contains no match of this pattern",
        asked: "not_matches {}", expected: "something not matching {}",
    }
    /// It is there, or is not
    Exists(expected: bool) => Flag {
        "exists", "`true`: there is a value; `false`: there is none",
        asked: "exists|does not exist", expected: "something|nothing",
    }
    /// It is there and empty, or is not
    Empty(expected: bool) => Flag {
        "empty", "`true`: the value is there and empty; `false`: there and not empty",
        asked: "is empty|is not empty", expected: "something empty|something not empty",
    }
    /// One of these
    OneOf(values: Vec<Value>) => Values {
        "one_of", "The value equals one of this list", asked: "one_of {}", expected: "one of {}",
    }
    /// How many items or characters
    Count(matcher: Box<Matcher>) => Count {
        "count", "The number of elements, of items of a list, or of characters of a text",
        asked: "count {}", expected: "count {}",
    }
    /// More than
    Above(limit: Bound) => Bound {
        "above", "The number or date is more than this", asked: "above {}", expected: "above {}",
    }
    /// Less than
    Below(limit: Bound) => Bound {
        "below", "The number or date is less than this", asked: "below {}", expected: "below {}",
    }
    /// This or more
    AtLeast(limit: Bound) => Bound {
        "at_least", "The number or date is this or more", asked: "at_least {}", expected: "at least {}",
    }
    /// This or less
    AtMost(limit: Bound) => Bound {
        "at_most", "The number or date is this or less", asked: "at_most {}", expected: "at most {}",
    }
    /// From the first to the second, both included
    Between(low: Bound, high: Bound) => Bounds {
        "between", "The value is within these two bounds, both included", asked: "between {}", expected: "between {}",
    }
    /// The JSON type: string, number, integer, boolean, array, object or null
    Type(name: String) => Type {
        "type", "The JSON type of the value; an integer is also a number", asked: "type {}", expected: "type {}",
    }
    /// The items of the list are in this order
    Order(order: Order) => Order {
        "order", "The items of the list are in this order", asked: "order {}", expected: "{} order",
    }
    /// It is as this JSON Schema says; templates are not filled in
    Schema(schema: Value) => Schema {
        "schema", "The JSON is valid against this JSON Schema (2020-12)",
        asked: "fits the schema", expected: "something that fits the schema",
    }
}

impl OperandKind {
    /// The kind of operand of the matcher of this name, if there is such a matcher.
    pub fn of(matcher: &str) -> Option<Self> {
        TABLE.iter().find(|(_, words)| words.name == matcher).map(|(kind, _)| *kind)
    }
}

impl Words {
    /// The words of the matcher of this name, if there is such a matcher.
    pub fn of(matcher: &str) -> Option<Self> {
        TABLE.iter().find(|(_, words)| words.name == matcher).map(|(_, words)| *words)
    }
}

/// How the items of a list follow one another. Equal ones may stand side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// No item is less than the one before
    Ascending,
    /// No item is more than the one before
    Descending,
}

/// A number or date something is compared with; for `time` it is written as a length of time and held in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bound {
    /// Known
    Number(f64),
    /// A date, a number that a float does not hold, or a template whose value is a number or a date
    Text(String),
}

impl Bound {
    /// A number as it is written; as text, if a float would be another number, or would lack the exponent.
    pub fn of_number(text: &str) -> Self {
        let is_held = |held: &f64| !text.contains(['e', 'E']) && number::is_same(&held.to_string(), text);
        let held = text.parse().ok().filter(is_held);
        held.map_or_else(|| Self::Text(text.to_owned()), Self::Number)
    }

    fn render(&self, variables: &impl Lookup) -> Result<Self, UndefinedVariable> {
        match self {
            Self::Number(number) => Ok(Self::Number(*number)),
            Self::Text(text) => template::render(text, variables).map(Self::Text),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The JSON types `type` knows.
pub const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];

impl Matcher {
    /// Whether it says what a value must not be.
    pub fn is_negative(&self) -> bool {
        matches!(self, Self::NotEquals(_) | Self::NotContains(_) | Self::NotMatches(_))
    }

    /// The same matcher with every template filled in.
    pub fn render(&self, variables: &impl Lookup) -> Result<Self, UndefinedVariable> {
        let text = |text: &str| template::render(text, variables).map(Cow::Owned);
        let value = |value: &Value| render_value(value, variables);
        let bound = |bound: &Bound| bound.render(variables).map(Cow::Owned);
        let operand = match self.operand() {
            Operand::Value(expected) => Operand::Value(Cow::Owned(value(&expected)?)),
            Operand::Part(expected) => Operand::Part(Cow::Owned(value(&expected)?)),
            Operand::Values(values) => Operand::Values(Cow::Owned(values.iter().map(value).collect::<Result<_, _>>()?)),
            Operand::Text(expected) => Operand::Text(text(&expected)?),
            Operand::Pattern(pattern) => Operand::Pattern(text(&pattern)?),
            Operand::Count(inner) => Operand::Count(Cow::Owned(Box::new(inner.render(variables)?))),
            Operand::Bound(limit) => Operand::Bound(bound(&limit)?),
            Operand::Bounds(low, high) => Operand::Bounds(bound(&low)?, bound(&high)?),
            Operand::Flag(_) | Operand::Type(_) | Operand::Order(_) | Operand::Schema(_) => return Ok(self.clone()),
        };
        Ok(Self::of(self.name(), operand).expect("the operand is of the kind it was of"))
    }
}

/// Fills in the templates inside a JSON value.
pub fn render_value(value: &Value, variables: &impl Lookup) -> Result<Value, UndefinedVariable> {
    Ok(match value {
        Value::String(text) => Value::String(template::render(text, variables)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| render_value(item, variables)).collect::<Result<_, _>>()?)
        }
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, item)| Ok((key.clone(), render_value(item, variables)?)))
                .collect::<Result<_, UndefinedVariable>>()?,
        ),
        other => other.clone(),
    })
}

/// The status codes of a class: `2xx` is 200 to 299.
pub fn status_class(text: &str) -> Option<std::ops::RangeInclusive<u16>> {
    let first = text.strip_suffix("xx").filter(|digit| digit.len() == 1)?.parse::<u16>().ok()?;
    (1..=5).contains(&first).then(|| first * 100..=first * 100 + 99)
}
