//! Finds the lines of a suite's files that a failure is about.
//!
//! Results name tests, steps and checks with their templates filled in, so a name in the suite is a pattern here.

use super::sources::Sources;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use stepcast_engine::describe_check;
use stepcast_protocol::state::Failure;
use stepcast_suite::document::Node;
use stepcast_suite::place::Places as Positions;
use stepcast_suite::template::{Lookup, render_known};
use stepcast_suite::{Step, Suite, Test, wildcard};

/// The places of everything in a suite.
pub(crate) struct Places {
    suite: Suite,
    positions: Positions,
    sources: Sources,
    /// The root of the repository, if it is known
    root: Option<PathBuf>,
    /// The tests by their names, for those without a template
    by_name: HashMap<String, usize>,
    /// What the names of each test's results look like
    patterns: Vec<String>,
}

/// A line of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The file, from the root of the repository if it is inside; otherwise as the command line or the suite names it
    pub file: String,
    /// From 1
    pub line: usize,
}

impl Places {
    pub(super) fn new(suite: &Suite, node: &Node, sources: &Sources, root: Option<PathBuf>) -> Self {
        let names = suite.tests.iter().enumerate().map(|(number, test)| (test.name.clone(), number));
        Self {
            by_name: names.collect(),
            patterns: suite.tests.iter().map(|test| format!("{}*", pattern(&test.name))).collect(),
            suite: suite.clone(),
            positions: Positions::new(node),
            sources: sources.clone(),
            root: root.and_then(|root| root.canonicalize().ok()),
        }
    }

    /// Returns the line of a check, or of the step or test around it. Nothing if the suite has no such test.
    pub fn find(&self, test: &str, failure: Option<&Failure>) -> Option<Line> {
        let number = self.number_of(test)?;
        let definition = self.suite.tests.get(number)?;
        let path = format!("tests[{number}]");
        let part = failure.and_then(|failure| in_steps(definition, failure)).unwrap_or_default();
        let position = self.positions.find(&format!("{path}{part}"))?;
        let (name, line) = self.sources.line(position)?;
        Some(Line { file: self.in_root(name).unwrap_or_else(|| name.trim_start_matches("./").to_owned()), line })
    }

    fn in_root(&self, name: &str) -> Option<String> {
        let file = Path::new(name).canonicalize().ok()?;
        Some(file.strip_prefix(self.root.as_ref()?).ok()?.display().to_string())
    }

    /// Finds the test that a name was made of: itself, or with the values of `each`, a page or a number behind it. Of
    /// several the one with the longest name, which has the fewest templates.
    fn number_of(&self, name: &str) -> Option<usize> {
        if let Some(number) = self.by_name.get(name) {
            return Some(*number);
        }
        let fitting = self.patterns.iter().enumerate().filter(|(_, pattern)| wildcard::matches(pattern, name));
        fitting.max_by_key(|(_, pattern)| pattern.len()).map(|(number, _)| number)
    }
}

fn in_steps(test: &Test, failure: &Failure) -> Option<String> {
    let list = |key: &'static str, before: &'static str, steps| named_steps(key, before, steps);
    let steps: Vec<(String, String, &Step)> = list("setup", "setup: ", &test.setup)
        .chain(list("steps", "", &test.steps))
        .chain(list("teardown", "teardown: ", &test.teardown))
        .collect();
    let fits = |(name, ..): &&(String, String, &Step)| wildcard::matches(name, &failure.name);
    // Steps of one name are told apart by their number, which a skipped step before them changes.
    let at_its_number = usize::try_from(failure.step).ok().and_then(|number| steps.get(number));
    let (_, path, step) = at_its_number.filter(fits).or_else(|| steps.iter().find(fits))?;
    let name = &failure.result.check;
    let check = step.expect.iter().position(|check| wildcard::matches(&pattern(&describe_check(check)), name));
    let capture = name.strip_prefix("capture ").filter(|name| step.capture.iter().any(|(known, _)| known == name));
    let part = check.map(|number| format!(".expect[{number}]")).or(capture.map(|name| format!(".capture.{name}")));
    Some(format!("{path}{}", part.unwrap_or_default()))
}

fn named_steps<'s>(
    key: &'static str,
    before: &'static str,
    steps: &'s [Step],
) -> impl Iterator<Item = (String, String, &'s Step)> {
    let named = move |(number, step): (usize, &'s Step)| {
        (format!("{before}{}", pattern(&step.name)), format!(".{key}[{number}]"), step)
    };
    steps.iter().enumerate().map(named)
}

/// A name with any text in place of its templates and of what was cut off.
fn pattern(name: &str) -> String {
    render_known(name, &Anything).replace('…', "*")
}

struct Anything;

impl Lookup for Anything {
    fn lookup(&self, _: &str) -> Option<&str> {
        Some("*")
    }
}
