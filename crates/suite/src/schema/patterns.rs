//! The cost of a schema's patterns, none of which can be stopped: their size times the text they are matched against.

use crate::pattern::Pattern;
use serde_json::Value;
use std::cell::Cell;

/// How much of a pattern and a text, in bytes times bytes, is a step.
const WORK: usize = 10_000;

thread_local! {
    static COUNTED: Cell<Patterns> = const { Cell::new(Patterns { text: 0, name: 0 }) };
}

/// The sizes of a schema's patterns, compiled, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Patterns {
    /// The largest `pattern`
    text: usize,
    /// All of `patternProperties` together, because each is matched against each name
    name: usize,
}

impl Patterns {
    pub fn of(schema: &Value) -> Self {
        let mut patterns = Self::default();
        patterns.add(schema);
        patterns
    }

    /// Runs work on this thread and counts the cost of the patterns in it.
    pub fn while_counted<T>(self, work: impl FnOnce() -> T) -> T {
        COUNTED.set(self);
        work()
    }

    /// Treats everything as a schema, so that none is overlooked.
    fn add(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(members) => {
                if let Some(Value::String(pattern)) = members.get("pattern") {
                    self.text = self.text.max(size(pattern));
                }
                if let Some(Value::Object(properties)) = members.get("patternProperties") {
                    self.name = properties.keys().fold(self.name, |sum, pattern| sum.saturating_add(size(pattern)));
                }
                members.values().for_each(|member| self.add(member));
            }
            _ => {}
        }
    }
}

/// All patterns of a schema. Everything is treated as a schema, so that none is overlooked.
pub(crate) fn patterns(schema: &Value) -> Vec<&str> {
    let mut patterns = Vec::new();
    collect(schema, &mut patterns);
    patterns
}

fn collect<'s>(value: &'s Value, patterns: &mut Vec<&'s str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, patterns)),
        Value::Object(members) => {
            patterns.extend(members.get("pattern").and_then(Value::as_str));
            if let Some(Value::Object(properties)) = members.get("patternProperties") {
                patterns.extend(properties.keys().map(String::as_str));
            }
            members.values().for_each(|member| collect(member, patterns));
        }
        _ => {}
    }
}

/// The steps it takes to match a pattern against a text.
pub(super) fn steps_of_text(text: &str) -> u64 {
    steps(text, COUNTED.get().text)
}

/// The steps it takes to match all patterns of names against one.
pub(super) fn steps_of_name(name: &str) -> u64 {
    steps(name, COUNTED.get().name)
}

fn steps(text: &str, size: usize) -> u64 {
    u64::try_from(text.len().saturating_mul(size) / WORK).unwrap_or(u64::MAX)
}

fn size(pattern: &str) -> usize {
    Pattern::new(pattern).map_or(0, |pattern| pattern.size())
}
