//! Runs one test: attempt after attempt until one passes or no more are wanted.

mod attempt;
mod slow;
mod spans;
mod time_limit;
mod until;

use super::bound;
use super::evidence::{Keeping, RunningRequests, StepRequests};
use super::excerpt::excerpt;
use super::fetch::{Fetcher, Network, Sent};
use super::mask::Mask;
use super::network;
use super::plan::PlannedTest;
use super::playback::{Playback, Recording};
use super::request_result::request_result;
use super::retry;
use super::scope::Scope;
use attempt::{Attempt, AttemptInputs, RunningAttempt};
use spans::Spans;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{EarlierAttempt, StepState};
use stepcast_suite::duration::millis;
use stepcast_suite::{Suite, Test};
use time_limit::TimeLimit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Receives the events of a running test.
pub trait Observer: Send {
    /// An attempt has begun, from 1; `earlier` has those before it
    fn attempt_started(&mut self, attempt: u32, earlier: &[EarlierAttempt]);
    /// A step has begun, or the next try of a step that is repeated until it holds; `tries` is the number of the try
    fn step_started(&mut self, step: StepState);
    /// A step has ended; the state alone is bounded by [`RESULT_BYTES`](stepcast_protocol::limits::RESULT_BYTES)
    fn step_finished(&mut self, step: StepState);
    /// The running step waits for its turn at this host, or does not wait any more
    fn waits_for(&mut self, _host: Option<&str>) {}
    /// Read before every step and retry; cancelled if the test is to stop. The test then stops there, in any wait
    /// except one for an answer, and while it judges a page
    fn stopped(&self) -> CancellationToken;
    /// Counts the requests that are sent
    fn sent(&self) -> Sent {
        Sent::default()
    }
    /// What is kept of the test's requests
    fn keeping(&self) -> Keeping {
        Keeping::Nothing
    }
    /// The requests of a step that has just begun, if they are kept, for an observer that drops the test before its end
    fn exchanging(&mut self, _step: &StepState, _requests: RunningRequests) {}
    /// The requests of a step that has just ended, if they are kept; called before `step_finished`
    fn exchanged(&mut self, _step: &StepState, _requests: StepRequests) {}
}

/// The test to run.
#[derive(Debug, Clone, Copy)]
pub struct TestRun<'a> {
    /// The suite of the plan
    pub suite: &'a Suite,
    /// The job it belongs to, whose tests may share answers
    pub job: &'a str,
    /// The test
    pub planned: &'a PlannedTest,
    /// Variables given with the run
    pub vars: &'a BTreeMap<String, String>,
    /// Secrets given with the run, by name without `secret.`
    pub secrets: &'a BTreeMap<String, String>,
    /// Answers in place of the network: nothing is fetched, and no pause is made
    pub recording: Option<&'a Arc<Recording>>,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestEnd {
    /// How it ended
    pub outcome: Outcome,
    /// How long it took, retries and pauses included
    pub duration: Duration,
    /// How many attempts it took; 0 for a skipped test
    pub attempt: u32,
    /// The steps of the last attempt; with those of earlier attempts they are bounded by
    /// [`RESULT_BYTES`](stepcast_protocol::limits::RESULT_BYTES)
    pub steps: Vec<StepState>,
    /// The attempts before the last
    pub earlier: Vec<EarlierAttempt>,
    /// How many checks were evaluated in the last attempt: green means tested
    pub checks: u64,
}

impl TestEnd {
    /// Limits the steps of all attempts to what can be stored and sent.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        bound::fit_attempts(&mut self.steps, &mut self.earlier);
        self
    }
}

/// See [`Engine::run_test`](super::Engine::run_test).
pub async fn run(fetcher: &Fetcher, run: TestRun<'_>, observer: &mut dyn Observer) -> TestEnd {
    let started = Instant::now();
    let mut earlier = Vec::new();
    let (attempt, last) = if run.planned.skip {
        (0, Attempt { outcome: Outcome::Skipped, ..Attempt::default() })
    } else {
        run_attempts(fetcher, run, &mut earlier, observer).await
    };
    let Attempt { outcome, steps, checks, .. } = last;
    TestEnd { outcome, duration: started.elapsed(), attempt, steps, earlier, checks }.bounded()
}

