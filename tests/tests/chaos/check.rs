//! The conditions that must hold at the end, as any client can check them.

use crate::numbers::Numbers;
use crate::runs::TESTS;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use stepcast_tests::events::fold;
use stepcast_tests::{Client, Server, Site};

/// Checks that every run has one job, and that each of its tests is counted once.
pub async fn everything(server: &Server, site: &Site, runs: u64, numbers: &mut Numbers) {
    let mut client = server.client().await;
    let mut jobs: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for job in listed(&mut client).await {
        let run = job["labels"]["run"].as_str().and_then(|run| run.parse().ok()).expect("a run of ours");
        jobs.entry(run).or_default().push(job["job"].as_str().expect("a job").to_owned());
    }
    assert!(jobs.keys().copied().eq(0..runs), "every run has a job: {jobs:?}");
    for (run, jobs) in jobs {
        let [job] = jobs.as_slice() else { panic!("run {run} has several jobs: {jobs:?}") };
        finished(&mut client, job).await;
        numbers.finished(site, run);
    }
}

async fn finished(client: &mut Client, job: &str) {
    let state = client.job(job).await;
    assert_eq!((&state["status"], &state["verdict"]), (&json!("finished"), &json!("passed")), "{state}");
    let counts = &state["counts"];
    assert_eq!((&counts["total"], &counts["passed"]), (&json!(TESTS), &json!(TESTS)), "{state}");
    let outcomes = state["tests"].as_array().expect("tests").iter().map(|test| &test["outcome"]);
    assert_eq!(outcomes.collect::<Vec<_>>(), ["passed"; TESTS], "{state}");
    assert!(fold(job, std::slice::from_ref(&state)).is_complete(), "the digest is that of the outcomes: {state}");
}

/// Lists all jobs, page by page.
async fn listed(client: &mut Client) -> Vec<Value> {
    let (mut jobs, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let mut command = json!({ "action": "jobs", "limit": 100 });
        if cursor.is_string() {
            command["cursor"] = cursor;
        }
        let mut page = client.ask(command).await;
        jobs.extend(page["jobs"].as_array().expect("jobs").iter().cloned());
        cursor = page["cursor"].take();
        if cursor.is_null() {
            return jobs;
        }
    }
}
