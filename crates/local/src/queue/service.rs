//! The operations of the queue, in process: what the server serves and what the event source mapping polls.

use super::attributes::QueueAttributes;
use super::error::QueueError;
use super::message::{MessageCounts, NewMessage, Receipt, ReceiveRequest, ReceivedMessage, SentMessage};
use super::storage::{Queue, Storage};
use super::validation;
use crate::clock::{SharedClock, milliseconds};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// All queues of one database file. Clones are handles on the same queues.
#[derive(Clone)]
pub struct QueueService {
    shared: Arc<Shared>,
}

struct Shared {
    storage: Mutex<Storage>,
    clock: SharedClock,
    /// Changes when a message may have become visible for another reason than the passing of time. A watch rather than
    /// a notification, because a receiver still sees a change between its look and its wait.
    arrivals: watch::Sender<()>,
}

impl QueueService {
    /// Opens the queues in the file at `path`, or creates it. Blocks briefly.
    pub fn open(path: impl AsRef<Path>, clock: SharedClock) -> Result<Self, QueueError> {
        let storage = Mutex::new(Storage::open(path.as_ref())?);
        Ok(Self { shared: Arc::new(Shared { storage, clock, arrivals: watch::Sender::new(()) }) })
    }

    /// Creates a queue. A repeated call is not an error if the given attributes are the ones the queue has.
    pub async fn create_queue(&self, name: &str, attributes: QueueAttributes) -> Result<(), QueueError> {
        validation::queue_name(name)?;
        validation::attributes(&attributes)?;
        let name = name.to_owned();
        self.run(move |storage, now| storage.create_queue(&name, &attributes, now)).await.map(drop)
    }

    /// Changes the attributes that are given.
    pub async fn set_attributes(&self, queue: &str, attributes: QueueAttributes) -> Result<(), QueueError> {
        validation::attributes(&attributes)?;
        let queue = queue.to_owned();
        self.run(move |storage, _| storage.set_attributes(&queue, &attributes)).await
    }

    /// How many messages the queue holds, by state.
    pub async fn counts(&self, queue: &str) -> Result<MessageCounts, QueueError> {
        let queue = queue.to_owned();
        self.run(move |storage, now| storage.counts(&queue, now)).await
    }

    /// How long the oldest message that can be received now has waited; zero if there is none.
    pub async fn longest_wait(&self, queue: &str) -> Result<Duration, QueueError> {
        let queue = queue.to_owned();
        self.run(move |storage, now| {
            let waited = storage.oldest_sent_at(&queue, now)?.map_or(0, |sent_at| now.saturating_sub(sent_at));
            Ok(Duration::from_millis(waited.try_into().unwrap_or_default()))
        })
        .await
    }

    /// Sends a message and wakes the waiting receivers.
    pub async fn send(&self, queue: &str, message: NewMessage) -> Result<SentMessage, QueueError> {
        validation::message(&message)?;
        let sent = self.send_valid(queue, vec![message]).await?;
        sent.into_iter().next().ok_or(QueueError::QueueDoesNotExist)
    }

    /// Sends messages that were checked one by one, together: all are stored or none.
    pub(super) async fn send_valid(
        &self,
        queue: &str,
        messages: Vec<NewMessage>,
    ) -> Result<Vec<SentMessage>, QueueError> {
        let queue = queue.to_owned();
        let sent = self.run(move |storage, now| storage.send(&queue, &messages, now)).await?;
        self.announce();
        Ok(sent)
    }

    /// Receives messages. Waits for the first as long as the request says (long polling), but no longer than until
    /// `stop`.
    ///
    /// Do not drop this while it runs: messages taken for a receiver that is gone are hidden until their visibility
    /// timeout has passed. Use `stop` instead.
    pub async fn receive(
        &self,
        queue: &str,
        request: ReceiveRequest,
        stop: &CancellationToken,
    ) -> Result<Vec<ReceivedMessage>, QueueError> {
        validation::receive(&request)?;
        let wait = match request.wait {
            Some(wait) => milliseconds(wait),
            None => self.queue(queue).await?.receive_wait,
        };
        let deadline = self.shared.clock.now() + wait;
        loop {
            let received = self.take(queue, request.max_messages, request.visibility_timeout).await?;
            if !received.is_empty() || self.shared.clock.now() >= deadline {
                return Ok(received);
            }
            tokio::select! {
                arrived = self.arrival(queue) => arrived?,
                () = self.shared.clock.sleep_until(deadline) => {}
                () = stop.cancelled() => return Ok(Vec::new()),
            }
        }
    }

