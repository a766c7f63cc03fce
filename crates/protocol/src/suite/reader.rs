//! Walks a document with the path in hand and collects every problem instead of stopping at the first.

use super::problem::{Problem, Problems, closest};
use crate::document::{Entry, Kind, Node, Position};
use crate::template;
use serde_json::Value;
use std::cell::RefCell;
use std::time::Duration;

/// Collects problems while a suite is read.
#[derive(Default)]
pub(super) struct Reader {
    problems: RefCell<Vec<Problem>>,
}

/// A node with the way to it.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub reader: &'a Reader,
    pub node: &'a Node,
    pub path: String,
}

/// A mapping of which every key has to be known.
pub(super) struct Fields<'a> {
    at: At<'a>,
    entries: &'a [Entry],
}

impl Reader {
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problems> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.position);
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(Problems(problems)),
        }
    }

    pub fn report(&self, path: &str, position: Option<Position>, message: impl Into<String>, hint: Option<String>) {
        self.problems.borrow_mut().push(Problem { path: path.to_owned(), position, message: message.into(), hint });
    }
}

impl<'a> At<'a> {
    pub fn problem(&self, message: impl Into<String>) {
        self.reader.report(&self.path, self.node.position, message, None);
    }

    pub fn problem_with_hint(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.reader.report(&self.path, self.node.position, message, Some(hint.into()));
    }

    /// Reports something without its place in the text, the line of which would be shown: a key may stand there.
    pub fn report_unquoted(&self, message: &str, hint: &str) {
        self.reader.report(&self.path, None, message, Some(hint.to_owned()));
    }

    pub fn expected<T>(&self, what: &str) -> Option<T> {
        self.problem(format!("expected {what}, found {}", self.node.describe()));
        None
    }

    /// A mapping with these keys and no others.
    pub fn fields(&self, known: &[&str]) -> Option<Fields<'a>> {
        let fields = self.open_fields()?;
        for entry in fields.entries {
            if !known.contains(&entry.key.as_str()) {
                let hint = match closest(&entry.key, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", known.join(", ")),
                };
                self.reader.report(
                    &self.join(&entry.key),
                    entry.position,
                    format!("unknown key `{}`", entry.key),
                    Some(hint),
                );
            }
        }
        Some(fields)
    }

    /// A mapping whose keys somebody else checks.
    pub fn open_fields(&self) -> Option<Fields<'a>> {
        match &self.node.kind {
            Kind::Mapping(entries) => Some(Fields { at: self.clone(), entries }),
            _ => self.expected("a mapping"),
        }
    }

    pub fn items(&self) -> Option<Vec<At<'a>>> {
        let Kind::List(items) = &self.node.kind else {
            return self.expected("a list");
        };
        let item = |(number, node)| At { reader: self.reader, node, path: format!("{}[{number}]", self.path) };
        Some(items.iter().enumerate().map(item).collect())
    }

    pub fn scalar(&self) -> Option<&'a Value> {
        match &self.node.kind {
            Kind::Scalar(value) => Some(value),
            _ => None,
        }
    }

    /// Any scalar as the text it was written as.
    pub fn text(&self) -> Option<String> {
        match self.scalar() {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Null) | None => self.expected("text"),
            Some(other) => Some(other.to_string()),
        }
    }

    pub fn text_not_empty(&self) -> Option<String> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.problem("this must not be empty");
            return None;
        }
        Some(text)
    }

    pub fn boolean(&self) -> Option<bool> {
        match self.scalar() {
            Some(Value::Bool(value)) => Some(*value),
            _ => self.expected("`true` or `false`"),
        }
    }

    /// The place of what is written here among `known` words.
    pub fn choice(&self, known: &[&str]) -> Option<usize> {
        let text = self.text()?;
        let found = known.iter().position(|word| *word == text);
        if found.is_none() {
            let message = format!("expected `{}`, found `{text}`", known.join("` or `"));
            let hint = closest(&text, known).map(|near| format!("did you mean `{near}`?"));
            self.reader.report(&self.path, self.node.position, message, hint);
        }
        found
    }

    pub fn whole_number(&self, least: u32, most: u32) -> Option<u32> {
        let number = self.scalar().and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Some(number),
            None => self.expected(&format!("a whole number from {least} to {most}")),
        }
    }

    pub fn duration(&self, most: Duration) -> Option<Duration> {
        let parsed = match self.scalar() {
            Some(Value::String(text)) => crate::duration::parse(text),
            Some(Value::Number(number)) => {
                Err(format!("`{number}` has no unit; write it like `{number}s` or `{number}ms`"))
            }
            _ => return self.expected("a length of time like `800ms` or `10s`"),
        };
        match parsed {
            Ok(duration) if duration > most => {
                self.problem(format!("longer than the {} allowed here", crate::duration::format(most)));
                None
            }
            Ok(duration) => Some(duration),
            Err(message) => {
                self.problem(message);
                None
            }
        }
    }

    /// One text or a list of texts.
    pub fn texts(&self) -> Option<Vec<String>> {
        match &self.node.kind {
            Kind::List(_) => Some(self.items()?.iter().filter_map(At::text).collect()),
            _ => Some(vec![self.text()?]),
        }
    }

    /// A mapping of names to texts, in the order of the file.
    pub fn text_pairs(&self) -> Option<Vec<(String, String)>> {
        let fields = self.open_fields()?;
        Some(fields.entries().filter_map(|(key, value)| Some((key.to_owned(), value.text()?))).collect())
    }

    /// A selector, pattern or path: `check` has to accept it, unless it is a template whose text is not known yet.
    pub fn pattern(&self, check: impl Fn(&str) -> Result<(), String>) -> Option<String> {
        let text = self.text_not_empty()?;
        if template::is_template(&text) {
            return Some(text);
        }
        match check(&text) {
            Ok(()) => Some(text),
            Err(message) => {
                self.problem(message);
                None
            }
        }
    }

    fn join(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

impl<'a> Fields<'a> {
    pub fn get(&self, key: &str) -> Option<At<'a>> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| self.child(entry))
    }

    pub fn require(&self, key: &str) -> Option<At<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.at.problem(format!("`{key}` is missing"));
        }
        found
    }

    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    pub fn entries(&self) -> impl Iterator<Item = (&'a str, At<'a>)> + '_ {
        self.entries.iter().map(|entry| (entry.key.as_str(), self.child(entry)))
    }

    pub fn at(&self) -> &At<'a> {
        &self.at
    }

    /// Reports something about a key itself.
    pub fn problem_at_key(&self, key: &str, message: impl Into<String>, hint: Option<String>) {
        let position = self.entries.iter().find(|entry| entry.key == key).and_then(|entry| entry.position);
        self.at.reader.report(&self.at.join(key), position, message, hint);
    }

    fn child(&self, entry: &'a Entry) -> At<'a> {
        At { reader: self.at.reader, node: &entry.value, path: self.at.join(&entry.key) }
    }
}
