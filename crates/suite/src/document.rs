//! A YAML or JSON document as a tree that keeps every position.
//!
//! Suites are read from files (with positions) and from commands (without); both become a [`Node`], so there is one
//! reader and one set of messages. The tree is bounded in size and depth before anything is built from it: anchors are
//! copied at every use, and a few lines of YAML could otherwise ask for gigabytes.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

mod braces;
mod explain;

pub use braces::{hide as hide_braces, show as show_braces};

use crate::bounds::{DOCUMENT_BYTES, DOCUMENT_DEPTH, DOCUMENT_VALUES};
use crate::number;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// A place in a text: both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1
    pub line: usize,
    /// Column, from 1
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A value and its position, if it came from a text.
#[derive(Debug, Clone)]
pub struct Node {
    /// The position of its start, if it came from a text
    pub position: Option<Position>,
    /// The value itself
    pub kind: Kind,
}

/// The kinds of a [`Node`].
#[derive(Debug, Clone)]
pub enum Kind {
    /// Anything that is not a list or a mapping
    Scalar(Value),
    /// A list
    List(Vec<Node>),
    /// A mapping, in the order of the text
    Mapping(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key as text
    pub key: String,
    /// The position of the key
    pub position: Option<Position>,
    /// Its value
    pub value: Node,
}

/// Why a text is not a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The position at which reading stopped
    pub position: Position,
    /// The problem there
    pub message: String,
    /// How to fix it
    pub hint: Option<&'static str>,
}

impl Node {
    /// Reads a YAML text (JSON is YAML). `${name}` needs no quotes, not even inside YAML's own braces.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let hidden = braces::hide(text);
        let mut builder =
            Builder { parser: Parser::new_from_str(&hidden), anchors: HashMap::new(), size: Size::default() };
        builder.document()
    }

    /// What kind of thing this is, in the words of an error message.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar(Value::Null) => "nothing",
            Kind::Scalar(Value::Bool(_)) => "a boolean",
            Kind::Scalar(value) if number::is_number(value) => "a number",
            Kind::Scalar(_) => "text",
            Kind::List(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }

    /// The same tree as JSON, without positions.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Mapping(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// Whether this is within the bounds of a document, whatever its source; the error names the bound that is
    /// exceeded.
    pub fn check_bounds(&self) -> Result<(), String> {
        if self.is_deeper_than(DOCUMENT_DEPTH) {
            return Err(Size::too_deep());
        }
        self.size().check()
    }

    fn is_deeper_than(&self, depth: usize) -> bool {
        let is_beyond = |inner: &Self| depth.checked_sub(1).is_none_or(|depth| inner.is_deeper_than(depth));
        match &self.kind {
            Kind::Scalar(_) => false,
            Kind::List(items) => items.iter().any(is_beyond),
            Kind::Mapping(entries) => entries.iter().any(|entry| is_beyond(&entry.value)),
        }
    }

    fn size(&self) -> Size {
        let mut size = Size { values: 1, bytes: 0 };
        match &self.kind {
            Kind::Scalar(Value::String(text)) => size.bytes = text.len(),
            Kind::Scalar(_) => {}
            Kind::List(items) => items.iter().for_each(|item| size.add(item.size())),
            Kind::Mapping(entries) => {
                for entry in entries {
                    size.add(Size { values: 0, bytes: entry.key.len() });
                    size.add(entry.value.size());
                }
            }
        }
        size
    }
}

/// How large a document is.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    values: usize,
    /// Of its texts and keys
    bytes: usize,
}

impl Size {
    fn add(&mut self, more: Self) {
        self.values = self.values.saturating_add(more.values);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }

    fn check(self) -> Result<(), String> {
        if self.values > DOCUMENT_VALUES {
            return Err(format!("more than {DOCUMENT_VALUES} values, aliases included"));
        }
        if self.bytes > DOCUMENT_BYTES {
            return Err(format!("more than {DOCUMENT_BYTES} bytes of text, aliases included"));
        }
        Ok(())
    }

    fn too_deep() -> String {
        format!("nested more than {DOCUMENT_DEPTH} deep")
    }
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        let kind = match value {
            Value::Array(items) => Kind::List(items.iter().map(Self::from).collect()),
            Value::Object(map) if number::held_text(value).is_none() => Kind::Mapping(
                map.iter()
                    .map(|(key, value)| Entry { key: key.clone(), position: None, value: Self::from(value) })
                    .collect(),
            ),
            scalar => Kind::Scalar(scalar.clone()),
        };
        Self { position: None, kind }
    }
}

