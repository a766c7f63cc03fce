//! A run, from the command to the verdict.

use serde_json::json;
use stepcast_tests::events::{fold, is_end_of, page, suite, types};
use stepcast_tests::{Deployment, Settings, Site};

#[tokio::test]
async fn a_run_reports_every_step_and_ends_with_its_verdict() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let good = page("Good", &format!("{}/page/good", site.base));
    let bad =
        json!({ "name": "Bad", "get": format!("{}/page/bad", site.base), "expect": [{ "css": "h1", "text": "Good" }] });
    let job = client.run(suite(&[good, bad])).await;
    let events = client.until(is_end_of(&job)).await;

    let kinds = types(&job, &events);
    // The planner and the worker may be different functions, so this may come after the first test's start.
    assert_eq!(kinds.iter().filter(|kind| **kind == "job.planned").count(), 1, "{kinds:?}");
    for kind in ["test.started", "step.started", "step.finished", "test.finished"] {
        assert_eq!(kinds.iter().filter(|known| **known == kind).count(), 2, "{kind}: {kinds:?}");
    }
    let finished = events.last().expect("the verdict");
    assert_eq!(finished["verdict"], "failed");
    assert_eq!(
        finished["counts"],
        json!({
            "total": 2, "passed": 1, "failed": 1, "errored": 0, "blocked": 0, "flaky": 0, "skipped": 0, "cancelled": 0,
        })
    );
    assert!(fold(&job, &events).is_complete(), "the digest fits the received events");
    let failure =
        events.iter().find(|event| event["type"] == "test.finished" && event["name"] == "Bad").expect("the end of Bad");
    let failure = &failure["failures"][0];
    assert_eq!(
        (&failure["check"], &failure["expected"], &failure["actual"]),
        (&json!("css `h1` text equals \"Good\""), &json!("\"Good\""), &json!("\"bad\""),)
    );
    deployment.stop().await;
}

#[tokio::test]
async fn progress_is_live() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let step = |name: &str| json!({ "name": name, "get": format!("{}/slow/{name}", site.base), "expect": [{ "status": 200 }] });
    let job = client.run(suite(&[json!({ "name": "Two pages", "steps": [step("first"), step("second")] })])).await;
    client.until(|event| event["type"] == "step.finished" && event["step"] == 0).await;
    site.note("the client knows that the first page is finished");
    client.until(is_end_of(&job)).await;
    assert_eq!(site.answered(), ["/slow/first", "the client knows that the first page is finished", "/slow/second"]);
    deployment.stop().await;
}

#[tokio::test]
async fn tests_run_side_by_side() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let tests: Vec<_> =
        (0..4).map(|number| page(&format!("Held {number}"), &format!("{}/held/{number}", site.base))).collect();
    let job = client.run(suite(&tests)).await;
    for number in 0..4 {
        site.asked_for(&format!("/held/{number}")).await;
    }
    (0..4).for_each(|number| site.release(&number.to_string()));
    let events = client.until(is_end_of(&job)).await;
    assert_eq!(events.last().expect("the verdict")["verdict"], "passed");
    deployment.stop().await;
}

#[tokio::test]
async fn a_test_that_passes_on_its_second_try_is_flaky() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let mut flaky = page("Flaky", &format!("{}/flaky/once", site.base));
    flaky["retries"] = json!({ "max": 2, "on": "any" });
    let job = client.run(suite(&[flaky])).await;
    let events = client.until(is_end_of(&job)).await;
    let finished = events.last().expect("the verdict");
    assert_eq!((&finished["verdict"], &finished["counts"]["flaky"]), (&json!("passed"), &json!(1)));
    let attempts: Vec<_> =
        events.iter().filter(|event| event["type"] == "test.started").map(|event| &event["attempt"]).collect();
    assert_eq!(attempts, [&json!(1), &json!(2)]);
    let finished = events.iter().find(|event| event["type"] == "test.finished").expect("the end of the test");
    let earlier = &finished["earlier"];
    assert_eq!((&earlier[0]["attempt"], &earlier[0]["outcome"]), (&json!(1), &json!("failed")));
    let check = &earlier[0]["steps"][0]["checks"][0];
    assert_eq!((&check["expected"], &check["actual"]), (&json!("200"), &json!("503")), "{finished}");

    let state = deployment.client().await.ask(json!({ "action": "job", "job": job, "test": 0 })).await;
    assert_eq!(state["tests"][0]["earlier"], *earlier, "it is stored: {state}");
    deployment.stop().await;
}

#[tokio::test]
async fn a_run_without_a_test_or_a_check_is_never_green() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let mut skipped = page("Skipped", &site.base);
    skipped["skip"] = json!(true);
    let unchecked = json!({ "name": "Unchecked", "get": format!("{}/page/x", site.base) });
    for test in [skipped, unchecked] {
        let job = client.run(suite(&[test])).await;
        let events = client.until(is_end_of(&job)).await;
        assert_eq!(events.last().expect("the verdict")["verdict"], "empty");
    }
    let none =
        client.ask(json!({ "action": "run", "suite": suite(&[page("Tagless", &site.base)]), "tags": ["smoke"] })).await;
    let events = client.until(is_end_of(none["job"].as_str().expect("a job"))).await;
    assert_eq!(events.last().expect("the verdict")["verdict"], "empty");
    deployment.stop().await;
}

#[tokio::test]
async fn an_unknown_result_is_not_called_failed() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let unreachable = page("Unreachable", "http://127.0.0.1:9/");
    let limited = page("Limited", &format!("{}/status/429", site.base));
    let job = client.run(suite(&[unreachable, limited])).await;
    let events = client.until(is_end_of(&job)).await;
    let finished = events.last().expect("the verdict");
    assert_eq!(finished["verdict"], "errored");
    assert_eq!((&finished["counts"]["errored"], &finished["counts"]["blocked"]), (&json!(1), &json!(1)));
    deployment.stop().await;
}

#[tokio::test]
async fn the_same_key_is_the_same_job() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let run = json!({
        "action": "run", "suite": suite(&[page("Once", &format!("{}/page/once", site.base))]), "idempotency_key": "build-7",
    });
    let first = client.ask(run.clone()).await;
    let job = first["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&job)).await;
    let again = client.ask(run).await;
    assert_eq!(
        (&again["type"], &again["job"], &again["verdict"]),
        (&json!("job.state"), &json!(job), &json!("passed"))
    );
    assert_eq!(site.hits("/page/once"), 1);
    deployment.stop().await;
}

#[tokio::test]
async fn inner_addresses_are_refused_unless_the_operator_allows_them() {
    let settings = Settings { allow_private_targets: false, ..Settings::default() };
    let (deployment, site) = (Deployment::start_with(settings).await, Site::start().await);
    let mut client = deployment.client().await;
    let job = client.run(suite(&[page("Inside", &format!("{}/page/x", site.base))])).await;
    let events = client.until(is_end_of(&job)).await;
    let end = events.iter().find(|event| event["type"] == "test.finished").expect("the end of the test");
    assert_eq!(end["outcome"], "errored");
    assert!(end["failures"][0]["hint"].as_str().is_some_and(|hint| hint.contains("--allow-private-targets")), "{end}");
    assert_eq!(site.hits("/page/x"), 0);
    deployment.stop().await;
}
