//! A job compared with the earlier jobs of its suite: what changed, the time left, and what is kept for the next job.

use crate::world::{JOB, World, batch, failed, id, planning, test};
use serde_json::{Value, json};
use std::time::Duration;
use stepcast_platform::table::{JobRecord, PastJob, PastTest, topic_job};
use stepcast_protocol::command::Detail;
use stepcast_protocol::state::{Change, JobStatus};
use stepcast_protocol::{Outcome, Verdict};

/// A job before the one of the tests.
const BEFORE: &str = "0190b2a0-0000-7000-7000-000000000000";

/// A job after it.
const AFTER: &str = "0190b2a0-0000-7000-9000-000000000000";

/// Returns a test of a page that exists.
fn page(world: &World, name: &str) -> Value {
    json!({ "name": name, "get": format!("{}/page", world.site), "expect": [{ "status": 200 }] })
}

/// Stores these results of an earlier job.
async fn remember(world: &World, results: &[(&str, Outcome, u64)]) {
    remember_as(world, BEFORE, results).await;
}

/// Stores these results of another job of the suite.
async fn remember_as(world: &World, job: &str, results: &[(&str, Outcome, u64)]) {
    let past = |&(name, outcome, duration_ms): &(&str, _, _)| PastTest { name: name.to_owned(), outcome, duration_ms };
    let other = JobRecord { job: id(job), ..world.job().await };
    let tests: Vec<_> = results.iter().map(past).collect();
    world.platform().table.put_history(&other, &tests).await.expect("kept");
}

async fn history(world: &World) -> Vec<PastJob> {
    world.platform().table.history("Example", "", None, 10).await.expect("an answer")
}

/// Returns the times left that a watcher received, in order.
fn seconds_left(world: &World) -> Vec<Option<u64>> {
    let heard = world.heard().into_iter().filter(|event| event["type"] == "job.progress");
    heard.map(|event| event["eta_s"].as_u64()).collect()
}

#[tokio::test]
async fn each_test_is_compared_with_itself() {
    let world = World::start().await;
    let gone = json!({ "name": "Gone", "get": format!("{}/gone", world.site), "expect": [{ "status": 200 }] });
    world.store(&[page(&world, "Mended"), gone, page(&world, "New")]).await;
    remember(&world, &[("Mended", Outcome::Errored, 5), ("Gone", Outcome::Passed, 5)]).await;
    let worker = world.worker();
    worker.handle(batch(&[planning()]), None).await;
    assert!(failed(&worker.handle(batch(&[test(0), test(1), test(2)]), None).await).is_empty());
    let changes: Vec<_> = world.tests().await.iter().map(|test| test.change).collect();
    assert_eq!(changes, [Some(Change::Fixed), Some(Change::NewFailure), None]);
}

#[tokio::test]
async fn a_job_that_came_later_is_no_past() {
    let world = World::start().await;
    world.store(&[page(&world, "Page")]).await;
    remember_as(&world, AFTER, &[("Page", Outcome::Failed, 5)]).await;
    let worker = world.worker();
    worker.handle(batch(&[planning()]), None).await;
    worker.handle(batch(&[test(0)]), None).await;
    let test = &world.tests().await[0];
    assert_eq!((test.outcome, test.change), (Some(Outcome::Passed), None));
}

#[tokio::test]
async fn a_past_that_cannot_be_read_is_done_without() {
    let world = World::start().await;
    let gone = json!({ "name": "Gone", "get": format!("{}/gone", world.site), "expect": [{ "status": 200 }] });
    world.store(&[gone]).await;
    remember(&world, &[("Gone", Outcome::Failed, 5)]).await;
    world.refusals.refuse("Query", "HISTORY#");
    let worker = world.worker();
    worker.handle(batch(&[planning()]), None).await;
    assert!(failed(&worker.handle(batch(&[test(0)]), None).await).is_empty());
    let test = &world.tests().await[0];
    assert_eq!((test.outcome, test.change), (Some(Outcome::Failed), None), "not known is not new");
    assert_eq!(world.job().await.verdict, Some(Verdict::Failed));
}