struct Builder<'input> {
    parser: Parser<'input, saphyr_parser::StrInput<'input>>,
    anchors: HashMap<usize, Node>,
    size: Size,
}

impl<'input> Builder<'input> {
    fn next(&mut self) -> Result<(Event<'input>, Position), SyntaxError> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, position(&span))),
            Some(Err(error)) => Err(syntax_error(&error)),
            None => Ok((Event::StreamEnd, Position { line: 1, column: 1 })),
        }
    }

    fn document(&mut self) -> Result<Node, SyntaxError> {
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd | Event::DocumentEnd => return Err(fail(at, "the document is empty")),
                event => {
                    let root = self.node(event, at, 0)?;
                    return self.nothing_more().map(|()| root);
                }
            }
        }
    }

    fn nothing_more(&mut self) -> Result<(), SyntaxError> {
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentEnd | Event::Nothing => {}
                _ => return Err(fail(at, "a second document starts here; a file has only one")),
            }
        }
    }

    fn node(&mut self, event: Event<'input>, at: Position, depth: usize) -> Result<Node, SyntaxError> {
        if depth > DOCUMENT_DEPTH {
            return Err(fail(at, Size::too_deep()));
        }
        let bytes = if let Event::Scalar(text, ..) = &event { text.len() } else { 0 };
        self.count(Size { values: 1, bytes }, at)?;
        let (anchor, kind) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let forced_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                (anchor, Kind::Scalar(scalar(&braces::show(&text), style, forced_text)))
            }
            Event::SequenceStart(anchor, _) => (anchor, Kind::List(self.list(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, Kind::Mapping(self.mapping(depth)?)),
            Event::Alias(id) => return self.alias(id, at, depth),
            _ => return Err(fail(at, "expected a value")),
        };
        let node = Node { position: Some(at), kind };
        if anchor > 0 {
            // The stored copy counts as well: anchors may be nested.
            self.count(node.size(), at)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, id: usize, at: Position, depth: usize) -> Result<Node, SyntaxError> {
        let Some(target) = self.anchors.get(&id) else {
            return Err(fail(at, "this alias is inside the value that it refers to"));
        };
        // Each may be as deep as the one before and a little deeper.
        if target.is_deeper_than(DOCUMENT_DEPTH.saturating_sub(depth)) {
            return Err(fail(at, Size::too_deep()));
        }
        self.size.add(target.size());
        self.size.check().map_err(|message| fail(at, message))?;
        Ok(target.clone())
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, SyntaxError> {
        let mut items = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(items);
            }
            items.push(self.node(event, at, depth.saturating_add(1))?);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Vec<Entry>, SyntaxError> {
        let (mut entries, mut keys) = (Vec::new(), HashSet::new());
        loop {
            let (event, at) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(entries);
            }
            let Event::Scalar(key, ..) = event else {
                return Err(fail(at, "a key must be text"));
            };
            let key = braces::show(&key).into_owned();
            self.count(Size { values: 0, bytes: key.len() }, at)?;
            if !keys.insert(key.clone()) {
                return Err(fail(at, format!("duplicate key `{key}`")));
            }
            let (event, value_at) = self.next()?;
            let value = self.node(event, value_at, depth.saturating_add(1))?;
            entries.push(Entry { key, position: Some(at), value });
        }
    }

    fn count(&mut self, more: Size, at: Position) -> Result<(), SyntaxError> {
        self.size.add(more);
        self.size.check().map_err(|message| fail(at, message))
    }
}

/// The YAML 1.2 core schema: only plain scalars are anything but text.
/// <https://yaml.org/spec/1.2.2/#103-core-schema>
fn scalar(text: &str, style: ScalarStyle, forced_text: bool) -> Value {
    if forced_text || style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

/// A number as it is written, or in the nearest JSON notation.
fn number(text: &str) -> Option<Value> {
    if let Some(hex) = text.strip_prefix("0x") {
        return u128::from_str_radix(hex, 16).ok().and_then(|number| number::of_text(&number.to_string()));
    }
    let is_bare = !text.contains(char::is_whitespace) && number::Decimal::parse(text).is_some();
    if !is_bare {
        return None;
    }
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.trim_start_matches('+')), |rest| ("-", rest));
    let at = digits.find(['.', 'e', 'E']).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at_checked(at)?;
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    // JSON has digits behind every point.
    let rest = match rest.strip_prefix('.') {
        Some(behind) if !behind.starts_with(|c: char| c.is_ascii_digit()) => format!(".0{behind}"),
        _ => rest.to_owned(),
    };
    number::of_text(&format!("{sign}{whole}{rest}"))
}

