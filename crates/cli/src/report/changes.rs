//! Reports what changed since earlier runs.

use std::fmt::Write;
use stepcast_protocol::JobState;
use stepcast_protocol::state::{Change, TestState};

/// A change in words, to follow a test.
pub(super) fn words(change: Change) -> &'static str {
    match change {
        Change::NewFailure => "new failure",
        Change::StillFailing => "still failing",
        Change::Fixed => "fixed",
        Change::Flaky => "flaky",
    }
}

/// The tests that pass again, and how many there are of each kind.
pub(super) fn render(out: &mut String, state: &JobState) {
    let changed = |change| state.tests.values().filter(move |test| test.change == Some(change));
    let is_fixed = |test: &&TestState| test.change == Some(Change::Fixed);
    for test in state.tests.values().filter(is_fixed) {
        let _ = writeln!(out, "fixed     {}", super::one_line(&test.name));
    }
    let kinds = [Change::NewFailure, Change::StillFailing, Change::Fixed, Change::Flaky];
    let counts: Vec<String> = kinds
        .into_iter()
        .map(|change| (changed(change).count(), words(change)))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {}", plural(words, count)))
        .collect();
    if !counts.is_empty() {
        let _ = writeln!(out, "compared with earlier runs: {}\n", counts.join(", "));
    }
}

/// A failure is a noun and has a plural; the other words are adjectives.
fn plural(words: &str, count: usize) -> String {
    if words.ends_with("failure") && count > 1 { format!("{words}s") } else { words.to_owned() }
}
