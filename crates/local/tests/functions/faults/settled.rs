//! The conditions that must hold once everything is quiet, after any fault.

use super::scene::{CALLER, DASHBOARD, KEPT_TESTS, Run, Scene, key};
use crate::world::{QUEUES, client, id};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use stepcast_local::queue::MessageCounts;
use stepcast_platform::Config;
use stepcast_platform::table::{JobRecord, TestRecord};
use stepcast_protocol::state::{Counts, JobStatus, Outcome, StepState, TestStatus, Verdict};

/// The end of a job, and the items that remain of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    verdict: Option<Verdict>,
    counts: Counts,
    checks: u64,
    digest: u64,
    outcomes: Vec<Option<Outcome>>,
    rows: BTreeSet<String>,
}

/// Checks that the job is over, was counted once and reported once, and that nothing is left behind; `after` names what
/// went wrong. Returns the end, for comparison with others.
pub async fn settled(scene: &Scene, run: Run, after: &str) -> End {
    let job = scene.job(run).unwrap_or_else(|| panic!("after {after}: no job"));
    let table = scene.world.platform().table;
    let record =
        table.job(&id(&job)).await.expect("the table").unwrap_or_else(|| panic!("after {after}: the job is lost"));
    let tests = table.tests(&record).await.expect("the table");
    assert_eq!((record.status, record.open), (JobStatus::Finished, 0), "after {after}: the job is over");
    assert!(tests.iter().all(|test| test.status == TestStatus::Finished), "after {after}: every test is over");
    let all = scene.shape.tests;
    let counted = (record.counts.total, record.counts.finished());
    assert_eq!(counted, (all, all), "after {after}: every test is counted once");
    assert_eq!(table.open_jobs().await.expect("the table"), [""; 0], "after {after}: no job is open");
    for queue in QUEUES {
        let counts = scene.world.services.queue.counts(queue).await.expect("the queue");
        assert_eq!(counts, MessageCounts::default(), "after {after}: `{queue}` is empty");
    }
    for connection in [CALLER, DASHBOARD] {
        // A watcher that was unreachable at that moment gets the verdict later.
        let heard = scene.world.hears(connection, is_verdict(&job)).await;
        assert!(heard.is_some(), "after {after}: `{connection}` hears of the verdict");
        let verdicts = verdicts(&scene.world.heard_by(connection), &job);
        assert_eq!(verdicts.len(), 1, "after {after}: `{connection}` hears of one verdict: {verdicts:?}");
    }
    let is_kept = |test: &&TestRecord| test.test < KEPT_TESTS && test.outcome == Some(Outcome::Failed);
    for test in tests.iter().filter(is_kept) {
        let steps: Vec<StepState> = serde_json::from_str(test.steps.as_deref().unwrap_or("[]")).expect("steps");
        let evidence = steps[0].evidence.as_ref();
        let evidence = evidence.unwrap_or_else(|| panic!("after {after}: a result names its evidence or says why not"));
        if let Some(named) = &evidence.id {
            let store = scene.world.platform().evidence.expect("a store");
            let kept = store.get(named).await.expect("the store");
            assert!(kept.is_some(), "after {after}: what a result names is there");
        }
    }
    End {
        verdict: record.verdict,
        counts: record.counts,
        checks: record.checks,
        digest: record.digest,
        outcomes: tests.iter().map(|test| test.outcome).collect(),
        rows: rows(scene.world.config(), &record, &key(run), after).await,
    }
}

/// Checks the same, and that the end is that of the undisturbed job.
pub async fn assert_settled(scene: &Scene, run: Run, undisturbed: &End, after: &str) {
    assert_eq!(settled(scene, run, after).await, *undisturbed, "after {after}");
}

/// Returns the different verdicts of a job that a connection received, at any time and in any number.
fn verdicts(heard: &[Value], job: &str) -> BTreeSet<String> {
    heard
        .iter()
        .filter(|event| is_verdict(job)(event))
        .map(|event| {
            let mut verdict = event.clone();
            verdict["at"].take();
            verdict.to_string()
        })
        .collect()
}

fn is_verdict(job: &str) -> impl Fn(&Value) -> bool {
    move |event| event["type"] == "job.finished" && event["job"] == job
}

/// Returns the keys of all items of a job, each of which must expire. A planning that was given up leaves tests that
/// are never read; these are not included. Which results are written together depends on when their tests end, so of
/// the key of results only the batch counts.
async fn rows(config: &Config, job: &JobRecord, key: &str, after: &str) -> BTreeSet<String> {
    let plan = |number: u64| format!("PLAN#{number:05}#");
    let mut rows = BTreeSet::new();
    for item in scan(config).await {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        let row = format!("{} {}", text("pk"), text("sk"));
        assert!(item.contains_key("expires_at"), "after {after}: `{row}` would stay for ever");
        let is_of_it = row.contains(job.job.as_str()) || text("sk") == key;
        if is_of_it && !(1..job.plan).any(|earlier| row.contains(&plan(earlier))) {
            let row = match row.split_once("#RESULTS#").and_then(|(_, results)| results.split_once('#')) {
                Some((_, write)) => row.replace(&format!("#{write}"), ""),
                None => row,
            };
            rows.insert(row.replace(job.job.as_str(), "ID").replace(key, "KEY").replace(&plan(job.plan), "PLAN#"));
        }
    }
    rows
}

async fn scan(config: &Config) -> Vec<HashMap<String, AttributeValue>> {
    client(config).scan().table_name(&config.table).send().await.expect("the table").items.unwrap_or_default()
}