/// Runs attempts and returns the last one with its number; `earlier` gets those before it.
async fn run_attempts(
    fetcher: &Fetcher,
    run: TestRun<'_>,
    earlier: &mut Vec<EarlierAttempt>,
    observer: &mut dyn Observer,
) -> (u32, Attempt) {
    let test = run.suite.tests.get(run.planned.definition);
    let retries = test.map(|test| test.retries).unwrap_or_default();
    let limit = test.and_then(|test| test.time_limit).map(TimeLimit::from_now);
    let playback = run.recording.map(|recording| Playback::new(Arc::clone(recording), &run.planned.name));
    let mut attempt = 1;
    loop {
        observer.attempt_started(attempt, earlier);
        let begun = Instant::now();
        let shared = Some(run.job).filter(|_| attempt == 1);
        let before = Before { playback: playback.as_ref(), shared, time_limit: limit, attempt };
        let mut ended = run_attempt(fetcher, run, before, observer).await;
        if ended.is_permanent || !retry::is_wanted(retries, attempt, ended.outcome) {
            if ended.outcome == Outcome::Passed && attempt > 1 {
                ended.outcome = Outcome::Flaky;
            }
            return (attempt, ended);
        }
        if observer.stopped().is_cancelled() {
            return (attempt, Attempt { outcome: Outcome::Cancelled, ..ended });
        }
        let duration_ms = millis(begun.elapsed());
        let pause = if playback.is_some() { Duration::ZERO } else { retry::pause_after(attempt) };
        if let Err(over) = time_limit::within(limit, tokio::time::sleep(pause)).await {
            return (attempt, cut_short(ended, over, &Mask::new(run.secrets), observer));
        }
        let reason = retry::reason(retries, attempt, ended.outcome);
        earlier.push(EarlierAttempt { attempt, outcome: ended.outcome, duration_ms, reason, steps: ended.steps });
        bound::fit_attempts(&mut [], earlier);
        attempt += 1;
    }
}

/// What an attempt takes over from those before it.
struct Before<'a> {
    playback: Option<&'a Playback>,
    shared: Option<&'a str>,
    time_limit: Option<TimeLimit>,
    /// Which attempt it is, from 1
    attempt: u32,
}

async fn run_attempt(fetcher: &Fetcher, run: TestRun<'_>, before: Before<'_>, observer: &mut dyn Observer) -> Attempt {
    let Before { playback, shared, time_limit, attempt } = before;
    let mask = Mask::new(run.secrets);
    match prepare(run) {
        Ok((test, scope, network)) => {
            let mask = mask.extended(network::credentials(&network)).unwrap_or(mask);
            let shared = shared.filter(|_| test.share && playback.is_none());
            let limits = run.suite.defaults.host;
            let spans = Spans::of(run, test, attempt, &scope);
            let (network, spans) = (&network, spans.as_ref());
            let inputs = AttemptInputs { fetcher, limits, network, playback, shared, time_limit, spans };
            RunningAttempt::new(inputs, test, scope, Arc::new(mask), observer).run().await
        }
        Err(problem) => cannot_start(&run.planned.name, &problem, &mask, observer),
    }
}

fn prepare(run: TestRun<'_>) -> Result<(&Test, Scope, Network), String> {
    let test = run.suite.tests.get(run.planned.definition);
    let test = test.ok_or("the plan does not belong to this suite: there is no such test in it")?;
    let mut scope = Scope::new(run.suite, run.vars, run.secrets).map_err(|error| error.to_string())?;
    for (name, value) in &run.planned.variables {
        scope.set(name, value);
    }
    let network = network::fill_in(&run.suite.defaults.network, &scope).map_err(|error| error.to_string())?;
    Ok((test, scope, network))
}

/// The attempt of a test whose first request cannot be built. The problem is reported as a step, because users look for
/// reasons there.
fn cannot_start(name: &str, problem: &str, mask: &Mask, observer: &mut dyn Observer) -> Attempt {
    let opening = opening(0, name, mask);
    observer.step_started(opening.clone());
    let state = StepState {
        outcome: Some(Outcome::Errored),
        duration_ms: Some(0),
        checks: vec![request_result(Outcome::Errored, problem, None, mask)],
        ..opening
    };
    observer.step_finished(state.clone());
    Attempt { outcome: Outcome::Errored, steps: vec![state], checks: 0, is_permanent: true }
}

/// An attempt after which no time is left for the next. This is reported as a step, because users look for reasons
/// there.
fn cut_short(mut ended: Attempt, over: TimeLimit, mask: &Mask, observer: &mut dyn Observer) -> Attempt {
    let opening = opening(u32::try_from(ended.steps.len()).unwrap_or(u32::MAX), "time_limit", mask);
    observer.step_started(opening.clone());
    let check = over.exceeded("it was due for another attempt");
    let state = StepState { outcome: Some(Outcome::Errored), duration_ms: Some(0), checks: vec![check], ..opening };
    observer.step_finished(state.clone());
    ended.steps.push(state);
    Attempt { outcome: Outcome::Errored, ..ended }
}

fn opening(number: u32, name: &str, mask: &Mask) -> StepState {
    StepState {
        step: number,
        name: excerpt(name, mask),
        outcome: None,
        duration_ms: None,
        tries: None,
        checks: Vec::new(),
        evidence: None,
        since_passed: None,
        traceparent: None,
        v: None,
    }
}