    /// Takes the messages that are visible now, without waiting.
    pub async fn take(
        &self,
        queue: &str,
        max: usize,
        visibility_timeout: Option<Duration>,
    ) -> Result<Vec<ReceivedMessage>, QueueError> {
        let queue = queue.to_owned();
        let taken = self.run(move |storage, now| storage.take(&queue, max, visibility_timeout, now)).await?;
        if taken.buried > 0 {
            self.announce();
        }
        Ok(taken.messages)
    }

    /// Resolves when there is a message to take: at once when one is sent or given back, on time when a hidden one
    /// becomes visible. Another receiver may still be faster. May be dropped at any moment.
    pub async fn arrival(&self, queue: &str) -> Result<(), QueueError> {
        let mut arrivals = self.shared.arrivals.subscribe();
        loop {
            let name = queue.to_owned();
            let next = self.run(move |storage, _| storage.next_visible_at(&name)).await?;
            let due = async {
                match next {
                    Some(at) => self.shared.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => return Ok(()),
                // `self` owns the sender, so it still exists.
                _ = arrivals.changed() => {}
            }
        }
    }

    /// How many messages could be taken now, counted up to `at_most`.
    pub async fn visible(&self, queue: &str, at_most: usize) -> Result<usize, QueueError> {
        let queue = queue.to_owned();
        self.run(move |storage, now| storage.visible(&queue, at_most, now)).await
    }

    /// Deletes a message by the receipt handle of its latest delivery. An older handle deletes nothing and is not an
    /// error.
    pub async fn delete(&self, queue: &str, receipt_handle: &str) -> Result<(), QueueError> {
        let (queue, receipt) = (queue.to_owned(), read_receipt(receipt_handle)?);
        self.run(move |storage, _| storage.delete(&queue, receipt)).await
    }

    /// Hides a message in flight for `timeout` from now. 0 gives it back and wakes the waiting receivers.
    pub async fn change_visibility(
        &self,
        queue: &str,
        receipt_handle: &str,
        timeout: Duration,
    ) -> Result<(), QueueError> {
        validation::visibility_timeout(timeout)?;
        let (queue, receipt) = (queue.to_owned(), read_receipt(receipt_handle)?);
        self.run(move |storage, now| storage.change_visibility(&queue, receipt, timeout, now)).await?;
        // Also if it is hidden for longer: a receiver that sleeps until it was due looks for the next due message.
        self.announce();
        Ok(())
    }

    /// Hides messages in flight for `longest` from now, if they are hidden for longer. Meant for a start, when the
    /// processes that received them are gone.
    pub async fn hide_at_most(&self, queue: &str, longest: Duration) -> Result<(), QueueError> {
        let queue = queue.to_owned();
        self.run(move |storage, now| storage.hide_at_most(&queue, longest, now)).await
    }

    /// Deletes all messages of a queue.
    pub async fn purge(&self, queue: &str) -> Result<(), QueueError> {
        let queue = queue.to_owned();
        self.run(move |storage, _| storage.purge(&queue)).await
    }

    /// Moves all messages of a dead-letter queue to `destination`, or, if that is `None`, each to the queue it failed
    /// in. Returns how many. At Amazon this is a task that takes its time; here it is done when this returns.
    pub async fn move_messages(&self, source: &str, destination: Option<&str>) -> Result<u64, QueueError> {
        let (source, destination) = (source.to_owned(), destination.map(str::to_owned));
        let moved = self.run(move |storage, now| storage.move_messages(&source, destination.as_deref(), now)).await?;
        self.announce();
        Ok(moved)
    }

    /// The queue and its attributes.
    pub(super) async fn queue(&self, name: &str) -> Result<Queue, QueueError> {
        let name = name.to_owned();
        self.run(move |storage, _| storage.queue(&name)).await
    }

    fn announce(&self) {
        self.shared.arrivals.send_replace(());
    }

    /// Works on the database on a thread that may block: a disk can be slow.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Storage, i64) -> Result<T, QueueError> + Send + 'static,
    ) -> Result<T, QueueError> {
        let shared = self.shared.clone();
        tokio::task::spawn_blocking(move || {
            // A panic in between has rolled its transaction back, so the state behind the lock is sound.
            let mut storage = shared.storage.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut storage, shared.clock.now())
        })
        .await?
    }
}

fn read_receipt(handle: &str) -> Result<Receipt, QueueError> {
    Receipt::from_handle(handle).ok_or(QueueError::ReceiptHandleIsInvalid)
}
