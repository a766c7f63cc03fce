//! Turns what the engine does into events, numbered as a worker numbers them.

use super::Run;
use stepcast_engine::{Keeping, Observer, PlannedTest, StepRequests, TestEnd};
use stepcast_platform::traces::{StepTimes, TestSpan};
use stepcast_protocol::EventBody;
use stepcast_protocol::event::TestFinished;
use stepcast_protocol::state::{EarlierAttempt, JobStatus, StepState, TestState, test_version};
use stepcast_suite::duration::millis;
use tokio_util::sync::CancellationToken;

/// Publishes the events of one test.
pub(super) struct Narrator<'a> {
    run: &'a Run,
    planned: &'a PlannedTest,
    updates: u64,
    attempt: u32,
    times: StepTimes,
}

impl<'a> Narrator<'a> {
    pub fn new(run: &'a Run, planned: &'a PlannedTest, updates: u64) -> Self {
        Self { run, planned, updates, attempt: 0, times: StepTimes::start() }
    }

    fn publish(&mut self, body: EventBody) {
        self.updates += 1;
        self.run.publish(test_version(1, self.updates), body);
    }

    pub fn finish(&mut self, end: TestEnd) {
        let mut finished = TestFinished {
            test: self.planned.test,
            name: self.planned.name.clone(),
            outcome: end.outcome,
            duration_ms: millis(end.duration),
            attempt: end.attempt,
            ran: None,
            from: None,
            change: None,
            failures: Vec::new(),
            steps: end.steps,
            earlier: end.earlier,
        };
        let state = finished.state(0);
        finished.failures = state.failures();
        self.publish(EventBody::TestFinished(finished));
        let (counts, suite) = {
            let mut shared = self.run.lock();
            *shared.counts.get_mut(end.outcome) += 1;
            shared.counts.total = shared.state.summary.as_ref().map_or(0, |job| job.counts.total);
            (shared.counts, shared.state.summary.as_ref().map(|job| job.suite.clone()).unwrap_or_default())
        };
        let (job, times) = (self.run.job_of_its_own.as_str(), &self.times);
        self.run.traces.test(&TestSpan { job, suite: &suite, state: &state, times });
        let progress =
            EventBody::JobProgress { counts, status: JobStatus::Running, percent: counts.percent(), eta_s: None };
        self.run.publish(self.run.next_job_version(), progress);
    }
}

impl Observer for Narrator<'_> {
    fn attempt_started(&mut self, attempt: u32, earlier: &[EarlierAttempt]) {
        self.attempt = attempt;
        self.times.attempt_started(attempt);
        let (test, name, earlier) = (self.planned.test, self.planned.name.clone(), earlier.to_vec());
        self.publish(EventBody::TestStarted { test, name, attempt, earlier });
    }

    fn step_started(&mut self, step: StepState) {
        self.times.step_started(step.step);
        self.publish(EventBody::StepStarted { test: self.planned.test, step });
    }

    fn step_finished(&mut self, step: StepState) {
        self.times.step_finished(step.step);
        self.publish(EventBody::StepFinished { test: self.planned.test, step });
    }

    fn waits_for(&mut self, host: Option<&str>) {
        let test = self.planned.test;
        let Some(state) = self.run.lock().state.tests.get(&test).cloned() else { return };
        let v = test_version(1, self.updates + 1);
        let waiting_for = host.map(str::to_owned);
        self.publish(EventBody::TestState(TestState { v, waiting_for, ..state }));
    }

    fn keeping(&self) -> Keeping {
        self.run.keeping()
    }

    fn exchanged(&mut self, step: &StepState, requests: StepRequests) {
        if let Some(recorder) = &self.run.recorder {
            recorder.step(&self.planned.name, &step.name, self.attempt, &requests);
        }
    }

    fn stopped(&self) -> CancellationToken {
        self.run.stop();
        self.run.stopped.clone()
    }
}
