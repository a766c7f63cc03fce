//! `$connect`, and what is answered to a handshake.

use super::client::{Client, handshake, refused};
use super::fixture::{Setup, connection_of, status};
use crate::support::{NOON, soon};
use std::sync::{Arc, OnceLock};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

#[tokio::test]
async fn connect_gets_the_handshake() {
    let mut api = Setup::new().start().await;
    let (_socket, _) =
        handshake(&api, &[("authorization", "Bearer T"), ("user-agent", "test/1")]).await.expect("connected");
    let event = api.event("$connect").await;
    assert_eq!(event.headers["authorization"], "Bearer T");
    assert_eq!(event.multi_value_headers["authorization"], "Bearer T");
    assert_eq!(event.query_string_parameters.all("a"), Some(vec!["1", "3"]));
    assert_eq!(event.query_string_parameters.first("b"), Some("2"));

    let context = event.request_context;
    assert_eq!(context.event_type.as_deref(), Some("CONNECT"));
    assert_eq!(context.connected_at, NOON);
    assert_eq!(context.request_time.as_deref(), Some("15/Jan/2027:08:00:00 +0000"));
    assert_eq!((context.stage.as_deref(), context.domain_name.as_deref()), (Some("local"), Some("localhost")));
    assert_eq!(context.identity.source_ip.as_deref(), Some("127.0.0.1"));
    assert_eq!(context.identity.user_agent.as_deref(), Some("test/1"));
}

#[tokio::test]
async fn connect_refuses_with_its_status() {
    for code in [401, 403] {
        let mut api = Setup::new().on_connect(move |_| async move { status(code) }).start().await;
        assert_eq!(refused(&api).await.0, u16::try_from(code).expect("a status"));
        api.event("$connect").await;
        api.shutdown.cancel();
        assert!(api.gateway.wait_closed(std::time::Duration::from_secs(20)).await);
        assert!(api.events.try_recv().is_err(), "there was no connection, so there is no `$disconnect`");
    }
}

#[tokio::test]
async fn a_connect_that_fails_is_a_bad_gateway() {
    let api = Setup::new().on_connect(|_| async { Err("secret detail".into()) }).start().await;
    let (code, body) = refused(&api).await;
    assert_eq!(code, 502);
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["message"], "Internal server error");
    assert!(body["connectionId"].is_string() && body["requestId"].is_string());
    assert_eq!(body.as_object().expect("an object").len(), 3, "and nothing about why");
}

#[tokio::test]
async fn connect_chooses_the_subprotocol() {
    let setup = Setup::new().on_connect(|_| async {
        let mut response = status(200)?;
        response.headers.insert("Sec-WebSocket-Protocol", "stepcast.v1".parse()?);
        Ok(response)
    });
    let api = setup.start().await;
    let offered = [("sec-websocket-protocol", "stepcast.v1, stepcast.token.T")];
    let (_socket, response) = handshake(&api, &offered).await.expect("connected");
    assert_eq!(response.headers()["sec-websocket-protocol"], "stepcast.v1");
}

#[tokio::test]
async fn a_connection_is_gone_until_connect_has_returned() {
    let management = Arc::new(OnceLock::<aws_sdk_apigatewaymanagement::Client>::new());
    let setup = Setup::new().on_connect({
        let management = management.clone();
        move |event| {
            let management = management.clone();
            async move {
                let management = management.get().expect("a client");
                let post = management.post_to_connection().connection_id(connection_of(&event)).data(vec![b'x'].into());
                let refused = post.send().await.expect_err("the connection is not there yet").into_service_error();
                assert!(refused.is_gone_exception(), "{refused:?}");
                status(200)
            }
        }
    });
    let mut api = setup.start_with(|client| management.set(client).expect("set once")).await;
    let mut client = Client::connect(&mut api).await;
    api.post(&client.id, "hello").await.expect("now it is there");
    assert_eq!(client.text().await, "hello");
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
    let mut api = setup.start().await;
    let mut stream = TcpStream::connect(&api.address).await.expect("connected");
    let request = format!(
        "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        api.address
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    api.event("$connect").await;
    drop(stream);
    may_return.add_permits(1);
    assert_eq!(soon(api.disconnected()).await.0, 1006);
}

#[tokio::test]
async fn what_is_no_handshake_is_no_connection() {
    let mut api = Setup::new().start().await;
    for (request, expected) in [
        ("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 426"),
        ("POST /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405"),
        ("HEAD /ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 405"),
        ("GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 404"),
    ] {
        let mut stream = TcpStream::connect(&api.address).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        soon(tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer)).await.expect("an answer");
        assert!(answer.starts_with(expected), "{request:?} was answered with {answer:?}");
    }
    assert!(api.events.try_recv().is_err());
}
