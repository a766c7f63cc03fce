//! However many watchers a job has, and however much happens in it, a process pushes only so often.

use crate::world::{JOB, World, batch, failed, id, planning, test, worker};
use serde_json::json;
use std::time::Instant;
use stepcast_platform::Platform;
use stepcast_platform::table::{topic_feed, topic_job};
use stepcast_protocol::Verdict;
use stepcast_protocol::command::Detail;

const WATCHERS: usize = 20;

/// Twenty watchers get a push each, five times a second.
const PUSHES_PER_S: u32 = 100;

#[tokio::test]
async fn pushes_stay_within_the_budget_and_every_watcher_gets_everything() {
    let world = World::start().await;
    let step = json!({ "get": format!("{}/page", world.site), "wait": "20ms", "expect": [{ "status": 200 }] });
    let page = |number: u32| json!({ "name": format!("Page {number}"), "steps": vec![step.clone(); 20] });
    world.store(&(0..10).map(page).collect::<Vec<_>>()).await;
    world.worker_of(1).handle(batch(&[planning()]), None).await;
    let watchers: Vec<String> = (0..WATCHERS).map(|number| format!("watcher-{number}")).collect();
    for watcher in &watchers {
        world.platform().table.watch(&topic_job(&id(JOB)), &id(watcher), &Detail::default()).await.expect("watched");
    }
    let begun = Instant::now();
    let worker = worker(Platform { pushes_per_s: PUSHES_PER_S, ..world.platform() });
    assert!(failed(&worker.handle(batch(&[test(0)]), None).await).is_empty());
    assert_eq!(world.job().await.verdict, Some(Verdict::Passed));

    let intervals = begun.elapsed().as_millis() * u128::from(PUSHES_PER_S) / 1_000 / WATCHERS as u128;
    for watcher in &watchers {
        let heard = world.heard_by(watcher);
        let steps = heard.iter().filter(|event| event["type"] == "step.finished").count();
        assert_eq!(steps, 200, "{watcher} misses something");
        assert!(heard.iter().any(|event| event["type"] == "job.finished"), "{watcher}");
        // The first push goes out at once, and the end of the function sends the rest at once. Each of these can be
        // two messages, since one has 32 KB.
        let pushes = world.pushes_to(watcher) as u128;
        assert!(pushes <= 2 * (intervals + 2), "{pushes} pushes to {watcher} in {intervals} intervals");
    }
}

/// Nothing of a feed goes on between two events, and yet the next one waits for its interval.
#[tokio::test]
async fn the_watchers_of_all_jobs_share_the_budget() {
    let world = World::start().await;
    let page = |number: u32| {
        let wait = format!("{}ms", 1 + 40 * number);
        json!({ "name": format!("Page {number}"), "wait": wait, "get": format!("{}/page", world.site) })
    };
    world.store(&(0..25).map(page).collect::<Vec<_>>()).await;
    world.worker_of(1).handle(batch(&[planning()]), None).await;
    let watchers: Vec<String> = (0..WATCHERS).map(|number| format!("watcher-{number}")).collect();
    for watcher in &watchers {
        world.platform().table.watch(&topic_feed(), &id(watcher), &Detail::default()).await.expect("watched");
    }
    let begun = Instant::now();
    let worker = worker(Platform { pushes_per_s: PUSHES_PER_S, ..world.platform() });
    assert!(failed(&worker.handle(batch(&[test(0)]), None).await).is_empty());

    let intervals = begun.elapsed().as_millis() * u128::from(PUSHES_PER_S) / 1_000 / WATCHERS as u128;
    for watcher in &watchers {
        assert!(world.heard_by(watcher).iter().any(|event| event["type"] == "job.finished"), "{watcher}");
        let pushes = world.pushes_to(watcher) as u128;
        assert!(pushes <= intervals + 3, "{pushes} pushes to {watcher} in {intervals} intervals");
    }
}

#[tokio::test]
async fn what_happens_before_the_watchers_can_be_read_reaches_them_later() {
    let world = World::start().await;
    let page = json!({ "name": "Slow", "get": format!("{}/slow", world.site), "expect": [{ "status": 200 }] });
    world.store(&[page]).await;
    world.worker_of(1).handle(batch(&[planning()]), None).await;
    world.platform().table.watch(&topic_job(&id(JOB)), &id("watcher"), &Detail::default()).await.expect("watched");
    world.refusals.refuse("Query", "WATCH#");
    let worker = world.worker();
    let readable_again = async {
        while world.hits("/slow") == 0 {
            tokio::task::yield_now().await;
        }
        world.refusals.end();
    };
    let (response, ()) = tokio::join!(worker.handle(batch(&[test(0)]), None), readable_again);
    assert!(failed(&response).is_empty());
    let began = |event: &serde_json::Value| event["type"] == "step.started";
    world.hears("watcher", began).await.expect("the start of the step");
}

/// The steps of a running test can be larger together than a message.
#[tokio::test]
async fn a_late_watcher_gets_the_state_of_a_test_with_many_large_steps() {
    let world = World::start().await;
    let text = "long ".repeat(60);
    let checks: Vec<_> = (0..100).map(|n| json!({ "body": { "not_contains": format!("{n} {text}") } })).collect();
    let step = |page| json!({ "get": format!("{}/{page}", world.site), "timeout": "1m", "expect": checks });
    let mut steps = vec![step("page"); 8];
    steps.push(step("never"));
    world.store(&[json!({ "name": "Large", "steps": steps })]).await;
    world.worker_of(1).handle(batch(&[planning()]), None).await;
    let watch = async |watcher: &str| {
        let (topic, watcher) = (topic_job(&id(JOB)), id(watcher));
        world.platform().table.watch(&topic, &watcher, &Detail::default()).await.expect("watched");
    };
    watch("early").await;
    let worker = world.worker();
    let late = async {
        world.hears("early", |event| event["type"] == "step.started" && event["step"] == 8).await.expect("it begins");
        watch("late").await;
        world.hears("late", |event| event["type"] == "test.state").await
    };
    tokio::select! {
        _ = worker.handle(batch(&[test(0)]), None) => panic!("its last page never comes"),
        heard = late => assert_eq!(heard, Some(()), "the state of the test"),
    }
}
