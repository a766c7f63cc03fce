//! Writes suites as YAML that people go on editing: in blocks, short things on one line, comments where they belong.
//!
//! Texts are quoted wherever YAML, in any of its versions, could take them for something else.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

mod scalar;

use scalar::{block_header, name, scalar};
use serde_json::{Map, Number, Value};

pub(super) use scalar::one_line;

/// A short mapping or list is on one line up to this many characters.
const LINE: usize = 90;

/// A value to be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Yaml {
    Null,
    Boolean(bool),
    Number(Number),
    /// A number as it was written, like `12.50`
    Written(String),
    Text(String),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
    /// A list with a line or more for every item, and comments between them
    Items(Vec<Item>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    Value(Yaml),
    Comment(String),
}

impl Yaml {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A mapping with one key.
    pub fn one(key: &str, value: Self) -> Self {
        Self::Map(vec![(key.to_owned(), value)])
    }

    /// The same as JSON, without comments.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(boolean) => Value::Bool(*boolean),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Written(number) => number.parse().map_or(Value::Null, Value::Number),
            Self::Text(text) => Value::String(text.clone()),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(entries) => {
                entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect::<Map<_, _>>().into()
            }
            Self::Items(items) => items.iter().filter_map(Item::value).map(Self::to_json).collect(),
        }
    }

    /// The text of a file.
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_block(&mut out, 0);
        out
    }

    fn write_block(&self, out: &mut String, indent: usize) {
        match self {
            Self::Map(entries) if !entries.is_empty() => {
                for (number, (key, value)) in entries.iter().enumerate() {
                    // The first key follows what is already on the line: nothing, or a dash.
                    if number > 0 {
                        margin(out, indent);
                    }
                    out.push_str(&name(key));
                    out.push(':');
                    value.write_behind_key(out, indent);
                }
            }
            Self::List(items) if !items.is_empty() => {
                let items: Vec<_> = items.iter().cloned().map(Item::Value).collect();
                Self::Items(items).write_block(out, indent);
            }
            Self::Items(items) if !items.is_empty() => {
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        margin(out, indent);
                    }
                    match item {
                        Item::Comment(comment) => out.extend(["# ", &one_line(comment), "\n"]),
                        Item::Value(value) => {
                            out.push_str("- ");
                            value.write_block(out, indent.saturating_add(2));
                        }
                    }
                }
            }
            other => {
                out.push_str(&other.in_one_line(false));
                out.push('\n');
            }
        }
    }

    fn write_behind_key(&self, out: &mut String, indent: usize) {
        let inside = indent.saturating_add(2);
        if let Self::Text(text) = self
            && let Some(header) = block_header(text)
        {
            out.extend([" ", header, "\n"]);
            for line in text.lines() {
                if !line.is_empty() {
                    margin(out, inside);
                }
                out.extend([line, "\n"]);
            }
            return;
        }
        let line = self.in_one_line(false);
        if self.fits_in_line() && indent.saturating_add(line.chars().count()) <= LINE {
            out.extend([" ", &line, "\n"]);
            return;
        }
        out.push('\n');
        margin(out, inside);
        self.write_block(out, inside);
    }

    fn fits_in_line(&self) -> bool {
        let is_simple =
            |value: &Self| !matches!(value, Self::Text(text) if text.contains('\n')) && value.fits_in_line();
        match self {
            Self::Items(items) => items.is_empty(),
            Self::List(items) => items.iter().all(is_simple),
            Self::Map(entries) => entries.iter().all(|(_, value)| is_simple(value)),
            _ => true,
        }
    }

    fn in_one_line(&self, is_inside: bool) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean(boolean) => boolean.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Written(number) => number.clone(),
            Self::Text(text) => scalar(text, is_inside),
            Self::List(items) => format!("[{}]", joined(items.iter().map(|item| item.in_one_line(true)))),
            Self::Items(items) => {
                format!("[{}]", joined(items.iter().filter_map(Item::value).map(|item| item.in_one_line(true))))
            }
            Self::Map(entries) if entries.is_empty() => "{}".to_owned(),
            Self::Map(entries) => {
                let entry = |(key, value): &(String, Self)| format!("{}: {}", name(key), value.in_one_line(true));
                format!("{{ {} }}", joined(entries.iter().map(entry)))
            }
        }
    }
}

impl Item {
    pub fn value(&self) -> Option<&Yaml> {
        match self {
            Self::Value(value) => Some(value),
            Self::Comment(_) => None,
        }
    }

    pub fn into_comment(self) -> Option<String> {
        match self {
            Self::Value(_) => None,
            Self::Comment(comment) => Some(comment),
        }
    }
}

impl From<&Value> for Yaml {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(boolean) => Self::Boolean(*boolean),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Map(members.iter().map(|(key, value)| (key.clone(), Self::from(value))).collect())
            }
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

fn margin(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stepcast_suite::document::Node;

    fn json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![".*", "[ \\n\\t#:'\"a{}$-]*", "(\\$\\{[a-z]{1,3}\\}|[a-z\\n ,\\]])*"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i32>().prop_map(Value::from),
            text.clone().prop_map(Value::String),
            prop_oneof!["true", "No", "null", "~", "1e3", "0x1", "2026-01-31", "-", "---", "<<"]
                .prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::btree_map(text.clone(), inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(value in json()) {
            let yaml = Yaml::from(&value).write();
            let read = Node::parse(&yaml).map(|node| node.to_json());
            prop_assert_eq!(read, Ok(value), "{}", yaml);
        }
    }
}
