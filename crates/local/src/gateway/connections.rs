//! The connections that can be addressed.

use super::limits::Limits;
use super::outbound::{self, Outbound, Waiting};
use super::places::Account;
use crate::clock::milliseconds;
use http::HeaderMap;
use http::header::USER_AGENT;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The client at the other end.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    pub(super) source_ip: String,
    pub(super) user_agent: Option<String>,
}

impl Peer {
    /// The peer of a handshake.
    pub(super) fn new(source_ip: String, headers: &HeaderMap) -> Self {
        let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self { source_ip, user_agent }
    }
}

/// A connection as the other parts of the gateway see it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: String,
    pub(super) peer: Peer,
    /// Milliseconds since the epoch
    pub(super) connected_at: i64,
    /// The account its invocations count for
    pub(super) account: Account,
    pub(super) outbound: Outbound,
    /// Ends the connection: it was deleted through `@connections`
    pub(super) deleted: CancellationToken,
    /// Cancelled once the connection has ended, for whatever reason
    pub(super) ended: CancellationToken,
    opened: Instant,
    /// Milliseconds after `opened`
    active: AtomicI64,
}

impl Connection {
    /// Creates a connection that has just been accepted, and the receiving end of its buffer.
    pub(super) fn new(
        id: String,
        peer: Peer,
        connected_at: i64,
        account: Account,
        limits: &Limits,
    ) -> (Arc<Self>, Waiting) {
        let (outbound, waiting) = outbound::buffer(limits);
        let (deleted, ended) = (CancellationToken::new(), CancellationToken::new());
        let (opened, active) = (Instant::now(), AtomicI64::new(0));
        (Arc::new(Self { id, peer, connected_at, account, outbound, deleted, ended, opened, active }), waiting)
    }

    /// Resolves once the client reads what it is sent, or the connection has ended.
    pub(super) async fn reads(&self) {
        tokio::select! {
            () = self.outbound.has_room() => {}
            () = self.ended.cancelled() => {}
        }
    }

    /// Notes activity, in either direction.
    pub(super) fn touch(&self) {
        self.active.store(milliseconds(self.opened.elapsed()), Ordering::Relaxed);
    }

    /// Returns the time of the last activity, in milliseconds since the epoch.
    pub(super) fn last_active_at(&self) -> i64 {
        self.connected_at + self.active.load(Ordering::Relaxed)
    }

    /// Resolves once the connection has been idle for `limit`.
    pub(super) async fn idle(&self, limit: Duration) {
        loop {
            let active = u64::try_from(self.active.load(Ordering::Relaxed)).unwrap_or_default();
            let deadline = self.opened + Duration::from_millis(active) + limit;
            if Instant::now() >= deadline {
                return;
            }
            tokio::time::sleep_until(deadline).await;
        }
    }
}

/// All connections between the return of their `$connect` and their end.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: Mutex<HashMap<String, Arc<Connection>>>,
}

impl Connections {
    /// Makes a connection addressable.
    pub(super) fn insert(&self, connection: &Arc<Connection>) {
        self.lock().insert(connection.id.clone(), connection.clone());
    }

    /// Removes a connection: from then on it is gone.
    pub(super) fn remove(&self, id: &str) {
        self.lock().remove(id);
    }

    /// Returns the connection with this id, unless it is gone.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Connection>> {
        self.lock().get(id).cloned()
    }

    /// Returns the number of connections.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Connection>>> {
        // Every change is one call on the map, so a panic leaves it consistent.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> Arc<Connection> {
        let peer = Peer { source_ip: "127.0.0.1".to_owned(), user_agent: None };
        Connection::new("id".to_owned(), peer, 1_000_000, Account::default(), &Limits::default()).0
    }

    #[tokio::test(start_paused = true)]
    async fn what_moves_is_not_idle() {
        let (connection, begun) = (connection(), Instant::now());
        let moves = async {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_mins(9)).await;
                connection.touch();
            }
        };
        tokio::join!(connection.idle(Duration::from_mins(10)), moves);
        assert_eq!(begun.elapsed(), Duration::from_mins(3 * 9 + 10));
        assert_eq!(connection.last_active_at(), 1_000_000 + 27 * 60 * 1000);
    }
}
