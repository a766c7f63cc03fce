//! One attempt at a test: setup, steps, teardown, with one cookie jar and one set of captures.
//!
//! The first step that does not pass ends setup and steps. Teardown runs if any request may have been sent, even if the
//! job was cancelled, and with all its steps, except those that use a capture the attempt did not reach.

use super::slow::Stopwatch;
use super::spans::Spans;
use super::time_limit::{TimeLimit, within};
use super::{Observer, opening, until};
use crate::bound;
use crate::evidence::{Keeping, RunningRequests, StepRequests};
use crate::excerpt::excerpt;
use crate::fetch::{Fetcher, Network, Traceparent, Waiting};
use crate::mask::Mask;
use crate::playback::Playback;
use crate::request;
use crate::scope::Scope;
use crate::step::{StepEnd, StepRun};
use cookie_store::CookieStore;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{CheckKind, CheckResult, StepState};
use stepcast_suite::duration::millis;
use stepcast_suite::template::{self, Lookup};
use stepcast_suite::{HostLimits, Step, Test};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How an attempt ended.
pub struct Attempt {
    pub outcome: Outcome,
    pub steps: Vec<StepState>,
    pub checks: u64,
    /// Whether a retry would end the same way
    pub is_permanent: bool,
}

impl Default for Attempt {
    fn default() -> Self {
        Self { outcome: Outcome::Passed, steps: Vec::new(), checks: 0, is_permanent: false }
    }
}

/// The input of an attempt.
#[derive(Clone, Copy)]
pub struct AttemptInputs<'a> {
    /// Makes the requests
    pub fetcher: &'a Fetcher,
    /// Limits for requests to a host
    pub limits: HostLimits,
    /// How requests reach the network
    pub network: &'a Network,
    /// Answers in place of the network
    pub playback: Option<&'a Playback>,
    /// The job whose tests may share answers, if this test does
    pub shared: Option<&'a str>,
    /// When the test has to end, if it has a limit
    pub time_limit: Option<TimeLimit>,
    /// The spans of its steps, if its requests carry a trace context
    pub spans: Option<&'a Spans>,
}

/// An attempt in progress.
pub struct RunningAttempt<'a> {
    inputs: AttemptInputs<'a>,
    test: &'a Test,
    mask: Arc<Mask>,
    observer: &'a mut dyn Observer,
    scope: Scope,
    jar: CookieStore,
    stopwatch: Stopwatch,
    attempt: Attempt,
    /// Whether a request was sent that may have had side effects
    has_asked: bool,
}

impl<'a> RunningAttempt<'a> {
    pub fn new(
        inputs: AttemptInputs<'a>,
        test: &'a Test,
        scope: Scope,
        mask: Arc<Mask>,
        observer: &'a mut dyn Observer,
    ) -> Self {
        let (jar, stopwatch) = (CookieStore::new(), Stopwatch::new(test));
        let attempt = Attempt::default();
        let mut this = Self { inputs, test, mask, observer, scope, jar, stopwatch, attempt, has_asked: false };
        // A page can echo what a later step sends.
        for step in this.test.setup.iter().chain(&this.test.steps).chain(&this.test.teardown) {
            this.hide_credentials(step);
        }
        this
    }

    pub async fn run(mut self) -> Attempt {
        let test = self.test;
        self.run_until_one_fails(&test.setup, "setup: ").await;
        if self.attempt.outcome == Outcome::Passed {
            self.stopwatch.start();
            self.run_until_one_fails(&test.steps, "").await;
            self.judge_expected_failure();
        }
        if self.has_asked {
            self.tear_down().await;
        }
        self.attempt
    }

    async fn run_until_one_fails(&mut self, steps: &[Step], prefix: &str) {
        for step in steps {
            let stopped = self.observer.stopped();
            if stopped.is_cancelled() {
                self.attempt.outcome = Outcome::Cancelled;
                break;
            }
            let end = self.run_step(step, prefix, stopped).await;
            self.attempt.outcome = end.outcome;
            self.attempt.is_permanent = end.is_permanent;
            if end.outcome != Outcome::Passed {
                break;
            }
        }
    }

    /// Runs the teardown. Its outcome counts only if the steps passed.
    async fn tear_down(&mut self) {
        let test = self.test;
        self.inputs.time_limit = self.inputs.time_limit.map(TimeLimit::for_teardown);
        for step in &test.teardown {
            if self.lacks_a_capture(step) {
                self.leave_out(step);
                continue;
            }
            let end = self.run_step(step, "teardown: ", CancellationToken::new()).await;
            if self.attempt.outcome == Outcome::Passed {
                self.attempt.outcome = end.outcome;
                self.attempt.is_permanent = end.is_permanent;
            }
        }
    }

    /// Whether a value is missing. Suites are checked before they run, so only a capture that was not taken can be
    /// missing.
    fn lacks_a_capture(&self, step: &Step) -> bool {
        let text = serde_json::to_string(step).unwrap_or_default();
        let is_own = |name: &str| step.capture.iter().any(|(own, _)| own == name);
        template::names(&text).into_iter().any(|name| self.scope.lookup(name).is_none() && !is_own(name))
    }

    fn leave_out(&mut self, step: &Step) {
        let opening = self.open(&format!("teardown: {}", self.scope.show(&step.name)), None);
        self.close(StepState { outcome: Some(Outcome::Skipped), duration_ms: Some(0), ..opening });
    }

