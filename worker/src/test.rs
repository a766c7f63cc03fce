//! One test: taken under a lease, run, counted.
//!
//! The lease is renewed while the engine works. A worker that loses the lease stops and counts nothing: the write that
//! counts a result requires the lease, so of two workers on one test at most one counts.

use crate::batch::Delivery;
use crate::finishing::ended;
use crate::job::{Job, Source};
use crate::narrator::{Narrator, errored_step};
use crate::{Handled, Worker};
use std::time::Duration;
use stepcast_engine::{Observer, PlannedTest, TestEnd, TestRun};
use stepcast_platform::Error;
use stepcast_platform::table::{Claim, FinishedTest, TestRecord};
use stepcast_protocol::state::{Change, CheckResult, Outcome};
use stepcast_suite::duration::millis;
use tokio::time::Instant;

/// How often a running test checks whether its job has to stop.
const LOOK: Duration = Duration::from_secs(1);

/// A test that is held.
struct Held<'a> {
    job: &'a Job,
    plan: u64,
    record: &'a TestRecord,
}

impl Worker {
    /// Runs a test, unless another worker runs it or has run it.
    pub(crate) async fn test(&self, id: &str, plan: u64, test: u32, delivery: Delivery<'_>) -> Result<Handled, Error> {
        let Some(job) = self.jobs.get(id).await? else { return Ok(Handled::Done) };
        // Before the claim: if this failed after it, the lease would expire and count as a lost worker.
        let source = job.source(&self.platform).await?.as_ref();
        job.refresh(&self.platform).await;
        match self.platform.table.claim_test(id, plan, test, self.lease).await? {
            Claim::Taken(record) => self.run(&Held { job: &job, plan, record: &record }, source, delivery).await,
            Claim::Held(rest) => Ok(Handled::Later(rest + Duration::from_secs(1))),
            // The worker that finished it may have died before it published that, or before it closed the job.
            Claim::Finished(record) => {
                self.tell_again(&job, &record).await?;
                Ok(Handled::Done)
            }
            Claim::Missing => Ok(Handled::Done),
        }
    }

    async fn run(
        &self,
        held: &Held<'_>,
        source: Result<&Source, &String>,
        delivery: Delivery<'_>,
    ) -> Result<Handled, Error> {
        let Held { job, record, .. } = held;
        let planned: PlannedTest =
            serde_json::from_str(&record.planned).map_err(|error| Error::unreadable("plan", error))?;
        let state = stepcast_protocol::TestState::queued(record.test, &record.name);
        let mut narrator = Narrator::new(job, &self.progress, &self.platform.clock, record.lease, state);
        let begun = Instant::now();
        let end = match source {
            _ if let Some(by) = job.ended_by() => errored(ended(&by)),
            _ if job.stop().is_some() => not_run(Outcome::Cancelled),
            Err(reason) => errored(given_up(reason)),
            Ok(source) => {
                let run = TestRun {
                    suite: &source.suite,
                    job: &job.id,
                    planned: &planned,
                    vars: &source.vars,
                    secrets: &source.secrets,
                };
                tokio::select! {
                    end = self.engine.run_test(run, &mut narrator) => end,
                    allowed = delivery.deadline.comes() => narrator.cut_short(begun.elapsed(), out_of_time(&allowed)),
                    () = self.keep(held, delivery.receipt) => {
                        tracing::warn!(job = job.id, test = record.test, "A test was taken over by another worker");
                        return Ok(Handled::Later(self.lease));
                    }
                }
            }
        };
        self.count(held, &mut narrator, end).await
    }

    async fn count(&self, held: &Held<'_>, narrator: &mut Narrator<'_>, end: TestEnd) -> Result<Handled, Error> {
        let Held { job, plan, record } = held;
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
            lease: record.lease,
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
        if job.finisher.finish(*plan, finished).await? {
            narrator.tell_end();
            job.sent.take_out(requests);
        }
        self.look_at(job).await?;
        Ok(Handled::Done)
    }

    /// Keeps the lease and the message; returns only when the lease is lost.
    async fn keep(&self, held: &Held<'_>, receipt: &str) {
        let Held { job, plan, record } = held;
        let renew_every = self.lease / 3;
        let mut since_renewal = Duration::ZERO;
        loop {
            let pause = LOOK.min(renew_every);
            tokio::time::sleep(pause).await;
            job.refresh(&self.platform).await;
            since_renewal += pause;
            if since_renewal < renew_every {
                continue;
            }
            since_renewal = Duration::ZERO;
            match self.platform.table.renew_lease(&job.id, *plan, record.test, record.lease, self.lease).await {
                Ok(true) => self.hide(receipt, self.lease).await,
                Ok(false) => return,
                Err(error) => tracing::warn!(job = job.id, test = record.test, %error, "A lease could not be renewed"),
            }
        }
    }

    async fn tell_again(&self, job: &Job, record: &TestRecord) -> Result<(), Error> {
        Narrator::new(job, &self.progress, &self.platform.clock, record.lease, record.state()).tell_end();
        self.look_at(job).await?;
        if let Some(record) = self.platform.table.job(&job.id).await? {
            self.tell_finished(&record);
        }
        Ok(())
    }

    /// Ends a test that no worker could finish.
    pub(crate) async fn give_up(&self, job: &Job, plan: u64, test: u32, reason: &str) -> Result<(), Error> {
        match self.platform.table.claim_test(&job.id, plan, test, self.lease).await? {
            Claim::Taken(record) => self.count_unfinished(job, plan, &record, given_up(reason)).await,
            Claim::Held(_) | Claim::Finished(_) | Claim::Missing => Ok(()),
        }
    }

    /// Counts a test that this worker holds and that was not run to its end, with the reason.
    pub(crate) async fn count_unfinished(
        &self,
        job: &Job,
        plan: u64,
        record: &TestRecord,
        why: CheckResult,
    ) -> Result<(), Error> {
        let state = stepcast_protocol::TestState::queued(record.test, &record.name);
        let mut narrator = Narrator::new(job, &self.progress, &self.platform.clock, record.lease, state);
        self.count(&Held { job, plan, record }, &mut narrator, errored(why)).await.map(|_| ())
    }
}

/// Compares an outcome with the jobs before, if their results are known. A test that was ended early has no outcome of
/// its own to compare.
fn change(held: &Held<'_>, outcome: Outcome) -> Option<Change> {
    let past = held.record.past.as_deref().filter(|_| held.job.ended_by().is_none())?;
    Change::of(outcome, past)
}

fn not_run(outcome: Outcome) -> TestEnd {
    TestEnd { outcome, duration: Duration::ZERO, attempt: 0, steps: Vec::new(), checks: 0 }
}

fn out_of_time(allowed: &str) -> CheckResult {
    CheckResult {
        check: "worker".to_owned(),
        outcome: Outcome::Errored,
        expected: Some(format!("a test that ends within the {allowed} a worker may run")),
        actual: Some("it was still running when the worker had to stop".to_owned()),
        hint: Some("make several tests of it, or give its requests a shorter `timeout` and fewer `retries`".to_owned()),
    }
}

fn given_up(reason: &str) -> CheckResult {
    CheckResult {
        check: "worker".to_owned(),
        outcome: Outcome::Errored,
        expected: Some("a worker that finishes the test".to_owned()),
        actual: Some(reason.to_owned()),
        hint: Some("replay the job; if it happens again, look for what the page does to the worker".to_owned()),
    }
}

fn errored(why: CheckResult) -> TestEnd {
    TestEnd { steps: vec![errored_step(0, why)], ..not_run(Outcome::Errored) }
}
