//! Annotations GitHub Actions shows beside a run.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message>

use super::failures::not_passed;
use super::{printed, since};
use stepcast_protocol::JobState;
use stepcast_protocol::state::Failure;

/// A line for each test that did not pass.
pub(super) fn render(state: &JobState) -> Vec<String> {
    let line = |test: &stepcast_protocol::TestState| {
        let since = test.steps.iter().filter_map(|step| step.since_passed.as_ref());
        let mut failures: Vec<String> = since.flat_map(since::lines).collect();
        failures.extend(test.failures().iter().map(describe));
        format!("::error title={}::{}", escape_property(&test.name), escape(&failures.join("\n")))
    };
    not_passed(state).into_iter().map(|(test, _)| line(test)).collect()
}

fn describe(failure: &Failure) -> String {
    let result = &failure.result;
    let expected = result.expected.as_deref().map_or_else(String::new, |expected| format!(", expected {expected}"));
    let actual = result.actual.as_deref().map_or_else(String::new, |actual| format!(", found {actual}"));
    format!("{}{expected}{actual}", result.check)
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

    #[test]
    fn a_name_cannot_end_the_command() {
        assert_eq!(escape_property("a,b::c\nd%"), "a%2Cb%3A%3Ac%0Ad%25");
        assert_eq!(escape("a\u{1b}[2J\u{202e}b"), r"a\u{1b}[2J\u{202e}b");
    }
}
