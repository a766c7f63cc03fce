//! Frames in and frames out, until something ends it.

use super::closing::{self, End};
use super::connections::Connection;
use super::event::Origin;
use super::inbound::{self, Inbox};
use super::limits::Limits;
use super::outbound::Waiting;
use super::{Gateway, Routes};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Most bytes that are read at once; a connection costs this much memory from its start. Most messages are commands of
/// some hundred bytes, and a large one takes a few more reads.
const READ_BUFFER: usize = 2 * 1024;

/// A client's socket, behind the handshake.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Carries messages between the client, `$default` and `@connections` until the connection ends, and returns how it
/// ended. By then the client has been informed, and its earlier messages have been handled.
pub(super) async fn run<R: Routes>(
    gateway: &Gateway<R>,
    origin: &Arc<Origin>,
    connection: &Arc<Connection>,
    upgraded: Upgraded,
    mut waiting: Waiting,
) -> End {
    let limits = &gateway.shared.options.limits;
    let socket =
        WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(configuration(limits))).await;
    let (mut writer, mut reader) = socket.split();
    let (inbox, messages) = inbound::inbox();
    let deliveries = tokio::spawn(inbound::deliver(gateway.clone(), origin.clone(), connection.clone(), messages));

    let end = tokio::select! {
        end = read(&mut reader, &inbox, connection) => end,
        end = write(&mut writer, &mut waiting, connection) => end,
        () = connection.deleted.cancelled() => End::deleted(),
        () = connection.idle(limits.idle) => End::idle(),
        () = tokio::time::sleep(limits.lifetime) => End::too_old(),
        () = gateway.shared.shutdown.cancelled() => {
            if let Some(farewell) = gateway.shared.options.farewell {
                // A client whose buffer is full gets the close frame alone.
                let _ = connection.outbound.push(farewell().into());
            }
            End::shutdown()
        }
    };
    // Removed before the client gets the close frame, so that nothing can be written to it after that frame.
    gateway.shared.connections.remove(&connection.id);
    connection.ended.cancel();
    drop(inbox);
    // Both halves belong to one socket, so this succeeds.
    if let Ok(socket) = reader.reunite(writer) {
        Box::pin(closing::close(socket, &mut waiting, &end, limits.closing)).await;
    }
    // `$disconnect` comes after the connection's last message, unless that takes longer than any function may.
    let _ = tokio::time::timeout(limits.integration_timeout, deliveries).await;
    end
}

fn configuration(limits: &Limits) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_frame_size(Some(limits.frame_bytes))
        .max_message_size(Some(limits.message_bytes))
}

/// Puts every message into the inbox. While the inbox is full nothing is read, so the client has to wait.
async fn read(
    reader: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
    inbox: &Inbox,
    connection: &Connection,
) -> End {
    while let Some(received) = reader.next().await {
        connection.touch();
        match received {
            Ok(Message::Text(text)) => {
                // The other end is `deliver`, which goes on as long as there is an inbox.
                let _ = inbox.send(text).await;
            }
            Ok(Message::Binary(_)) => return End::binary(),
            Ok(Message::Close(frame)) => return End::by_client(frame.as_ref()),
            // The WebSocket library answers pings when it reads on.
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
            Err(error) => return End::after(&error),
        }
    }
    End::lost()
}

/// Writes the waiting messages. A client that does not read blocks nothing else.
async fn write(
    writer: &mut (impl Sink<Message, Error = Error> + Unpin),
    waiting: &mut Waiting,
    connection: &Connection,
) -> End {
    while let Some(text) = waiting.next().await {
        let size = text.len();
        if let Err(error) = writer.send(Message::Text(text)).await {
            return End::after(&error);
        }
        waiting.written(size);
        connection.touch();
    }
    End::lost()
}
