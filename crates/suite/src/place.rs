//! Finds the position of something in a text by its path.

use crate::document::{Entry, Kind, Node, Position};
use crate::groups;

/// The positions of everything in a suite.
pub struct Places(Node);

impl Places {
    /// Takes the tree that a suite was read from.
    pub fn new(node: &Node) -> Self {
        Self(groups::expanded(node))
    }

    /// Returns the position of a value by its path, like `tests[2].setup[0].expect[1]`, or that of the nearest value
    /// around it which has one.
    pub fn find(&self, path: &str) -> Option<Position> {
        Place::value(path).find(&self.0)
    }
}

/// A path like `tests[2].expect[0].css`, to a key or to its value.
pub(crate) struct Place {
    path: String,
    is_key: bool,
}

impl Place {
    pub fn value(path: impl Into<String>) -> Self {
        Self { path: path.into(), is_key: false }
    }

    pub fn key(path: impl Into<String>) -> Self {
        Self { path: path.into(), is_key: true }
    }

    /// The path as the text has it: a test that is its own only step has no `steps`.
    pub fn as_written(&self, node: &Node) -> String {
        let Some((test, rest)) = self.path.split_once(".steps[0]") else { return self.path.clone() };
        let (_, left) = self.walk(node, &format!("{test}.steps"));
        if left.is_empty() { self.path.clone() } else { format!("{test}{rest}") }
    }

    /// The nearest position in the tree. Values that a step inherits from the defaults are found there.
    pub fn find(&self, node: &Node) -> Option<Position> {
        let (position, rest) = self.walk(node, &self.path);
        let inherited = ["headers", "basic", "bearer", "digest"].into_iter().find(|key| rest.starts_with(key));
        if inherited.is_some() {
            let (inherited, rest) = self.walk(node, &format!("defaults.{rest}"));
            if rest.is_empty() {
                return inherited;
            }
        }
        position
    }

    /// How far the path leads, and the rest of it.
    fn walk(&self, node: &Node, path: &str) -> (Option<Position>, String) {
        let (mut at, mut rest, mut position) = (node, path.to_owned(), node.position);
        while !rest.is_empty() {
            let Some(next) = descend(at, &rest) else { break };
            (at, rest) = (next.node, next.rest);
            position = if self.is_key && rest.is_empty() { next.key } else { at.position };
        }
        (position, rest)
    }
}

struct Next<'n> {
    node: &'n Node,
    key: Option<Position>,
    rest: String,
}

/// One part of the path. A test that is its only step has no `steps`, and a path into a test of one step may leave them
/// out.
fn descend<'n>(node: &'n Node, path: &str) -> Option<Next<'n>> {
    let path = path.trim_start_matches('.');
    match &node.kind {
        Kind::List(items) => {
            let (number, rest) = path.strip_prefix('[')?.split_once(']')?;
            let item = items.get(number.parse::<usize>().ok()?)?;
            Some(Next { node: item, key: item.position, rest: rest.trim_start_matches('.').to_owned() })
        }
        Kind::Mapping(entries) => in_mapping(node, entries, path),
        Kind::Scalar(_) => None,
    }
}

fn in_mapping<'n>(node: &'n Node, entries: &'n [Entry], path: &str) -> Option<Next<'n>> {
    let fits = |entry: &&Entry| {
        let head = path.get(..entry.key.len());
        let is_whole = matches!(path.as_bytes().get(entry.key.len()), None | Some(b'.' | b'['));
        is_whole && head.is_some_and(|head| head.eq_ignore_ascii_case(&entry.key))
    };
    let found = entries.iter().filter(fits).max_by_key(|entry| entry.key.len());
    if let Some(entry) = found {
        let rest = path[entry.key.len()..].trim_start_matches('.').to_owned();
        return Some(Next { node: &entry.value, key: entry.position, rest });
    }
    if let Some(rest) = path.strip_prefix("steps[0]") {
        return Some(Next { node, key: node.position, rest: rest.trim_start_matches('.').to_owned() });
    }
    let steps = entries.iter().find(|entry| entry.key == "steps")?;
    match &steps.value.kind {
        Kind::List(items) if items.len() == 1 => descend(&items[0], path),
        _ => None,
    }
}
