//! Finds the lines of a suite's files that a failure is about.
//!
//! Results name tests, steps and checks with their templates filled in, so a name in the suite is a pattern here.

use super::sources::Sources;
use std::path::{Path, PathBuf};
use stepcast_engine::describe_check;
use stepcast_protocol::state::Failure;
use stepcast_suite::place::Places as Positions;
use stepcast_suite::template::{Lookup, render_known};
use stepcast_suite::{Step, Suite, Test, wildcard};

/// The places of everything in a suite.
pub(crate) struct Places {
    pub(super) suite: Suite,
    pub(super) positions: Positions,
    pub(super) sources: Sources,
    /// The root of the repository, if it is known
    pub(super) root: Option<PathBuf>,
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
    /// Returns the line of a check, or of the step or test around it. Nothing if the suite has no such test.
    pub fn find(&self, test: &str, failure: Option<&Failure>) -> Option<Line> {
        let (number, definition) = self.test(test)?;
        let path = format!("tests[{number}]");
        let part = failure.and_then(|failure| in_steps(definition, failure)).unwrap_or_default();
        let position = self.positions.find(&format!("{path}{part}"))?;
        let (name, line) = self.sources.line(position)?;
        Some(Line { file: self.in_root(name).unwrap_or_else(|| name.trim_start_matches("./").to_owned()), line })
    }

    fn in_root(&self, name: &str) -> Option<String> {
        let root = self.root.as_ref()?.canonicalize().ok()?;
        let file = Path::new(name).canonicalize().ok()?;
        Some(file.strip_prefix(root).ok()?.display().to_string())
    }

    /// Finds the test that a name was made of: itself, or with the values of `each`, a page or a number behind it. Of
    /// several the one with the longest name, which has the fewest templates.
    fn test(&self, name: &str) -> Option<(usize, &Test)> {
        let fits = |(_, test): &(usize, &Test)| wildcard::matches(&format!("{}*", pattern(&test.name)), name);
        self.suite.tests.iter().enumerate().filter(fits).max_by_key(|(_, test)| pattern(&test.name).len())
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
