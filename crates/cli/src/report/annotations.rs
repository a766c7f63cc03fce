//! Annotations GitHub Actions shows beside a run.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message>

use super::failures::not_passed;
use super::{printed, since};
use crate::suite_file::Places;
use stepcast_protocol::JobState;
use stepcast_protocol::state::{Change, TestState};

/// How many errors of a step GitHub shows; it leaves the others out without a word.
/// <https://docs.github.com/en/actions/reference/limits>
const SHOWN: usize = 10;

/// Annotates the tests of all runs of one command.
pub(super) struct Annotations {
    /// How many more GitHub shows
    left: usize,
}

impl Annotations {
    /// Returns nothing outside GitHub Actions.
    /// <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>
    pub fn if_wanted() -> Option<Self> {
        std::env::var_os("GITHUB_ACTIONS")?;
        Some(Self { left: SHOWN })
    }

    /// A line for each test that did not pass, new failures first, and how many there is no room for.
    pub fn render(&mut self, state: &JobState, places: Option<&Places>) -> Vec<String> {
        let mut tests: Vec<&TestState> = not_passed(state).into_iter().map(|(test, _)| test).collect();
        tests.sort_by_key(|test| test.change == Some(Change::StillFailing));
        let shown = tests.len().min(self.left);
        self.left -= shown;
        let mut lines: Vec<String> = tests.iter().take(shown).map(|test| line(test, places)).collect();
        let left_out = tests.len() - shown;
        if left_out > 0 {
            let tests = if left_out == 1 { "test" } else { "tests" };
            let text = format!("{left_out} more {tests} did not pass; the log and the summary have all of them");
            lines.push(format!("::notice title=Not all failures are shown here::{text}"));
        }
        lines
    }
}

fn line(test: &TestState, places: Option<&Places>) -> String {
    let failed = test.failures();
    let place = places.and_then(|places| places.find(&test.name, failed.first()));
    let place =
        place.map_or_else(String::new, |place| format!("file={},line={},", escape_property(&place.file), place.line));
    let since = test.steps.iter().filter_map(|step| step.since_passed.as_ref());
    let mut failures: Vec<String> = since.flat_map(since::lines).collect();
    failures.extend(failed.iter().map(|failure| failure.result.in_a_line()));
    failures.extend(failed.iter().find_map(|failure| failure.traceparent).map(|of| format!("trace {}", of.trace)));
    format!("::error {place}title={}::{}", escape_property(&test.name), escape(&failures.join("\n")))
}

fn escape(text: &str) -> String {
    printed::inside_a_line(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A"))
}

fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_protocol::Outcome;

    #[test]
    fn new_failures_come_first() {
        let failed = |number, name, change| TestState {
            outcome: Some(Outcome::Failed),
            change: Some(change),
            ..TestState::queued(number, name)
        };
        let tests = [failed(0, "old", Change::StillFailing), failed(1, "new", Change::NewFailure)];
        let state =
            JobState { tests: tests.into_iter().map(|test| (test.test, test)).collect(), ..JobState::default() };
        let lines = Annotations { left: 1 }.render(&state, None);
        assert!(lines[0].starts_with("::error title=new::") && lines[1].contains("1 more test "), "{lines:?}");
    }

    #[test]
    fn a_name_cannot_end_the_command() {
        assert_eq!(escape_property("a,b::c\nd%"), "a%2Cb%3A%3Ac%0Ad%25");
        assert_eq!(escape("a\u{1b}[2J\u{202e}b"), r"a\u{1b}[2J\u{202e}b");
    }
}
