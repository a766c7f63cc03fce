//! `$default` and `$disconnect`.

use super::super::known::Known;
use super::client::Client;
use super::fixture::{Setup, connection_of, status};
use crate::support::soon;
use aws_lambda_events::encodings::Body;
use futures_util::{SinkExt, StreamExt};
use std::sync::{Arc, OnceLock};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

#[tokio::test]
async fn messages_are_answered_through_connections() {
    let management = Arc::new(OnceLock::<aws_sdk_apigatewaymanagement::Client>::new());
    let setup = Setup::new().on_message({
        let management = management.clone();
        move |event| {
            let management = management.clone();
            async move {
                let body = event.body.clone().expect("a body");
                let post = management.get().expect("a client").post_to_connection();
                post.connection_id(connection_of(&event)).data(body.into_bytes().into()).send().await?;
                status(200)
            }
        }
    });
    let mut api = setup.start_with(|client| management.set(client).expect("set once")).await;
    let mut client = Client::connect(&mut api).await;
    // Any text is delivered to `$default`, whichever route it might name.
    for text in ["one", "zwei — drei 🙈", "{}", r#"{"action":"run"}"#, r#"{"action":null}"#, "[1]", "\"action\""] {
        client.send(text).await;
        assert_eq!(client.text().await, text);
        let event = api.event("$default").await;
        assert_eq!(event.body.as_deref(), Some(text));
        assert!(!event.is_base64_encoded);
        assert_eq!(connection_of(&event), client.id);
        assert_eq!(event.request_context.event_type.as_deref(), Some("MESSAGE"));
        assert!(event.request_context.message_id.is_some());
    }
}

#[tokio::test]
async fn the_result_of_default_is_not_sent() {
    let setup = Setup::new().on_message(|_| async {
        let mut response = status(200)?;
        response.body = Some(Body::Text("returned".to_owned()));
        Ok(response)
    });
    let mut api = setup.start().await;
    let mut client = Client::connect(&mut api).await;
    client.send("hello").await;
    api.event("$default").await;
    // A returned body would arrive before a message posted after it: the next message waits for the function.
    client.send("again").await;
    api.event("$default").await;
    api.post(&client.id, "posted").await.expect("taken");
    let text = client.text().await;
    api.implementation.assert(text == "posted", Known::WhatIsReturnedIsSent, text);
}

#[tokio::test]
async fn a_default_that_fails_reveals_no_detail() {
    let mut api = Setup::new().on_message(|_| async { Err("secret detail".into()) }).start().await;
    let mut client = Client::connect(&mut api).await;
    client.send("hello").await;
    let answer = client.text().await;
    let event = api.event("$default").await;
    let expected = serde_json::json!({
        "message": "Internal server error",
        "connectionId": client.id,
        "requestId": event.request_context.request_id,
    });
    let is_expected = serde_json::from_str::<serde_json::Value>(&answer).is_ok_and(|answer| answer == expected);
    api.implementation.assert(is_expected, Known::WhatFailsIsTold, answer);
}

#[tokio::test]
async fn a_protocol_ping_is_answered() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    client.socket.send(Message::Ping("there?".into())).await.expect("sent");
    let pong = soon(client.socket.next()).await.expect("an answer").expect("a frame");
    assert_eq!(pong, Message::Pong("there?".into()));
}

#[tokio::test]
async fn the_clients_close_is_passed_on() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    let frame = CloseFrame { code: CloseCode::Library(4000), reason: "done".into() };
    client.socket.close(Some(frame)).await.expect("sent");
    assert_eq!(client.close_code().await, 4000, "the answer repeats it");
    let close = api.disconnected().await;
    api.implementation.assert(close == (4000, "done".to_owned()), Known::EveryCloseIs1006, close);
}

#[tokio::test]
async fn a_close_without_a_code_is_1005() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    client.socket.close(None).await.expect("sent");
    let close = api.disconnected().await.0;
    api.implementation.assert(close == 1005, Known::EveryCloseIs1006, close);
}

#[tokio::test]
async fn a_client_that_vanishes_is_disconnected() {
    let mut api = Setup::new().start().await;
    let client = Client::connect(&mut api).await;
    drop(client.socket);
    assert_eq!(api.disconnected().await.0, 1006);
    assert!(api.post(&client.id, "x").await.expect_err("gone").is_gone_exception());
}

#[tokio::test]
async fn disconnect_knows_its_connection() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    client.socket.close(None).await.expect("sent");
    let event = api.event("$disconnect").await;
    assert_eq!(connection_of(&event), client.id);
    let context = event.request_context;
    assert_eq!(context.event_type.as_deref(), Some("DISCONNECT"));
    assert_eq!(context.stage.as_deref(), Some(api.stage.as_str()));
    let begun = client.connected.request_context.connected_at;
    api.implementation.assert(context.connected_at == begun, Known::EveryEventConnects, (context.connected_at, begun));
}
