//! Faults that AWS permits: a queue may deliver twice, a service may be down, `$disconnect` may never arrive.

use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use stepcast_tests::aws::{Stack, Treatment};
use stepcast_tests::events::{fold, is_end_of, page, suite};
use stepcast_tests::{Client, Settings, Site, within};

async fn start() -> (Stack, Site) {
    let settings = Settings { lease: Duration::from_secs(2), ..Settings::default() };
    (Stack::start(settings).await, Site::start().await)
}

/// Starts a job of this many tests, each with its own page.
async fn run(client: &mut Client, site: &Site, tests: u32) -> String {
    let test = |number| page(&format!("Test {number}"), &format!("{}/page/{number}", site.base));
    client.run(suite(&(0..tests).map(test).collect::<Vec<_>>())).await
}

#[tokio::test]
async fn a_queue_that_delivers_everything_twice_counts_once() {
    let (mut stack, site) = start().await;
    stack.proxy.treat(|call| match call.operation.as_str() {
        "SendMessage" | "SendMessageBatch" => Treatment::Twice,
        _ => Treatment::Pass,
    });
    let mut client = stack.client().await;
    let job = run(&mut client, &site, 20).await;
    let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
    assert_eq!((&finished["verdict"], &finished["counts"]["passed"]), (&json!("passed"), &json!(20)), "{finished}");
    assert_eq!(client.job(&job).await["counts"]["total"], 20);
    // Of 20 tests and their job.
    let metrics = stack.metrics(21).await;
    let of = |name: &str, dimension: &str, value: &str| {
        metrics.iter().filter(|line| line[name].is_u64() && line[dimension] == value).count()
    };
    assert_eq!(
        (of("TestDuration", "Outcome", "passed"), of("JobDuration", "Verdict", "passed")),
        (20, 1),
        "{metrics:?}"
    );
    stack.stop().await;
}

#[tokio::test]
async fn a_service_that_fails_every_fifth_time_changes_nothing() {
    let (stack, site) = start().await;
    // Requests that are tried again are every fifth one as often as others. One whose attempts all fail is a service that
    // is down, which other tests are for.
    let count = AtomicU32::new(0);
    stack.proxy.treat(move |call| match call.service.as_str() {
        "dynamodb" | "sqs" if count.fetch_add(1, Ordering::Relaxed) % 5 == 4 && !call.is_last_attempt => {
            Treatment::Fail
        }
        _ => Treatment::Pass,
    });
    let mut client = stack.client().await;
    let job = run(&mut client, &site, 20).await;
    let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
    assert_eq!((&finished["verdict"], &finished["counts"]["passed"]), (&json!("passed"), &json!(20)), "{finished}");
    // A message whose visibility could not be shortened may be delivered twice, and one of the two receipts is then
    // stale.
    stack.stop_allowing(&["The visibility of a message could not be changed"]).await;
}

#[tokio::test]
async fn a_connection_without_a_disconnect_is_forgotten_at_the_next_push() {
    let (stack, site) = start().await;
    let mut vanishing = stack.client().await;
    let job = vanishing.run(suite(&[page("Held", &format!("{}/held/x", site.base))])).await;
    site.asked_for("/held/x").await;
    stack.proxy.treat(|call| if call.function == "disconnect" { Treatment::Fail } else { Treatment::Pass });
    drop(vanishing);
    stack.proxy.called(1, |call| call.function == "disconnect").await;

    let mut other = stack.client().await;
    other.ask(json!({ "action": "watch", "job": job })).await;
    site.release("x");
    assert_eq!(other.until(is_end_of(&job)).await.last().expect("the verdict")["verdict"], "passed");
    within("the connection's end", async {
        while other.ask(json!({ "action": "connections" })).await["connections"].as_array().map(Vec::len) != Some(1) {}
    })
    .await;
    stack.stop_with_errors();
}

#[tokio::test]
async fn work_that_fails_again_and_again_becomes_a_dead_letter_and_its_job_is_not_lost() {
    let (mut stack, site) = start().await;
    stack.proxy.treat(|call| match (call.function.as_str(), call.service.as_str()) {
        ("worker", "dynamodb") => Treatment::Fail,
        _ => Treatment::Pass,
    });
    let mut client = stack.client().await;
    let job = run(&mut client, &site, 1).await;
    stack.has_messages(0, 1).await;
    // The emulator cannot move messages; `crates/local` can, and has the tests.
    client.ask(json!({ "action": "redrive" })).await;
    stack.proxy.called(1, |call| call.operation == "StartMessageMoveTask").await;

    stack.proxy.mend();
    stack.reap_until_over(&job).await;
    assert_eq!(client.until(is_end_of(&job)).await.last().expect("the verdict")["verdict"], "passed");
    stack.stop_with_errors();
}

