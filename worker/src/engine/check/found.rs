//! What a subject's place in an answer holds.

use serde_json::Value;
use std::borrow::Cow;

/// A value, or that there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<'p> {
    /// There is no such header, element, place or match
    Nothing,
    /// Text of the page, its headers or its address
    Text(Cow<'p, str>),
    /// A number Stepcast measured or counted
    Number(f64),
    /// The one value a JSON path leads to
    Json(&'p Value),
    /// All values a JSON path with a wildcard, filter or slice leads to; perhaps none
    List(Vec<&'p Value>),
}

impl Found<'_> {
    /// Whether there is anything.
    pub fn exists(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::List(values) => !values.is_empty(),
            _ => true,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => self.as_value().and_then(Value::as_str),
        }
    }

    /// The JSON value, if it is a single one. A list of one stands for its item.
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

    /// The number, if it is one or a text that is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => parse_number(text),
            _ => match self.as_value()? {
                Value::String(text) => parse_number(text),
                value => value.as_f64(),
            },
        }
    }

    /// How many items or characters it has.
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(text.chars().count()),
            Self::List(values) => Some(values.len()),
            Self::Json(Value::String(text)) => Some(text.chars().count()),
            Self::Json(Value::Array(items)) => Some(items.len()),
            Self::Json(Value::Object(members)) => Some(members.len()),
            Self::Nothing | Self::Number(_) | Self::Json(_) => None,
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Json(Value::Null)) || self.count() == Some(0)
    }

    /// The whole list as one JSON value.
    pub fn to_value(&self) -> Option<Value> {
        match self {
            Self::Json(value) => Some((*value).clone()),
            Self::List(values) => Some(values.iter().copied().cloned().collect()),
            _ => None,
        }
    }

    /// The value later steps use: texts as they are, JSON as JSON.
    pub fn to_capture(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Text(text) => Some(text.clone().into_owned()),
            Self::Number(number) => Some(number.to_string()),
            Self::Json(_) | Self::List(_) if !self.exists() => None,
            Self::Json(_) | Self::List(_) => match self.as_value() {
                Some(Value::String(text)) => Some(text.clone()),
                Some(value) => Some(value.to_string()),
                None => self.to_value().map(|value| value.to_string()),
            },
        }
    }
}

/// Reads a number as people write it in text, without thousands separators or units.
pub fn parse_number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}
