//! The limits of size, time and concurrency.

use super::client::Client;
use super::fixture::{Event, Fixture, Setup, status};
use crate::support::soon;
use futures_util::SinkExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use stepcast_local::gateway::Limits;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

async fn assert_closed(mut api: Fixture, mut client: Client, code: u16) {
    assert_eq!(client.close_code().await, code);
    drop(client);
    assert_eq!(api.disconnected().await.0, i64::from(code));
}

#[tokio::test]
async fn a_client_in_the_middle_of_a_huge_frame_still_sees_the_1009() {
    let mut api = Setup::new().start_embedded(drop).await;
    let mut client = Client::connect(&mut api).await;
    client.send(&"x".repeat(16 * 1024 * 1024)).await;
    assert_closed(api, client, 1009).await;
}

#[tokio::test]
async fn text_that_is_no_text_closes_with_1007() {
    let mut api = Setup::new().start_embedded(drop).await;
    let mut client = Client::connect(&mut api).await;
    let frame = Frame::message(vec![0xFF, 0xFE], OpCode::Data(Data::Text), true);
    client.socket.send(Message::Frame(frame)).await.expect("sent");
    assert_closed(api, client, 1007).await;
}

#[tokio::test]
async fn an_idle_connection_closes_with_1001() {
    let limits = Limits { idle: Duration::from_millis(20), ..Limits::default() };
    let mut api = Setup::new().limits(limits).start_embedded(drop).await;
    let client = Client::connect(&mut api).await;
    assert_closed(api, client, 1001).await;
}

#[tokio::test]
async fn an_old_connection_closes_with_1001() {
    let limits = Limits { lifetime: Duration::from_millis(20), ..Limits::default() };
    let mut api = Setup::new().limits(limits).start_embedded(drop).await;
    let client = Client::connect(&mut api).await;
    assert_closed(api, client, 1001).await;
}

#[tokio::test]
async fn the_concurrency_of_a_function_is_limited_and_every_client_gets_a_turn() {
    const CLIENTS: usize = 6;
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (begun, turns) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let limits = Limits { concurrent_invocations: 2, ..Limits::default() };
    let setup = Setup::new().limits(limits).on_message({
        let (running, most, begun, turns) = (running.clone(), most.clone(), begun.clone(), turns.clone());
        move |_| {
            let (running, most, begun, turns) = (running.clone(), most.clone(), begun.clone(), turns.clone());
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                begun.add_permits(1);
                turns.acquire_owned().await?.forget();
                running.fetch_sub(1, Ordering::SeqCst);
                status(200)
            }
        }
    });
    let mut api = setup.start_embedded(drop).await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(Client::connect(&mut api).await);
    }
    let leaving = Client::connect(&mut api).await;
    for client in &mut clients {
        client.send("hello").await;
    }
    soon(begun.acquire_many(2)).await.expect("two run").forget();
    // A `$disconnect` does not wait for the messages of other clients.
    drop(leaving);
    let is_disconnect = |event: &Event| event.request_context.route_key.as_deref() == Some("$disconnect");
    while !is_disconnect(&soon(api.events.recv()).await.expect("an event")) {}
    turns.add_permits(CLIENTS);
    soon(begun.acquire_many(4)).await.expect("the others had to wait, and run now").forget();
    assert_eq!(most.load(Ordering::SeqCst), 2);
}