#[tokio::test]
async fn a_test_no_worker_can_finish_ends_as_errored_and_says_why() {
    let (mut stack, site) = start().await;
    // No worker can store the test's result. Of the watchers of all jobs, one has disconnected without a `$disconnect`,
    // and the other is behind when the reaper sends events.
    let pushes = AtomicU32::new(0);
    stack.proxy.treat(move |call| match (call.function.as_str(), call.operation.as_str()) {
        ("worker", "TransactWriteItems") | ("disconnect", _) => Treatment::Fail,
        ("reaper", "PostToConnection") if pushes.fetch_add(1, Ordering::Relaxed) < 2 => Treatment::Throttle,
        _ => Treatment::Pass,
    });
    let mut client = stack.client().await;
    let job = run(&mut client, &site, 1).await;
    let mut dashboard = stack.client().await;
    dashboard.ask(json!({ "action": "watch", "feed": true })).await;
    let mut vanishing = stack.client().await;
    vanishing.ask(json!({ "action": "watch", "feed": true })).await;
    drop(vanishing);
    stack.proxy.called(1, |call| call.function == "disconnect").await;

    stack.reap_until_over(&job).await;
    let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
    assert_eq!(finished["verdict"], "errored", "{finished}");
    let state = client.job(&job).await;
    let check = &state["tests"][0]["steps"][0]["checks"][0];
    assert_eq!(check["expected"], "a worker that finishes the test", "{state}");
    dashboard.until(hears_of_the_end(&job)).await;
    let connections = client.ask(json!({ "action": "connections" })).await;
    assert_eq!(connections["connections"].as_array().map(Vec::len), Some(3), "{connections}");
    stack.stop_with_errors();
}

#[tokio::test]
async fn workers_killed_in_the_middle_lose_nothing_and_count_nothing_twice() {
    let (mut stack, site) = start().await;
    // One worker is killed when it has written the tests, one when it has claimed some, two when they have counted
    // some.
    let [writes, claims, counts] = [(); 3].map(|()| AtomicU32::new(0));
    let nth = |counter: &AtomicU32| counter.fetch_add(1, Ordering::Relaxed) + 1;
    stack.proxy.treat(move |call| match (call.function.as_str(), call.operation.as_str()) {
        ("worker", "BatchWriteItem") if nth(&writes) == 1 => Treatment::Kill,
        ("worker", "UpdateItem") if nth(&claims) == 8 => Treatment::Kill,
        ("worker", "TransactWriteItems") if matches!(nth(&counts), 1 | 3) => Treatment::Kill,
        _ => Treatment::Pass,
    });
    let mut client = stack.client().await;
    let job = run(&mut client, &site, 20).await;
    stack.reap_until_over(&job).await;
    let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
    assert_eq!((&finished["verdict"], &finished["counts"]["passed"]), (&json!("passed"), &json!(20)), "{finished}");
    assert_eq!(client.job(&job).await["counts"]["total"], 20);
    assert!(stack.proxy.killed() >= 3, "{}", stack.proxy.killed());
    stack.stop_with_errors();
}

#[tokio::test]
async fn a_job_that_was_stored_and_not_queued_is_queued_by_the_reaper() {
    let (mut stack, site) = start().await;
    stack.proxy.treat(|call| match (call.function.as_str(), call.service.as_str()) {
        ("default", "sqs") => Treatment::Fail,
        _ => Treatment::Pass,
    });
    let mut client = stack.client().await;
    let job = run(&mut client, &site, 1).await;
    // The SDK tries four times.
    stack.proxy.called(4, |call| (call.function.as_str(), call.service.as_str()) == ("default", "sqs")).await;
    stack.proxy.mend();
    stack.reap_until_over(&job).await;
    assert_eq!(client.until(is_end_of(&job)).await.last().expect("the verdict")["verdict"], "passed");
    stack.stop_with_errors();
}

#[tokio::test]
async fn a_throttled_watcher_receives_the_whole_state() {
    let (stack, site) = start().await;
    let mut dashboard = stack.client().await;
    dashboard.ask(json!({ "action": "watch", "feed": true })).await;
    let pushes = AtomicU32::new(0);
    stack.proxy.treat(move |call| match (call.function.as_str(), call.operation.as_str()) {
        ("worker", "PostToConnection") if pushes.fetch_add(1, Ordering::Relaxed) < 10 => Treatment::Throttle,
        _ => Treatment::Pass,
    });
    let mut client = stack.client().await;
    let job = run(&mut client, &site, 20).await;
    let events = client.until_complete(&job, Vec::new()).await;
    assert_eq!(fold(&job, &events).tests.len(), 20);
    dashboard.until(hears_of_the_end(&job)).await;
    stack.stop_with_errors();
}

/// Returns whether an event is the end of a job, or a list of jobs in which it has ended.
fn hears_of_the_end(job: &str) -> impl Fn(&Value) -> bool {
    move |event| {
        let listed = || event["jobs"].as_array().is_some_and(|jobs| jobs.iter().any(|one| is_over(one, job)));
        (event["type"] == "job.finished" && event["job"] == job) || listed()
    }
}

fn is_over(listed: &Value, job: &str) -> bool {
    listed["job"] == job && listed["verdict"].is_string()
}
