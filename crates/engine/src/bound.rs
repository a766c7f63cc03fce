//! Keeps results within what a table row and a message can hold: quotes go first, then passing checks, then the rest.
//! The last attempt of a test says most, so earlier ones are shortened before it is.

use serde::Serialize;
use stepcast_protocol::limits::RESULT_BYTES;
use stepcast_protocol::state::{CheckResult, EarlierAttempt, StepState};

/// How much of a quote is left when all do not fit.
const SHORT_QUOTE: usize = 60;
/// How many checks of a step are left when even the failing ones do not fit.
const FEW_CHECKS: usize = 5;

/// What can be done about steps that are too large, in this order.
const MEASURES: [fn(&mut StepState); 7] =
    [shorten_quotes, drop_differences, drop_quotes, drop_passing_checks, drop_hints, keep_first_checks, keep_one_check];

/// Makes the steps fit into [`RESULT_BYTES`] together, taking away no more than needed.
pub fn fit(steps: &mut [StepState]) {
    fit_into(RESULT_BYTES, steps);
}

/// Makes the steps of all attempts at a test fit into [`RESULT_BYTES`] together. If nothing else helps, only the step
/// that decided an earlier attempt is left of it.
pub fn fit_attempts(steps: &mut [StepState], earlier: &mut [EarlierAttempt]) {
    let is_too_large = |earlier: &[EarlierAttempt]| size(steps) + size(earlier) > RESULT_BYTES;
    for measure in MEASURES {
        if !is_too_large(earlier) {
            return;
        }
        earlier.iter_mut().flat_map(|attempt| &mut attempt.steps).for_each(measure);
    }
    if is_too_large(earlier) {
        for attempt in &mut *earlier {
            keep_decisive_step(&mut attempt.steps);
        }
        fit_into(RESULT_BYTES.saturating_sub(size(earlier)), steps);
    }
}

/// Keeps the first step that did not pass, or the last one.
fn keep_decisive_step(steps: &mut Vec<StepState>) {
    let did_not_pass = |step: &StepState| step.outcome.is_some_and(|outcome| !outcome.is_pass());
    let decisive = steps.iter().position(did_not_pass).unwrap_or(steps.len().saturating_sub(1));
    steps.truncate(decisive + 1);
    steps.drain(..decisive.min(steps.len()));
}

fn fit_into(bytes: usize, steps: &mut [StepState]) {
    for measure in MEASURES {
        if size(steps) <= bytes {
            return;
        }
        steps.iter_mut().for_each(measure);
    }
}

fn size(results: &[impl Serialize]) -> usize {
    serde_json::to_vec(results).map_or(0, |json| json.len())
}

fn shorten_quotes(step: &mut StepState) {
    for quote in step.checks.iter_mut().flat_map(|check| [&mut check.expected, &mut check.actual]).flatten() {
        shorten(quote);
    }
}

fn shorten(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(SHORT_QUOTE) {
        text.truncate(end);
        text.push('…');
    }
}

fn drop_quotes(step: &mut StepState) {
    for CheckResult { expected, actual, .. } in &mut step.checks {
        (*expected, *actual) = (None, None);
    }
}

/// The evidence still has them.
fn drop_differences(step: &mut StepState) {
    step.since_passed = None;
}

fn drop_passing_checks(step: &mut StepState) {
    step.checks.retain(|check| !check.outcome.is_pass());
}

fn drop_hints(step: &mut StepState) {
    for check in &mut step.checks {
        check.hint = None;
        shorten(&mut check.check);
    }
}

fn keep_first_checks(step: &mut StepState) {
    step.checks.truncate(FEW_CHECKS);
}

