//! A report in Markdown, for the summary of a CI job and a comment on a pull request.
//!
//! Everything that a page or a suite wrote stands in code, where Markdown is no markup, HTML is no element, and
//! `@names` notify nobody (<https://github.github.com/gfm/#code-spans>).

use super::one_line;
use super::{changes, failures, since, summary};
use crate::suite_file::Places;
use anyhow::Context;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use stepcast_protocol::state::{Failure, TestState};
use stepcast_protocol::{JobState, Outcome};

/// Most bytes of the tests of all runs. A comment has room for 65,536 characters, and a summary for 1 MiB.
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary>
const MOST_BYTES: usize = 48 * 1024;
/// Most checks of a test that are shown.
const MOST_CHECKS: usize = 5;
/// Most characters of a text from others.
const MOST_CHARACTERS: usize = 300;

/// The report of all runs of one command.
pub(super) struct Markdown {
    path: PathBuf,
    text: String,
    /// How many bytes there are left for tests
    left: usize,
}

impl Markdown {
    pub fn new(path: PathBuf) -> Self {
        Self { path, text: String::new(), left: MOST_BYTES }
    }

    /// Adds a run that has ended, and writes the report.
    pub fn add(&mut self, state: &JobState, link: Option<&str>, places: Option<&Places>) -> anyhow::Result<()> {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text += &heading(state, link);
        self.not_passed(state, link, places);
        self.others(state);
        fs::write(&self.path, &self.text)
            .with_context(|| format!("the Markdown report `{}` could not be written", self.path.display()))
    }

    fn not_passed(&mut self, state: &JobState, link: Option<&str>, places: Option<&Places>) {
        let tests = failures::not_passed(state).into_iter();
        let left_out = self.add_fitting(tests, |(test, outcome)| failed(test, outcome, link, places));
        if left_out > 0 {
            let tests = if left_out == 1 { "test" } else { "tests" };
            let _ = writeln!(self.text, "\n{left_out} more {tests} did not pass.");
        }
    }

    /// Tests that passed in the end or pass again, folded away.
    fn others(&mut self, state: &JobState) {
        let tests: Vec<(&TestState, String)> =
            state.tests.values().filter_map(|test| Some((test, other(test)?))).collect();
        if tests.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "\n<details><summary>{} flaky or fixed</summary>\n", tests.len());
        let left_out =
            self.add_fitting(tests.into_iter(), |(test, about)| format!("- {about}: {}\n", code(&test.name)));
        if left_out > 0 {
            let _ = writeln!(self.text, "- and {left_out} more");
        }
        self.text.push_str("\n</details>\n");
    }

    /// Adds parts until one does not fit, and returns how many are left out. Those after it are not rendered: all of ten
    /// thousand tests may have failed.
    fn add_fitting<T>(&mut self, mut parts: impl Iterator<Item = T>, render: impl Fn(T) -> String) -> usize {
        while let Some(part) = parts.next() {
            let text = render(part);
            if text.len() > self.left {
                return 1 + parts.count();
            }
            self.left -= text.len();
            self.text += &text;
        }
        0
    }
}

fn heading(state: &JobState, link: Option<&str>) -> String {
    let mut text = String::new();
    let Some(job) = &state.summary else { return text };
    let verdict = job.verdict.map_or("no verdict", |verdict| verdict.as_str());
    let _ = writeln!(text, "### {}: {verdict}\n", code(&job.suite));
    let _ = writeln!(text, "{}", summary::counts_and_time(state));
    if let Some(link) = link {
        let _ = writeln!(text, "\n[all results]({})", address(link));
    }
    if let Some(problem) = &job.problem {
        let _ = writeln!(text, "\n{}", code(problem));
    }
    text
}

fn failed(test: &TestState, outcome: Outcome, link: Option<&str>, places: Option<&Places>) -> String {
    let mut text = String::new();
    let change = test.change.map_or_else(String::new, |change| format!(" ({})", changes::words(change)));
    let _ = writeln!(text, "\n#### {}: {}{change}\n", code(&test.name), outcome.as_str());
    for line in test.steps.iter().filter_map(|step| step.since_passed.as_ref()).flat_map(since::lines) {
        let _ = writeln!(text, "- {}", code(line.trim_start()));
    }
    let failures = test.failures();
    for failure in failures.iter().take(MOST_CHECKS) {
        let place = places.and_then(|places| places.find(&test.name, Some(failure)));
        let place = place.map_or_else(String::new, |place| format!(", {} line {}", code(&place.file), place.line));
        check(&mut text, failure, &place);
    }
    if let Some(context) = failures.iter().find_map(|failure| failure.traceparent) {
        let _ =
            writeln!(text, "- trace {}, span {}", code(&context.trace.to_string()), code(&context.span.to_string()));
    }
    if failures.len() > MOST_CHECKS {
        let _ = writeln!(text, "- and {} more", failures.len() - MOST_CHECKS);
    }
    if let Some(link) = link {
        let _ = writeln!(text, "\n[what the test saw]({}/tests/{})", address(link), test.test);
    }
    text
}

fn check(text: &mut String, failure: &Failure, place: &str) {
    let result = &failure.result;
    let _ = writeln!(text, "- {}{place}", code(&result.check));
    for (label, value) in [("expected", &result.expected), ("found", &result.actual), ("hint:", &result.hint)] {
        if let Some(value) = value {
            let _ = writeln!(text, "  - {label} {}", code(value));
        }
    }
}

/// What is said of a test that passed in the end, or passes again.
fn other(test: &TestState) -> Option<String> {
    match (test.outcome, test.change) {
        (Some(Outcome::Flaky), _) => Some(format!("flaky, passed at attempt {}", test.attempt)),
        (Some(Outcome::Passed), Some(change)) => Some(changes::words(change).to_owned()),
        _ => None,
    }
}

/// A text as code. The fence is longer than any run of backticks in it.
fn code(text: &str) -> String {
    let text = one_line(text);
    let mut shown: String = text.chars().take(MOST_CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 || shown.trim().is_empty() { " " } else { "" };
    format!("{fence}{space}{shown}{space}{fence}")
}

/// An address without what would end a link.
fn address(link: &str) -> String {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '<' | '>' | '\\');
    link.replace(ends, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_others_stays_code() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("``x` @all <b>"), "``` ``x` @all <b> ```");
        assert_eq!(code("a\n# b"), "`a # b`");
        assert_eq!(code(""), "`  `");
        assert_eq!(code(&"é".repeat(400)), format!("`{}…`", "é".repeat(300)));
        assert_eq!(address("http://h/#/jobs/1) [x](y"), "http://h/#/jobs/1[x]y");
    }
}
