//! What ends a connection that asks for too much, or for too long.

use super::client::Client;
use super::fixture::{Fixture, Setup};
use futures_util::SinkExt;
use std::time::Duration;
use stepcast_local::gateway::Limits;
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
