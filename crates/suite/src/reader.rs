//! Walks a document, keeps the path, and collects problems instead of stopping at the first. At the maximum number of
//! problems it stops reading: the rest of the lists and mappings is treated as empty.

use super::network::NETWORK_KEYS;
use super::path::Path;
use super::privacy::{hide_private_lines, is_private};
use super::problem::{Problem, Problems};
use super::quote::{boolean_meant, quote, shorten};
use super::shared::Shared;
use super::suggestion::{listed, suggest, suggestion};
use crate::bounds::PROBLEMS;
use crate::document::{Entry, Kind, Node, Position};
use crate::number;
use crate::template;
use serde_json::Value;
use std::cell::RefCell;
use std::time::Duration;

/// Collects problems while a suite is read.
#[derive(Default)]
pub(super) struct Reader {
    problems: RefCell<Vec<Problem>>,
    pub shared: RefCell<Shared>,
}

/// A node with its path.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub reader: &'a Reader,
    pub node: &'a Node,
    pub path: Path<'a>,
}

/// A mapping in which every key has to be known.
pub(super) struct Fields<'a> {
    at: At<'a>,
    entries: &'a [Entry],
    /// The keys that unknown ones most likely meant
    meant: Vec<String>,
}

impl Reader {
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problems> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.position);
        hide_private_lines(&mut problems);
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(Problems(problems)),
        }
    }

    /// Whether the maximum number of reported problems is reached.
    pub fn is_full(&self) -> bool {
        self.problems.borrow().len() >= PROBLEMS
    }

    pub fn report(&self, path: String, position: Option<Position>, message: impl Into<String>, hint: Option<String>) {
        if self.is_full() {
            return;
        }
        let (is_private, message) = (is_private(&path), message.into());
        self.problems.borrow_mut().push(Problem { path, position, message, hint, is_private, ..Problem::default() });
    }

    /// Marks the line of the last problem as one that must not be shown.
    fn hide_last(&self) {
        if let Some(last) = self.problems.borrow_mut().last_mut() {
            last.is_private = true;
        }
    }
}

impl<'a> At<'a> {
    /// The whole document.
    pub fn whole(reader: &'a Reader, node: &'a Node) -> Self {
        Self { reader, node, path: Path::default() }
    }

    pub fn problem(&self, message: impl Into<String>) {
        self.reader.report(self.path.to_string(), self.node.position, message, None);
    }

    pub fn problem_with_hint(&self, message: impl Into<String>, hint: impl Into<String>) {
        self.reader.report(self.path.to_string(), self.node.position, message, Some(hint.into()));
    }

    /// Reports that another kind of value was expected.
    pub fn expected<T>(&self, what: &str) -> Option<T> {
        self.problem(format!("expected {what}, found {}", self.node.describe()));
        None
    }

    /// Reports that another value was expected, and quotes this one.
    pub fn expected_value<T>(&self, what: &str) -> Option<T> {
        self.problem(format!("expected {what}, found {}", self.found()));
        None
    }

    /// The value found here, as a message may show it.
    fn found(&self) -> String {
        if is_private(&self.path.to_string()) { self.node.describe().to_owned() } else { quote(self.node) }
    }

