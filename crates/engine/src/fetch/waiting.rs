//! Lets a test's observer know which host a request waits for.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a wait is before it is worth mentioning.
const NOTICEABLE: Duration = Duration::from_secs(1);

/// The hosts at which requests wait for their turn. Clones share it.
#[derive(Debug, Clone)]
pub struct Waiting {
    hosts: Arc<watch::Sender<Vec<String>>>,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { hosts: Arc::new(watch::Sender::new(Vec::new())) }
    }
}

impl Waiting {
    /// Waits for a turn at a host, which is noted here if it takes long.
    pub(super) async fn during<T>(&self, host: &str, turn: impl Future<Output = T>) -> T {
        let mut turn = std::pin::pin!(turn);
        if let Ok(turn) = tokio::time::timeout(NOTICEABLE, turn.as_mut()).await {
            return turn;
        }
        let _noted = Noted::new(self, host);
        turn.await
    }

    /// Calls `on_change` with a host at which a request waits, and with nothing once none waits any more. Never returns.
    pub async fn observe(&self, mut on_change: impl FnMut(Option<&str>)) -> std::convert::Infallible {
        let mut hosts = self.hosts.subscribe();
        let mut shown: Option<String> = None;
        loop {
            // This holds a sender, so there always is one.
            let _ = hosts.changed().await;
            let first = hosts.borrow_and_update().first().cloned();
            if first != shown {
                on_change(first.as_deref());
                shown = first;
            }
        }
    }
}

/// A noted wait; it ends when this is dropped.
struct Noted<'a> {
    waiting: &'a Waiting,
    host: &'a str,
}

impl<'a> Noted<'a> {
    fn new(waiting: &'a Waiting, host: &'a str) -> Self {
        waiting.hosts.send_modify(|hosts| hosts.push(host.to_owned()));
        Self { waiting, host }
    }
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.waiting.hosts.send_modify(|hosts| {
            if let Some(own) = hosts.iter().position(|host| host == self.host) {
                hosts.remove(own);
            }
        });
    }
}
