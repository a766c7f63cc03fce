//! Events as the watchers of a job get them, each in the detail that it asked for.

use crate::command::{Detail, notable, notable_of};
use crate::event::{Event, EventBody, TestFinished};
use std::borrow::Cow;

impl Detail {
    /// Returns an event as a watcher gets it, or `None` if it does not.
    pub fn shown_event<'a>(&self, event: &'a Event) -> Option<Cow<'a, Event>> {
        let whole = || Cow::Borrowed(event);
        let with = |body| Cow::Owned(Event { body, ..event.clone() });
        match &event.body {
            EventBody::StepStarted { test, .. } | EventBody::StepFinished { test, .. } => {
                self.shows_steps(*test).then(whole)
            }
            EventBody::TestStarted { test, earlier, .. } if earlier.is_empty() || self.shows_steps(*test) => {
                self.shows_test(*test).then(whole)
            }
            EventBody::TestStarted { test, name, attempt, earlier } => self.shows_test(*test).then(|| {
                let (name, earlier) = (name.clone(), notable_of(earlier));
                with(EventBody::TestStarted { test: *test, name, attempt: *attempt, earlier })
            }),
            EventBody::TestStalled { test, .. } => self.shows_test(*test).then(whole),
            EventBody::TestFinished(finished) if self.shows_steps(finished.test) => Some(whole()),
            EventBody::TestFinished(finished) => self.shows_test(finished.test).then(|| {
                let (steps, earlier) = (notable(&finished.steps), notable_of(&finished.earlier));
                with(EventBody::TestFinished(TestFinished { steps, earlier, ..finished.clone() }))
            }),
            EventBody::TestState(state) if self.shows_steps(state.test) => Some(whole()),
            EventBody::TestState(state) => self.shown(state).map(|state| with(EventBody::TestState(state))),
            _ => Some(whole()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Level;
    use crate::state::{CheckKind, CheckResult, EarlierAttempt, Outcome, StepState, TestState, TestStatus};
    use crate::{JobId, JobState};
    use std::collections::BTreeSet;

    fn check(outcome: Outcome) -> CheckResult {
        CheckResult {
            kind: CheckKind::Check,
            check: "status".to_owned(),
            outcome,
            expected: Some("200".to_owned()),
            actual: Some("500".to_owned()),
            hint: None,
        }
    }

    fn step(number: u32, outcomes: &[Outcome]) -> StepState {
        StepState {
            step: number,
            name: format!("Step {number}"),
            outcome: outcomes.last().copied(),
            duration_ms: Some(5),
            tries: None,
            checks: outcomes.iter().map(|outcome| check(*outcome)).collect(),
            evidence: None,
            since_passed: None,
            traceparent: None,
            v: None,
        }
    }

    /// Two steps, of which the second has a check that held and one that did not.
    fn failed_steps() -> Vec<StepState> {
        vec![step(0, &[Outcome::Passed]), step(1, &[Outcome::Passed, Outcome::Failed])]
    }

    fn earlier() -> Vec<EarlierAttempt> {
        let (outcome, reason, steps) = (Outcome::Failed, "a check did not hold".to_owned(), failed_steps());
        vec![EarlierAttempt { attempt: 1, outcome, duration_ms: 5, reason, steps }]
    }

    /// A test whose two attempts failed.
    fn failed() -> TestState {
        let (steps, earlier, state) = (failed_steps(), earlier(), TestState::queued(3, "Home"));
        let (status, outcome) = (TestStatus::Finished, Some(Outcome::Failed));
        TestState { v: 7, status, outcome, attempt: 2, steps, earlier, ..state }
    }

    fn events() -> Vec<Event> {
        let job: JobId = "0190b2a0-0000-7000-8000-000000000000".parse().expect("an id");
        let finished = Option::<TestFinished>::from(&failed()).expect("it has ended");
        let bodies = [
            EventBody::JobPlanned { total: 4 },
            EventBody::TestStarted { test: 3, name: "Home".to_owned(), attempt: 2, earlier: earlier() },
            EventBody::StepStarted { test: 3, step: step(0, &[]) },
            EventBody::StepFinished { test: 3, step: step(0, &[Outcome::Passed]) },
            EventBody::TestFinished(finished),
        ];
        (1..).zip(bodies).map(|(v, body)| Event::of_job(&job, v, body, "2026-11-28T00:00:00.000Z")).collect()
    }

    fn types(detail: &Detail) -> Vec<String> {
        let shown =
            events().iter().filter_map(|event| detail.shown_event(event).map(|event| event.to_json())).collect();
        let read = |line: String| -> String {
            let event: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            event["type"].as_str().expect("a type").to_owned()
        };
        Vec::into_iter(shown).map(read).collect()
    }

    #[test]
    fn each_level_has_its_events() {
        let all = ["job.planned", "test.started", "step.started", "step.finished", "test.finished"];
        assert_eq!(types(&Detail::of(Level::Steps)), all);
        assert_eq!(types(&Detail::of(Level::Tests)), ["job.planned", "test.started", "test.finished"]);
        assert_eq!(types(&Detail::of(Level::Job)), ["job.planned"]);
        for level in [Level::Tests, Level::Job] {
            let one = Detail { level, steps_of: BTreeSet::from([3]) };
            assert_eq!(types(&one), all, "of the test that was named");
            let other = Detail { level, steps_of: BTreeSet::from([2]) };
            assert_eq!(types(&other), types(&Detail::of(level)));
        }
    }

    #[test]
    fn without_steps_the_failures_are_still_known() {
        let (mut whole, mut part) = (JobState::default(), JobState::default());
        for event in events() {
            whole.apply(&event);
            if let Some(event) = Detail::of(Level::Tests).shown_event(&event) {
                part.apply(&event);
            }
        }
        assert_eq!(part.tests[&3].failures(), whole.tests[&3].failures());
        assert_eq!((part.tests[&3].outcome, part.digest()), (Some(Outcome::Failed), whole.digest()));
        assert_eq!(part.tests[&3].steps.len(), 1, "only what failed");
        assert_eq!(part.tests[&3].earlier[0].steps, part.tests[&3].steps, "in earlier attempts too");

        let shown = Detail::of(Level::Tests).shown(&failed()).expect("it is shown");
        assert_eq!((shown.failures(), shown.steps.len()), (failed().failures(), 1));
        let started = events().swap_remove(1);
        let shown = Detail::of(Level::Tests).shown_event(&started).expect("it is shown").into_owned();
        part.tests.clear();
        part.apply(&shown);
        assert_eq!(part.tests[&3].earlier[0].steps.len(), 1, "when an attempt begins too");
    }

    #[test]
    fn the_steps_of_a_test_can_come_later() {
        let mut state = JobState::default();
        let events = events();
        let part = Detail::of(Level::Tests);
        events.iter().filter_map(|event| part.shown_event(event)).for_each(|event| state.apply(&event));
        let v = state.tests[&3].v;
        let job: JobId = "0190b2a0-0000-7000-8000-000000000000".parse().expect("an id");
        let whole = Event::of_test_state(&job, TestState { v, ..failed() }, "2026-11-28T00:00:01.000Z");
        state.apply(&whole);
        assert_eq!(state.tests[&3].steps, failed().steps);
        state.apply(&part.shown_event(&events[4]).expect("it is shown"));
        assert_eq!(state.tests[&3].steps, failed().steps, "less of the same version takes nothing away");
    }
}