    /// A mapping with these keys and no others.
    pub fn fields(&self, known: &[&str]) -> Option<Fields<'a>> {
        let mut fields = self.open_fields()?;
        for entry in fields.entries.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            if self.reader.is_full() {
                return None;
            }
            let near = suggest(&entry.key, known);
            let hint =
                near.map_or_else(|| unknown_key_hint(&entry.key, known), |near| format!("did you mean `{near}`?"));
            let message = format!("unknown key `{}`", shorten(&entry.key));
            self.reader.report(self.path.to_key(&entry.key), entry.position, message, Some(hint));
            if near.is_some_and(|near| is_private(&self.path.to_key(near))) {
                self.reader.hide_last();
            }
            fields.meant.extend(near.map(str::to_owned));
        }
        Some(fields)
    }

    /// A mapping whose keys the caller checks.
    pub fn open_fields(&self) -> Option<Fields<'a>> {
        if self.reader.is_full() {
            return None;
        }
        match &self.node.kind {
            Kind::Mapping(entries) => Some(Fields { at: self.clone(), entries, meant: Vec::new() }),
            _ => self.expected("a mapping"),
        }
    }

    pub fn items(&self) -> Option<Vec<At<'a>>> {
        let Kind::List(items) = &self.node.kind else {
            return self.expected("a list");
        };
        if self.reader.is_full() {
            return None;
        }
        let item = |(number, node)| At { reader: self.reader, node, path: self.path.item(number) };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// The value of a key, if this is a mapping that has it; reports nothing otherwise.
    pub fn child(&self, key: &str) -> Option<At<'a>> {
        matches!(self.node.kind, Kind::Mapping(_)).then(|| self.open_fields()?.get(key))?
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
            Some(other) => Some(number::to_text(other)),
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
            Some(Value::String(text)) if boolean_meant(text).is_some() => {
                let meant = boolean_meant(text).unwrap_or_default();
                let message = format!("expected `true` or `false`, found the text `{text}`");
                self.problem_with_hint(message, format!("write `{meant}`, without quotes"));
                None
            }
            _ => self.expected_value("`true` or `false`"),
        }
    }

    /// The index of this text among the `known` words.
    pub fn choice(&self, known: &[&str]) -> Option<usize> {
        let text = self.scalar().and_then(Value::as_str);
        let found = known.iter().position(|word| Some(*word) == text);
        if found.is_none() {
            let expected = match known {
                [one, other] => format!("`{one}` or `{other}`"),
                _ => format!("one of {}", known.join(", ")),
            };
            let message = format!("expected {expected}, found {}", self.found());
            let hint = text.and_then(|text| suggestion(text, known));
            self.reader.report(self.path.to_string(), self.node.position, message, hint);
        }
        found
    }

    pub fn whole_number(&self, least: u32, most: u32) -> Option<u32> {
        let number = self.scalar().and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Some(number),
            None => self.expected_value(&format!("a whole number from {least} to {most}")),
        }
    }

    /// An index into a list; a negative one counts from the end.
    pub fn place(&self) -> Option<i32> {
        let place = self.scalar().and_then(Value::as_i64).and_then(|place| i32::try_from(place).ok());
        if place.is_none() { self.expected_value("a whole number; the first item is 0, the last -1") } else { place }
    }

    /// A group of a pattern that has this many groups; for a template the number is not known yet.
    pub fn pattern_group(&self, groups: Option<usize>) -> Option<u32> {
        let groups = groups.unwrap_or(usize::from(u16::MAX));
        let group = self.whole_number(0, u32::from(u16::MAX))?;
        if group as usize > groups {
            let hint = "0 is the whole match";
            self.problem_with_hint(format!("the last group of the pattern is {groups}"), hint);
            return None;
        }
        Some(group)
    }

    pub fn duration(&self, most: Duration) -> Option<Duration> {
        let parsed = match self.scalar() {
            Some(Value::String(text)) => crate::duration::parse(text),
            Some(value) if let Some(number) = number::text(value) => {
                Err(format!("`{number}` has no unit; write it like `{number}s` or `{number}ms`"))
            }
            _ => return self.expected_value("a duration like `800ms` or `10s`"),
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
    pub fn pattern(&self, check: impl FnOnce(&str) -> Result<(), String>) -> Option<String> {
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

    /// Counts what is inherited from the defaults; fails if it is too much.
    pub fn inherit(&self, bytes: usize) -> Option<()> {
        let taken = self.reader.shared.borrow_mut().inherit(bytes);
        taken.map_err(|message| self.problem(message)).ok()
    }

    /// A pattern and the number of its groups, which is unknown if the pattern is a template.
    pub fn regex(&self) -> Option<(String, Option<usize>)> {
        let mut groups = None;
        let check = |text: &str| self.reader.shared.borrow_mut().pattern(text).map(|count| groups = Some(count));
        let text = self.pattern(check)?;
        Some((text, groups))
    }
}

impl<'a> Fields<'a> {
    pub fn get(&self, key: &str) -> Option<At<'a>> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| self.child(entry))
    }

    pub fn require(&self, key: &str) -> Option<At<'a>> {
        let found = self.get(key);
        if found.is_none() && !self.is_meant(key) {
            self.at.problem(format!("`{key}` is missing"));
        }
        found
    }

    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Whether an unknown key most likely means this one, so that its absence need not be reported.
    pub fn is_meant(&self, key: &str) -> bool {
        self.meant.iter().any(|meant| meant == key)
    }

    pub fn entries(&self) -> impl Iterator<Item = (&'a str, At<'a>)> + '_ {
        self.entries.iter().map(|entry| (entry.key.as_str(), self.child(entry)))
    }

    pub fn at(&self) -> &At<'a> {
        &self.at
    }

    /// Reports something about a key itself.
    pub fn problem_at_key(&self, key: &str, message: impl Into<String>, hint: Option<String>) {
        let own = self.entries.iter().find(|entry| entry.key == key);
        let position = own.map_or(self.at.node.position, |entry| entry.position);
        self.at.reader.report(self.at.path.to_key(key), position, message, hint);
    }

    fn child(&self, entry: &'a Entry) -> At<'a> {
        At { reader: self.at.reader, node: &entry.value, path: self.at.path.key(&entry.key) }
    }
}

fn unknown_key_hint(key: &str, known: &[&str]) -> String {
    if key == "<<" {
        return "YAML 1.2 has no merge keys; write the keys out, or put the shared keys under `defaults` or `checks`"
            .to_owned();
    }
    if NETWORK_KEYS.contains(&key) {
        return format!("`{key}` belongs in `defaults` and applies to every request of the suite");
    }
    format!("known here: {}", listed(known))
}
