//! Secrets reach the page they are for, and nothing else.

use crate::events::{is_end_of, suite};
use serde_json::json;
use stepcast_tests::{Server, Site};

const SECRET: &str = "correct-horse-battery-staple";

#[tokio::test]
async fn a_secret_a_page_echoes_is_masked_and_never_stored_in_the_clear() {
    let (server, site) = (Server::start().await, Site::start().await);
    let mut client = server.client().await;
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
    let data_dir = server.data_dir();
    let server = server.kill_and_restart().await;
    for file in std::fs::read_dir(&data_dir).expect("the data directory") {
        let path = file.expect("a file").path();
        let content = std::fs::read(&path).expect("a readable file");
        assert!(
            !content.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()),
            "{} holds the secret",
            path.display()
        );
    }
    server.stop().await;
}
