//! How connections end, and how the end is reported to clients and functions.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-overview.html#apigateway-websocket-api-status-codes>

use super::conversation::Socket;
use super::outbound::Waiting;
use futures_util::{SinkExt, StreamExt};
use std::borrow::Cow;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

/// The end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// The status code of RFC 6455, section 7.4.1
    pub(super) code: u16,
    /// The reason that belongs to the code
    pub(super) reason: Cow<'static, str>,
    /// Whether the client can still receive a close frame
    sends_frame: bool,
}

impl End {
    /// The connection was deleted through `@connections`, whose callers cannot choose a code.
    pub(super) fn deleted() -> Self {
        Self::with_frame(1000, "Connection Closed Normally")
    }

    /// The connection was idle for too long.
    pub(super) fn idle() -> Self {
        Self::with_frame(1001, "Going away")
    }

    /// The connection has reached the longest lifetime.
    pub(super) fn too_old() -> Self {
        Self::with_frame(1001, "Going away")
    }

    /// This process stops.
    pub(super) fn shutdown() -> Self {
        Self::with_frame(1001, "Going away")
    }

    /// The client sent a binary message.
    pub(super) fn binary() -> Self {
        Self::with_frame(1003, "Unsupported data")
    }

    /// The client has sent a close frame. The WebSocket library answers it.
    pub(super) fn by_client(frame: Option<&CloseFrame>) -> Self {
        let (code, reason) = match frame {
            Some(frame) if frame.reason.is_empty() => (frame.code.into(), "Closed by the client".into()),
            Some(frame) => (frame.code.into(), frame.reason.as_str().to_owned().into()),
            None => (1005, "Client-side close frame status not set".into()),
        };
        Self { code, reason, sends_frame: false }
    }

    /// The client disconnected without a close frame.
    pub(super) fn lost() -> Self {
        Self { code: 1006, reason: "Connection closed abnormally".into(), sends_frame: false }
    }

    /// The client violated the protocol, or the transport failed.
    pub(super) fn after(error: &Error) -> Self {
        match error {
            Error::Capacity(_) => Self::with_frame(1009, "Message too big"),
            Error::Utf8(_) => Self::with_frame(1007, "Invalid frame payload data"),
            Error::Protocol(broken) if !is_reset(broken) => Self::with_frame(1002, "Protocol error"),
            _ => Self::lost(),
        }
    }

    fn with_frame(code: u16, reason: &'static str) -> Self {
        Self { code, reason: reason.into(), sends_frame: true }
    }

    fn frame(&self) -> Option<CloseFrame> {
        self.sends_frame.then(|| CloseFrame { code: CloseCode::from(self.code), reason: self.reason.as_ref().into() })
    }
}

fn is_reset(error: &tokio_tungstenite::tungstenite::error::ProtocolError) -> bool {
    matches!(error, tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)
}

/// Writes the remaining messages and closes the connection. The client has `grace` to read them and to close its side.
pub(super) async fn close(mut socket: Socket, waiting: &mut Waiting, end: &End, grace: Duration) {
    let _ = tokio::time::timeout(grace, async {
        match end.frame() {
            Some(frame) => {
                write_rest(&mut socket, waiting).await?;
                socket.close(Some(frame)).await?;
                hang_up(socket).await;
            }
            // The library prepared its answer when it read the client's close frame; the answer still has to be
            // written.
            None => socket.flush().await?,
        }
        Ok::<_, Error>(())
    })
    .await;
}

async fn write_rest(socket: &mut Socket, waiting: &mut Waiting) -> Result<(), Error> {
    while let Some(text) = waiting.next_now() {
        socket.feed(Message::Text(text)).await?;
    }
    Ok(())
}

/// Reads on until the client has answered the close frame. A client that has sent too much is still sending, and its
/// frames can no longer be parsed; it is read until it hangs up. If a connection is dropped while there is something to
/// read, the operating system resets it, and the client might never see why it was closed.
async fn hang_up(mut socket: Socket) {
    while let Some(Ok(message)) = socket.next().await {
        if message.is_close() {
            return;
        }
    }
    let stream = socket.get_mut();
    let mut ignored = vec![0; 16 * 1024];
    if stream.shutdown().await.is_ok() {
        while matches!(stream.read(&mut ignored).await, Ok(1..)) {}
    }
}
