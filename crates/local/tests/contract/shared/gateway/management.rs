//! `@connections`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>

use super::super::known::Known;
use super::client::{Client, handshake};
use super::fixture::{Setup, connection_of};
use crate::support::soon;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use futures_util::StreamExt;

#[tokio::test]
async fn a_connection_can_be_looked_at() {
    let mut api = Setup::new().start().await;
    let (_socket, _) = handshake(&api, &[("user-agent", "test/1")]).await.expect("connected");
    let id = connection_of(&api.event("$connect").await);
    let connection = api.management.get_connection().connection_id(id).send().await.expect("an answer");
    let known = match (connection.connected_at(), connection.last_active_at(), connection.identity()) {
        (Some(connected), Some(active), Some(identity)) => {
            assert!((connected.to_millis().expect("a time") - api.now()).abs() < 10_000);
            assert!(active >= connected);
            (identity.source_ip(), identity.user_agent()) == (Some("127.0.0.1"), Some("test/1"))
        }
        _ => false,
    };
    api.implementation.assert(known, Known::ConnectionsAreCapitalised, connection);
}

#[tokio::test]
async fn a_connection_can_be_closed() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    api.management.delete_connection().connection_id(&client.id).send().await.expect("closed");
    assert_eq!(client.close_code().await, 1000);
    api.disconnected().await;
}

#[tokio::test]
async fn closed_connections_are_gone() {
    let mut api = Setup::new().start().await;
    let client = Client::connect(&mut api).await;
    api.management.delete_connection().connection_id(&client.id).send().await.expect("closed");
    for id in [client.id.as_str(), "L0SM9cOFvHcCIhw="] {
        assert!(api.post(id, "x").await.expect_err("gone").is_gone_exception());
        let get = api.management.get_connection().connection_id(id).send().await;
        assert!(get.expect_err("gone").into_service_error().is_gone_exception());
        let delete = api.management.delete_connection().connection_id(id).send().await;
        assert!(delete.expect_err("gone").into_service_error().is_gone_exception());
    }
}

#[tokio::test]
async fn messages_are_written_in_the_order_they_were_posted() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    for number in 0..20 {
        api.post(&client.id, number.to_string()).await.expect("taken");
    }
    for number in 0..20 {
        assert_eq!(client.text().await, number.to_string());
    }
}

#[tokio::test]
async fn a_message_has_at_most_128_kib() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    let largest = "x".repeat(128 * 1024);
    api.post(&client.id, largest.clone()).await.expect("taken");
    assert_eq!(client.text().await, largest);
    let refused = api.post(&client.id, format!("{largest}x")).await;
    let is_refused = refused.as_ref().is_err_and(PostToConnectionError::is_payload_too_large_exception);
    api.implementation.assert(is_refused, Known::MessagesHaveNoEnd, refused);
}

#[tokio::test]
async fn a_message_is_one_frame_of_text() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    let lines = "{\"type\":\"pong\"}\n{\"type\":\"größer\"}\n";
    api.post(&client.id, lines).await.expect("taken");
    let message = soon(client.socket.next()).await.expect("a message").expect("a frame");
    assert_eq!(message, tokio_tungstenite::tungstenite::Message::text(lines));
}
