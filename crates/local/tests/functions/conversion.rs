//! A job that the version before has planned is finished by this one.

use crate::version_before::{Was, count_one_passed, item};
use crate::world::{JOB, LEASE, World, batch, failed, id, planning};
use serde_json::{Value, json};
use stepcast_platform::Work;
use stepcast_platform::table::Planned;
use stepcast_protocol::{Outcome, Verdict};

/// Stores a job of 30 tests that the version before has planned: the first one has passed, and a worker holds the
/// second one.
async fn world() -> World {
    let world = World::start().await;
    let page = |number: u32| {
        let get = format!("{}/page", world.site);
        json!({ "name": format!("Test {number}"), "get": get, "expect": [{ "status": 200 }] })
    };
    world.store(&(0..30).map(page).collect::<Vec<_>>()).await;
    let (table, client) = (world.platform().table, world.client());
    let plan = table.begin_plan(&id(JOB)).await.expect("an answer").expect("it is not planned yet").plan;
    for test in 0..30 {
        let planned = json!({ "test": test, "name": format!("Test {test}"), "definition": test }).to_string();
        let was = match test {
            0 => Was::Passed,
            1 => Was::HeldUntil(world.after(LEASE)),
            _ => Was::Queued,
        };
        let put = client.put_item().table_name(&world.config().table);
        put.set_item(Some(item(JOB, plan, test, &planned, was))).send().await.expect("stored");
    }
    table.planned(&id(JOB), plan, Planned { total: 30, ..Planned::default() }).await.expect("an answer");
    count_one_passed(&client, &world.config().table, JOB).await;
    world
}

/// The message of a test, as the version before sent it.
fn message(test: u32) -> Value {
    json!({ "work": "test", "job": JOB, "plan": 1, "test": test })
}

async fn assert_finished(world: &World) {
    let job = world.job().await;
    assert_eq!((job.verdict, job.counts.passed, job.open), (Some(Verdict::Passed), 30, 0), "{job:?}");
    assert_eq!(world.hits("/page"), 29, "what had passed is not run again");
    assert!(world.tests().await.iter().all(|test| test.outcome == Some(Outcome::Passed)));
}

/// Runs all that is queued.
async fn run_queued(world: &World) {
    let queued = world.queued().await;
    assert_eq!(queued.len(), 10, "ten workers get three tests each");
    assert!(failed(&Box::pin(world.worker().handle(batch(&queued), None)).await).is_empty());
}

#[tokio::test]
async fn its_messages_convert_it_once() {
    let world = world().await;
    let messages: Vec<Work> =
        (1..30).map(|test| serde_json::from_value(message(test)).expect("it is understood")).collect();
    assert!(failed(&Box::pin(world.worker().handle(batch(&messages[..1]), None)).await).is_empty());
    run_queued(&world).await;
    assert!(failed(&Box::pin(world.worker().handle(batch(&messages), None)).await).is_empty());
    assert_finished(&world).await;
    assert!(world.queued().await.is_empty(), "its other messages are no work any more");
}

#[tokio::test]
async fn messages_that_come_at_once_do_no_harm() {
    let world = world().await;
    let messages: Vec<Work> =
        (1..30).map(|test| serde_json::from_value(message(test)).expect("it is understood")).collect();
    let worker = world.worker();
    let (one, other) = tokio::join!(
        Box::pin(worker.handle(batch(&messages[..10]), None)),
        Box::pin(worker.handle(batch(&messages[10..]), None))
    );
    assert!(failed(&one).is_empty() && failed(&other).is_empty());
    let queued = world.queued().await;
    for work in queued.chunks(10) {
        Box::pin(world.worker().handle(batch(work), None)).await;
    }
    assert_finished(&world).await;
}

#[tokio::test]
async fn without_its_messages_the_reaper_finds_it() {
    let world = world().await;
    world.wait(LEASE * 4);
    Box::pin(world.worker().reaper().reap()).await;
    run_queued(&world).await;
    assert_finished(&world).await;
}

#[tokio::test]
async fn a_planner_that_is_asked_again_continues_it() {
    let world = world().await;
    assert!(failed(&Box::pin(world.worker().handle(batch(&[planning()]), None)).await).is_empty());
    run_queued(&world).await;
    assert_finished(&world).await;
}

#[tokio::test]
async fn an_admin_ends_it() {
    let world = world().await;
    world.platform().table.end_job(&id(JOB), "ada").await.expect("an answer").expect("it is open");
    let finish = Work::Finish { job: id(JOB) };
    assert!(failed(&Box::pin(world.worker().handle(batch(&[finish]), None)).await).is_empty());
    let job = world.job().await;
    assert_eq!((job.verdict, job.counts.errored, job.counts.passed), (Some(Verdict::Errored), 29, 1));
}
