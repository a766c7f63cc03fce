//! Tokens as an operator makes them.

use serde_json::json;
use stepcast_tests::{Client, Server, stepcast};

fn new_token(server: &Server, expires: &str) -> stepcast_tests::Ran {
    let arguments = ["token", "new", "--role", "runner", "--expires", expires, "--principal", "ci"];
    stepcast(&[&arguments.map(str::to_owned)[..], &server.options()].concat())
}

#[tokio::test]
async fn a_new_token_comes_with_the_id_it_is_revoked_by() {
    let server = Server::start().await;
    let made = new_token(&server, "365d");
    assert_eq!((made.code, made.stdout.lines().count()), (0, 1), "{}", made.stderr);
    let _ci = Client::connect(&server.ws, made.stdout.trim()).await;
    let listed = server.client().await.ask(json!({ "action": "connections" })).await;
    let connections = listed["connections"].as_array().expect("connections");
    let ci = connections.iter().find(|connection| connection["principal"] == "ci").expect("its connection");
    let id = ci["token"].as_str().expect("an id");
    assert!(made.stderr.contains(&format!("stepcast token revoke {id}")), "{}", made.stderr);
    server.stop().await;
}

#[tokio::test]
async fn no_token_lives_for_more_than_a_year() {
    let server = Server::start().await;
    let ran = new_token(&server, "366d");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("whole seconds, from `1s` to `365d`"), "{}", ran.stderr);
    server.stop().await;
}
