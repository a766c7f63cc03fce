//! Runs one test: claims it under a lease, gives it to the engine, counts its result.
//!
//! The lease is renewed while the engine works. A worker that loses the lease stops and counts nothing: the write that
//! counts a result requires the lease, so of two workers on one test at most one counts.

use crate::Handled;
use crate::batch::Delivery;
use crate::counting::{HeldTest, errored, given_up, not_run};
use crate::early_end::ended;
use crate::job::{Job, Source};
use crate::narrator::Narrator;
use crate::tracker::Tracker;
use std::time::Duration;
use stepcast_engine::{Engine, PlannedTest, TestRun};
use stepcast_platform::Error;
use stepcast_platform::table::{Claim, Lease, TestKey, TestRecord};
use stepcast_protocol::state::{CheckKind, CheckResult, Outcome};
use tokio::time::Instant;

/// How often a running test checks whether its job has to stop.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// Runs tests.
#[derive(Clone)]
pub(crate) struct Runner {
    tracker: Tracker,
    engine: Engine,
}

impl Runner {
    pub fn new(tracker: Tracker, engine: Engine) -> Self {
        Self { tracker, engine }
    }

    /// Runs a test, unless another worker runs it or has run it.
    pub async fn run(&self, test: &TestKey, delivery: Delivery<'_>) -> Result<Handled, Error> {
        let Tracker { platform, jobs, lease, .. } = &self.tracker;
        let Some(job) = jobs.get(&test.job).await? else { return Ok(Handled::Done) };
        // Before the claim: if this failed after it, the lease would expire and count as a lost worker.
        let source = job.source(platform).await?.as_ref();
        job.refresh(platform).await;
        match platform.table.claim_test(test, *lease).await? {
            Claim::Taken(record) => {
                let lease = Lease { test: test.clone(), number: record.lease };
                self.run_held(&HeldTest { job: &job, lease, record: &record }, source, delivery).await
            }
            Claim::Held(rest) => Ok(Handled::Later(rest + Duration::from_secs(1))),
            // The worker that finished it may have died before it published that, or before it closed the job.
            Claim::Finished(record) => {
                self.publish_again(&job, &record).await?;
                Ok(Handled::Done)
            }
            Claim::Missing => Ok(Handled::Done),
        }
    }

    async fn run_held(
        &self,
        held: &HeldTest<'_>,
        source: Result<&Source, &String>,
        delivery: Delivery<'_>,
    ) -> Result<Handled, Error> {
        let HeldTest { job, record, .. } = held;
        let planned: PlannedTest =
            serde_json::from_str(&record.planned).map_err(|error| Error::unreadable("plan", error))?;
        let mut narrator = self.tracker.narrator(held);
        let begun = Instant::now();
        let end = match source {
            _ if let Some(by) = job.ended_by() => errored(ended(&by)),
            _ if job.stop().is_some() => not_run(Outcome::Cancelled),
            Err(reason) => errored(given_up(reason)),
            Ok(source) => {
                let run = TestRun {
                    suite: &source.suite,
                    job: job.id.as_str(),
                    planned: &planned,
                    vars: &source.vars,
                    secrets: &source.secrets,
                };
                tokio::select! {
                    end = self.engine.run_test(run, &mut narrator) => end,
                    allowed = delivery.deadline.comes() => narrator.cut_short(begun.elapsed(), out_of_time(&allowed)),
                    () = self.keep(held, delivery.receipt) => {
                        tracing::warn!(job = %job.id, test = record.test, "A test was taken over by another worker");
                        return Ok(Handled::Later(self.tracker.lease));
                    }
                }
            }
        };
        self.tracker.count(held, &mut narrator, end).await?;
        Ok(Handled::Done)
    }

    /// Keeps the lease and the message; returns only when the lease is lost.
    async fn keep(&self, held: &HeldTest<'_>, receipt: &str) {
        let HeldTest { job, lease, .. } = held;
        let renew_every = self.tracker.lease / 3;
        let mut since_renewal = Duration::ZERO;
        loop {
            let pause = CHECK_EVERY.min(renew_every);
            tokio::time::sleep(pause).await;
            job.refresh(&self.tracker.platform).await;
            since_renewal += pause;
            if since_renewal < renew_every {
                continue;
            }
            since_renewal = Duration::ZERO;
            match self.tracker.platform.table.renew_lease(lease, self.tracker.lease).await {
                Ok(true) => self.tracker.hide(receipt, self.tracker.lease).await,
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(job = %job.id, test = lease.test.test, %error, "A lease could not be renewed");
                }
            }
        }
    }

    async fn publish_again(&self, job: &Job, record: &TestRecord) -> Result<(), Error> {
        let Tracker { platform, progress, .. } = &self.tracker;
        Narrator::new(job, progress, &platform.clock, record.lease, record.state()).publish_end();
        self.tracker.follow_up(job).await?;
        if let Some(record) = platform.table.job(&job.id).await? {
            self.tracker.publish_verdict(&record);
        }
        Ok(())
    }
}

fn out_of_time(allowed: &str) -> CheckResult {
    CheckResult {
        kind: CheckKind::Check,
        check: "worker".to_owned(),
        outcome: Outcome::Errored,
        expected: Some(format!("a test that ends within the {allowed} a worker may run")),
        actual: Some("it was still running when the worker had to stop".to_owned()),
        hint: Some("make several tests of it, or give its requests a shorter `timeout` and fewer `retries`".to_owned()),
    }
}
