//! Values that nothing uses, and variables that need each other.

use super::place::Place;
use super::{Warnings, all_steps};
use crate::document::{Node, Position};
use crate::suite::{Suite, Test};
use crate::template;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

type Names = BTreeSet<String>;

pub(super) fn check(suite: &Suite, is_shared: &impl Fn(Position) -> bool, warnings: &mut Warnings) {
    let everywhere = names_in(&tests_and_defaults(warnings.node));
    of_variables(suite, &everywhere, is_shared, warnings);
    circles(suite, warnings);
    // What the defaults and the variables name may be anything a test has.
    let mut shared = names_of(&suite.defaults);
    shared.extend(names_of(&suite.vars));
    for (number, test) in suite.tests.iter().enumerate() {
        let path = format!("tests[{number}]");
        of_each(test, &path, &shared, warnings);
        of_captures(test, &path, &shared, warnings);
    }
}

fn of_variables(suite: &Suite, used: &Names, is_shared: &impl Fn(Position) -> bool, warnings: &mut Warnings) {
    let mut used = used.clone();
    // A variable that only another uses is used if that one is.
    loop {
        let reached: Names =
            suite.vars.iter().filter(|(name, _)| used.contains(*name)).flat_map(|(_, value)| names_of(value)).collect();
        if reached.is_subset(&used) {
            break;
        }
        used.extend(reached);
    }
    for name in suite.vars.keys().filter(|name| !used.contains(*name)) {
        let place = Place::key(format!("vars.{name}"));
        if !place.find(warnings.node).is_some_and(is_shared) {
            warnings.warn(
                &place,
                format!("nothing uses `${{{name}}}`"),
                "leave it out, or see where its name is misspelt",
            );
        }
    }
}

/// A value given with a run can break a circle, so it is no error.
fn circles(suite: &Suite, warnings: &mut Warnings) {
    for name in suite.vars.keys() {
        let mut reached = Names::new();
        let mut open = vec![name.clone()];
        while let Some(next) = open.pop() {
            let names = suite.vars.get(&next).map(names_of).unwrap_or_default();
            open.extend(names.into_iter().filter(|name| reached.insert(name.clone())));
        }
        if reached.contains(name) {
            let message = format!("`${{{name}}}` needs itself, so it has no value");
            warnings.warn(
                &Place::value(format!("vars.{name}")),
                message,
                format!("give it with `--var {name}=...`, or write it out"),
            );
        }
    }
}

fn of_each(test: &Test, path: &str, shared: &Names, warnings: &mut Warnings) {
    let mut used = shared.clone();
    used.extend(template::names(&test.name).into_iter().map(str::to_owned));
    used.extend(all_steps(test, path).flat_map(|(_, step)| names_of(step)));
    used.extend(names_of(&test.discover));
    for axis in &test.each {
        for name in axis.names.iter().filter(|name| !used.contains(*name)) {
            let own = format!("{path}.each.{name}");
            let place = if axis.names.len() == 1 { Place::key(own) } else { Place::key(format!("{path}.each")) };
            let hint = "leave it out; without it the tests it makes are all the same";
            let hint =
                if axis.names.len() == 1 { hint } else { "leave the column out, or see where its name is misspelt" };
            warnings.warn(&place, format!("nothing in this test uses `${{{name}}}`"), hint);
        }
    }
}

fn of_captures(test: &Test, path: &str, shared: &Names, warnings: &mut Warnings) {
    let steps: Vec<_> = all_steps(test, path).collect();
    for (number, (path, step)) in steps.iter().enumerate() {
        let mut used = shared.clone();
        used.extend(names_of(&step.expect));
        used.extend(steps[number + 1..].iter().flat_map(|(_, later)| names_of(later)));
        for (name, _) in step.capture.iter().filter(|(name, _)| !used.contains(name)) {
            let message = format!("nothing after it uses `${{{name}}}`");
            warnings.warn(&Place::key(format!("{path}.capture.{name}")), message, "leave it out, or make it a check");
        }
    }
}

/// Tests and defaults as they are written, groups of checks that nobody uses included.
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
    let text = |text: &str| template::names(text).into_iter().map(str::to_owned).collect::<Names>();
    match value {
        Value::String(string) => text(string),
        Value::Array(items) => items.iter().flat_map(names_in).collect(),
        Value::Object(map) => {
            map.iter().flat_map(|(key, value)| text(key).into_iter().chain(names_in(value))).collect()
        }
        _ => Names::new(),
    }
}
