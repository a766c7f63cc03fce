//! Jobs are stored whole or not at all, and once for each key.

use super::{Fixture, at_once, new_job, source};
use crate::support::id;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use stepcast_platform::Error;
use stepcast_platform::table::{Created, JobSource, NewJob, SealedSecrets, topic_job};
use stepcast_protocol::JobId;
use stepcast_protocol::command::{Detail, Level};
use stepcast_protocol::state::{Counts, JobLimits, JobStatus};

/// A watcher that gets no steps but those of one test.
fn tests_only() -> Detail {
    Detail { level: Level::Tests, steps_of: BTreeSet::from([7]) }
}

#[tokio::test]
async fn a_job_is_stored_with_everything_that_finds_it() {
    let fixture = Fixture::new().await;
    let new = NewJob {
        labels: BTreeMap::from([("branch".to_owned(), "größer".to_owned()), ("empty".to_owned(), String::new())]),
        watcher: Some((id("L0SM9cOFvHcCIhw="), tests_only())),
        idempotency_key: Some("key".to_owned()),
        replay_of: Some(id("job-0")),
        limits: JobLimits { max_failures: Some(3), time_limit_s: Some(60), max_requests: Some(1_000) },
        ..new_job("job-1")
    };
    let record = fixture.create(&new).await;
    assert_eq!((record.status, record.v, record.plan), (JobStatus::Accepted, 1, 0));
    assert_eq!((record.created_at, record.moved_at), (fixture.now(), fixture.now()));
    assert_eq!((record.counts, record.verdict, record.finished_at), (Counts::default(), None, None));
    assert_eq!(fixture.job("job-1").await, record, "the returned job is the stored job");

    assert_eq!(fixture.table.open_jobs().await.expect("an answer"), ["job-1"]);
    let watchers = fixture.table.watchers(&topic_job(&id("job-1"))).await.expect("an answer");
    assert_eq!(watchers, BTreeMap::from([(id("L0SM9cOFvHcCIhw="), tests_only())]));
}

#[tokio::test]
async fn the_source_of_a_job_is_read_back_unchanged() {
    let fixture = Fixture::new().await;
    let full = JobSource {
        suite: (0..=255).collect(),
        vars: BTreeMap::from([
            ("base".to_owned(), "https://shop.example".to_owned()),
            ("none".to_owned(), String::new()),
        ]),
        secrets: vec![
            SealedSecrets { job: id("job-0"), by: None, sealed: vec![0, 255, 0] },
            SealedSecrets { job: id("job-1"), by: Some("ci".to_owned()), sealed: vec![1] },
        ],
        tags: vec!["smoke".to_owned(), String::new()],
        only: vec!["Zahlung – Überweisung".to_owned()],
        evidence: Some(stepcast_platform::config::Evidence::All),
    };
    for (job, source) in [("full", full), ("bare", source())] {
        fixture.create(&NewJob { source: source.clone(), ..new_job(job) }).await;
        assert_eq!(fixture.table.job_source(&id(job)).await.expect("an answer"), Some(source));
    }
}

#[tokio::test]
async fn a_missing_job_is_reported_as_missing() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.table.job(&id("job-1")).await.expect("an answer"), None);
    assert_eq!(fixture.table.job_source(&id("job-1")).await.expect("an answer"), None);
    assert!(fixture.table.open_jobs().await.expect("an answer").is_empty());
}

#[tokio::test]
async fn an_id_is_used_once() {
    let fixture = Fixture::new().await;
    fixture.create(&new_job("job-1")).await;
    let other = NewJob { suite: "Another".to_owned(), watcher: Some((id("c"), Detail::default())), ..new_job("job-1") };
    assert!(matches!(fixture.table.create_job(&other).await, Err(Error::Unreadable { .. })));
    assert_eq!(fixture.job("job-1").await.suite, "Shop smoke");
    let watchers = fixture.watchers(&topic_job(&id("job-1"))).await;
    assert!(watchers.is_empty(), "nothing of the second was written");
}

#[tokio::test]
async fn a_key_is_one_job() {
    let fixture = Fixture::new().await;
    let with_key = |job: &str| NewJob { idempotency_key: Some("once".to_owned()), ..new_job(job) };
    fixture.create(&with_key("job-1")).await;
    assert_eq!(fixture.table.create_job(&with_key("job-2")).await.expect("stored"), Created::Before(id("job-1")));
    assert_eq!(fixture.table.job(&id("job-2")).await.expect("an answer"), None);
    assert_eq!(fixture.table.open_jobs().await.expect("an answer"), ["job-1"]);

    fixture.create(&NewJob { principal: "grace".to_owned(), ..with_key("job-3") }).await;
}

#[tokio::test]
async fn a_key_is_remembered_for_a_day() {
    let fixture = Fixture::new().await;
    let with_key = |job: &str| NewJob { idempotency_key: Some("daily".to_owned()), ..new_job(job) };
    fixture.create(&with_key("job-1")).await;
    fixture.advance(Duration::from_hours(24));
    assert_eq!(fixture.table.create_job(&with_key("job-2")).await.expect("stored"), Created::Before(id("job-1")));
    // The row is still there: DynamoDB deletes late.
    fixture.advance(Duration::from_secs(1));
    fixture.create(&with_key("job-2")).await;
    assert_eq!(fixture.table.create_job(&with_key("job-3")).await.expect("stored"), Created::Before(id("job-2")));
}

#[tokio::test]
async fn of_many_with_one_key_at_once_one_is_stored() {
    let fixture = Fixture::new().await;
    let created = at_once(8, |number| {
        let table = fixture.table.clone();
        let new = NewJob { idempotency_key: Some("once".to_owned()), ..new_job(&format!("job-{number}")) };
        async move { table.create_job(&new).await.expect("an answer") }
    })
    .await;
    let stored: Vec<_> =
        created.iter().filter_map(|created| matches!(created, Created::New(_)).then_some(())).collect();
    assert_eq!(stored.len(), 1, "{created:?}");
    let open = fixture.table.open_jobs().await.expect("an answer");
    assert_eq!(open.len(), 1);
    for created in created {
        match created {
            Created::New(record) => assert_eq!(record.job, open[0]),
            Created::Before(job) => assert_eq!(job, open[0]),
        }
    }
}

#[tokio::test]
async fn many_jobs_at_once_are_all_stored() {
    let fixture = Fixture::new().await;
    at_once(16, |number| {
        let table = fixture.table.clone();
        let new = NewJob { watcher: Some((id("c"), Detail::default())), ..new_job(&format!("job-{number:02}")) };
        async move { table.create_job(&new).await.expect("an answer") }
    })
    .await;
    let expected: Vec<JobId> = (0..16).map(|number| id(&format!("job-{number:02}"))).collect();
    assert_eq!(fixture.table.open_jobs().await.expect("an answer"), expected);
}
