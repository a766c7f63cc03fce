//! What changed since a test last passed.
//!
//! The evidence of a test that passed is its baseline. A new one is kept at most once an hour, and only if the answers
//! are others or the old one is about to expire. Where the answers of passing tests differ from each other is learnt then.

use super::{Compared, HeldAttempt, aside};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use stepcast_engine::{Bodies, Evidence, Exchanged, compare as differences_of, content_digest, learn};
use stepcast_platform::clock::rfc3339;
use stepcast_platform::evidence::EvidenceStore;
use stepcast_platform::table::{Baseline, NewBaseline};
use stepcast_protocol::difference::{SincePassed, StepDifferences};
use stepcast_protocol::exchange::{AttemptEvidence, Exchange, StepExchanges, StepNoise, own_exchanges};
use stepcast_protocol::state::Outcome;
use stepcast_suite::duration::millis;

/// How long a baseline is kept at least.
const KEPT_FOR: Duration = Duration::from_hours(1);
/// After how long the same answers are stored again, so that they do not expire while the test passes.
const STORED_AGAIN_AFTER: Duration = Duration::from_hours(24);
/// Most lines of a result about what changed.
const LINES: usize = 5;
/// Longest of these lines, in characters.
const LINE: usize = 240;
/// Most steps of an attempt that are compared.
const STEPS: usize = 3;
/// Characters of the fingerprint of answers.
const DIGEST: usize = 16;

/// What is done about the baseline of a test.
pub(super) enum Since {
    /// Nothing
    Nothing,
    /// Its answers are compared with it
    Compare(Baseline),
    /// Its answers may become the next one
    Leave { before: Before, now: u64 },
}

/// What the answers of a test that passed are compared with, to see whether they are others.
pub(super) enum Before {
    Nothing,
    /// The branch's own baseline
    Own(Baseline),
    /// That of the base branch: it serves as long as it is the same, and nothing is learnt from how it differs, because
    /// the branch may have changed it
    OfBase(Baseline),
}

impl Since {
    /// What is done at the end of a test.
    pub fn of(compared: Compared<'_>, outcome: Outcome) -> Self {
        let Compared { baseline, is_baseline_of_base, is_of_site, now } = compared;
        let is_due = |baseline: &Baseline| now.saturating_sub(baseline.at) >= millis(KEPT_FOR);
        match baseline {
            _ if !is_of_site => Self::Nothing,
            Some(baseline) if outcome.is_failure() => Self::Compare(baseline.clone()),
            _ if !outcome.is_pass() => Self::Nothing,
            None => Self::Leave { before: Before::Nothing, now },
            Some(base) if is_baseline_of_base => Self::Leave { before: Before::OfBase(base.clone()), now },
            Some(own) if is_due(own) => Self::Leave { before: Before::Own(own.clone()), now },
            Some(_) => Self::Nothing,
        }
    }
}

/// The differences of the steps that did not pass.
pub(super) async fn compare(
    store: &EvidenceStore,
    baseline: &Baseline,
    held: &Arc<HeldAttempt>,
    record: &AttemptEvidence,
    bodies: &Arc<Bodies>,
) -> Vec<StepDifferences> {
    let Some(before) = read(store, baseline).await else { return Vec::new() };
    let mut found = Vec::new();
    for place in (0..held.steps.len()).filter(|place| !held.steps[*place].did_pass).take(STEPS) {
        let Some(now) = record.steps.get(place).cloned() else { continue };
        let Some(old) = step_of(&before, &now).cloned() else { continue };
        let Some(bodies_before) = body_of(store, &old.exchanges).await else { continue };
        let noise = before.noise.iter().find(|noise| noise.step == old.step).cloned();
        let (held, bodies, step) = (Arc::clone(held), Arc::clone(bodies), now.step);
        let work = move || {
            let requests = &held.steps[place].requests;
            let before =
                requests.hide_in(Evidence { exchanges: old.exchanges, bodies: bodies_before, ..Evidence::default() });
            let before = exchanged(&before.exchanges, &before.bodies);
            let now = exchanged(&now.exchanges, &bodies);
            differences_of(before, now, requests.looked_at(), noise.as_ref())
        };
        let Ok(differences) = aside(work).await else { continue };
        let (job, at) = (baseline.job.to_string(), rfc3339(baseline.at));
        let (differences, left_out) = (differences.differences, differences.left_out);
        found.push(StepDifferences { step, job, at, differences, left_out });
    }
    found
}

