//! `$default` and `$disconnect`.

use super::client::Client;
use super::fixture::{Setup, connection_of, status};
use crate::support::soon;
use futures_util::{SinkExt, StreamExt};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use stepcast_local::gateway::Limits;
use tokio::sync::Semaphore;
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
    for text in ["one", "zwei — drei", "{}"] {
        client.send(text).await;
        assert_eq!(client.text().await, text);
        let event = api.event("$default").await;
        assert_eq!(event.request_context.event_type.as_deref(), Some("MESSAGE"));
        assert_eq!(connection_of(&event), client.id);
    }
}

#[tokio::test]
async fn quick_messages_are_handled_in_order() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    for n in 0..100 {
        client.send(&n.to_string()).await;
    }
    for n in 0..100 {
        assert_eq!(api.event("$default").await.body, Some(n.to_string()));
    }
}

#[tokio::test]
async fn a_slow_message_does_not_hold_up_the_next() {
    let slow = Arc::new(Semaphore::new(0));
    let limits = Limits { head_start: Duration::from_millis(1), ..Limits::default() };
    let setup = Setup::new().limits(limits).on_message({
        let slow = slow.clone();
        move |event| {
            let slow = slow.clone();
            async move {
                if event.body.as_deref() == Some("slow") {
                    let _permit = slow.acquire_owned().await?;
                }
                status(200)
            }
        }
    });
    let mut api = setup.start().await;
    let mut client = Client::connect(&mut api).await;
    client.send("slow").await;
    client.send("ping").await;
    assert_eq!(api.event("$default").await.body.as_deref(), Some("slow"));
    assert_eq!(api.event("$default").await.body.as_deref(), Some("ping"), "although the first has not returned");
    slow.add_permits(1);
}

#[tokio::test]
async fn a_default_that_fails_tells_the_client_that_and_no_more() {
    let mut api = Setup::new().on_message(|_| async { Err("secret detail".into()) }).start().await;
    let mut client = Client::connect(&mut api).await;
    client.send("hello").await;
    let answer: serde_json::Value = serde_json::from_str(&client.text().await).expect("JSON");
    let event = api.event("$default").await;
    assert_eq!(
        answer,
        serde_json::json!({
            "message": "Internal server error",
            "connectionId": client.id,
            "requestId": event.request_context.request_id,
        })
    );
}

#[tokio::test]
async fn a_default_that_takes_too_long_has_failed() {
    let limits = Limits { integration_timeout: Duration::from_millis(1), ..Limits::default() };
    let mut api = Setup::new().limits(limits).on_message(|_| std::future::pending()).start().await;
    let mut client = Client::connect(&mut api).await;
    client.send("hello").await;
    assert!(client.text().await.contains("Endpoint request timed out"));
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
    assert_eq!(api.disconnected().await, (4000, "done".to_owned()));
}

#[tokio::test]
async fn a_close_without_a_code_is_1005() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    client.socket.close(None).await.expect("sent");
    assert_eq!(api.disconnected().await, (1005, "Client-side close frame status not set".to_owned()));
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
async fn disconnect_comes_after_the_last_message() {
    let slow = Arc::new(Semaphore::new(0));
    let setup = Setup::new().on_message({
        let slow = slow.clone();
        move |_| {
            let slow = slow.clone();
            async move {
                let _permit = slow.acquire_owned().await?;
                status(200)
            }
        }
    });
    let mut api = setup.start().await;
    let mut client = Client::connect(&mut api).await;
    client.send("run").await;
    client.socket.close(None).await.expect("sent");
    api.event("$default").await;
    // The client has its answer, so the gateway knows that it has gone; the message is still being worked on.
    while soon(client.socket.next()).await.is_some() {}
    assert!(api.events.try_recv().is_err());
    slow.add_permits(1);
    api.disconnected().await;
}

#[tokio::test]
async fn shutdown_closes_with_going_away() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    api.post(&client.id, "bye").await.expect("taken");
    api.shutdown.cancel();
    assert_eq!(client.text().await, "bye", "what was waiting is written first");
    assert_eq!(client.close_code().await, 1001);
    assert_eq!(api.disconnected().await.0, 1001);
    assert_eq!(api.gateway.open_connections(), 0);
}
