//! Steps that are repeated until their checks pass, and suites that turn off certificate verification.

use serde_json::json;
use stepcast_tests::events::{fold, is_end_of, suite};
use stepcast_tests::{Deployment, Site};

#[tokio::test]
async fn a_step_is_asked_until_it_holds_and_says_how_often() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let test = json!({
        "name": "Poll", "get": format!("{}/flaky/x", site.base), "expect": [{ "status": 200 }],
        "until": { "within": "20s", "every": "100ms" },
    });
    let job = client.run(suite(&[test])).await;
    let events = client.until(is_end_of(&job)).await;
    let state = fold(&job, &events);
    assert_eq!(state.tests[&0].steps[0].tries, Some(2), "{events:?}");
    assert_eq!((&events.last().expect("the verdict")["verdict"], site.hits("/flaky/x")), (&json!("passed"), 2));
    deployment.stop().await;
}

#[tokio::test]
async fn a_cancel_does_not_wait_for_the_next_try_and_teardown_runs() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let test = json!({
        "name": "Poll",
        "steps": [{
            "get": format!("{}/page/x", site.base), "expect": [{ "status": 404 }],
            "until": { "within": "10m", "every": "5m" },
        }],
        "teardown": [{ "get": format!("{}/page/undo", site.base) }],
    });
    let job = client.run(suite(&[test])).await;
    site.asked_for("/page/x").await;
    assert_eq!(client.ask(json!({ "action": "cancel", "job": job })).await["type"], "ok");
    let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
    assert_eq!(finished["verdict"], "cancelled", "{finished}");
    assert_eq!((site.hits("/page/x"), site.hits("/page/undo")), (1, 1));
    deployment.stop().await;
}

#[tokio::test]
async fn an_insecure_suite_is_refused_unless_the_operator_allows_it() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let test = json!({ "name": "Page", "get": format!("{}/page/x", site.base), "expect": [{ "status": 200 }] });
    let suite = json!({ "suite": "Staging", "defaults": { "insecure": true }, "tests": [test] });
    let job = client.run(suite).await;
    let events = client.until(is_end_of(&job)).await;
    let end = events.iter().find(|event| event["type"] == "test.finished").expect("the end of the test");
    assert_eq!(end["outcome"], "errored");
    assert!(end["failures"][0]["hint"].as_str().is_some_and(|hint| hint.contains("--allow-insecure-targets")), "{end}");
    assert_eq!(site.hits("/page/x"), 0);
    deployment.stop().await;
}
