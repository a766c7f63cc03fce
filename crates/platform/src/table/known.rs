//! Connections that this process read or stored a moment ago. A connection never changes: it is there, or it is not.
//! So a client that sends one command after the other is looked up once in a while, and not for each.
//!
//! A connection that another process deletes is known here for a little longer. The gateway delivers nothing from a
//! connection that is closed, and this process forgets at once what it deletes itself.

use super::Connection;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_protocol::ConnectionId;
use tokio::time::Instant;

/// How long a connection is known.
const KNOWN_FOR: Duration = Duration::from_secs(10);

/// Most connections known at once. Beyond it they are read each time.
const MOST: usize = 4_096;

/// Connections by id. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownConnections {
    by_id: Arc<Mutex<HashMap<ConnectionId, (Connection, Instant)>>>,
}

impl KnownConnections {
    pub fn get(&self, id: &ConnectionId) -> Option<Connection> {
        let known = self.lock();
        let (connection, since) = known.get(id)?;
        (since.elapsed() < KNOWN_FOR).then(|| connection.clone())
    }

    pub fn note(&self, connection: &Connection) {
        let mut known = self.lock();
        if known.len() >= MOST {
            known.retain(|_, (_, since)| since.elapsed() < KNOWN_FOR);
        }
        if known.len() < MOST {
            known.insert(connection.connection.clone(), (connection.clone(), Instant::now()));
        }
    }

    pub fn forget(&self, id: &ConnectionId) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, (Connection, Instant)>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_protocol::event::Role;
    use tokio::time::advance;

    fn connection(id: &str) -> Connection {
        Connection {
            connection: id.parse().expect("an id"),
            principal: "ada".to_owned(),
            role: Role::Viewer,
            connected_at: 0,
            token: None,
            job: None,
            counted_for: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_known_for_a_while_and_not_after_it_ended() {
        let (known, one, other) = (KnownConnections::default(), connection("one"), connection("other"));
        known.note(&one);
        known.note(&other);
        known.forget(&other.connection);
        assert_eq!((known.get(&one.connection), known.get(&other.connection)), (Some(one.clone()), None));
        advance(KNOWN_FOR).await;
        assert_eq!(known.get(&one.connection), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_known() {
        let known = KnownConnections::default();
        (0..=MOST).for_each(|number| known.note(&connection(&number.to_string())));
        assert_eq!(known.lock().len(), MOST);
        advance(KNOWN_FOR).await;
        known.note(&connection("new"));
        assert_eq!(known.lock().len(), 1, "the others are over");
    }
}
