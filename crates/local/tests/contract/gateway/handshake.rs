//! `$connect`, and the answers to handshakes.

use super::client::{Client, handshake, refused};
use super::fixture::{Setup, status};
use crate::support::{NOON, soon};
use std::sync::Arc;
use std::time::Duration;
use stepcast_local::server::ServerLimits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

#[tokio::test]
async fn connect_gets_where_and_when() {
    let mut api = Setup::new().start_embedded(drop).await;
    let (_socket, _) = handshake(&api, &[]).await.expect("connected");
    let context = api.event("$connect").await.request_context;
    assert_eq!(context.connected_at, NOON);
    assert_eq!(context.request_time.as_deref(), Some("15/Jan/2027:08:00:00 +0000"));
    assert_eq!((context.stage.as_deref(), context.domain_name.as_deref()), (Some("local"), Some("localhost")));
    assert_eq!(context.message_direction.as_deref(), Some("IN"));
}

#[tokio::test]
async fn a_connect_that_fails_is_a_bad_gateway() {
    let api = Setup::new().on_connect(|_| async { Err("secret detail".into()) }).start_embedded(drop).await;
    let (code, body) = refused(&api).await;
    assert_eq!(code, 502);
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["message"], "Internal server error");
    assert!(body["connectionId"].is_string() && body["requestId"].is_string());
    assert_eq!(body.as_object().expect("an object").len(), 3, "and nothing about why");
}

#[tokio::test]
async fn a_client_that_hangs_up_during_connect_is_disconnected() {
    let may_return = Arc::new(Semaphore::new(0));
    let setup = Setup::new().on_connect({
        let may_return = may_return.clone();
        move |_| {
            let may_return = may_return.clone();
            async move {
                let _permit = may_return.acquire_owned().await?;
                status(200)
            }
        }
    });
    let mut api = setup.start_embedded(drop).await;
    let mut stream = TcpStream::connect(api.address()).await.expect("connected");
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        api.address()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    api.event("$connect").await;
    drop(stream);
    may_return.add_permits(1);
    assert_eq!(soon(api.disconnected()).await.0, 1006);
}

#[tokio::test]
async fn an_invalid_handshake_opens_no_connection() {
    let mut api = Setup::new().start_embedded(drop).await;
    for (request, expected) in [
        ("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 426"),
        ("POST /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405"),
        ("HEAD /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 405"),
        ("GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 404"),
    ] {
        let mut stream = TcpStream::connect(api.address()).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        soon(tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer)).await.expect("an answer");
        assert!(answer.starts_with(expected), "{request:?} was answered with {answer:?}");
    }
    assert!(api.events.try_recv().is_err());
}

#[tokio::test]
async fn websockets_do_not_count_as_plain_sockets() {
    let limits = ServerLimits { sockets: 1, head: Duration::from_hours(1), ..ServerLimits::default() };
    let mut api = Setup::new().start_within(limits).await;
    let mut first = Client::connect(&mut api).await;
    let _silent = TcpStream::connect(api.address()).await.expect("connected");
    let mut second = Client::connect(&mut api).await;
    for client in [&mut first, &mut second] {
        client.send("hello").await;
        api.event("$default").await;
    }
}
