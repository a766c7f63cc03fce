//! Keeps results within what a table row and a message can hold: quotes go first, then passing checks, then the rest.

use stepcast_protocol::limits::RESULT_BYTES;
use stepcast_protocol::state::{CheckResult, StepState};

/// How much of a quote is left when all do not fit.
const SHORT_QUOTE: usize = 60;
/// How many checks of a step are left when even the failing ones do not fit.
const FEW_CHECKS: usize = 5;

/// Makes the steps fit into [`RESULT_BYTES`] together, taking away no more than needed.
pub fn fit(steps: &mut [StepState]) {
    let measures: [fn(&mut StepState); 6] =
        [shorten_quotes, drop_quotes, drop_passing_checks, drop_hints, keep_first_checks, keep_one_check];
    for measure in measures {
        if size(steps) <= RESULT_BYTES {
            return;
        }
        steps.iter_mut().for_each(measure);
    }
}

fn size(steps: &[StepState]) -> usize {
    serde_json::to_vec(steps).map_or(0, |json| json.len())
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

    #[test]
    fn the_largest_result_fits() {
        let mut steps = vec![step(CHECKS_PER_STEP, CHECKS_PER_STEP); STEPS_PER_TEST];
        fit(&mut steps);
        assert!(size(&steps) <= RESULT_BYTES, "{}", size(&steps));
        assert!(steps.iter().all(|step| step.checks.len() == 1));
    }
}
