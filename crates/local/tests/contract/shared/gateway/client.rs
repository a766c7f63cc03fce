//! A WebSocket client.

use super::fixture::{Event, Fixture, connection_of};
use crate::support::soon;
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The id the API has given it
    pub id: String,
    /// The event of its `$connect`
    pub connected: Event,
}

/// Sends a handshake with these headers.
pub async fn handshake(
    fixture: &Fixture,
    headers: &[(&'static str, &'static str)],
) -> Result<(WebSocketStream<MaybeTlsStream<TcpStream>>, Response), Error> {
    let mut request = format!("{}?a=1&b=2&a=3", fixture.url).into_client_request().expect("a request");
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::from_static(value));
    }
    soon(Box::pin(tokio_tungstenite::connect_async(request))).await
}

/// Returns the status and body of the answer to a rejected handshake.
pub async fn refused(fixture: &Fixture) -> (u16, String) {
    match handshake(fixture, &[]).await {
        Err(Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            (response.status().as_u16(), String::from_utf8(body).expect("text"))
        }
        other => panic!("the handshake should be refused: {other:?}"),
    }
}

impl Client {
    pub async fn connect(fixture: &mut Fixture) -> Self {
        let (socket, _) = handshake(fixture, &[]).await.expect("a connection");
        let connected = fixture.event("$connect").await;
        Self { socket, id: connection_of(&connected), connected }
    }

    pub async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.expect("sent");
    }

    /// Returns the next text message.
    pub async fn text(&mut self) -> String {
        match soon(self.socket.next()).await {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("a text should come: {other:?}"),
        }
    }

    /// Returns the code of the close frame, and checks that the connection then ends in order.
    pub async fn close_code(&mut self) -> u16 {
        let code = match soon(self.socket.next()).await {
            Some(Ok(Message::Close(Some(frame)))) => frame.code.into(),
            other => panic!("a close frame should come: {other:?}"),
        };
        let end = soon(self.socket.next()).await;
        assert!(end.is_none(), "the connection should have ended in order: {end:?}");
        code
    }
}
