//! The messages that wait to be written to a connection: bounded in number and in bytes, so that a client that does not
//! read costs no more than that and does not affect other clients.

use super::limits::Limits;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Notify, mpsc, watch};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// The sending end of the messages for a client.
#[derive(Debug)]
pub(super) struct Outbound {
    messages: mpsc::Sender<Utf8Bytes>,
    bytes: Arc<AtomicUsize>,
    max_bytes: usize,
    /// Whether a message found no room, and nothing was written since then
    is_full: Arc<watch::Sender<bool>>,
    refused: Notify,
}

/// The receiving end of the messages for a client.
#[derive(Debug)]
pub(super) struct Waiting {
    messages: mpsc::Receiver<Utf8Bytes>,
    bytes: Arc<AtomicUsize>,
    is_full: Arc<watch::Sender<bool>>,
}

/// Why a message was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// The client does not read fast enough
    Full,
    /// The connection has ended
    Closed,
}

/// A buffer within the limits.
pub(super) fn buffer(limits: &Limits) -> (Outbound, Waiting) {
    let (sender, receiver) = mpsc::channel(limits.outbound_messages);
    let bytes = Arc::new(AtomicUsize::new(0));
    let is_full = Arc::new(watch::Sender::new(false));
    let outbound = Outbound {
        messages: sender,
        bytes: bytes.clone(),
        max_bytes: limits.outbound_bytes,
        is_full: is_full.clone(),
        refused: Notify::new(),
    };
    (outbound, Waiting { messages: receiver, bytes, is_full })
}

impl Outbound {
    /// Takes a message if there is room for it. Never waits.
    pub(super) fn push(&self, message: Utf8Bytes) -> Result<(), NotTaken> {
        let pushed = self.try_push(message);
        if pushed == Err(NotTaken::Full) {
            self.is_full.send_replace(true);
            self.refused.notify_waiters();
        }
        pushed
    }

    /// Resolves when a message next finds no room.
    pub(super) async fn refuses(&self) {
        self.refused.notified().await;
    }

    /// Resolves once something was written since a message found no room; at once if every message found room.
    pub(super) async fn has_room(&self) {
        // `self` owns the sender, so it still exists.
        let _ = self.is_full.subscribe().wait_for(|is_full| !is_full).await;
    }

    fn try_push(&self, message: Utf8Bytes) -> Result<(), NotTaken> {
        let slot = self.messages.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => NotTaken::Full,
            mpsc::error::TrySendError::Closed(()) => NotTaken::Closed,
        })?;
        let size = message.len();
        let room = |used: usize| used.checked_add(size).filter(|used| *used <= self.max_bytes);
        self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).map_err(|_| NotTaken::Full)?;
        slot.send(message);
        Ok(())
    }
}

impl Waiting {
    /// The next message, when there is one.
    pub(super) async fn next(&mut self) -> Option<Utf8Bytes> {
        self.messages.recv().await
    }

    /// The next message, if there is one.
    pub(super) fn next_now(&mut self) -> Option<Utf8Bytes> {
        self.messages.try_recv().ok()
    }

    /// Records that `size` bytes have been passed to the operating system, which makes room for others.
    pub(super) fn written(&self, size: usize) {
        self.bytes.fetch_sub(size, Ordering::Relaxed);
        self.is_full.send_if_modified(|is_full| std::mem::replace(is_full, false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn it_is_full_in_messages_or_in_bytes() {
        let (outbound, mut waiting) = buffer(&Limits { outbound_messages: 2, outbound_bytes: 10, ..Limits::default() });
        assert_eq!(outbound.push("12345678".into()), Ok(()));
        assert_eq!(outbound.push("123".into()), Err(NotTaken::Full), "eleven bytes");
        assert_eq!(outbound.push("1".into()), Ok(()));
        assert_eq!(outbound.push("1".into()), Err(NotTaken::Full), "three messages");

        let first = waiting.next_now().expect("a message");
        waiting.written(first.len());
        assert_eq!(outbound.push("12345678".into()), Ok(()), "what was written leaves room");
        drop(waiting);
        assert_eq!(outbound.push("1".into()), Err(NotTaken::Closed));
    }

    #[test]
    fn there_is_room_again_once_something_was_written() {
        let (outbound, waiting) = buffer(&Limits { outbound_bytes: 2, ..Limits::default() });
        assert!(outbound.has_room().now_or_never().is_some());
        assert_eq!(outbound.push("12".into()), Ok(()));
        assert!(outbound.has_room().now_or_never().is_some(), "it took all so far");
        assert_eq!(outbound.push("3".into()), Err(NotTaken::Full));
        assert!(outbound.has_room().now_or_never().is_none());
        waiting.written(2);
        assert!(outbound.has_room().now_or_never().is_some());
    }
}
