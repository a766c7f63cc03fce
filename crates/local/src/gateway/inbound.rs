//! A connection's messages on their way to `$default`.
//!
//! API Gateway guarantees no order between them. Here a message has the function to itself for a moment before the next
//! one begins: fast messages are handled in order, as clients expect, and slow ones do not hold up a `ping`. While a
//! client does not read the messages it is sent, its further messages wait.

use super::connections::Connection;
use super::event::Origin;
use super::limits::Limits;
use super::{Gateway, Routes};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Most messages of a connection that wait for `$default`. If the inbox is full, nothing is read from the client.
const INBOX_MESSAGES: usize = 32;

/// The sending end of a connection's inbox.
pub(super) type Inbox = mpsc::Sender<Utf8Bytes>;

/// Creates an empty inbox and its receiving end.
pub(super) fn inbox() -> (Inbox, mpsc::Receiver<Utf8Bytes>) {
    mpsc::channel(INBOX_MESSAGES)
}

/// Invokes `$default` with every message. Ends when the inbox is closed and the last invocation has ended.
pub(super) async fn deliver<R: Routes>(
    gateway: Gateway<R>,
    origin: Arc<Origin>,
    connection: Arc<Connection>,
    mut messages: mpsc::Receiver<Utf8Bytes>,
) {
    let limits = &gateway.shared.options.limits;
    let mut running = FuturesUnordered::new();
    while let Some(text) = messages.recv().await {
        connection.reads().await;
        let delivery = deliver_one(gateway.clone(), origin.clone(), connection.clone(), text);
        running.push(gateway.shared.running.spawn(delivery));
        give_way(&mut running, limits).await;
    }
    while running.next().await.is_some() {}
}

/// Waits until the next message may begin: all before it are done, or they have had their head start and are few
/// enough.
async fn give_way(running: &mut FuturesUnordered<JoinHandle<()>>, limits: &Limits) {
    let head_start = tokio::time::sleep(limits.head_start);
    tokio::pin!(head_start);
    loop {
        tokio::select! {
            biased;
            done = running.next() => if done.is_none() { return },
            () = &mut head_start, if running.len() < limits.concurrent_messages => return,
        }
    }
}

async fn deliver_one<R: Routes>(
    gateway: Gateway<R>,
    origin: Arc<Origin>,
    connection: Arc<Connection>,
    text: Utf8Bytes,
) {
    let shared = &gateway.shared;
    let event = origin.message(text.as_str().to_owned(), shared.clock.now());
    let request_id = event.request_context.request_id.clone();
    let routes = shared.routes.clone();
    let function = async move { routes.default(event).await };
    let outcome = shared.integrations.default.invoke_for(connection.clone(), function).await;
    if let Err(error) = outcome {
        tracing::error!(connection = connection.id, %error, "The `$default` function failed");
        let answer = json!({ "message": error.message(), "connectionId": connection.id, "requestId": request_id });
        // A client that does not read would not see it anyway.
        let _ = connection.outbound.push(answer.to_string().into());
    }
}
