//! The limits of size that end a connection.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>

use super::super::known::Known;
use super::client::Client;
use super::fixture::{Fixture, Setup};
use crate::support::soon;
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

/// Sends a message in frames of this size.
pub async fn send_fragmented(client: &mut Client, bytes: usize, frame_bytes: usize) {
    let frames = bytes.div_ceil(frame_bytes);
    for n in 0..frames {
        let opcode = OpCode::Data(if n == 0 { Data::Text } else { Data::Continue });
        let size = frame_bytes.min(bytes - n * frame_bytes);
        let frame = Frame::message(vec![b'x'; size], opcode, n + 1 == frames);
        client.socket.feed(Message::Frame(frame)).await.expect("written");
    }
    client.socket.flush().await.expect("sent");
}

/// Asserts that the client and `$disconnect` get this code, and that `$default` is not invoked.
async fn assert_closed(mut api: Fixture, mut client: Client, code: u16, unless: Known) {
    if api.implementation.has(unless) {
        let event = api.event("$default").await;
        return api.implementation.assert(false, unless, event.body.map(|body| body.len()));
    }
    assert_eq!(client.close_code().await, code);
    drop(client);
    assert_eq!(api.disconnected().await.0, i64::from(code));
}

#[tokio::test]
async fn a_message_of_the_largest_size_is_taken() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    send_fragmented(&mut client, 128 * 1024, 32 * 1024).await;
    assert_eq!(api.event("$default").await.body.expect("a body").len(), 128 * 1024);
}

#[tokio::test]
async fn a_message_that_is_too_large_closes_with_1009() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    send_fragmented(&mut client, 128 * 1024 + 1, 32 * 1024).await;
    assert_closed(api, client, 1009, Known::MessagesHaveNoEnd).await;
}

#[tokio::test]
async fn a_frame_that_is_too_large_closes_with_1009() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    client.send(&"x".repeat(32 * 1024 + 1)).await;
    assert_closed(api, client, 1009, Known::MessagesHaveNoEnd).await;
}

#[tokio::test]
async fn a_binary_message_closes_with_1003() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    client.socket.send(Message::binary(vec![1, 2, 3])).await.expect("sent");
    assert_closed(api, client, 1003, Known::BinaryIsText).await;
}

#[tokio::test]
async fn a_message_far_too_large_closes_with_1009_everywhere() {
    let mut api = Setup::new().start().await;
    let mut client = Client::connect(&mut api).await;
    client.send(&"x".repeat(17 * 1024 * 1024)).await;
    // Another test, of the embedded gateway, checks that the connection ends in order.
    let code = match soon(client.socket.next()).await {
        Some(Ok(Message::Close(Some(frame)))) => u16::from(frame.code),
        other => panic!("a close frame should come: {other:?}"),
    };
    assert_eq!(code, 1009);
    drop(client);
    api.event("$disconnect").await;
}
