//! What waits to be written to a connection: bounded in messages and in bytes, so a client that does not read costs no more
//! than that, and costs nobody else anything.

use super::limits::Limits;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Where messages for a client go in.
#[derive(Debug)]
pub(super) struct Outbound {
    messages: mpsc::Sender<Utf8Bytes>,
    bytes: Arc<AtomicUsize>,
    max_bytes: usize,
}

/// Where they come out.
#[derive(Debug)]
pub(super) struct Waiting {
    messages: mpsc::Receiver<Utf8Bytes>,
    bytes: Arc<AtomicUsize>,
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
    let outbound = Outbound { messages: sender, bytes: bytes.clone(), max_bytes: limits.outbound_bytes };
    (outbound, Waiting { messages: receiver, bytes })
}

impl Outbound {
    /// Takes a message if there is room for it. Never waits.
    pub(super) fn push(&self, message: Utf8Bytes) -> Result<(), NotTaken> {
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

    /// Says that so many bytes are with the operating system, so there is room for others.
    pub(super) fn written(&self, size: usize) {
        self.bytes.fetch_sub(size, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
