//! Values that nothing uses, and variables that need each other.

use super::circles::in_circles;
use super::{Warnings, all_steps};
use crate::document::{Kind, Node, Position};
use crate::place::Place;
use crate::template;
use crate::{Suite, Test};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

type Names = BTreeSet<String>;

pub(super) fn check(suite: &Suite, is_shared: &impl Fn(Position) -> bool, warnings: &mut Warnings) {
    let everywhere = names_in(&tests_and_defaults(warnings.node));
    of_variables(suite, &everywhere, is_shared, warnings);
    circles(suite, warnings);
    // The names in the defaults and the variables may be anything that a test has.
    let mut shared = names_of(&suite.defaults);
    shared.extend(names_of(&suite.vars));
    for (number, test) in suite.tests.iter().enumerate() {
        let path = format!("tests[{number}]");
        of_each(test, &path, &shared, warnings);
        of_captures(test, &path, &shared, warnings);
    }
}

fn of_variables(suite: &Suite, used: &Names, is_shared: &impl Fn(Position) -> bool, warnings: &mut Warnings) {
    let (mut used, mut open) = (used.clone(), used.iter().cloned().collect::<Vec<_>>());
    // A variable that only another uses is used if that one is.
    while let Some(name) = open.pop() {
        let names = suite.vars.get(&name).map(names_of).unwrap_or_default();
        open.extend(names.into_iter().filter(|name| used.insert(name.clone())));
    }
    let positions = positions(warnings.node);
    for name in suite.vars.keys().filter(|name| !used.contains(*name)) {
        if !positions.get(name.as_str()).copied().flatten().is_some_and(is_shared) {
            let place = Place::key(format!("vars.{name}"));
            let hint = "remove it, or check where its name is misspelt";
            warnings.warn(&place, format!("nothing uses `${{{name}}}`"), hint);
        }
    }
}

/// The positions of the variables.
fn positions(suite: &Node) -> HashMap<&str, Option<Position>> {
    let Kind::Mapping(parts) = &suite.kind else { return HashMap::new() };
    let vars = parts.iter().find(|entry| entry.key == "vars").map(|entry| &entry.value.kind);
    let Some(Kind::Mapping(vars)) = vars else { return HashMap::new() };
    vars.iter().map(|entry| (entry.key.as_str(), entry.position)).collect()
}

/// A value given with a run can break a cycle, so it is not an error.
fn circles(suite: &Suite, warnings: &mut Warnings) {
    for name in in_circles(&suite.vars) {
        let message = format!("`${{{name}}}` refers to itself, so it has no value");
        let hint = format!("give it with `--var {name}=...`, or break the cycle");
        warnings.warn(&Place::value(format!("vars.{name}")), message, hint);
    }
}

fn of_each(test: &Test, path: &str, shared: &Names, warnings: &mut Warnings) {
    if test.each.is_empty() {
        return;
    }
    let mut used: Names = template::names(&test.name).into_iter().map(str::to_owned).collect();
    used.extend(all_steps(test, path).flat_map(|(_, step)| names_of(step)));
    used.extend(names_of(&test.discover));
    for axis in &test.each {
        for name in axis.names.iter().filter(|name| !used.contains(*name) && !shared.contains(*name)) {
            let own = format!("{path}.each.{name}");
            let place = if axis.names.len() == 1 { Place::key(own) } else { Place::key(format!("{path}.each")) };
            let hint = "remove it, or use it: without it, all the tests it generates are identical";
            let hint =
                if axis.names.len() == 1 { hint } else { "remove the column, or check where its name is misspelt" };
            warnings.warn(&place, format!("nothing in this test uses `${{{name}}}`"), hint);
        }
    }
}

/// Goes from the last step backwards, so that each is examined once.
fn of_captures(test: &Test, path: &str, shared: &Names, warnings: &mut Warnings) {
    let steps: Vec<_> = all_steps(test, path).collect();
    if steps.iter().all(|(_, step)| step.capture.is_empty()) {
        return;
    }
    let mut later = Names::new();
    for (path, step) in steps.iter().rev() {
        let own = names_of(&step.expect);
        let is_used = |name: &String| own.contains(name) || later.contains(name) || shared.contains(name);
        for (name, _) in step.capture.iter().filter(|(name, _)| !is_used(name)) {
            let message = format!("nothing after it uses `${{{name}}}`");
            warnings.warn(&Place::key(format!("{path}.capture.{name}")), message, "remove it, or make it a check");
        }
        later.extend(names_of(step));
    }
}

/// Tests and defaults as they are written, including groups of checks that nothing uses.
fn tests_and_defaults(node: &Node) -> Value {
    let mut suite = node.to_json();
    if let Value::Object(map) = &mut suite {
        map.shift_remove("vars");
    }
    suite
}

fn names_of(part: &impl Serialize) -> Names {
    serde_json::to_value(part).map(|value| names_in(&value)).unwrap_or_default()
}

fn names_in(value: &Value) -> Names {
    let mut names = Names::new();
    collect(value, &mut names);
    names
}

fn collect(value: &Value, names: &mut Names) {
    let mut add = |text: &str| names.extend(template::names(text).into_iter().map(str::to_owned));
    match value {
        Value::String(text) => add(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(map) => {
            map.keys().for_each(|key| add(key));
            map.values().for_each(|value| collect(value, names));
        }
        _ => {}
    }
}
