//! Secrets reach the page they are for, and nothing else.

use serde_json::json;
use stepcast_tests::events::{is_end_of, suite};
use stepcast_tests::{Deployment, Site};

const SECRET: &str = "correct-horse-battery-staple";

#[tokio::test]
async fn a_secret_a_page_echoes_is_masked() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let echo = json!({
        "name": "Echo", "get": format!("{}/echo?text=${{secret.key}}", site.base),
        "expect": [{ "body": { "contains": "${secret.key}" } }, { "body": "something else" }],
    });
    let run = json!({ "action": "run", "suite": suite(&[echo]), "secrets": { "key": SECRET } });
    let accepted = client.ask(run).await;
    let job = accepted["job"].as_str().expect("a job").to_owned();
    let mut events = client.until(is_end_of(&job)).await;
    events.push(client.job(&job).await);

    let end = events.iter().find(|event| event["type"] == "test.finished").expect("the end of the test");
    assert_eq!(end["failures"].as_array().map(Vec::len), Some(1), "the page did get the secret: {end}");
    for event in &events {
        assert!(!event.to_string().contains(SECRET), "{event}");
    }
    deployment.stop().await;
}
