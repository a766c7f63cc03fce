//! The end of a run: failures first, then one line with the verdict.

use super::{changes, failures};
use console::style;
use std::fmt::Write;
use std::time::Duration;
use stepcast_protocol::state::{CheckKind, TestState};
use stepcast_protocol::{JobState, Outcome, Verdict};
use stepcast_suite::duration;

/// The whole summary.
pub(super) fn render(state: &JobState, link: Option<&str>) -> String {
    let mut out = String::new();
    for (test, outcome) in failures::not_passed(state) {
        let _ = writeln!(out, "{}", failures::render(test, outcome));
    }
    flaky(&mut out, state);
    slow(&mut out, state);
    insecure(&mut out, state);
    changes::render(&mut out, state);
    let Some(job) = &state.summary else { return out };
    if let Some(problem) = &job.problem {
        let what = if job.counts.total == 0 { "The suite could not be planned" } else { "Not all tests were run" };
        let _ = writeln!(out, "{what}: {}\n", super::one_line(problem));
    }
    if job.verdict == Some(Verdict::Empty) {
        let _ = writeln!(out, "Nothing was tested: no test was chosen, or none has a check\n");
    }
    let verdict = job.verdict.map_or_else(|| "no verdict".to_owned(), verdict_word);
    let _ = write!(out, "{verdict}: {}: {}", super::one_line(&job.suite), counts_and_time(state));
    if let Some(link) = link {
        let _ = write!(out, "\n{}", super::one_line(link));
    }
    out
}

/// The attempts that did not pass of tests that passed in the end.
fn flaky(out: &mut String, state: &JobState) {
    let before = out.len();
    for test in state.tests.values().filter(|test| test.outcome == Some(Outcome::Flaky)) {
        for attempt in &test.earlier {
            let _ = writeln!(out, "flaky     {}: {}", super::one_line(&test.name), failures::attempt_line(attempt));
        }
    }
    if out.len() > before {
        out.push('\n');
    }
}

/// What a suite calls slow, which fails nothing.
fn slow(out: &mut String, state: &JobState) {
    let mut is_any = false;
    for test in state.tests.values() {
        let checks = test.steps.iter().flat_map(|step| &step.checks);
        for check in checks.filter(|check| check.kind == CheckKind::Slow) {
            let took = check.actual.as_deref().unwrap_or_default();
            let [name, took, check] = [&test.name, took, &check.check].map(super::one_line);
            let _ = writeln!(out, "slow      {name}: took {took}, {check}");
            is_any = true;
        }
    }
    if is_any {
        out.push('\n');
    }
}

/// Warns that the answers may have come from anyone.
fn insecure(out: &mut String, state: &JobState) {
    let says_so = |test: &&TestState| {
        test.steps.iter().flat_map(|step| &step.checks).any(|check| check.kind == CheckKind::Insecure)
    };
    let count = state.tests.values().filter(says_so).count();
    if count > 0 {
        let tests = if count == 1 { "test" } else { "tests" };
        let _ = writeln!(out, "insecure  certificates were not verified in {count} {tests}\n");
    }
}

/// How many tests ended how, and how long it took.
pub(super) fn counts_and_time(state: &JobState) -> String {
    let took = state.summary.as_ref().and_then(|job| job.duration_ms).unwrap_or_default();
    format!("{} in {}", counts(state), duration::format(Duration::from_millis(took)))
}

fn counts(state: &JobState) -> String {
    let Some(job) = &state.summary else { return String::new() };
    let parts: Vec<String> = Outcome::ALL
        .iter()
        .map(|outcome| (job.counts.get(*outcome), outcome.as_str()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let tests = if job.counts.total == 1 { "test" } else { "tests" };
    if parts.is_empty() {
        format!("{} {tests}", job.counts.total)
    } else {
        format!("{} of {} {tests}", parts.join(", "), job.counts.total)
    }
}

fn verdict_word(verdict: Verdict) -> String {
    let word = style(verdict.as_str().to_owned()).bold();
    match verdict {
        Verdict::Passed => word.green(),
        Verdict::Failed => word.red(),
        Verdict::Errored => word.magenta(),
        Verdict::Empty | Verdict::Cancelled => word.yellow(),
    }
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_protocol::state::{CheckResult, StepState};

    fn test(number: u32, kinds: &[CheckKind]) -> TestState {
        let step = StepState {
            step: 0,
            name: "Step".into(),
            outcome: Some(Outcome::Passed),
            duration_ms: None,
            tries: None,
            checks: kinds.iter().map(|kind| CheckResult { kind: *kind, ..CheckResult::passed("any") }).collect(),
            evidence: None,
            since_passed: None,
            traceparent: None,
            v: None,
        };
        TestState { steps: vec![step.clone(), step], ..TestState::queued(number, "Test") }
    }

    #[test]
    fn tests_without_verified_certificates_are_counted() {
        let mut state = JobState::default();
        let warning = |state: &JobState| {
            let mut out = String::new();
            insecure(&mut out, state);
            out
        };
        state.tests.insert(0, test(0, &[CheckKind::Check, CheckKind::Slow]));
        assert_eq!(warning(&state), "");
        state.tests.insert(1, test(1, &[CheckKind::Check, CheckKind::Insecure]));
        assert_eq!(warning(&state), "insecure  certificates were not verified in 1 test\n\n");
        state.tests.insert(2, test(2, &[CheckKind::Insecure]));
        assert_eq!(warning(&state), "insecure  certificates were not verified in 2 tests\n\n");
    }
}
