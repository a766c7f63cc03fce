//! Reports what is valid in a suite but will not do what its author expects. Only certain cases are reported.
//!
//! The suite is examined as it was read; positions come from the tree it was read from.

mod circles;
mod contradictions;
mod credentials;
mod never;
mod selectors;
mod templates;
mod unused;
mod xpaths;

use super::groups;
use super::privacy::hide_private_lines;
use super::problem::{Problem, Severity};
use super::variables::check_variables;
use super::{Step, Suite, Test};
use crate::document::{Node, Position};
use crate::place::Place;
use std::collections::HashSet;

/// Collects warnings.
struct Warnings<'a> {
    node: &'a Node,
    problems: Vec<Problem>,
    /// A problem in a group of checks or in the defaults is reported once, not for everything that uses it
    reported: HashSet<(Position, String)>,
}

/// Most warnings that are reported.
const MOST: usize = 100;

/// The warnings about a suite, in the order of the text, at most a hundred. `is_shared` says whether a place is in a
/// file that other suites may include, in which not everything has to be used.
pub fn lint(node: &Node, suite: &Suite, is_shared: impl Fn(Position) -> bool) -> Vec<Problem> {
    let node = groups::expanded(node);
    let mut warnings = Warnings { node: &node, problems: Vec::new(), reported: HashSet::new() };
    undefined(suite, &mut warnings);
    for (number, test) in suite.tests.iter().enumerate() {
        of_test(test, &format!("tests[{number}]"), &mut warnings);
    }
    unused::check(suite, &is_shared, &mut warnings);
    credentials::check(&mut warnings);
    templates::check(&mut warnings);
    warnings.finish()
}

impl Warnings<'_> {
    fn warn(&mut self, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        if self.problems.len() >= MOST {
            return;
        }
        let (position, message) = (place.find(self.node), message.into());
        if position.is_some_and(|position| !self.reported.insert((position, message.clone()))) {
            return;
        }
        self.problems.push(Problem {
            severity: Severity::Warning,
            path: place.as_written(self.node),
            position,
            message,
            hint: Some(hint.into()),
            is_private: false,
        });
    }

    fn finish(mut self) -> Vec<Problem> {
        self.problems.sort_by(|one, other| (one.position, &one.message).cmp(&(other.position, &other.message)));
        hide_private_lines(&mut self.problems);
        self.problems
    }
}

fn undefined(suite: &Suite, warnings: &mut Warnings) {
    for problem in check_variables(suite, [], []).err().map(|problems| problems.0).unwrap_or_default() {
        let hint = problem.hint.unwrap_or_default();
        warnings.warn(&Place::value(problem.path), problem.message, hint);
    }
}

fn of_test(test: &Test, path: &str, warnings: &mut Warnings) {
    if test.only {
        let message = format!("`{}` has `only`, so tests without it are skipped", test.name);
        warnings.warn(&Place::key(format!("{path}.only")), message, "it is meant for writing tests; remove it");
    }
    let has_checks = all_steps(test, path).any(|(_, step)| !step.expect.is_empty());
    if !test.skip && !has_checks {
        let hint = "a run without checks never passes; add `expect`";
        warnings.warn(&Place::value(format!("{path}.name")), format!("`{}` has no check", test.name), hint);
    }
    for (path, step) in all_steps(test, path) {
        never::check(step, &path, warnings);
        duplicates(step, &path, warnings);
        // The checks of a known failure may well be ones that cannot hold.
        if !test.expect_failure {
            contradictions::check(step, &path, warnings);
        }
    }
    never::check_discover(test, path, warnings);
}

/// The steps of a test, each with its path.
fn all_steps<'t>(test: &'t Test, path: &str) -> impl Iterator<Item = (String, &'t Step)> {
    let parts = [("setup", &test.setup), ("steps", &test.steps), ("teardown", &test.teardown)];
    let path = path.to_owned();
    parts.into_iter().flat_map(move |(key, steps)| {
        let path = path.clone();
        steps.iter().enumerate().map(move |(number, step)| (format!("{path}.{key}[{number}]"), step))
    })
}

fn duplicates(step: &Step, path: &str, warnings: &mut Warnings) {
    for (number, check) in step.expect.iter().enumerate() {
        if let Some(first) = step.expect[..number].iter().position(|other| other == check) {
            let message = format!("this check is a duplicate of number {} of the step", first + 1);
            warnings.warn(&Place::value(format!("{path}.expect[{number}]")), message, "remove one of them");
        }
    }
}
