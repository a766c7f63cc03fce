//! How events become state: newer updates are kept, older ones are ignored.
//!
//! `web/src/client/state.ts` follows the same rules; both are tested on `tests/fixtures/merge`.

use crate::event::{Event, EventBody};
use crate::state::{JobStatus, JobSummary, StepState, TestState, TestStatus, digest_of, format_digest, lease_of};
use std::collections::BTreeMap;

/// A job with its tests, as a watcher holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobState {
    /// The version of `summary`
    pub v: u64,
    /// The job itself, once an event about it has arrived
    pub summary: Option<JobSummary>,
    /// Its tests by their place in the plan
    pub tests: BTreeMap<u32, TestState>,
}

impl JobState {
    /// Takes an event of this job in, or ignores it if something newer is known.
    pub fn apply(&mut self, event: &Event) {
        let v = event.v.unwrap_or_default();
        match &event.body {
            EventBody::JobState(snapshot) => {
                self.identify(&snapshot.summary);
                self.update_job(v, |job| *job = snapshot.summary.clone());
                for test in &snapshot.tests {
                    self.test(test.test, &test.name).replace(test);
                }
            }
            EventBody::TestState(state) => {
                let state = TestState { v: event.v.unwrap_or(state.v), ..state.clone() };
                self.test(state.test, &state.name).replace(&state);
            }
            EventBody::TestStarted { test, name, attempt, earlier } => {
                let (status, attempt, earlier) = (TestStatus::Running, *attempt, earlier.clone());
                let started = TestState { v, status, attempt, earlier, ..TestState::queued(*test, name) };
                self.test(*test, name).replace(&started);
            }
            EventBody::TestStalled { test, name } => self.test(*test, name).stall(v),
            EventBody::TestFinished(finished) => self.test(finished.test, &finished.name).replace(&finished.state(v)),
            EventBody::StepStarted { test, step } | EventBody::StepFinished { test, step } => {
                self.test(*test, "").update_step(StepState { v: Some(v), ..step.clone() });
            }
            body => self.apply_summary(v, body, &event.at),
        }
    }

    fn apply_summary(&mut self, v: u64, body: &EventBody, at: &str) {
        match body {
            EventBody::JobAccepted { suite, principal, labels, replay_of, from, stored: _ } => {
                let accepted = JobSummary::accepted(suite, principal, labels, at);
                let accepted = JobSummary { replay_of: replay_of.clone(), from: *from, ..accepted };
                self.identify(&accepted);
                self.update_job(v, |job| *job = accepted);
            }
            EventBody::JobPlanned { total } => self.update_job(v, |job| {
                job.status = JobStatus::Running;
                job.counts.total = *total;
            }),
            EventBody::JobProgress { counts, status, .. } => self.update_job(v, |job| {
                job.counts = *counts;
                job.status = *status;
            }),
            EventBody::JobFinished(finished) => self.update_job(v, |job| {
                job.status = JobStatus::Finished;
                job.verdict = Some(finished.verdict);
                job.counts = finished.counts;
                job.duration_ms = Some(finished.duration_ms);
                job.digest = Some(finished.digest.clone());
                job.problem.clone_from(&finished.problem);
            }),
            _ => {}
        }
    }

    /// Whether everything the verdict is based on has arrived: the fingerprint of the state held here is the job's own.
    pub fn is_complete(&self) -> bool {
        self.summary.as_ref().and_then(|job| job.digest.as_ref()).is_some_and(|digest| *digest == self.digest())
    }

    /// The fingerprint of the outcomes held here.
    pub fn digest(&self) -> String {
        let outcomes = self.tests.values().filter_map(|test| Some((test.test, test.outcome?)));
        format_digest(outcomes.map(|(test, outcome)| digest_of(test, outcome)).sum())
    }

    fn test(&mut self, test: u32, name: &str) -> &mut TestState {
        let state = self.tests.entry(test).or_insert_with(|| TestState::queued(test, name));
        if state.name.is_empty() {
            name.clone_into(&mut state.name);
        }
        state
    }

    /// The origin of a job never changes, so it is taken in even if something newer arrived first.
    fn identify(&mut self, known: &JobSummary) {
        if let Some(job) = self.summary.as_mut().filter(|job| job.created_at.is_empty()) {
            job.suite.clone_from(&known.suite);
            job.principal.clone_from(&known.principal);
            job.labels.clone_from(&known.labels);
            job.created_at.clone_from(&known.created_at);
            job.replay_of.clone_from(&known.replay_of);
            job.from = known.from;
        }
    }

    fn update_job(&mut self, v: u64, change: impl FnOnce(&mut JobSummary)) {
        if self.summary.is_some() && v <= self.v {
            return;
        }
        change(self.summary.get_or_insert_with(JobSummary::unheard_of));
        self.v = v;
    }
}

impl TestState {
    fn replace(&mut self, newer: &Self) {
        if newer.v > self.v || (newer.v == self.v && newer.is_fuller(self)) {
            let stalled = self.stalled_lease();
            let later_steps: Vec<_> = self.steps.drain(..).filter(|step| step.v > Some(newer.v)).collect();
            let waiting_for = newer.waiting_for.clone().filter(|_| later_steps.is_empty());
            *self = Self { stalled: false, waiting_for, ..newer.clone() };
            for step in later_steps {
                self.put_step(step);
            }
            self.stalled = stalled.is_some_and(|lease| self.is_stalled_by(lease));
        }
        self.stalled |= newer.stalled && self.is_stalled_by(lease_of(newer.v));
    }

    /// Whether this has more than another state of the same version, of which a watcher may have only a part.
    fn is_fuller(&self, other: &Self) -> bool {
        self.steps_and_checks() > other.steps_and_checks()
    }

    fn steps_and_checks(&self) -> usize {
        let steps = self.steps.iter().chain(self.earlier.iter().flat_map(|attempt| &attempt.steps));
        steps.map(|step| 1 + step.checks.len()).sum()
    }

    fn update_step(&mut self, step: StepState) {
        if step.v <= Some(self.v) || self.steps.iter().any(|known| known.step == step.step && known.v >= step.v) {
            return;
        }
        let stalled = self.stalled_lease();
        self.waiting_for = None;
        self.put_step(step);
        self.stalled = stalled.is_some_and(|lease| self.is_stalled_by(lease));
    }

    /// Takes in that the worker that held the test at version `v` is silent.
    fn stall(&mut self, v: u64) {
        let running = Self { status: TestStatus::Running, ..Self::queued(self.test, &self.name) };
        self.replace(&Self { v, stalled: true, ..running });
    }

    fn stalled_lease(&self) -> Option<u64> {
        self.stalled.then(|| self.newest_lease())
    }

    /// Whether this silent lease is the newest one known.
    fn is_stalled_by(&self, lease: u64) -> bool {
        self.status != TestStatus::Finished && lease == self.newest_lease()
    }

    fn newest_lease(&self) -> u64 {
        let steps = self.steps.iter().filter_map(|step| step.v);
        lease_of(steps.fold(self.v, u64::max))
    }

    fn put_step(&mut self, step: StepState) {
        match self.steps.binary_search_by_key(&step.step, |known| known.step) {
            Ok(at) => self.steps[at] = step,
            Err(at) => self.steps.insert(at, step),
        }
    }
}
