//! Clients that join late or reconnect see the same as clients that were connected from the start.

use serde_json::{Value, json};
use stepcast_tests::events::{fold, is_end_of, page, suite};
use stepcast_tests::{Client, Deployment, Site};

#[tokio::test]
async fn a_late_watcher_ends_with_the_same_state() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut early = deployment.client().await;
    let tests: Vec<_> =
        (0..6).map(|number| page(&format!("Test {number}"), &format!("{}/held/{number}", site.base))).collect();
    let job = early.run(suite(&tests)).await;
    (0..3).for_each(|number| site.release(&number.to_string()));
    let seen_early = early.until(finished_tests(3)).await;

    let mut late = deployment.client().await;
    late.send(json!({ "action": "watch", "job": job, "id": 1 })).await;
    let seen_late = late.until(|event| event["re"] == 1 && event["page"] == event["pages"]).await;
    (3..6).for_each(|number| site.release(&number.to_string()));
    let (seen_late, seen_early) =
        (late.until_complete(&job, seen_late).await, early.until_complete(&job, seen_early).await);

    let (state_early, state_late) = (fold(&job, &seen_early), fold(&job, &seen_late));
    assert_eq!(state_late.tests, state_early.tests);
    assert_eq!(state_late.summary.map(|job| job.counts), state_early.summary.map(|job| job.counts));
    deployment.stop().await;
}

/// Returns a condition that holds from the `count`th end of a test on.
fn finished_tests(count: usize) -> impl Fn(&Value) -> bool {
    let seen = std::cell::Cell::new(0);
    move |event| {
        seen.set(seen.get() + usize::from(event["type"] == "test.finished"));
        seen.get() >= count
    }
}

#[tokio::test]
async fn a_joiner_is_shown_the_steps_of_a_running_test() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut early = deployment.client().await;
    let step = |kind: &str| json!({ "get": format!("{}/{kind}/x", site.base), "expect": [{ "status": 200 }] });
    let job = early.run(suite(&[json!({ "name": "Two steps", "steps": [step("page"), step("held")] })])).await;
    site.asked_for("/held/x").await;

    let mut late = deployment.client().await;
    late.send(json!({ "action": "watch", "job": job })).await;
    let shown = late.until(|event| event["type"] == "test.state").await.pop().expect("the state");
    assert_eq!(shown["steps"][0]["outcome"], "passed", "{shown}");
    site.release("x");
    let events = late.until(is_end_of(&job)).await;
    assert!(fold(&job, &events).is_complete());
    deployment.stop().await;
}

#[tokio::test]
async fn a_job_that_is_over_is_shown_whole() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut first = deployment.client().await;
    let discover = json!({ "name": "Many", "discover": { "sitemap": format!("{}/sitemap.xml?pages=150", site.base) },
        "expect": [{ "status": 200 }, { "css": "h1" }, { "header": "content-type", "contains": "html" }] });
    let job = first.run(suite(&[discover])).await;
    let watched = fold(&job, &first.until_complete(&job, Vec::new()).await);
    drop(first);

    let mut second = deployment.client().await;
    let state = second.job(&job).await;
    assert!(state["pages"].as_u64().is_some_and(|pages| pages > 1), "150 tests take more than one frame");
    let shown = fold(&job, &[state]);
    assert!(shown.is_complete());
    assert_eq!(shown.tests.len(), 150);
    assert_eq!(shown.tests, watched.tests);
    deployment.stop().await;
}

#[tokio::test]
async fn the_feed_reports_all_jobs() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut dashboard = deployment.client().await;
    let listed = dashboard.ask(json!({ "action": "watch", "feed": true })).await;
    assert_eq!((&listed["type"], &listed["jobs"]), (&json!("jobs"), &json!([])));
    let mut ci = deployment.client().await;
    let job = ci.run(suite(&[page("Page", &format!("{}/page/x", site.base))])).await;
    let events = dashboard.until(is_end_of(&job)).await;
    let kinds: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"job.accepted"), Some(&"job.finished")));
    assert!(kinds.iter().all(|kind| kind.starts_with("job.")), "{kinds:?}");
    let jobs = dashboard.ask(json!({ "action": "jobs" })).await;
    assert_eq!((&jobs["jobs"][0]["job"], &jobs["jobs"][0]["verdict"]), (&json!(job), &json!("passed")));
    deployment.stop().await;
}

#[tokio::test]
async fn a_client_that_unwatched_receives_nothing_more() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let (mut leaving, mut staying) = (deployment.client().await, deployment.client().await);
    let job = leaving.run(suite(&[page("Held", &format!("{}/held/x", site.base))])).await;
    staying.ask(json!({ "action": "watch", "job": job })).await;
    site.asked_for("/held/x").await;
    assert_eq!(leaving.ask(json!({ "action": "unwatch", "job": job })).await["type"], "ok");
    // A comment is sent to the clients that watch at that moment.
    staying.ask(json!({ "action": "comment", "job": job, "text": "for those who stayed" })).await;
    let comment = staying.until_type("comment").await.pop().expect("a comment");
    let mut late = deployment.client().await;
    late.send(json!({ "action": "watch", "job": job, "id": "late" })).await;
    let heard = late.until(|event| event["re"] == "late").await;
    // A worker may have noticed the new watcher by then, and sent the state of the running test.
    assert!(heard.contains(&comment), "a late client receives it before the state: {heard:?}");
    leaving.send(json!({ "action": "ping" })).await;
    let heard = leaving.until_type("pong").await;
    assert!(heard.iter().all(|event| event["type"] != "comment"), "{heard:?}");
    site.release("x");
    staying.until(is_end_of(&job)).await;
    deployment.stop().await;
}

#[tokio::test]
async fn a_connection_that_vanished_is_forgotten() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut vanishing = deployment.client().await;
    let job = vanishing.run(suite(&[page("Held", &format!("{}/held/x", site.base))])).await;
    site.asked_for("/held/x").await;
    drop(vanishing);
    let mut other: Client = deployment.client().await;
    other.ask(json!({ "action": "watch", "job": job })).await;
    site.release("x");
    assert_eq!(other.until(is_end_of(&job)).await.last().expect("the verdict")["verdict"], "passed");
    let connections = other.ask(json!({ "action": "connections" })).await;
    assert_eq!(connections["connections"].as_array().map(Vec::len), Some(1), "{connections}");
    assert_eq!(connections["connections"][0]["watching"], json!([job]), "{connections}");
    deployment.stop().await;
}
