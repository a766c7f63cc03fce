//! Keeps what a test sent and received, for those who look at its result.
//!
//! The requests and answers of a running test are held in memory. When it ends, those that are wanted are stored, before
//! the result that names them is written. The result never depends on that: the store has little time, and if it fails,
//! the result says so and counts as ever.

use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;
use std::time::Duration;
use stepcast_engine::{Keeping, StepTrace, TestEnd};
use stepcast_platform::evidence::{EvidenceStore, Packed};
use stepcast_protocol::exchange::{AttemptEvidence, Exchange, HeaderField, StepEvidence, StepExchanges};
use stepcast_protocol::state::{Outcome, StepState};
use stepcast_suite::Evidence;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Most bytes of each body that are kept.
const BODY_BYTES: usize = 1024 * 1024;
/// Most bytes of bodies that a test holds in memory, with all of its attempts.
const HELD_BYTES: usize = 2 * 1024 * 1024;
/// How long a result waits for its evidence to be stored.
const STORING_TIME: Duration = Duration::from_secs(4);
/// How many objects of a test are stored at once.
const AT_ONCE: usize = 4;
/// Lets two tests at once hide the secrets in their bodies, which takes many times the memory of a body.
static PACKING: Semaphore = Semaphore::const_new(2);
/// Longest address, method and value of a header that is kept, in bytes.
const TEXT_BYTES: usize = 4 * 1024;
/// Most bytes of headers that are kept of a request and of an answer. JSON writes some characters with two bytes, and one
/// exchange has to fit into a message.
const ALL_HEADER_BYTES: usize = 16 * 1024;

/// What a running test holds of its requests.
pub(crate) struct Held {
    wanted: Evidence,
    attempts: Vec<HeldAttempt>,
}

#[derive(Clone)]
struct HeldAttempt {
    attempt: u32,
    steps: Vec<(u32, StepTrace)>,
}

impl Held {
    /// Nothing yet, of a test of which this is wanted.
    pub fn new(wanted: Evidence) -> Self {
        Self { wanted, attempts: Vec::new() }
    }

    /// What the engine has to note.
    pub fn keeping(&self) -> Keeping {
        if self.wanted == Evidence::None { Keeping::Nothing } else { Keeping::Steps { bytes: BODY_BYTES } }
    }

    /// Holds the requests of a step. If there is no room for all bodies, those of the oldest steps are dropped.
    pub fn add(&mut self, attempt: u32, step: u32, requests: StepTrace) {
        match self.attempts.last_mut().filter(|last| last.attempt == attempt) {
            Some(last) => last.steps.push((step, requests)),
            None => self.attempts.push(HeldAttempt { attempt, steps: vec![(step, requests)] }),
        }
        let mut bytes = 0;
        for (_, requests) in self.attempts.iter_mut().rev().flat_map(|attempt| attempt.steps.iter_mut().rev()) {
            bytes += requests.bytes();
            if bytes > HELD_BYTES {
                requests.drop_bodies();
            }
        }
    }

    /// Stores what is wanted of a test that ended like this, and names it in its steps.
    pub async fn store(&mut self, store: &EvidenceStore, end: &mut TestEnd) {
        let until = Instant::now() + STORING_TIME;
        for held in std::mem::take(&mut self.attempts) {
            let is_last = held.attempt == end.attempt;
            let is_kept = self.wanted == Evidence::All || !is_last || did_not_hold(end.outcome);
            let steps = if is_last {
                Some(&mut end.steps)
            } else {
                end.earlier.iter_mut().find(|earlier| earlier.attempt == held.attempt).map(|earlier| &mut earlier.steps)
            };
            if let Some(steps) = steps.filter(|_| is_kept) {
                let kept: Vec<u32> = held.steps.iter().map(|(step, _)| *step).collect();
                note(steps, &kept, &stored(store, held, until).await);
            }
        }
    }
}

fn did_not_hold(outcome: Outcome) -> bool {
    outcome.is_failure() || outcome == Outcome::Cancelled
}

