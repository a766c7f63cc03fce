//! Counts the result of a test, whether it ran to its end or not, and publishes it.

use crate::job::Job;
use crate::narrator::{Narrator, errored_step};
use crate::tracker::Tracker;
use std::time::Duration;
use stepcast_engine::{Observer, TestEnd};
use stepcast_platform::Error;
use stepcast_platform::table::{Claim, FinishedTest, Lease, TestKey, TestRecord};
use stepcast_protocol::TestState;
use stepcast_protocol::state::{Change, CheckKind, CheckResult, Outcome};
use stepcast_suite::duration::millis;

/// A test that this worker holds.
pub(crate) struct HeldTest<'a> {
    pub job: &'a Job,
    pub lease: Lease,
    pub record: &'a TestRecord,
}

impl Tracker {
    /// Narrates a test that this worker holds from its start.
    pub(crate) fn narrator<'a>(&'a self, held: &HeldTest<'a>) -> Narrator<'a> {
        let state = TestState::queued(held.record.test, &held.record.name);
        Narrator::new(held.job, &self.progress, &self.platform.clock, held.lease.number, state)
    }

    /// Counts the result of a test that this worker holds.
    pub(crate) async fn count(
        &self,
        held: &HeldTest<'_>,
        narrator: &mut Narrator<'_>,
        end: TestEnd,
    ) -> Result<(), Error> {
        let HeldTest { job, lease, record } = held;
        let change = change(held, end.outcome);
        let state = narrator.end(|state| {
            state.outcome = Some(end.outcome);
            state.duration_ms = Some(millis(end.duration));
            state.attempt = end.attempt;
            state.change = change;
            state.steps = end.steps;
        });
        let finished = FinishedTest {
            test: record.test,
            lease: lease.number,
            v: state.v,
            outcome: end.outcome,
            duration_ms: millis(end.duration),
            expected_ms: record.expected_ms.unwrap_or_default(),
            attempt: end.attempt,
            change,
            steps: serde_json::to_string(&state.steps).map_err(|error| Error::unreadable("steps", error))?,
            checks: end.checks,
            requests: narrator.sent().count(),
        };
        let requests = finished.requests;
        if job.results.count(lease.test.plan, finished).await? {
            narrator.publish_end();
            job.sent.take_out(requests);
        }
        self.follow_up(job).await
    }

    /// Ends a test that no worker could finish.
    pub(crate) async fn give_up(&self, job: &Job, test: TestKey, reason: &str) -> Result<(), Error> {
        match self.platform.table.claim_test(&test, self.lease).await? {
            Claim::Taken(record) => self.count_unfinished(job, test, &record, given_up(reason)).await,
            Claim::Held(_) | Claim::Finished(_) | Claim::Missing => Ok(()),
        }
    }

    /// Counts a test that this worker has just claimed and that was not run to its end, with the reason.
    pub(crate) async fn count_unfinished(
        &self,
        job: &Job,
        test: TestKey,
        record: &TestRecord,
        why: CheckResult,
    ) -> Result<(), Error> {
        let held = HeldTest { job, lease: Lease { test, number: record.lease }, record };
        self.count(&held, &mut self.narrator(&held), errored(why)).await
    }
}

/// Compares an outcome with the jobs before, if their results are known. A test that was ended early has no outcome of
/// its own to compare.
fn change(held: &HeldTest<'_>, outcome: Outcome) -> Option<Change> {
    let past = held.record.past.as_deref().filter(|_| held.job.ended_by().is_none())?;
    Change::of(outcome, past)
}

pub(crate) fn not_run(outcome: Outcome) -> TestEnd {
    TestEnd { outcome, duration: Duration::ZERO, attempt: 0, steps: Vec::new(), checks: 0 }
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
