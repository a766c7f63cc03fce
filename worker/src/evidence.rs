//! Keeps what a test sent and received, for those who look at its result.
//!
//! The requests and answers of a running test are held in memory. When it ends, those that are wanted are stored, before
//! the result that names them is written. A test that passed leaves a baseline from time to time, and one that did not is
//! compared with it (`since`). The result never depends on any of that: the store has little time, and if it fails, the
//! result says so and counts as ever.

mod pack;
mod since;

use futures_util::{StreamExt, TryStreamExt, stream};
pub(crate) use pack::BODY_BYTES;
use since::Since;
use std::sync::Arc;
use std::time::Duration;
use stepcast_engine::{Bodies, Keeping, RunningRequests, StepRequests, TestEnd};
use stepcast_platform::Error;
use stepcast_platform::evidence::{EvidenceStore, Packed};
use stepcast_platform::table::{Baseline, NewBaseline};
use stepcast_protocol::difference::SincePassed;
use stepcast_protocol::exchange::{AttemptEvidence, StepEvidence};
use stepcast_protocol::state::{Outcome, StepState};
use stepcast_suite::Evidence;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Most bytes of bodies and links that a test holds in memory, with all of its attempts.
const HELD_BYTES: usize = 2 * 1024 * 1024;
/// How long a result waits for its evidence to be stored.
const STORING_TIME: Duration = Duration::from_secs(4);
/// How many objects of a test are stored at once.
const AT_ONCE: usize = 4;
/// Lets two tests at once hide the secrets in their bodies and compare them, which takes many times the memory of a body.
static PACKING: Semaphore = Semaphore::const_new(2);

/// What a running test holds of its requests.
pub(crate) struct Held {
    wanted: Evidence,
    attempts: Vec<HeldAttempt>,
    /// The attempt and the step that run, with their requests
    running: Option<(u32, StepState, RunningRequests)>,
}

#[derive(Clone)]
struct HeldAttempt {
    attempt: u32,
    steps: Vec<HeldStep>,
}

#[derive(Clone)]
struct HeldStep {
    step: u32,
    name: String,
    did_pass: bool,
    requests: StepRequests,
}

/// What the answers of a test are compared with, and when.
#[derive(Clone, Copy)]
pub(crate) struct Compared<'a> {
    /// The evidence of the test when it last passed
    pub baseline: Option<&'a Baseline>,
    /// Whether that is the one of the base branch
    pub is_baseline_of_base: bool,
    /// Whether its answers say anything about the site; those of evidence do not
    pub is_of_site: bool,
    /// Milliseconds since 1970
    pub now: u64,
}

impl Held {
    /// Nothing yet, of a test of which this is wanted.
    pub fn new(wanted: Evidence) -> Self {
        Self { wanted, attempts: Vec::new(), running: None }
    }

    /// What the engine has to note.
    pub fn keeping(&self) -> Keeping {
        if self.wanted == Evidence::None { Keeping::Nothing } else { Keeping::Steps { bytes: BODY_BYTES } }
    }

    /// Holds the requests of a step that has begun.
    pub fn begin(&mut self, attempt: u32, step: &StepState, requests: RunningRequests) {
        self.running = Some((attempt, step.clone(), requests));
    }

    /// Holds what the running step has sent and received until here, because it does not go on.
    pub fn cut_short(&mut self) {
        if let Some((attempt, step, requests)) = self.running.take() {
            self.add(attempt, &step, requests.take());
        }
    }

    /// Holds the requests of a step. If there is no room for all, the bodies and links of the oldest steps are dropped.
    pub fn add(&mut self, attempt: u32, step: &StepState, requests: StepRequests) {
        self.running = None;
        let did_pass = step.outcome.is_some_and(Outcome::is_pass);
        let held = HeldStep { step: step.step, name: step.name.clone(), did_pass, requests };
        match self.attempts.last_mut().filter(|last| last.attempt == attempt) {
            Some(last) => last.steps.push(held),
            None => self.attempts.push(HeldAttempt { attempt, steps: vec![held] }),
        }
        let mut bytes = 0;
        for held in self.attempts.iter_mut().rev().flat_map(|attempt| attempt.steps.iter_mut().rev()) {
            bytes += held.requests.bytes();
            if bytes > HELD_BYTES {
                held.requests.drop_bodies_and_links();
            }
        }
    }

    /// Stores what is wanted of a test that ended like this, and names it in its steps. Returns the new baseline of the
    /// test, if it left one.
    pub async fn store(
        &mut self,
        store: &EvidenceStore,
        compared: Compared<'_>,
        end: &mut TestEnd,
    ) -> Option<NewBaseline> {
        let until = Instant::now() + STORING_TIME;
        let mut left = None;
        for held in std::mem::take(&mut self.attempts) {
            let is_last = held.attempt == end.attempt;
            let is_bad = !is_last || did_not_hold(end.outcome);
            let since = if is_last { Since::of(compared, end.outcome) } else { Since::Nothing };
            let is_wanted = self.wanted == Evidence::All || is_bad;
            if !is_wanted && matches!(since, Since::Nothing) {
                continue;
            }
            let steps = if is_last {
                Some(&mut end.steps)
            } else {
                end.earlier.iter_mut().find(|earlier| earlier.attempt == held.attempt).map(|earlier| &mut earlier.steps)
            };
            let kept: Vec<u32> = held.steps.iter().map(|held| held.step).collect();
            let stored = store_attempt(store, held, since, is_wanted, until).await;
            let is_named = is_wanted || (self.wanted == Evidence::Changes && stored.baseline.is_some());
            if let Some(steps) = steps.filter(|_| is_named) {
                note(steps, &kept, &stored);
            }
            left = left.or(stored.baseline);
        }
        left
    }
}