/// Stores an attempt, and returns the name of its record or why there is none.
async fn stored(store: &EvidenceStore, held: HeldAttempt, until: Instant) -> StepEvidence {
    let storing = async {
        let turn = PACKING.acquire().await.map_err(|error| error.to_string())?;
        let packing = tokio::task::spawn_blocking(move || pack(&held)).await;
        drop(turn);
        let (record, contents) = packing.map_err(|error| error.to_string())?;
        let contents = stream::iter(contents.into_iter().map(Arc::new));
        let put = contents.map(|content| async move { store.put(&content).await });
        put.buffer_unordered(AT_ONCE).try_collect::<()>().await.map_err(|error| error.to_string())?;
        // Only when the contents that it names are there.
        store.put_new(&record).await.map_err(|error| error.to_string())?;
        Ok::<_, String>(record.id().to_owned())
    };
    match tokio::time::timeout_at(until, storing).await {
        Ok(Ok(id)) => StepEvidence { id: Some(id), problem: None },
        Ok(Err(error)) => {
            tracing::debug!(error, "The evidence of a test was not stored");
            not_kept("the store for evidence failed")
        }
        Err(_) => not_kept("the store for evidence took too long"),
    }
}

fn not_kept(why: &str) -> StepEvidence {
    StepEvidence { id: None, problem: Some(format!("it could not be stored: {why}")) }
}

fn note(steps: &mut [StepState], kept: &[u32], evidence: &StepEvidence) {
    for step in steps.iter_mut().filter(|step| kept.contains(&step.step)) {
        step.evidence = Some(evidence.clone());
    }
}

/// The record of an attempt, and the contents that it names.
fn pack(held: &HeldAttempt) -> (Packed, Vec<Packed>) {
    let (mut record, mut bodies) = (AttemptEvidence::default(), stepcast_engine::Bodies::new());
    for (step, requests) in &held.steps {
        let evidence = requests.evidence(BODY_BYTES);
        let exchanges = evidence.exchanges.into_iter().map(bounded).collect();
        record.steps.push(StepExchanges { step: *step, exchanges });
        bodies.extend(evidence.bodies);
    }
    // It has texts and numbers only, which JSON can write.
    let json = serde_json::to_vec(&record).unwrap_or_default();
    (Packed::new(&json), bodies.values().map(|body| Packed::new(body)).collect())
}

/// An exchange that fits into a message.
fn bounded(mut exchange: Exchange) -> Exchange {
    shorten(&mut exchange.request.method);
    shorten(&mut exchange.request.url);
    let answer = exchange.answer.as_mut().map(|answer| &mut answer.headers);
    for headers in [Some(&mut exchange.request.headers), answer].into_iter().flatten() {
        let mut bytes = 0;
        for field in headers.iter_mut() {
            shorten(&mut field.value);
        }
        headers.retain(|HeaderField { name, value }| {
            bytes += name.len() + value.len();
            bytes <= ALL_HEADER_BYTES
        });
    }
    exchange
}

fn shorten(text: &mut String) {
    if text.len() > TEXT_BYTES {
        let start = &text[..text.floor_char_boundary(TEXT_BYTES)];
        *text = format!("{start}… ({} bytes)", text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_protocol::exchange::{Answer, ExchangeTimes, SentRequest};
    use stepcast_protocol::limits::MESSAGE_BYTES;

    #[test]
    fn the_largest_exchange_fits_into_a_message() {
        let long = || "\"".repeat(1_000_000);
        let headers = || -> Vec<HeaderField> {
            let many = (0..256).map(|number| HeaderField { name: format!("x-{number}"), value: "\"".repeat(300) });
            many.chain([HeaderField { name: "x".to_owned(), value: long() }]).collect()
        };
        let exchange = bounded(Exchange {
            at: "2026-11-29T14:10:18.394Z".to_owned(),
            request: SentRequest { method: long(), url: long(), headers: headers(), body: None },
            answer: Some(Answer {
                status: 200,
                version: "HTTP/1.1".to_owned(),
                headers: headers(),
                body: None,
                certificate: None,
            }),
            failure: None,
            remote: None,
            times: ExchangeTimes::default(),
        });
        let bytes = serde_json::to_vec(&exchange).expect("JSON").len();
        assert!(bytes < MESSAGE_BYTES - 4 * 1024, "{bytes}");
        assert!(exchange.request.url.ends_with("… (1000000 bytes)"), "{}", exchange.request.url);
    }
}
