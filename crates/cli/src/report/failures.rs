//! Reports the tests that did not pass, and the attempts that did not, with all that is needed to fix them.

use super::{changes, one_line, since};
use std::fmt::Write;
use std::time::Duration;
use stepcast_protocol::state::{EarlierAttempt, Failure, TestState};
use stepcast_protocol::{JobState, Outcome};
use stepcast_suite::duration;

/// The tests that did not pass, failed ones first.
pub(super) fn not_passed(state: &JobState) -> Vec<(&TestState, Outcome)> {
    let wanted = [Outcome::Failed, Outcome::Errored, Outcome::Blocked];
    let with = |wanted: Outcome| {
        state.tests.values().filter(move |test| test.outcome == Some(wanted)).map(move |test| (test, wanted))
    };
    wanted.into_iter().flat_map(with).collect()
}

/// One test with every check that did not hold.
pub(super) fn render(test: &TestState, outcome: Outcome) -> String {
    let change = test.change.map_or_else(String::new, |change| format!(" ({})", changes::words(change)));
    let mut out = format!("{} {}{change}\n", super::mark(outcome), one_line(&test.name));
    for line in test.steps.iter().filter_map(|step| step.since_passed.as_ref()).flat_map(since::lines) {
        let _ = writeln!(out, "  {line}");
    }
    render_failures(&mut out, &test.failures(), test.steps.len() > 1);
    for attempt in &test.earlier {
        let _ = writeln!(out, "  {}", attempt_line(attempt));
    }
    out
}

/// An attempt before the last on one line, with the first check that did not hold.
pub(super) fn attempt_line(attempt: &EarlierAttempt) -> String {
    let took = duration::format(Duration::from_millis(attempt.duration_ms));
    let first = attempt.failures().into_iter().next().map(|failure| failure.result);
    let first = first.map_or_else(String::new, |result| match result.actual {
        Some(actual) => format!(": {}: {}", one_line(&result.check), one_line(&actual)),
        None => format!(": {}", one_line(&result.check)),
    });
    format!("attempt {}: {} in {took}{first}", attempt.attempt, attempt.outcome.as_str())
}

/// Every check that did not hold in an attempt before the last, and why the test was tried again.
pub(super) fn render_attempt(attempt: &EarlierAttempt) -> String {
    let mut out = format!("{}\n", one_line(&attempt.reason));
    render_failures(&mut out, &attempt.failures(), attempt.steps.len() > 1);
    out
}

fn render_failures(out: &mut String, failures: &[Failure], with_steps: bool) {
    let mut step = None;
    for failure in failures {
        if with_steps && step != Some(failure.step) {
            let _ = writeln!(out, "  step {}: {}", failure.step + 1, one_line(&failure.name));
        }
        let is_first = step != Some(failure.step);
        step = Some(failure.step);
        render_failure(out, failure);
        if let Some(context) = failure.traceparent.filter(|_| is_first) {
            let _ = writeln!(out, "      trace     {} (span {})", context.trace, context.span);
        }
    }
}

fn render_failure(out: &mut String, failure: &Failure) {
    let result = &failure.result;
    let _ = writeln!(out, "    {}", one_line(&result.check));
    for (label, value) in [("expected", &result.expected), ("actual", &result.actual)] {
        if let Some(value) = value {
            let _ = writeln!(out, "      {label:<9} {}", one_line(value));
        }
    }
    if let Some(hint) = &result.hint {
        let _ = writeln!(out, "      hint: {}", one_line(hint));
    }
}
