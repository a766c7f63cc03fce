//! The rules by which events become state, on the vectors the dashboard's client is tested on too, and at random.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use stepcast_protocol::event::JobSnapshot;
use stepcast_protocol::state::EarlierAttempt;
use stepcast_protocol::{Event, EventBody, JobState};

struct Vector {
    name: String,
    events: Vec<Event>,
    expected: Value,
}

fn vectors() -> Vec<Vector> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/merge");
    let files = fs::read_dir(folder).expect("the folder of vectors").map(|file| file.expect("a file").path());
    let vectors: Vec<Vector> = files.map(|path| read(&fs::read_to_string(path).expect("a readable vector"))).collect();
    assert!(vectors.len() >= 10, "the vectors are missing");
    vectors
}

fn read(text: &str) -> Vector {
    let value: Value = serde_json::from_str(text).expect("a vector in JSON");
    Vector {
        name: value["name"].as_str().expect("a name").to_owned(),
        events: serde_json::from_value(value["events"].clone()).expect("events"),
        expected: value["expected"].clone(),
    }
}

fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> JobState {
    let mut state = JobState::default();
    events.into_iter().for_each(|event| state.apply(event));
    state
}

fn described(state: &JobState) -> Value {
    let tests: Map<String, Value> = state
        .tests
        .values()
        .map(|test| {
            let steps: BTreeMap<_, _> = test.steps.iter().map(|step| (step.step.to_string(), step.outcome)).collect();
            let mut described = json!({
                "status": test.status, "outcome": test.outcome, "v": test.v, "attempt": test.attempt, "steps": steps, "stalled": test.stalled,
            });
            if let Some(change) = test.change {
                described["change"] = json!(change);
            }
            if !test.earlier.is_empty() {
                let of = |attempt: &EarlierAttempt| json!({ "outcome": attempt.outcome, "steps": attempt.steps.len() });
                let earlier = test.earlier.iter().map(|attempt| (attempt.attempt.to_string(), of(attempt)));
                described["earlier"] = Value::Object(earlier.collect());
            }
            if let Some(host) = &test.waiting_for {
                described["waiting_for"] = json!(host);
            }
            (test.test.to_string(), described)
        })
        .collect();
    let job = state.summary.as_ref().expect("something was heard of the job");
    json!({
        "of": { "suite": job.suite, "principal": job.principal, "replay_of": job.replay_of },
        "v": state.v, "status": job.status, "counts": job.counts, "verdict": job.verdict, "digest": state.digest(),
        "tests": tests,
    })
}

#[test]
fn the_vectors_end_as_they_say() {
    for vector in vectors() {
        assert_eq!(described(&fold(&vector.events)), vector.expected, "{}", vector.name);
    }
}

/// The undisturbed run, and the whole state a watcher who reconnects is given after it.
fn recorded() -> (Vec<Event>, Event) {
    let vector = vectors().into_iter().find(|vector| vector.events.len() > 8 && vector.name.contains("undisturbed"));
    let events = vector.expect("the undisturbed run").events;
    let state = fold(&events);
    let body = JobSnapshot {
        summary: state.summary.clone().expect("a job"),
        tests: state.tests.values().cloned().collect(),
        page: 1,
        pages: 1,
    };
    let snapshot = Event::of_job("j1", state.v, EventBody::JobState(body), "2025-11-22T09:01:00.000Z");
    (events, snapshot)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lost_doubled_and_reordered_events_end_in_the_same_state(
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
        snapshot_at in any::<prop::sample::Index>(),
    ) {
        let (events, snapshot) = recorded();
        let undisturbed = fold(&events);
        let mut disturbed: Vec<&Event> = picks.iter().map(|pick| pick.get(&events)).collect();
        disturbed.insert(snapshot_at.index(disturbed.len() + 1), &snapshot);
        prop_assert_eq!(described(&fold(disturbed.iter().copied())), described(&undisturbed));
        prop_assert_eq!(fold(disturbed).summary, undisturbed.summary);
    }

    #[test]
    fn the_order_of_events_does_not_matter(order in Just(recorded().0).prop_shuffle()) {
        let undisturbed = fold(&recorded().0);
        let reordered = fold(&order);
        prop_assert_eq!(described(&reordered), described(&undisturbed));
        prop_assert_eq!(reordered.summary, undisturbed.summary);
    }
}
