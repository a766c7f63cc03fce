//! A silent worker is reported before its test is run again.

use crate::world::{JOB, LEASE, World, batch, id, planning};
use serde_json::{Value, json};
use stepcast_platform::snapshot::View;
use stepcast_platform::table::topic_job;
use stepcast_protocol::Event;
use stepcast_protocol::command::Detail;

#[tokio::test]
async fn a_test_whose_worker_is_silent_is_stalled_and_then_run_again() {
    let world = World::start().await;
    world.store(&[json!({ "name": "Home", "get": format!("{}/page", world.site) })]).await;
    let (platform, worker) = (world.platform(), world.worker());
    worker.handle(batch(&[planning()]), None).await;
    platform.table.watch(&topic_job(&id(JOB)), &id("watcher"), &Detail::default()).await.expect("watched");
    world.lose_worker(0).await;

    world.wait(LEASE);
    worker.reaper().reap().await;
    assert_eq!(stalled(&world), Vec::<Value>::new(), "its lease is not over yet");
    world.wait(LEASE / 2);
    worker.reaper().reap().await;
    let events = stalled(&world);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(
        (&events[0]["test"], &events[0]["name"], &events[0]["v"]),
        (&json!(0), &json!("Home"), &json!(1_000_000))
    );
    let messages = |pages: Vec<Event>| pages.iter().map(Event::to_json).collect();
    let snapshot = platform
        .snapshot(&id(JOB), "anyone", View::Whole(Detail::default()), messages)
        .await
        .expect("the table")
        .expect("the job");
    let state: Value = serde_json::from_str(&snapshot.messages[0]).expect("JSON");
    assert_eq!(state["tests"][0]["stalled"], true, "the snapshot shows it as well");
    let requeued = async || world.batch(0).await.map(|batch| batch.requeued);
    assert_eq!(requeued().await, Some(0), "nothing is done about it yet");

    world.wait(LEASE * 2);
    worker.reaper().reap().await;
    assert_eq!(requeued().await, Some(1));
}

fn stalled(world: &World) -> Vec<Value> {
    world.heard().into_iter().filter(|event| event["type"] == "test.stalled").collect()
}