/// What a result says about differences.
pub(super) fn in_few_lines(differences: &[StepDifferences]) -> Vec<(u32, SincePassed)> {
    let few = |step: &StepDifferences| {
        let telling = || step.differences.iter().filter(|difference| !difference.is_noise);
        let line = |text: &String| match text.char_indices().nth(LINE) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.clone(),
        };
        let lines: Vec<String> = telling().take(LINES).map(|difference| line(&difference.text)).collect();
        let more = u32::try_from(telling().count() - lines.len()).unwrap_or(u32::MAX).saturating_add(step.left_out);
        (step.step, SincePassed { job: step.job.clone(), at: step.at.clone(), lines, more })
    };
    differences.iter().map(few).collect()
}

/// The next baseline, if the answers of a test that passed become it. Its id is not known yet: what is learnt about noise
/// is part of it.
pub(super) async fn new_baseline(
    store: &EvidenceStore,
    before: Before,
    held: &Arc<HeldAttempt>,
    record: &mut AttemptEvidence,
    bodies: &Arc<Bodies>,
    now: u64,
) -> Option<NewBaseline> {
    let digest = digest(record);
    let stays =
        |before: &Baseline| before.digest == digest && now.saturating_sub(before.at) < millis(STORED_AGAIN_AFTER);
    match &before {
        Before::Own(before) | Before::OfBase(before) if stays(before) => return None,
        Before::Own(before) => {
            if let Some(old) = read(store, before).await {
                let is_same = before.digest == digest;
                record.noise = if is_same { old.noise } else { learnt(store, &old, held, record, bodies).await };
            }
        }
        Before::OfBase(before) => {
            if let Some(old) = read(store, before).await {
                record.noise = old.noise;
            }
        }
        Before::Nothing => {}
    }
    Some(NewBaseline { id: String::new(), digest, at: now })
}

/// Learns where two passing answers differ.
async fn learnt(
    store: &EvidenceStore,
    old: &AttemptEvidence,
    held: &Arc<HeldAttempt>,
    record: &AttemptEvidence,
    bodies: &Arc<Bodies>,
) -> Vec<StepNoise> {
    let mut learnt = Vec::new();
    for (place, now) in record.steps.iter().enumerate() {
        let Some(before) = step_of(old, now).cloned() else { continue };
        let known = old.noise.iter().find(|noise| noise.step == before.step).cloned();
        let Some(bodies_before) = body_of(store, &before.exchanges).await else {
            learnt.extend(known);
            continue;
        };
        let (now, held, bodies) = (now.clone(), Arc::clone(held), Arc::clone(bodies));
        let work = move || {
            let before = Evidence { exchanges: before.exchanges, bodies: bodies_before, ..Evidence::default() };
            let before = held.steps[place].requests.hide_in(before);
            let before = exchanged(&before.exchanges, &before.bodies);
            learn(before, exchanged(&now.exchanges, &bodies), now.step, known.as_ref())
        };
        learnt.extend(aside(work).await);
    }
    learnt
}

fn exchanged<'a>(exchanges: &'a [Exchange], bodies: &'a Bodies) -> Exchanged<'a> {
    Exchanged { exchanges: own_exchanges(exchanges), bodies }
}

async fn read(store: &EvidenceStore, baseline: &Baseline) -> Option<AttemptEvidence> {
    let record = store.get_unless_left_alone(&baseline.id).await.ok()??;
    serde_json::from_slice(&record).ok()
}

/// The body of the last answer.
async fn body_of(store: &EvidenceStore, exchanges: &[Exchange]) -> Option<Bodies> {
    let answer = own_exchanges(exchanges).last().and_then(|exchange| exchange.answer.as_ref());
    let Some(sha256) = answer.and_then(|answer| answer.body.as_ref()?.sha256.clone()) else {
        return Some(Bodies::new());
    };
    let body = store.get_unless_left_alone(&sha256).await.ok()??;
    Some([(sha256, body)].into())
}

/// The step of an earlier attempt that a step is compared with: the one of the same name, or else the one in its place.
fn step_of<'a>(before: &'a AttemptEvidence, now: &StepExchanges) -> Option<&'a StepExchanges> {
    let steps = || before.steps.iter();
    let is_same = |step: &&StepExchanges| step.step == now.step && step.name == now.name;
    let of_name = || steps().find(|step| step.name == now.name);
    steps().find(is_same).or_else(of_name).or_else(|| steps().find(|step| step.step == now.step))
}

/// The fingerprint of what makes answers another page: the status, the address and the body of each.
fn digest(record: &AttemptEvidence) -> String {
    let mut text = String::new();
    for exchange in record.steps.iter().flat_map(|step| &step.exchanges) {
        let Exchange { request, answer, .. } = exchange;
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        let body = answer.as_ref().and_then(|answer| answer.body.as_ref());
        let body = body.and_then(|body| body.sha256.as_deref()).unwrap_or_default();
        // Writing to a text does not fail.
        let _ = writeln!(text, "{} {} {status} {body}", request.method, request.url);
    }
    content_digest(text.as_bytes())[..DIGEST].to_owned()
}
