//! Publishes one event to all watchers of a topic. Workers, which publish many events, have their own lanes.

use crate::push::Pushed;
use crate::relay::RELAYED_FROM;
use crate::{Platform, Result};
use futures_util::stream::{self, StreamExt};
use std::time::Duration;
use stepcast_protocol::id::ConnectionId;
use tokio::time::timeout;

/// Pushes in flight at once, so that one slow connection does not hold up the others.
const IN_FLIGHT: usize = 64;

/// Longest time of one push. The publisher is answering another client, which must not wait for watchers that hang.
const PUSH_TIME: Duration = Duration::from_secs(1);

impl Platform {
    /// Sends one line to all watchers of `topic`. A closed connection is deleted. One that is busy or failing is
    /// skipped, since its watcher reads what it missed in the next snapshot.
    pub async fn publish(&self, topic: &str, line: &str) -> Result<()> {
        let watchers = self.table.watchers(topic).await?;
        if watchers.len() >= RELAYED_FROM
            && let Some(relay) = &self.relay
        {
            match relay.send(topic, Duration::ZERO, &[line]).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(topic, %error, "The relay's queue did not take an event; it is pushed directly");
                }
            }
        }
        self.send_to(watchers.into_keys().collect(), line).await;
        Ok(())
    }

    /// Sends one line to each of these connections.
    pub async fn send_to(&self, connections: Vec<ConnectionId>, line: &str) {
        stream::iter(connections)
            .for_each_concurrent(IN_FLIGHT, |connection| async move { self.send_or_forget(&connection, line).await })
            .await;
    }

    async fn send_or_forget(&self, connection: &ConnectionId, line: &str) {
        let pushed = timeout(PUSH_TIME, self.push.send(connection, line)).await;
        match pushed.unwrap_or(Ok(Pushed::Busy)) {
            Ok(Pushed::Sent) => {}
            Ok(Pushed::Gone) => self.forget(connection).await,
            Ok(Pushed::Busy) => tracing::info!(%connection, "A watcher does not read and was skipped"),
            Err(error) => tracing::warn!(%connection, %error, "A watcher could not be reached and was skipped"),
        }
    }

    /// Deletes a closed connection. Rows that remain expire.
    pub async fn forget(&self, connection: &ConnectionId) {
        if let Err(error) = self.table.forget_connection(connection).await {
            tracing::warn!(%connection, %error, "A closed connection could not be deleted");
        }
    }
}
