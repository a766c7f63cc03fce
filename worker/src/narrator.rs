//! Turns what the engine does into events, numbered under the worker's lease.

use crate::evidence::{Compared, Held};
use crate::job::Job;
use crate::progress::{Key, Progress, Update, Whole};
use std::time::Duration;
use stepcast_engine::{Keeping, Observer, RunningRequests, Sent, StepRequests, TestEnd, fit_attempts};
use stepcast_platform::table::{NewBaseline, topic_job};
use stepcast_platform::traces::{StepTimes, TestSpan};
use stepcast_platform::{Clock, EvidenceStore};
use stepcast_protocol::state::{CheckResult, EarlierAttempt, Outcome, StepState, TestState, TestStatus, test_version};
use stepcast_protocol::{Event, EventBody};
use stepcast_suite::Evidence;
use tokio_util::sync::CancellationToken;

/// Publishes the events of one test to the watchers of its job.
pub(crate) struct Narrator<'a> {
    job: &'a Job,
    progress: &'a Progress,
    clock: &'a Clock,
    lease: u64,
    begun_at: u64,
    updates: u64,
    sent: Sent,
    held: Held,
    times: StepTimes,
    state: TestState,
}

impl<'a> Narrator<'a> {
    pub fn new(job: &'a Job, progress: &'a Progress, clock: &'a Clock, lease: u64, test: TestState) -> Self {
        let (sent, held) = (job.sent.part(), Held::new(Evidence::None));
        let (begun_at, times) = (clock.now_ms(), StepTimes::start());
        Self { job, progress, clock, lease, begun_at, updates: 0, sent, held, times, state: test }
    }

    /// When the work on the test began, in milliseconds since 1970.
    pub fn begun_at(&self) -> u64 {
        self.begun_at
    }

    /// Holds this of the test's requests until it ends.
    pub fn hold(&mut self, wanted: Evidence) {
        self.held = Held::new(wanted);
    }

    /// Stores what is wanted of a test that ended like this, and names it there. Returns its new baseline, if it left one.
    pub async fn store_evidence(
        &mut self,
        store: &EvidenceStore,
        compared: Compared<'_>,
        end: &mut TestEnd,
    ) -> Option<NewBaseline> {
        // Its future is large, and most tests have nothing to store.
        let new_baseline = Box::pin(self.held.store(store, compared, end)).await;
        fit_attempts(&mut end.steps, &mut end.earlier);
        new_baseline
    }

    /// Returns the test as far as it got, if it has to end here: the running step becomes errored, with `why` as its
    /// check.
    pub fn cut_short(&mut self, duration: Duration, why: CheckResult) -> TestEnd {
        self.held.cut_short();
        let mut steps = self.state.steps.clone();
        match steps.iter_mut().find(|step| step.outcome.is_none()) {
            Some(running) => (running.outcome, running.checks) = (Some(Outcome::Errored), vec![why]),
            None => steps.push(errored_step(u32::try_from(steps.len()).unwrap_or(u32::MAX), why)),
        }
        let checks = steps.iter().map(|step| step.checks.len() as u64).sum();
        let (outcome, attempt, earlier) = (Outcome::Errored, self.state.attempt, self.state.earlier.clone());
        TestEnd { outcome, duration, attempt, steps, earlier, checks }.bounded()
    }

    /// Applies the end of the test under a new version. The end is published once it is counted.
    pub fn end(&mut self, end: impl FnOnce(&mut TestState)) -> &TestState {
        let v = self.next_version();
        end(&mut self.state);
        self.state.v = v;
        self.state.waiting_for = None;
        self.state.status = TestStatus::Finished;
        &self.state
    }

