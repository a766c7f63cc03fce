//! The value of a subject in an answer.

use serde_json::Value;
use std::borrow::Cow;
use stepcast_suite::number::{self, Decimal};

/// A value, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<'p> {
    /// No such header, element, place or match
    Nothing,
    /// Text of the page, its headers or its address
    Text(Cow<'p, str>),
    /// A number Stepcast measured or counted
    Number(f64),
    /// One JSON value, such as the one at a JSON path
    Json(Cow<'p, Value>),
    /// All values at a JSON path with a wildcard, filter or slice, or all texts of elements; may be empty
    List(Vec<Cow<'p, Value>>),
    /// The values of all header fields of a name; a matcher holds if one of them fits
    Fields(Vec<String>),
}

impl Found<'_> {
    /// Whether there is a value.
    pub fn exists(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::List(values) => !values.is_empty(),
            Self::Fields(values) => !values.is_empty(),
            _ => true,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Fields(values) => match values.as_slice() {
                [value] => Some(value),
                _ => None,
            },
            _ => self.as_value().and_then(Value::as_str),
        }
    }

    /// The JSON value, if it is a single one. A list with one item counts as that item.
    pub fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Json(value) => Some(value),
            Self::List(values) => match values.as_slice() {
                [value] => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number as it is written, if the value is a number or a text that spells one.
    pub fn as_number(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Number(number) => Some(number.to_string().into()),
            _ => match self.as_text() {
                Some(text) => is_number(text).then_some(Cow::Borrowed(text)),
                None => number::text(self.as_value()?),
            },
        }
    }

    /// The number of items or characters.
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(text.chars().count()),
            Self::List(values) => Some(values.len()),
            Self::Fields(values) => Some(values.len()),
            Self::Json(value) => match value.as_ref() {
                value if number::is_number(value) => None,
                Value::String(text) => Some(text.chars().count()),
                Value::Array(items) => Some(items.len()),
                Value::Object(members) => Some(members.len()),
                _ => None,
            },
            Self::Nothing | Self::Number(_) => None,
        }
    }

    /// Whether the value is empty.
    pub fn is_empty(&self) -> bool {
        self.as_value().is_some_and(Value::is_null) || self.count() == Some(0)
    }

    /// The whole list as one JSON value.
    pub fn to_value(&self) -> Option<Value> {
        match self {
            Self::Json(value) => Some(value.as_ref().clone()),
            Self::List(values) => Some(values.iter().map(|value| value.as_ref().clone()).collect()),
            Self::Fields(values) => Some(values.iter().map(String::as_str).collect()),
            _ => None,
        }
    }

    /// The single value, or the list of all; includes numbers and texts of the page.
    pub fn to_single(&self) -> Option<Value> {
        match self {
            Self::Nothing => None,
            Self::Text(text) => Some(Value::String(text.clone().into_owned())),
            Self::Number(number) => serde_json::Number::from_f64(*number).map(Value::Number),
            _ => self.as_value().cloned().or_else(|| self.to_value()),
        }
    }

    /// Copies the value, so that it no longer borrows from the page.
    pub fn into_owned(self) -> Found<'static> {
        match self {
            Self::Nothing => Found::Nothing,
            Self::Text(text) => Found::Text(text.into_owned().into()),
            Self::Number(number) => Found::Number(number),
            Self::Json(value) => Found::Json(Cow::Owned(value.into_owned())),
            Self::List(values) => Found::List(values.into_iter().map(|value| Cow::Owned(value.into_owned())).collect()),
            Self::Fields(values) => Found::Fields(values),
        }
    }

    /// The value later steps use: texts as they are, JSON as JSON.
    pub fn to_capture(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Text(text) => Some(text.clone().into_owned()),
            Self::Number(number) => Some(number.to_string()),
            Self::Fields(values) => values.first().cloned(),
            Self::Json(_) | Self::List(_) if !self.exists() => None,
            Self::Json(_) | Self::List(_) => match self.as_value() {
                Some(Value::String(text)) => Some(text.clone()),
                Some(value) => Some(number::to_text(value)),
                None => self.to_value().map(|value| number::to_text(&value)),
            },
        }
    }
}

/// Whether the text is a number as people write it, without thousands separators or units.
pub fn is_number(text: &str) -> bool {
    Decimal::parse(text).is_some()
}
