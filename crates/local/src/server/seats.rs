//! How many sockets a listener serves at once, and which one is closed to make room for another.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Counts the sockets of a listener. Clones count together.
#[derive(Clone, Default)]
pub struct Sockets(Arc<Counts>);

#[derive(Default)]
struct Counts {
    open: AtomicUsize,
    evicted: AtomicU64,
}

impl Sockets {
    /// How many are open.
    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// How many were closed so far to make room for others.
    pub fn evicted(&self) -> u64 {
        self.0.evicted.load(Ordering::Relaxed)
    }
}

/// All seats of a listener. Clones are handles on the same ones.
#[derive(Clone)]
pub(super) struct Seats {
    free: Arc<Semaphore>,
    idle: Arc<Mutex<Idle>>,
    /// A socket has become idle and can be given up
    became_idle: Arc<Notify>,
    sockets: Sockets,
}

/// The sockets on which nothing is being answered, the one that has been idle for longest first.
#[derive(Default)]
struct Idle {
    next: u64,
    seats: BTreeMap<u64, CancellationToken>,
}

/// The right to serve one socket; it ends when this is dropped.
pub(super) struct Seat {
    seats: Seats,
    given_up: CancellationToken,
    place: Mutex<Option<u64>>,
    _free: Option<OwnedSemaphorePermit>,
}

/// A request that is being answered, until this is dropped.
pub(super) struct Busy {
    seat: Arc<Seat>,
}

impl Seats {
    pub(super) fn new(most: usize, sockets: Sockets) -> Self {
        let free = Arc::new(Semaphore::new(most));
        Self { free, idle: Arc::default(), became_idle: Arc::default(), sockets }
    }

    /// Takes a seat. If none is free, the socket that has been idle for longest gives its seat up; if none is idle,
    /// this waits for the first that has answered its request.
    pub(super) async fn take(&self) -> Seat {
        let free = match self.free.clone().try_acquire_owned() {
            Ok(free) => Some(free),
            Err(_) => self.take_from_another().await,
        };
        let seat =
            Seat { seats: self.clone(), given_up: CancellationToken::new(), place: Mutex::default(), _free: free };
        self.sockets.0.open.fetch_add(1, Ordering::Relaxed);
        seat.rest();
        seat
    }

    async fn take_from_another(&self) -> Option<OwnedSemaphorePermit> {
        let free = self.free.clone().acquire_owned();
        tokio::pin!(free);
        loop {
            let oldest = self.lock().seats.pop_first();
            if let Some((_, oldest)) = oldest {
                oldest.cancel();
                self.sockets.0.evicted.fetch_add(1, Ordering::Relaxed);
                return free.await.ok();
            }
            tokio::select! {
                free = &mut free => return free.ok(),
                () = self.became_idle.notified() => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Marks the socket as busy with a request until the returned value is dropped.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.leave();
        Busy { seat: self.clone() }
    }

    /// Resolves once the seat is needed for another socket.
    pub(super) async fn is_given_up(&self) {
        self.given_up.cancelled().await;
    }

    fn rest(&self) {
        let number = {
            let mut idle = self.seats.lock();
            idle.next += 1;
            let number = idle.next;
            idle.seats.insert(number, self.given_up.clone());
            number
        };
        *self.place() = Some(number);
        self.seats.became_idle.notify_one();
    }

    fn leave(&self) {
        let place = self.place().take();
        if let Some(number) = place {
            self.seats.lock().seats.remove(&number);
        }
    }

    fn place(&self) -> MutexGuard<'_, Option<u64>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.seat.rest();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.sockets.0.open.fetch_sub(1, Ordering::Relaxed);
        self.leave();
    }
}