    /// Swaps failed and passed for `expect_failure`. The result is reported as a step, because users look for reasons
    /// there.
    fn judge_expected_failure(&mut self) {
        let (outcome, actual) = match self.attempt.outcome {
            Outcome::Failed => (Outcome::Passed, None),
            Outcome::Passed => (Outcome::Failed, Some("it passed".to_owned())),
            _ => return,
        };
        if !self.test.expect_failure {
            return;
        }
        let is_surprise = actual.is_some();
        let check = CheckResult {
            kind: CheckKind::Check,
            check: "expect_failure".to_owned(),
            outcome,
            expected: is_surprise.then(|| "a test that fails".to_owned()),
            actual,
            hint: is_surprise.then(|| "the test no longer fails: remove `expect_failure` from the suite".to_owned()),
        };
        let opening = self.open("expect_failure", None);
        self.close(StepState { outcome: Some(outcome), duration_ms: Some(0), checks: vec![check], ..opening });
        self.attempt.outcome = outcome;
    }

    async fn run_step(&mut self, step: &Step, prefix: &str, called_off: CancellationToken) -> StepEnd {
        self.hide_credentials(step);
        let opening = self.open(&format!("{prefix}{}", self.scope.show(&step.name)), step.until.map(|_| 1));
        let AttemptInputs { fetcher, limits, network, playback, shared, time_limit, spans } = self.inputs;
        let traceparent = spans.map_or_else(Traceparent::default, |spans| spans.step(opening.step));
        let shared = shared.filter(|_| may_share(self.test, step));
        let (sent, waiting, keeping) = (self.observer.sent(), Waiting::default(), self.observer.keeping());
        let log = keeping.log();
        if keeping != Keeping::Nothing {
            self.observer.exchanging(&opening, RunningRequests::new(log.clone(), Arc::clone(&self.mask)));
        }
        let mask = &self.mask;
        let run = StepRun {
            fetcher,
            limits,
            network,
            mask,
            step,
            playback,
            shared,
            called_off,
            sent,
            waiting: waiting.clone(),
            log: log.clone(),
            keeping,
            traceparent: traceparent.clone(),
        };
        let (begun, before) = (Instant::now(), time_limit.map(|_| self.scope.clone()));
        let observer = Mutex::new(&mut *self.observer);
        let observer = || observer.lock().unwrap_or_else(PoisonError::into_inner);
        let announce = |tries| {
            if matches!(keeping, Keeping::Steps { .. }) {
                // What the step looked at is the answer to its last try.
                log.take();
            }
            observer().step_started(StepState { tries: Some(tries), ..opening.clone() });
        };
        let waits = |host: Option<&str>| observer().waits_for(host.map(|host| excerpt(host, mask)).as_deref());
        let asking = until::run(&run, &mut self.jar, std::mem::take(&mut self.scope), announce);
        let asked = tokio::select! {
            asked = within(time_limit, asking) => asked,
            never = waiting.observe(waits) => match never {},
        };
        let (mut end, scope) = match asked {
            Ok(ended) => ended,
            Err(over) => (over_limit(over, &opening.name, begun.elapsed()), before.unwrap_or_default()),
        };
        self.scope = scope;
        self.hide(self.scope.parts());
        end.results.extend(self.stopwatch.note(step, end.elapsed));
        self.attempt.checks += end.evaluated;
        self.has_asked |= end.has_asked;
        let mut state = StepState {
            outcome: Some(end.outcome),
            duration_ms: Some(millis(end.duration)),
            tries: end.tries,
            checks: std::mem::take(&mut end.results),
            traceparent: traceparent.carried(),
            ..opening
        };
        bound::fit(std::slice::from_mut(&mut state));
        if keeping != Keeping::Nothing {
            let requests = StepRequests::new(log.take(), Arc::clone(&self.mask));
            self.observer.exchanged(&state, requests.looking_at(std::mem::take(&mut end.looked_at)));
        }
        self.close(state);
        end
    }

    /// Hides a password in the suite or in a capture, which is a secret like any other from here on.
    fn hide_credentials(&mut self, step: &Step) {
        self.hide(request::credentials(&step.request, &self.scope));
    }

    fn hide(&mut self, more: Vec<String>) {
        if let Some(mask) = self.mask.extended(more) {
            self.mask = Arc::new(mask);
        }
    }

    fn open(&mut self, name: &str, tries: Option<u32>) -> StepState {
        let number = u32::try_from(self.attempt.steps.len()).unwrap_or(u32::MAX);
        let opening = StepState { tries, ..opening(number, name, &self.mask) };
        self.observer.step_started(opening.clone());
        opening
    }

    fn close(&mut self, mut state: StepState) {
        bound::fit(std::slice::from_mut(&mut state));
        self.observer.step_finished(state.clone());
        self.attempt.steps.push(state);
    }
}

/// The end of a step that exceeded the time limit of its test, or had no time to begin.
fn over_limit(over: TimeLimit, step: &str, duration: Duration) -> StepEnd {
    StepEnd {
        outcome: Outcome::Errored,
        duration,
        elapsed: duration,
        results: vec![over.exceeded(&format!("it had reached `{step}`"))],
        looked_at: Vec::new(),
        evaluated: 0,
        is_permanent: true,
        has_asked: true,
        tries: None,
    }
}

/// Whether the answer of another test is good enough: the step only reads, and its request uses no capture.
fn may_share(test: &Test, step: &Step) -> bool {
    let text = serde_json::to_string(&step.request).unwrap_or_default();
    let used = template::names(&text);
    let mut captured = test.setup.iter().chain(&test.steps).chain(&test.teardown).flat_map(|step| &step.capture);
    step.request.method == "GET" && step.until.is_none() && !captured.any(|(name, _)| used.contains(&name.as_str()))
}
