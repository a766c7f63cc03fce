//! Runs the tests of a batch: claims it under a lease, gives each test to the engine, counts the results.
//!
//! The tests of a batch run at once, and each is counted as soon as it ends: a slow one holds up no other. The lease is
//! renewed while the engine works. A worker that loses the lease stops and counts nothing: the write that counts a
//! result requires the lease, so of two workers on one batch at most one counts.
//!
//! A page can take down its worker, and with it the other tests of the batch. So after two lost workers the open tests
//! run one after the other: the first open one is then the one that the next worker is lost on.

use crate::Handled;
use crate::counting::{HeldTest, errored, given_up, not_run};
use crate::deadline::Deadline;
use crate::early_end::ended;
use crate::hold::Hold;
use crate::job::{Job, Source};
use crate::messages::Delivery;
use crate::narrator::Narrator;
use crate::tracker::Tracker;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use stepcast_engine::{Engine, Observer, PlannedTest, Recording, Sent, TestRun};
use stepcast_platform::Error;
use stepcast_platform::metrics::Measured;
use stepcast_platform::table::{Batch, BatchRecord, Claim, Lease, MOST_TESTS, NewTest};
use stepcast_protocol::JobId;
use stepcast_protocol::state::{CheckKind, CheckResult, Outcome};
use tokio::time::Instant;

/// How often a running batch checks whether its job has to stop.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// From how many lost workers on the tests of a batch run one after the other.
const ALONE_AFTER: u64 = 2;

/// Runs batches.
#[derive(Clone)]
pub(crate) struct Runner {
    tracker: Tracker,
    engine: Engine,
}

/// A batch that this worker runs.
struct Running<'a> {
    job: &'a Job,
    source: Result<&'a Source, &'a String>,
    hold: Hold,
    deadline: Deadline,
    /// The requests of each test that has started
    sent: Mutex<Vec<Sent>>,
}

/// How work on a test ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worked {
    /// It has a result
    Counted,
    /// It had not sent a request when the worker had to stop
    NotBegun,
}

impl Runner {
    pub fn new(tracker: Tracker, engine: Engine) -> Self {
        Self { tracker, engine }
    }

    /// Runs the open tests of a batch, unless another worker runs it or has run it.
    pub async fn run(&self, id: &JobId, plan: u64, number: u32, delivery: Delivery<'_>) -> Result<Handled, Error> {
        let Tracker { platform, jobs, lease, .. } = &self.tracker;
        let Some(job) = jobs.get(id).await? else { return Ok(Handled::Done) };
        // A batch of another planning does not count any more.
        let Some(batch) = job.batch(platform, plan, number).await? else { return Ok(Handled::Done) };
        // Before the claim: if this failed after it, the lease would expire and count as a lost worker.
        let source = job.source(platform).await?.as_ref();
        job.evidence(platform).await?;
        let tests = platform.table.planned_tests(&batch).await?;
        job.refresh(platform).await;
        match platform.table.claim_batch(&batch, *lease).await? {
            Claim::Taken(record) => {
                let hold = Hold::of(Lease { batch, number: record.lease }, &record);
                let running = Running { job: &job, source, hold, deadline: delivery.deadline, sent: Mutex::default() };
                self.run_held(&running, &record, &tests, delivery).await
            }
            Claim::Held(rest) => Ok(Handled::Later(rest + Duration::from_secs(1))),
            Claim::Finished => {
                self.publish_again(&job, &batch, &tests).await?;
                Ok(Handled::Done)
            }
        }
    }

    async fn run_held(
        &self,
        running: &Running<'_>,
        record: &BatchRecord,
        tests: &[NewTest],
        delivery: Delivery<'_>,
    ) -> Result<Handled, Error> {
        let batch = &running.hold.lease().batch;
        if record.ended != 0 {
            self.publish_again(running.job, batch, tests).await?;
        }
        let at_once = if record.lost_workers(false) >= ALONE_AFTER { 1 } else { MOST_TESTS as usize };
        let open = record.open_tests(batch).filter_map(|test| tests.iter().find(|planned| planned.test == test));
        let work: Vec<_> = open.map(|test| Box::pin(self.run_test(running, test))).collect();
        let work = stream::iter(work).buffer_unordered(at_once);
        tokio::select! {
            worked = work.try_collect::<Vec<_>>() => match worked? {
                worked if worked.contains(&Worked::NotBegun) => self.give_back(running).await,
                _ => Ok(Handled::Done),
            },
            () = self.keep(running, delivery.receipt) => {
                tracing::warn!(job = %batch.job, batch = batch.number, "A batch was taken over by another worker");
                self.tracker.platform.metrics.note(Measured::LeaseLost);
                Ok(Handled::Later(self.tracker.lease))
            }
        }
    }

