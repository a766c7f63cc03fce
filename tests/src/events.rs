//! Suites to send, and helpers to inspect events.

use serde_json::{Value, json};
use stepcast_protocol::{Event, JobState};

/// A suite of these tests.
pub fn suite(tests: &[Value]) -> Value {
    json!({ "suite": "Example", "tests": tests })
}

/// A test that gets an address and expects it to have a headline.
pub fn page(name: &str, url: &str) -> Value {
    json!({ "name": name, "get": url, "expect": [{ "status": 200 }, { "css": "h1" }] })
}

/// The state that these events lead to.
pub fn fold(job: &str, events: &[Value]) -> JobState {
    let mut state = JobState::default();
    for event in events.iter().filter(|event| event["job"] == job) {
        let event: Event = serde_json::from_value(event.clone()).expect("an event");
        state.apply(&event);
    }
    state
}

/// The types of the events of a job, in order.
pub fn types<'a>(job: &str, events: &'a [Value]) -> Vec<&'a str> {
    events.iter().filter(|event| event["job"] == job).filter_map(|event| event["type"].as_str()).collect()
}

/// Whether this is the end of a job.
pub fn is_end_of(job: &str) -> impl Fn(&Value) -> bool {
    move |event| event["type"] == "job.finished" && event["job"] == job
}