    /// The spans of the test, once it has ended.
    pub fn span(&self) -> TestSpan<'_> {
        let Self { job, state, times, .. } = self;
        TestSpan { job: job.id.as_str(), suite: &job.suite, state, times }
    }

    /// Publishes the end of the test, which is counted by now.
    pub fn publish_end(&self) {
        if let Some(finished) = Option::from(&self.state) {
            self.publish(EventBody::TestFinished(finished), false);
        }
    }

    fn publish(&self, body: EventBody, goes_on: bool) {
        let event = Event::of_job(&self.job.id, self.state.v, body, self.clock.now_text());
        let whole = if goes_on { Whole::Test(Box::new(self.whole())) } else { Whole::Event };
        self.publish_update(event, whole, goes_on);
    }

    /// The whole state of the test as it is now.
    fn whole(&self) -> Event {
        Event::of_test_state(&self.job.id, self.state.clone(), self.clock.now_text())
    }

    fn publish_update(&self, event: Event, whole: Whole, goes_on: bool) {
        let update = Update { key: Key::Test(self.state.test), event, whole, goes_on };
        self.progress.publish(&topic_job(&self.job.id), vec![update]);
    }

    fn next_version(&mut self) -> u64 {
        self.updates += 1;
        test_version(self.lease, self.updates)
    }

    fn put_step(&mut self, step: StepState) {
        self.state.v = self.next_version();
        self.state.waiting_for = None;
        self.state.steps.retain(|known| known.step != step.step);
        self.state.steps.push(step);
    }
}

/// Returns a step that is not in the suite, for an error of the test as a whole.
pub(crate) fn errored_step(step: u32, why: CheckResult) -> StepState {
    let name = "run".to_owned();
    let outcome = Some(Outcome::Errored);
    StepState {
        step,
        name,
        outcome,
        duration_ms: None,
        tries: None,
        checks: vec![why],
        evidence: None,
        since_passed: None,
        traceparent: None,
        v: None,
    }
}

/// Stops showing the test: if another worker took it over, or it could not be counted, this worker may not show it any
/// more.
impl Drop for Narrator<'_> {
    fn drop(&mut self) {
        self.progress.end(&topic_job(&self.job.id), &Key::Test(self.state.test));
    }
}

impl Observer for Narrator<'_> {
    fn keeping(&self) -> Keeping {
        self.held.keeping()
    }

    fn exchanging(&mut self, step: &StepState, requests: RunningRequests) {
        self.held.begin(self.state.attempt, step, requests);
    }

    fn exchanged(&mut self, step: &StepState, requests: StepRequests) {
        self.held.add(self.state.attempt, step, requests);
    }

    fn attempt_started(&mut self, attempt: u32, earlier: &[EarlierAttempt]) {
        self.state.v = self.next_version();
        self.state.status = TestStatus::Running;
        self.times.attempt_started(attempt);
        self.state.attempt = attempt;
        self.state.steps.clear();
        self.state.earlier = earlier.to_vec();
        let (test, name, earlier) = (self.state.test, self.state.name.clone(), earlier.to_vec());
        self.publish(EventBody::TestStarted { test, name, attempt, earlier }, true);
    }

    fn step_started(&mut self, step: StepState) {
        // The job may have used up its requests.
        self.job.stop();
        self.times.step_started(step.step);
        self.put_step(step.clone());
        self.publish(EventBody::StepStarted { test: self.state.test, step }, true);
    }

    fn step_finished(&mut self, step: StepState) {
        self.times.step_finished(step.step);
        self.put_step(step.clone());
        // Each step fits into a message; a new watcher gets all of them in one.
        fit_attempts(&mut self.state.steps, &mut self.state.earlier);
        self.publish(EventBody::StepFinished { test: self.state.test, step }, true);
    }

    fn waits_for(&mut self, host: Option<&str>) {
        self.state.v = self.next_version();
        self.state.waiting_for = host.map(str::to_owned);
        self.publish_update(self.whole(), Whole::Event, true);
    }

    fn stopped(&self) -> CancellationToken {
        self.job.stopped()
    }

    fn sent(&self) -> Sent {
        self.sent.clone()
    }
}
