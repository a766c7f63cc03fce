//! Reports the tests that did not pass, with all that is needed to fix them.

use super::{changes, one_line};
use std::fmt::Write;
use stepcast_protocol::state::{Failure, TestState};
use stepcast_protocol::{JobState, Outcome};

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
    let mut step = None;
    for failure in test.failures() {
        if test.steps.len() > 1 && step != Some(failure.step) {
            let _ = writeln!(out, "  step {}: {}", failure.step + 1, one_line(&failure.name));
        }
        step = Some(failure.step);
        render_failure(&mut out, &failure);
    }
    out
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
