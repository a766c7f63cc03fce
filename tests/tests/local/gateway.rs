//! What the gateway of `crates/local` does to connections that live too long or say too much; its own tests have the
//! contract in full.

use serde_json::json;
use stepcast_tests::Server;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn clients_are_told_that_the_server_stops_and_may_be_back() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.ask(json!({ "action": "ping" })).await;
    server.stop().await;
    let bye = client.until_type("bye").await.pop().expect("the goodbye");
    assert_eq!((&bye["code"], &bye["reconnect"]), (&json!("server_stopping"), &json!(true)));
}

#[tokio::test]
async fn a_connection_ends_when_its_time_is_over() {
    let server = Server::start_with(&["--connection-lifetime", "1s"]).await;
    let mut client = server.client().await;
    assert!(client.close_code().await.is_some());
    server.stop().await;
}

#[tokio::test]
async fn an_idle_connection_ends() {
    let server = Server::start_with(&["--idle-timeout", "1s"]).await;
    let mut client = server.client().await;
    assert!(client.close_code().await.is_some());
    server.stop().await;
}

#[tokio::test]
async fn frames_that_are_too_large_or_binary_end_the_connection_with_the_documented_code() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.send_message(Message::text("x".repeat(33 * 1024))).await;
    assert_eq!(client.close_code().await, Some(1009));
    let mut client = server.client().await;
    client.send_message(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(client.close_code().await, Some(1003));
    assert_eq!(server.client().await.ask(json!({ "action": "ping" })).await["type"], "pong");
    server.stop().await;
}
