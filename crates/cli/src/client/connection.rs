//! One WebSocket connection.

use super::ClientError;
use super::backoff::Backoff;
use crate::endpoint::Endpoint;
use crate::report;
use futures_util::{SinkExt, StreamExt};
use std::collections::VecDeque;
use std::time::Duration;
use stepcast_protocol::limits::FRAME_BYTES;
use stepcast_protocol::{Event, Request, SUBPROTOCOL};
use stepcast_suite::duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the server may take for its part of closing a connection.
const LEAVING: Duration = Duration::from_secs(5);

/// How long another connection of ours may take to end.
const GIVE_UP_AFTER: Duration = Duration::from_mins(2);

/// A connection that is open, or was.
pub(crate) struct Connection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    received: VecDeque<Event>,
}

impl Connection {
    /// Opens a connection. Retries while the server has as many of ours as it takes.
    pub async fn open(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let (give_up, mut backoff) = (Instant::now() + GIVE_UP_AFTER, Backoff::new());
        let mut is_told = false;
        loop {
            match Self::try_open(endpoint).await {
                Err(error @ ClientError::Crowded { .. }) if Instant::now() < give_up => {
                    if !std::mem::replace(&mut is_told, true) {
                        report::message(&format!("{error}; trying again for {}", duration::format(GIVE_UP_AFTER)));
                    }
                    backoff.wait().await;
                }
                opened => return opened,
            }
        }
    }

    async fn try_open(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let unreachable = |reason: String| ClientError::Unreachable { url: endpoint.ws.clone(), reason };
        let mut request = endpoint.ws.as_str().into_client_request().map_err(|error| unreachable(error.to_string()))?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", endpoint.token));
        let bearer = bearer.map_err(|_| ClientError::Unauthorized { url: endpoint.ws.clone() })?;
        request.headers_mut().insert(AUTHORIZATION, bearer);
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        let opening = tokio_tungstenite::connect_async(request);
        match tokio::time::timeout(CONNECT_TIMEOUT, opening).await {
            Err(_) => Err(unreachable(format!("no answer within {} seconds", CONNECT_TIMEOUT.as_secs()))),
            Ok(Err(Error::Http(response))) if matches!(response.status().as_u16(), 401 | 403) => {
                Err(ClientError::Unauthorized { url: endpoint.ws.clone() })
            }
            Ok(Err(Error::Http(response))) if response.status().as_u16() == 429 => {
                Err(ClientError::Crowded { url: endpoint.ws.clone() })
            }
            Ok(Err(error)) => Err(unreachable(error.to_string())),
            Ok(Ok((socket, _))) => Ok(Self { socket, received: VecDeque::new() }),
        }
    }

    /// Sends a command, in several frames if one may not hold it. API Gateway accepts no frame over 32 KB. `false` if
    /// the connection is closed.
    pub async fn send(&mut self, request: &Request) -> bool {
        let text = request.to_json();
        if text.len() <= FRAME_BYTES {
            return self.socket.send(Message::text(text)).await.is_ok();
        }
        let mut parts = text.as_bytes().chunks(FRAME_BYTES).peekable();
        let mut kind = Data::Text;
        while let Some(part) = parts.next() {
            let frame = Frame::message(part.to_vec(), OpCode::Data(kind), parts.peek().is_none());
            if self.socket.send(Message::Frame(frame)).await.is_err() {
                return false;
            }
            kind = Data::Continue;
        }
        true
    }

    /// Closes the connection, and returns the events that arrived until then.
    pub async fn leave(mut self) -> Vec<Event> {
        let mut rest = Vec::new();
        let leaving = async {
            // If this does not arrive, the connection is gone, and the next event says so.
            let _ = self.socket.close(None).await;
            while let Some(event) = self.next().await {
                rest.push(event);
            }
        };
        let _ = tokio::time::timeout(LEAVING, leaving).await;
        rest
    }

    /// The next event; `None` if the connection is closed. Skips what is not an event.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.received.pop_front() {
                return Some(event);
            }
            match self.socket.next().await?.ok()? {
                Message::Text(text) => {
                    self.received.extend(text.lines().filter_map(|line| Event::parse(line).ok()));
                }
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }
}
