//! Counts the result of a test, whether it ran to its end or not, and publishes it.

use crate::evidence::Compared;
use crate::hold::Hold;
use crate::job::Job;
use crate::narrator::{Narrator, errored_step};
use crate::tracker::Tracker;
use futures_util::future::try_join_all;
use std::time::Duration;
use stepcast_engine::{Observer, TestEnd};
use stepcast_platform::Error;
use stepcast_platform::metrics::Measured;
use stepcast_platform::table::{FinishedTest, NewTest, TestResult};
use stepcast_protocol::TestState;
use stepcast_protocol::state::{Change, CheckKind, CheckResult, Outcome, Ran};
use stepcast_suite::duration::millis;

/// A test of a batch that this worker holds.
#[derive(Clone, Copy)]
pub(crate) struct HeldTest<'a> {
    pub job: &'a Job,
    pub hold: &'a Hold,
    pub test: &'a NewTest,
}

impl Tracker {
    /// Narrates a test that this worker holds from its start.
    pub(crate) fn narrator<'a>(&'a self, held: HeldTest<'a>) -> Narrator<'a> {
        let state = TestState::queued(held.test.test, &held.test.name);
        Narrator::new(held.job, &self.progress, &self.platform.clock, held.hold.lease().number, state)
    }

    /// Counts the result of a test that this worker holds.
    pub(crate) async fn count(
        &self,
        held: HeldTest<'_>,
        narrator: &mut Narrator<'_>,
        mut end: TestEnd,
    ) -> Result<(), Error> {
        let HeldTest { job, hold, test } = held;
        let (ran, from) = (self.ran(job, narrator, &end), job.from);
        let compared = Compared {
            baseline: test.baseline.as_ref(),
            is_baseline_of_base: test.is_baseline_of_base,
            is_of_site: from.is_none(),
            now: self.platform.clock.now_ms(),
        };
        let baseline = match &self.platform.evidence {
            Some(store) => narrator.store_evidence(store, compared, &mut end).await,
            None => None,
        };
        let change = change(held, end.outcome);
        let state = narrator.end(|state| {
            state.outcome = Some(end.outcome);
            state.duration_ms = Some(millis(end.duration));
            state.attempt = end.attempt;
            state.change = change;
            state.ran = ran;
            state.from = from;
            state.steps = end.steps;
            state.earlier = end.earlier;
        });
        let unreadable = |error| Error::unreadable("steps", error);
        let earlier = (!state.earlier.is_empty()).then(|| serde_json::to_string(&state.earlier));
        let result = TestResult {
            test: test.test,
            v: state.v,
            outcome: end.outcome,
            duration_ms: millis(end.duration),
            attempt: end.attempt,
            change,
            ran: state.ran.clone(),
            from,
            baseline,
            steps: serde_json::to_string(&state.steps).map_err(unreadable)?,
            earlier: earlier.transpose().map_err(unreadable)?,
        };
        let requests = narrator.sent().count();
        let expected_ms = test.expected_ms.unwrap_or_default();
        let finished = FinishedTest { result, expected_ms, checks: end.checks, requests };
        if job.results.count(hold, finished).await? {
            let (outcome, took) = (end.outcome, end.duration);
            self.platform.metrics.note(Measured::TestFinished { suite: &job.suite, outcome, took });
            narrator.publish_end();
            self.platform.traces.test(&narrator.span());
            job.sent.take_out(requests);
            self.follow_up(job).await?;
        }
        Ok(())
    }

    /// Where and when a test ran, if it did.
    fn ran(&self, job: &Job, narrator: &Narrator<'_>, end: &TestEnd) -> Option<Ran> {
        let after_ms = narrator.begun_at().saturating_sub(job.created_at);
        (end.attempt > 0).then(|| Ran { after_ms, worker: self.worker.to_string() })
    }

    /// Counts tests of a batch that this worker has just claimed and that are not run to their end, with the reason.
    pub(crate) async fn count_unfinished(
        &self,
        job: &Job,
        hold: &Hold,
        tests: &[NewTest],
        why: &CheckResult,
    ) -> Result<(), Error> {
        let count = |test| {
            let held = HeldTest { job, hold, test };
            async move { self.count(held, &mut self.narrator(held), errored(why.clone())).await }
        };
        let counts: Vec<_> = tests.iter().map(count).collect();
        try_join_all(counts).await.map(|_| ())
    }
}

/// Compares an outcome with the jobs before, if their results are known. A test that was ended early has no outcome of
/// its own to compare.
fn change(held: HeldTest<'_>, outcome: Outcome) -> Option<Change> {
    let past = held.test.past.as_deref().filter(|_| held.job.ended_by().is_none())?;
    Change::of(outcome, past)
}

pub(crate) fn not_run(outcome: Outcome) -> TestEnd {
    TestEnd { outcome, duration: Duration::ZERO, attempt: 0, steps: Vec::new(), earlier: Vec::new(), checks: 0 }
}

pub(crate) fn given_up(reason: &str) -> CheckResult {
    CheckResult {
        kind: CheckKind::Check,
        check: "worker".to_owned(),
        outcome: Outcome::Errored,
        expected: Some("a worker that finishes the test".to_owned()),
        actual: Some(reason.to_owned()),
        hint: Some("replay the job; if it happens again, look for what the page does to the worker".to_owned()),
    }
}

pub(crate) fn errored(why: CheckResult) -> TestEnd {
    TestEnd { steps: vec![errored_step(0, why)], ..not_run(Outcome::Errored) }
}