fn did_not_hold(outcome: Outcome) -> bool {
    outcome.is_failure() || outcome == Outcome::Cancelled
}

/// An attempt that was stored, or not.
struct Stored {
    evidence: StepEvidence,
    since_passed: Vec<(u32, SincePassed)>,
    baseline: Option<NewBaseline>,
}

/// Stores an attempt. One that is not wanted is stored only if it becomes a baseline.
async fn store_attempt(
    store: &EvidenceStore,
    held: HeldAttempt,
    since: Since,
    is_wanted: bool,
    until: Instant,
) -> Stored {
    let mut stored = Stored { evidence: StepEvidence::default(), since_passed: Vec::new(), baseline: None };
    let storing = async {
        let held = Arc::new(held);
        let (mut record, bodies) = aside({
            let held = Arc::clone(&held);
            move || pack::record(&held)
        })
        .await?;
        let mut new_baseline = None;
        let mut bodies = Arc::new(bodies);
        match since {
            Since::Nothing => {}
            Since::Compare(baseline) => {
                let until = until - STORING_TIME / 2;
                let comparing = since::compare(store, &baseline, &held, &record, &bodies);
                let found = tokio::time::timeout_at(until, comparing).await;
                record.differences = found.unwrap_or_default();
                stored.since_passed = since::in_few_lines(&record.differences);
                pack::fit(&mut record.differences);
            }
            Since::Leave { before, now } => {
                let learning = since::new_baseline(store, before, &held, &mut record, &bodies, now);
                let until = until - STORING_TIME / 2;
                new_baseline = tokio::time::timeout_at(until, learning).await.ok().flatten();
                if new_baseline.is_none() && !is_wanted {
                    return Ok(None);
                }
            }
        }
        let (record, contents) = aside(move || packed(&record, Arc::make_mut(&mut bodies))).await?;
        put(store, &record, contents).await?;
        stored.baseline = new_baseline.map(|new| NewBaseline { id: record.id().to_owned(), ..new });
        Ok::<_, String>(Some(record.id().to_owned()))
    };
    stored.evidence = match tokio::time::timeout_at(until, storing).await {
        Ok(Ok(id)) => StepEvidence { id, problem: None },
        Ok(Err(error)) => {
            tracing::debug!(error, "The evidence of a test was not stored");
            not_kept("the store for evidence failed")
        }
        Err(_) => not_kept("the store for evidence took too long"),
    };
    stored
}

/// Stores the requests that a plan took. Returns the id of their record, or nothing if the store failed.
pub(crate) async fn store_plan(store: &EvidenceStore, requests: StepRequests) -> Option<String> {
    let storing = async {
        let step = HeldStep { step: 0, name: "plan".to_owned(), did_pass: true, requests };
        let held = HeldAttempt { attempt: 1, steps: vec![step] };
        let work = move || {
            let (record, mut bodies) = pack::record(&held);
            packed(&record, &mut bodies)
        };
        let (record, contents) = aside(work).await?;
        put(store, &record, contents).await?;
        Ok::<_, String>(record.id().to_owned())
    };
    let stored = tokio::time::timeout(STORING_TIME, storing).await;
    stored.ok()?.inspect_err(|error| tracing::debug!(error, "The requests of a plan were not stored")).ok()
}

/// Stores a record after the contents that it names.
async fn put(store: &EvidenceStore, record: &Packed, contents: Vec<Packed>) -> Result<(), String> {
    let contents = stream::iter(contents.into_iter().map(Arc::new));
    let put = contents.map(|content| async move { store.put(&content).await });
    let put = put.buffer_unordered(AT_ONCE).try_collect::<()>().await;
    let put: Result<(), Error> = match put {
        Ok(()) => store.put_new(record).await,
        failed => failed,
    };
    put.map_err(|error| error.to_string())
}

fn packed(record: &AttemptEvidence, bodies: &mut Bodies) -> (Packed, Vec<Packed>) {
    // It has texts and numbers only, which JSON can write.
    let json = serde_json::to_vec(record).unwrap_or_default();
    (Packed::new(&json), std::mem::take(bodies).values().map(|body| Packed::new(body)).collect())
}

/// Works on bodies on a thread where it blocks no other task.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let turn = PACKING.acquire().await.map_err(|error| error.to_string())?;
    let work = move || {
        let done = work();
        // Here and not by whoever waits: a thread goes on if nobody waits any more.
        drop(turn);
        done
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())
}

fn not_kept(why: &str) -> StepEvidence {
    StepEvidence { id: None, problem: Some(format!("it could not be stored: {why}")) }
}

fn note(steps: &mut [StepState], kept: &[u32], stored: &Stored) {
    for step in steps.iter_mut().filter(|step| kept.contains(&step.step)) {
        step.evidence = Some(stored.evidence.clone());
        let since = stored.since_passed.iter().find(|(number, _)| *number == step.step);
        step.since_passed = since.map(|(_, since)| since.clone());
    }
}