#[tokio::test]
async fn a_job_whose_results_cannot_be_kept_has_its_verdict() {
    let world = World::start().await;
    world.store(&[page(&world, "Page")]).await;
    world.refusals.refuse("BatchWriteItem", "HISTORY#");
    let worker = world.worker();
    worker.handle(batch(&[planning()]), None).await;
    assert!(failed(&worker.handle(batch(&[test(0)]), None).await).is_empty());
    assert_eq!(world.job().await.verdict, Some(Verdict::Passed));
    assert_eq!(history(&world).await, []);
}

#[tokio::test]
async fn results_are_kept_once_though_two_close_the_job() {
    let world = World::start().await;
    world.store(&[page(&world, "One"), page(&world, "Two")]).await;
    let worker = world.worker();
    worker.handle(batch(&[planning()]), None).await;
    // Refuses the write of the verdict only; the write of a result does not touch the list of open jobs.
    world.refusals.refuse("TransactWriteItems", "OPEN");
    let handled = worker.handle(batch(&[test(0), test(1)]), None).await;
    assert!(!failed(&handled).is_empty(), "the verdict is still owed");
    let kept = history(&world).await;
    assert_eq!((world.job().await.status, kept.len()), (JobStatus::Running, 1));

    world.refusals.end();
    assert!(failed(&world.worker().handle(batch(&[test(0)]), None).await).is_empty());
    assert_eq!(world.job().await.verdict, Some(Verdict::Passed));
    assert_eq!(history(&world).await, kept);
    let names: Vec<_> = kept[0].tests.iter().map(|test| (test.name.as_str(), test.outcome)).collect();
    assert_eq!((kept[0].job.as_str(), names), (JOB, vec![("One", Outcome::Passed), ("Two", Outcome::Passed)]));
}

#[tokio::test]
async fn a_test_ended_by_an_admin_is_no_change() {
    let world = World::start().await;
    world.store(&[page(&world, "Page")]).await;
    remember(&world, &[("Page", Outcome::Passed, 5)]).await;
    let worker = world.worker();
    worker.handle(batch(&[planning()]), None).await;
    world.platform().table.end_job(&id(JOB), "ada").await.expect("an answer").expect("it is open");
    worker.handle(batch(&[stepcast_platform::Work::Finish { job: id(JOB) }]), None).await;
    let test = &world.tests().await[0];
    assert_eq!((test.outcome, test.change), (Some(Outcome::Errored), None));
    assert_eq!(history(&world).await.iter().map(|past| past.job.as_str()).collect::<Vec<_>>(), [BEFORE]);
}

#[tokio::test]
async fn the_time_left_is_estimated_from_earlier_durations() {
    let world = World::start().await;
    world.store(&[page(&world, "Quick"), page(&world, "Slow"), page(&world, "Never seen")]).await;
    // A test without a history counts as the median of the others, which of two is the longer one.
    remember(&world, &[("Quick", Outcome::Passed, 1_000), ("Slow", Outcome::Passed, 4_000)]).await;
    let (platform, worker) = (world.platform(), world.worker());
    platform.table.watch(&topic_job(&id(JOB)), &id("watcher"), &Detail::default()).await.expect("watched");
    worker.handle(batch(&[planning()]), None).await;
    world.wait(Duration::from_secs(2));
    worker.handle(batch(&[test(0)]), None).await;
    assert_eq!(seconds_left(&world), [Some(16)], "1 s of work took 2 s, and 8 s of it are left");
    world.wait(Duration::from_secs(3));
    worker.handle(batch(&[test(1)]), None).await;
    assert_eq!(seconds_left(&world), [Some(16), Some(4)]);
}

#[tokio::test]
async fn without_history_the_time_left_is_estimated_test_by_test() {
    let world = World::start().await;
    world.store(&[page(&world, "One"), page(&world, "Two"), page(&world, "Three")]).await;
    let (platform, worker) = (world.platform(), world.worker());
    platform.table.watch(&topic_job(&id(JOB)), &id("watcher"), &Detail::default()).await.expect("watched");
    worker.handle(batch(&[planning()]), None).await;
    world.wait(Duration::from_secs(2));
    worker.handle(batch(&[test(0)]), None).await;
    assert_eq!(seconds_left(&world), [Some(4)]);
}