    /// Runs a test of a batch and counts its result.
    async fn run_test(&self, running: &Running<'_>, test: &NewTest) -> Result<Worked, Error> {
        let Running { job, source, hold, .. } = running;
        let held = HeldTest { job, hold, test };
        let planned: PlannedTest =
            serde_json::from_str(&test.planned).map_err(|error| Error::unreadable("plan", error))?;
        let mut narrator = self.tracker.narrator(held);
        running.note_started(narrator.sent());
        let begun = Instant::now();
        let end = match source {
            _ if let Some(by) = job.ended_by() => errored(ended(&by)),
            _ if job.stop().is_some() => not_run(Outcome::Cancelled),
            Err(reason) => errored(given_up(reason)),
            Ok(source) => 'ran: {
                let recording = match self.recording(job, &planned).await? {
                    Ok(recording) => recording,
                    Err(reason) => break 'ran errored(given_up(&reason)),
                };
                narrator.hold(source.evidence(planned.definition).min(self.tracker.platform.most_evidence));
                let run = TestRun {
                    suite: &source.suite,
                    job: job.id.as_str(),
                    planned: &planned,
                    vars: &source.vars,
                    secrets: &source.secrets,
                    recording: recording.as_ref(),
                };
                let ended = tokio::select! {
                    // A test that comes after the deadline must not begin.
                    biased;
                    allowed = running.deadline.comes() => Err(allowed),
                    end = self.engine.run_test(run, &mut narrator) => Ok(end),
                };
                match ended {
                    Ok(end) => end,
                    Err(_) if narrator.sent().count() == 0 && running.has_progress() => return Ok(Worked::NotBegun),
                    Err(allowed) => narrator.cut_short(begun.elapsed(), out_of_time(&allowed)),
                }
            }
        };
        self.tracker.count(held, &mut narrator, end).await?;
        Ok(Worked::Counted)
    }

    /// The answers that a test is judged by, if its job is judged by evidence, or why there are none.
    async fn recording(
        &self,
        job: &Job,
        planned: &PlannedTest,
    ) -> Result<Result<Option<Arc<Recording>>, String>, Error> {
        Ok(match job.evidence(&self.tracker.platform).await? {
            None => Ok(None),
            Some(Err(reason)) => Err(reason.clone()),
            Some(Ok(kept)) => kept.of_test(&planned.name).await.map(Some),
        })
    }

    /// Gives back the batch with the tests that have not begun, so that another worker takes it at once.
    async fn give_back(&self, running: &Running<'_>) -> Result<Handled, Error> {
        let lease = running.hold.lease();
        tracing::info!(job = %lease.batch.job, batch = lease.batch.number, "A worker ran out of time and gave a batch back");
        self.tracker.platform.table.give_back(lease).await?;
        Ok(Handled::Later(Duration::ZERO))
    }

    /// Keeps the lease and the message; returns only when the lease is lost.
    async fn keep(&self, running: &Running<'_>, receipt: &str) {
        let Running { job, hold, .. } = running;
        let renew_every = self.tracker.lease / 3;
        let mut since_renewal = Duration::ZERO;
        loop {
            let pause = CHECK_EVERY.min(renew_every);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = hold.lost() => return,
            }
            job.refresh(&self.tracker.platform).await;
            since_renewal += pause;
            if since_renewal < renew_every {
                continue;
            }
            since_renewal = Duration::ZERO;
            match self.tracker.platform.table.renew_lease(hold.lease(), self.tracker.lease).await {
                Ok(true) => self.tracker.hide(receipt, self.tracker.lease).await,
                Ok(false) => return,
                Err(error) => {
                    let batch = hold.lease().batch.number;
                    tracing::warn!(job = %job.id, batch, %error, "A lease could not be renewed");
                }
            }
        }
    }

    /// Publishes the results that a batch has, and looks at the job: the worker that counted them may have died before
    /// it did.
    async fn publish_again(&self, job: &Job, batch: &Batch, tests: &[NewTest]) -> Result<(), Error> {
        let Tracker { platform, progress, .. } = &self.tracker;
        let names: BTreeMap<u32, String> = tests.iter().map(|test| (test.test, test.name.clone())).collect();
        for record in platform.table.ended_tests(batch, names).await? {
            Narrator::new(job, progress, &platform.clock, record.lease, record.state()).publish_end();
        }
        self.tracker.follow_up(job).await?;
        if let Some(record) = platform.table.job(&job.id).await? {
            self.tracker.publish_verdict(&record);
        }
        Ok(())
    }
}

impl Running<'_> {
    fn note_started(&self, sent: Sent) {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
    }

    /// Whether this worker has got anywhere with the batch. If not, no worker might: the batch would be given back for
    /// ever.
    fn has_progress(&self) -> bool {
        let has_begun = |sent: &Sent| sent.count() > 0;
        self.hold.has_counted() || self.sent.lock().unwrap_or_else(PoisonError::into_inner).iter().any(has_begun)
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
