//! `$default` and `$disconnect`.

use super::client::Client;
use super::fixture::{Setup, status};
use crate::support::soon;
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use stepcast_local::gateway::Limits;
use tokio::sync::Semaphore;

#[tokio::test]
async fn quick_messages_are_handled_in_order() {
    let mut api = Setup::new().start_embedded(drop).await;
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
    let mut api = setup.start_embedded(drop).await;
    let mut client = Client::connect(&mut api).await;
    client.send("slow").await;
    client.send("ping").await;
    assert_eq!(api.event("$default").await.body.as_deref(), Some("slow"));
    assert_eq!(api.event("$default").await.body.as_deref(), Some("ping"), "although the first has not returned");
    slow.add_permits(1);
}

#[tokio::test]
async fn a_default_that_takes_too_long_has_failed() {
    let limits = Limits { integration_timeout: Duration::from_millis(1), ..Limits::default() };
    let mut api = Setup::new().limits(limits).on_message(|_| std::future::pending()).start_embedded(drop).await;
    let mut client = Client::connect(&mut api).await;
    client.send("hello").await;
    assert!(client.text().await.contains("Endpoint request timed out"));
}

#[tokio::test]
async fn a_close_without_a_code_says_so() {
    let mut api = Setup::new().start_embedded(drop).await;
    let mut client = Client::connect(&mut api).await;
    client.socket.close(None).await.expect("sent");
    assert_eq!(api.disconnected().await, (1005, "Client-side close frame status not set".to_owned()));
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
    let mut api = setup.start_embedded(drop).await;
    let mut client = Client::connect(&mut api).await;
    client.send("run").await;
    client.socket.close(None).await.expect("sent");
    api.event("$default").await;
    // The client has the answer to its close frame, so the gateway knows that it is closed; `$default` still runs.
    while soon(client.socket.next()).await.is_some() {}
    assert!(api.events.try_recv().is_err());
    slow.add_permits(1);
    api.disconnected().await;
}

#[tokio::test]
async fn shutdown_closes_with_going_away() {
    let mut api = Setup::new().start_embedded(drop).await;
    let mut client = Client::connect(&mut api).await;
    api.post(&client.id, "bye").await.expect("taken");
    api.own().shutdown.cancel();
    assert_eq!(client.text().await, "bye", "waiting messages are written first");
    assert_eq!(client.close_code().await, 1001);
    assert_eq!(api.disconnected().await.0, 1001);
    assert_eq!(api.own().gateway.open_connections(), 0);
}
