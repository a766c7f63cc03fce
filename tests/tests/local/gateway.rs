//! What the gateway of `crates/local` does to connections that live too long or say too much; its own tests have the
//! contract in full.

use serde_json::json;
use stepcast_tests::{Server, within};
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
async fn there_can_be_more_connections_than_a_program_has_files_at_first_and_all_can_leave_at_once() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(server.client().await);
    }
    clients.truncate(1);
    let mut stays = clients.remove(0);
    let listed = async {
        while stays.ask(json!({ "action": "connections" })).await["connections"].as_array().map(Vec::len) != Some(1) {}
    };
    within("the end of the others", listed).await;
    server.stop().await;
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
