//! Suites stored under a name.

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
    assert_eq!(client.ask(json!({ "action": "suites.put", "name": "Other", "suite": stored })).await["type"], "ok");
    let first = client.ask(json!({ "action": "suites.list", "limit": 1 })).await;
    assert_eq!(first["suites"][0]["name"], "Example");
    let second = client.ask(json!({ "action": "suites.list", "limit": 1, "cursor": first["cursor"] })).await;
    assert_eq!(second["suites"][0]["name"], "Other");
    assert_eq!(client.ask(json!({ "action": "suites.delete", "name": "Other" })).await["type"], "ok");
    let accepted = client.ask(json!({ "action": "run", "suite": "Example" })).await;
    let job = accepted["job"].as_str().expect("a job").to_owned();
    assert_eq!(client.until(is_end_of(&job)).await.last().expect("the verdict")["verdict"], "passed");
    assert_eq!(client.ask(json!({ "action": "suites.delete", "name": "Example" })).await["type"], "ok");
    assert_eq!(client.ask(json!({ "action": "suites.list" })).await["suites"], json!([]));
    deployment.stop().await;
}