fn keep_one_check(step: &mut StepState) {
    step.checks.truncate(1);
    shorten(&mut step.name);
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_protocol::Outcome;
    use stepcast_protocol::state::CheckKind;
    use stepcast_suite::limits::{CHECKS_PER_STEP, EXCERPT_CHARS, STEPS_PER_TEST};

    fn step(checks: usize, failing: usize) -> StepState {
        let text = "ü".repeat(EXCERPT_CHARS);
        let failed = CheckResult {
            kind: CheckKind::Check,
            check: text.clone(),
            outcome: Outcome::Failed,
            expected: Some(text.clone()),
            actual: Some(text.clone()),
            hint: Some(text.clone()),
        };
        let passed = CheckResult::passed(text.clone());
        let checks = (0..checks).map(|n| if n < failing { failed.clone() } else { passed.clone() }).collect();
        StepState {
            step: 0,
            name: text,
            outcome: Some(Outcome::Failed),
            duration_ms: Some(1),
            tries: None,
            checks,
            evidence: None,
            since_passed: None,
            traceparent: None,
            v: None,
        }
    }

    #[test]
    fn what_fits_is_left_alone() {
        let mut steps = [step(10, 5)];
        fit(&mut steps);
        assert_eq!(steps, [step(10, 5)]);
    }

    #[test]
    fn quotes_go_before_checks() {
        let mut steps = [step(40, 30)];
        fit(&mut steps);
        assert!(size(&steps) <= RESULT_BYTES);
        assert_eq!(steps[0].checks.len(), 40);
        assert!(steps[0].checks[0].hint.is_some());
        assert!(steps[0].checks[0].actual.as_ref().is_some_and(|quote| quote.ends_with('…')));
    }

    #[test]
    fn no_more_goes_than_has_to() {
        for (steps, checks, failing, left) in [(1, 100, 1, 1), (1, 100, 100, 100), (20, 100, 100, FEW_CHECKS)] {
            let mut steps = vec![step(checks, failing); steps];
            fit(&mut steps);
            assert!(steps.iter().all(|step| step.checks.len() == left), "{checks} {failing}");
        }
    }

    fn attempt(number: u32, steps: Vec<StepState>) -> EarlierAttempt {
        let reason = "a check did not hold, and `retries` with `on: any` allowed 10 more attempts".to_owned();
        EarlierAttempt { attempt: number, outcome: Outcome::Failed, duration_ms: 60_000, reason, steps }
    }

    #[test]
    fn earlier_attempts_are_shortened_before_the_last() {
        let (mut steps, mut earlier) = ([step(20, 8)], [attempt(1, vec![step(30, 8)]), attempt(2, vec![step(1, 1)])]);
        fit_attempts(&mut steps, &mut earlier);
        assert_eq!(steps, [step(20, 8)]);
        assert!(size(&steps) + size(&earlier) <= RESULT_BYTES);
        let quote = earlier[0].steps[0].checks[0].actual.as_deref();
        assert!(quote.is_some_and(|quote| quote.ends_with('…')), "{quote:?} is shortened");
        assert_eq!(earlier.each_ref().map(|attempt| attempt.steps[0].checks.len()), [30, 1]);
    }

    #[test]
    fn the_most_and_largest_attempts_fit() {
        let largest = || vec![step(CHECKS_PER_STEP, CHECKS_PER_STEP); STEPS_PER_TEST];
        let passed = StepState { outcome: Some(Outcome::Passed), ..step(CHECKS_PER_STEP, 0) };
        let few = || vec![passed.clone(), step(CHECKS_PER_STEP, CHECKS_PER_STEP), passed.clone()];
        let (mut steps, mut earlier) = (largest(), (1..=10).map(|number| attempt(number, few())).collect::<Vec<_>>());
        fit_attempts(&mut steps, &mut earlier);
        let sizes = (size(&steps), size(&earlier));
        assert!(sizes.0 + sizes.1 <= RESULT_BYTES, "{sizes:?}");
        let left = |attempt: &EarlierAttempt| (attempt.steps.len(), attempt.steps[0].outcome);
        assert!(earlier.iter().all(|attempt| left(attempt) == (1, Some(Outcome::Failed))), "what failed is left");
        assert!(steps.len() == STEPS_PER_TEST && steps.iter().all(|step| step.checks.len() == 1));
    }

    #[test]
    fn the_largest_result_fits() {
        let mut steps = vec![step(CHECKS_PER_STEP, CHECKS_PER_STEP); STEPS_PER_TEST];
        fit(&mut steps);
        assert!(size(&steps) <= RESULT_BYTES, "{}", size(&steps));
        assert!(steps.iter().all(|step| step.checks.len() == 1));
    }
}
