//! Groups of checks by name: replaces `use` by the `checks` of the suite wherever checks can be written, also in `any`,
//! `all` and `not`.
//!
//! This happens on the tree, before anything is read, so that the code that reads checks need not know about groups.

use super::path::Path;
use super::quote::shorten;
use super::read_check::{GROUPS, read_checks};
use super::reader::{At, Reader};
use super::suggestion::{listed, suggest};
use crate::document::{Entry, Kind, Node};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Maximum bytes of JSON for all uses of groups together: a megabyte of suite could ask for terabytes.
const EXPANDED_BYTES: usize = 8 * 1024 * 1024;

/// The suite with every `use` replaced by the checks of its group, without a report of what is wrong with them.
pub(super) fn expanded(node: &Node) -> Node {
    let reader = Reader::default();
    expand(&At::whole(&reader, node)).into_owned()
}

/// The suite with every `use` replaced by the checks of its group.
pub(super) fn expand<'a>(suite: &At<'a>) -> Cow<'a, Node> {
    let Kind::Mapping(entries) = &suite.node.kind else { return Cow::Borrowed(suite.node) };
    let mut groups = Groups { at: suite, by_name: read_groups(suite, entries), room: EXPANDED_BYTES };
    let mut expanded = suite.node.clone();
    if let Some(Kind::List(tests)) = value_of(&mut expanded, "tests").map(|node| &mut node.kind) {
        for (number, test) in tests.iter_mut().enumerate() {
            groups.expand_test(test, &format!("tests[{number}]"));
        }
    }
    Cow::Owned(expanded)
}

struct Groups<'s, 'a> {
    at: &'s At<'a>,
    /// The checks and their size in bytes; `None` if they are invalid
    by_name: BTreeMap<&'a str, Option<(&'a [Node], usize)>>,
    room: usize,
}

fn read_groups<'a>(suite: &At<'a>, entries: &'a [Entry]) -> BTreeMap<&'a str, Option<(&'a [Node], usize)>> {
    let Some(entry) = entries.iter().find(|entry| entry.key == "checks") else { return BTreeMap::new() };
    let checks = At { reader: suite.reader, node: &entry.value, path: Path::written("checks") };
    let Some(fields) = checks.open_fields() else { return BTreeMap::new() };
    fields.entries().map(|(name, at)| (name, read_group(&at))).collect()
}

fn read_group<'a>(at: &At<'a>) -> Option<(&'a [Node], usize)> {
    let Kind::List(items) = &at.node.kind else { return at.expected("a list of checks") };
    if let Some(item) = at.items()?.into_iter().find(|item| holds_use(&mut item.node.clone())) {
        item.problem("a group cannot use another group");
        return None;
    }
    read_checks(at)?;
    Some((items, at.node.to_json().to_string().len()))
}

impl Groups<'_, '_> {
    fn expand_test(&mut self, test: &mut Node, path: &str) {
        self.expand_checks(test, path);
        for key in ["setup", "steps", "teardown"] {
            if let Some(Kind::List(steps)) = value_of(test, key).map(|node| &mut node.kind) {
                for (number, step) in steps.iter_mut().enumerate() {
                    self.expand_checks(step, &format!("{path}.{key}[{number}]"));
                }
            }
        }
    }

    fn expand_checks(&mut self, step: &mut Node, path: &str) {
        let Some(Kind::List(checks)) = value_of(step, "expect").map(|node| &mut node.kind) else { return };
        for (number, mut check) in std::mem::take(checks).into_iter().enumerate() {
            let path = format!("{path}.expect[{number}]");
            if is_use(&check) {
                checks.extend_from_slice(self.used(&check, &path).unwrap_or_default());
            } else {
                self.expand_inside(&mut check, &path);
                checks.push(check);
            }
        }
    }

    /// In `any`, `all` and `not` a group is one check: all of its checks.
    fn expand_inside(&mut self, check: &mut Node, path: &str) {
        for (path, inner) in inner_checks(check, path) {
            if is_use(inner) {
                inner.kind = self.used(inner, &path).map_or_else(stand_in, all_of);
            } else {
                self.expand_inside(inner, &path);
            }
        }
    }

    /// The checks that a `use` refers to; `None` if it is invalid, which is reported.
    fn used(&mut self, check: &Node, path: &str) -> Option<&[Node]> {
        let at = At { reader: self.at.reader, node: check, path: Path::written(path) };
        let name = at.fields(&["use"])?.get("use")?.text()?;
        match self.by_name.get(name.as_str()) {
            Some(Some((checks, bytes))) => match self.room.checked_sub(*bytes) {
                Some(room) => {
                    self.room = room;
                    return Some(checks);
                }
                None => at.problem("the groups used so far add up to more than 8 MiB of checks"),
            },
            // The error in the group was reported at its definition.
            Some(None) => {}
            None => self.report_unknown(&at, &name),
        }
        None
    }

    fn report_unknown(&self, at: &At, name: &str) {
        let known: Vec<&str> = self.by_name.keys().copied().collect();
        let hint = match (suggest(name, &known), known.as_slice()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, []) => "name groups of checks under `checks` of the suite".to_owned(),
            (None, _) => format!("known here: {}", listed(&known)),
        };
        at.problem_with_hint(format!("there is no group of checks `{}`", shorten(name)), hint);
    }
}

/// Whether this refers to the checks of a group.
fn is_use(check: &Node) -> bool {
    matches!(&check.kind, Kind::Mapping(entries) if entries.iter().any(|entry| entry.key == "use"))
}

/// Whether there is one in it, at any depth.
fn holds_use(check: &mut Node) -> bool {
    is_use(check) || inner_checks(check, "").into_iter().any(|(_, inner)| holds_use(inner))
}

/// The checks directly inside `any`, `all` or `not`, with their places.
fn inner_checks<'n>(check: &'n mut Node, path: &str) -> Vec<(String, &'n mut Node)> {
    let Kind::Mapping(entries) = &mut check.kind else { return Vec::new() };
    let mut found = Vec::new();
    for Entry { key, value, .. } in entries.iter_mut().filter(|entry| GROUPS.contains(&entry.key.as_str())) {
        let path = format!("{path}.{key}");
        if let Node { kind: Kind::List(items), .. } = value {
            found.extend(items.iter_mut().enumerate().map(|(number, item)| (format!("{path}[{number}]"), item)));
        } else {
            found.push((path, value));
        }
    }
    found
}

fn all_of(checks: &[Node]) -> Kind {
    let all = Node { position: checks.first().and_then(|check| check.position), kind: Kind::List(checks.to_vec()) };
    Kind::Mapping(vec![Entry { key: "all".to_owned(), position: all.position, value: all }])
}

/// A valid check, so that an error is reported only once.
fn stand_in() -> Kind {
    Node::from(&serde_json::json!({ "status": 200 })).kind
}

fn value_of<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let Kind::Mapping(entries) = &mut node.kind else { return None };
    entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
}