fn position(span: &Span) -> Position {
    Position { line: span.start.line().max(1), column: span.start.col().saturating_add(1) }
}

fn syntax_error(error: &ScanError) -> SyntaxError {
    let marker = error.marker();
    let position = Position { line: marker.line().max(1), column: marker.col().saturating_add(1) };
    let (message, hint) = explain::explain(error.info());
    SyntaxError { position, message, hint }
}

fn fail(position: Position, message: impl Into<String>) -> SyntaxError {
    SyntaxError { position, message: message.into(), hint: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn json(text: &str) -> Value {
        Node::parse(text).expect("a document").to_json()
    }

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        assert_eq!(
            json("[1, -2, 0x1f, 1.5, true, null, ~, yes, 'true', 1.2.3, 12px, '']"),
            serde_json::json!([1, -2, 31, 1.5, true, null, null, "yes", "true", "1.2.3", "12px", ""])
        );
    }

    #[test]
    fn templates_need_no_quotes() {
        assert_eq!(
            json("a: { user: ${user}, password: ${secret.key} }\nb: [ ${x}/y, '${z}' ]\n${k}: $${literal}"),
            serde_json::json!({
                "a": { "user": "${user}", "password": "${secret.key}" }, "b": ["${x}/y", "${z}"], "${k}": "$${literal}",
            })
        );
        let error = Node::parse("a: { b: ${c}, d: }}").expect_err("a brace too many");
        assert_eq!(error.position.line, 1);
    }

    #[test]
    fn aliases_are_copied() {
        assert_eq!(json("a: &x [1, 2]\nb: *x"), serde_json::json!({"a": [1, 2], "b": [1, 2]}));
    }

    #[test]
    fn positions_count_from_one() {
        let node = Node::parse("a: 1\nb:\n  - c").expect("a document");
        let Kind::Mapping(entries) = node.kind else { panic!("a mapping") };
        assert_eq!(entries[1].position, Some(Position { line: 2, column: 1 }));
        let Kind::List(items) = &entries[1].value.kind else { panic!("a list") };
        assert_eq!(items[0].position, Some(Position { line: 3, column: 5 }));
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            writeln!(bomb, "a{level}: &a{level} [{aliases}]").expect("memory");
        }
        let error = Node::parse(&bomb).expect_err("too many values");
        assert!(error.message.contains("aliases included"), "{}", error.message);
    }

    #[test]
    fn an_alias_of_a_long_text_is_as_long_as_the_text() {
        let text = format!("- &a {}\n- [{}]", "x".repeat(100_000), vec!["*a"; 200].join(", "));
        let error = Node::parse(&text).expect_err("too much text");
        assert!(error.message.contains("bytes of text"), "{}", error.message);
    }

    #[test]
    fn aliases_nest_no_deeper_than_what_is_written_out() {
        let mut text = String::from("- &a0 [x]\n");
        for level in 1..40 {
            writeln!(text, "- &a{level} [[[*a{}]]]", level - 1).expect("memory");
        }
        let error = Node::parse(&text).expect_err("too deep");
        assert_eq!(error.message, "nested more than 64 deep");
    }

    #[test]
    fn a_document_from_json_has_the_same_bounds() {
        let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        assert_eq!(Node::from(&nested(64)).check_bounds(), Ok(()));
        assert_eq!(Node::from(&nested(65)).check_bounds(), Err("nested more than 64 deep".to_owned()));
        let many = Value::Array(vec![Value::Null; 200_000]);
        assert_eq!(Node::from(&many).check_bounds(), Err("more than 200000 values, aliases included".to_owned()));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let error = Node::parse(&"[".repeat(5000)).expect_err("too deep");
        assert!(error.message.contains("deep") || error.message.contains("recursion"), "{}", error.message);
    }

    #[test]
    fn a_key_cannot_stand_twice() {
        let error = Node::parse("get: a\nget: b").expect_err("a duplicate");
        assert_eq!(
            error,
            SyntaxError {
                position: Position { line: 2, column: 1 },
                message: "duplicate key `get`".into(),
                hint: None,
            }
        );
    }
}
