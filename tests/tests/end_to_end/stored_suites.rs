//! Suites stored under a name, and jobs run again.

use serde_json::json;
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Deployment, Site};

#[tokio::test]
async fn a_stored_suite_is_run_by_its_name() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let stored = suite(&[page("Page", &format!("{}/page/x", site.base))]);
    assert_eq!(client.ask(json!({ "action": "suites.put", "suite": stored })).await["type"], "ok");
    let listed = client.ask(json!({ "action": "suites.list" })).await;
    assert_eq!((&listed["suites"][0]["name"], &listed["suites"][0]["tests"]), (&json!("Example"), &json!(1)));
    assert_eq!(client.ask(json!({ "action": "suites.get", "name": "Example" })).await["suite"], stored);
    let accepted = client.ask(json!({ "action": "run", "suite": "Example" })).await;
    let job = accepted["job"].as_str().expect("a job").to_owned();
    assert_eq!(client.until(is_end_of(&job)).await.last().expect("the verdict")["verdict"], "passed");
    assert_eq!(client.ask(json!({ "action": "suites.delete", "name": "Example" })).await["type"], "ok");
    assert_eq!(client.ask(json!({ "action": "suites.list" })).await["suites"], json!([]));
    deployment.stop().await;
}

#[tokio::test]
async fn a_replay_of_what_failed_runs_only_that_with_the_same_values() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let good = page("Good", &format!("{}/page/good", site.base));
    let bad = json!({ "name": "Bad", "get": "${base}/echo?text=${secret.word}", "expect": [{ "body": "never" }] });
    let run = json!({
        "action": "run", "suite": suite(&[good, bad]), "vars": { "base": site.base }, "secrets": { "word": "swordfish" },
        "labels": { "branch": "main" },
    });
    let first = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&first)).await;
    let replay = client.ask(json!({ "action": "replay", "job": first, "only": "failed" })).await;
    assert_eq!((&replay["type"], &replay["labels"]["branch"]), (&json!("job.accepted"), &json!("main")));
    let second = replay["job"].as_str().expect("a job").to_owned();
    let finished = client.until(is_end_of(&second)).await.pop().expect("the verdict");
    assert_eq!((&finished["counts"]["total"], &finished["counts"]["failed"]), (&json!(1), &json!(1)), "{finished}");
    assert_eq!(site.hits("/page/good"), 1);
    let passing = client.run(suite(&[page("Good", &format!("{}/page/good", site.base))])).await;
    client.until(is_end_of(&passing)).await;
    let nothing = client.ask(json!({ "action": "replay", "job": passing, "only": "failed" })).await;
    assert_eq!(nothing["code"], "conflict");
    deployment.stop().await;
}
