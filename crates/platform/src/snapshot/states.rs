//! Limits on the job states that a process reads and sends at once.
//!
//! A state can have megabytes, and reading it takes a second of CPU time. So each account has turns: however often it
//! asks, only a few of its states are read at once.
//!
//! A client can read the beginning of a state and then nothing more. So the total size of states in flight is limited:
//! when the memory is used up, the next state takes the memory of the connection that has read nothing for the longest
//! time. If all connections are reading, it waits until a state is delivered.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// How many states of one account are read at once.
const READ_AT_ONCE: usize = 2;

/// Most bytes of states in flight. A state that is larger by itself is sent alone.
const MEMORY: usize = 128 * 1024 * 1024;

/// How long a connection may read nothing before its memory may go to another: a slow connection still reads something
/// now and then.
const GRACE: Duration = Duration::from_secs(1);

/// The limits of a process. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct States {
    turns: Arc<Mutex<HashMap<String, Weak<Semaphore>>>>,
    memory: Arc<Mutex<Memory>>,
    changed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Memory {
    bytes: usize,
    next: u64,
    /// States whose connections read nothing, the longest idle first
    silent: BTreeMap<u64, Silent>,
}

#[derive(Debug)]
struct Silent {
    since: Instant,
    bytes: usize,
    given_up: CancellationToken,
}

/// The right to read one state, until this is dropped.
#[derive(Debug)]
pub struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

/// The memory of one state, until this is dropped.
#[derive(Debug)]
pub struct Reservation {
    states: States,
    bytes: usize,
    given_up: CancellationToken,
    silent: Mutex<Option<u64>>,
}

/// Another state has taken the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenUp;

impl States {
    /// Waits until an account may read another state.
    pub async fn turn(&self, account: &str) -> Turn {
        let turns = {
            let mut known = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            let turns = known.get(account).and_then(Weak::upgrade);
            turns.unwrap_or_else(|| {
                known.retain(|_, turns| turns.strong_count() > 0);
                let turns = Arc::new(Semaphore::new(READ_AT_ONCE));
                known.insert(account.to_owned(), Arc::downgrade(&turns));
                turns
            })
        };
        // The semaphore is never closed.
        Turn { _permit: turns.acquire_owned().await.ok() }
    }

    /// Waits for memory for a state of `bytes` bytes.
    pub async fn reserve(&self, bytes: usize) -> Reservation {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Enabled before the check, so that no change in between is missed.
            changed.as_mut().enable();
            let next = match self.lock().make_space(bytes) {
                Ok(()) => break,
                Err(next) => next,
            };
            match next {
                Some(next) => drop(timeout_at(next, changed).await),
                None => changed.await,
            }
        }
        Reservation { states: self.clone(), bytes, given_up: CancellationToken::new(), silent: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// Frees memory, or returns when there may be some if nothing changes before.
    fn make_space(&mut self, bytes: usize) -> Result<(), Option<Instant>> {
        while self.bytes > 0 && self.bytes + bytes > MEMORY {
            let longest = self.silent.first_entry().ok_or(None)?;
            let is_over = longest.get().since + GRACE;
            if is_over > Instant::now() {
                return Err(Some(is_over));
            }
            let longest = longest.remove();
            self.bytes -= longest.bytes;
            longest.given_up.cancel();
        }
        self.bytes += bytes;
        Ok(())
    }
}

impl Reservation {
    /// Notes that the connection did not accept a message.
    fn note_silent(&self) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if silent.is_some() || self.given_up.is_cancelled() {
            return;
        }
        let mut memory = self.states.lock();
        let number = memory.next;
        memory.next += 1;
        let (since, given_up) = (Instant::now(), self.given_up.clone());
        memory.silent.insert(number, Silent { since, bytes: self.bytes, given_up });
        *silent = Some(number);
        drop(memory);
        self.states.changed.notify_waiters();
    }

    /// Notes that the connection accepted a message.
    pub fn note_taken(&self) {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(number) = silent {
            self.states.lock().silent.remove(&number);
        }
    }

    /// Waits before a message that the connection did not accept is sent again; `reservation` is the state that the message
    /// belongs to, if any. Returns an error if another state takes the memory.
    pub async fn pause(reservation: Option<&Self>, pause: Duration) -> Result<(), GivenUp> {
        let Some(reservation) = reservation else {
            sleep(pause).await;
            return Ok(());
        };
        reservation.note_silent();
        match timeout(pause, reservation.given_up.cancelled()).await {
            Ok(()) => Err(GivenUp),
            Err(_) => Ok(()),
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.note_taken();
        if !self.given_up.is_cancelled() {
            self.states.lock().bytes -= self.bytes;
        }
        self.states.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use tokio::time::advance;

    const HALF: usize = MEMORY / 2;

    fn is_given_up(reservation: &Reservation) -> bool {
        reservation.given_up.is_cancelled()
    }

    #[tokio::test]
    async fn an_account_waits_for_its_own_turns_only() {
        let states = States::default();
        let first = states.turn("one").await;
        let _second = states.turn("one").await;
        let mut third = Box::pin(states.turn("one"));
        assert!((&mut third).now_or_never().is_none());
        assert!(states.turn("other").now_or_never().is_some());
        drop(first);
        assert!(third.now_or_never().is_some());
        assert_eq!(states.turns.lock().expect("nobody failed").len(), 2);
        drop(states.turn("third").await);
        assert_eq!(states.turns.lock().expect("nobody failed").len(), 2, "who has no turn is forgotten");
    }

    #[tokio::test]
    async fn what_is_being_taken_is_waited_for() {
        let states = States::default();
        let (one, other) = (states.reserve(HALF).await, states.reserve(HALF).await);
        let mut third = Box::pin(states.reserve(1));
        assert!((&mut third).now_or_never().is_none());
        drop(one);
        let third = third.now_or_never().expect("there is memory");
        assert!(!is_given_up(&other) && !is_given_up(&third));
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_that_has_taken_nothing_for_longest_makes_room() {
        let states = States::default();
        let (one, other) = (states.reserve(HALF).await, states.reserve(HALF).await);
        one.note_silent();
        other.note_silent();
        one.note_taken();
        one.note_silent();
        advance(GRACE).await;
        let third = states.reserve(HALF).now_or_never().expect("there is memory");
        assert_eq!((is_given_up(&one), is_given_up(&other)), (false, true));
        let mut fourth = Box::pin(states.reserve(MEMORY));
        assert!((&mut fourth).now_or_never().is_none(), "the third one is being taken");
        assert!(is_given_up(&one));
        third.note_silent();
        assert!((&mut fourth).now_or_never().is_none(), "it may take something yet");
        advance(GRACE).await;
        assert!(fourth.now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_one_keeps_its_room() {
        let states = States::default();
        let slow = states.reserve(MEMORY).await;
        let mut next = Box::pin(states.reserve(1));
        for _ in 0..10 {
            slow.note_silent();
            assert!((&mut next).now_or_never().is_none());
            advance(GRACE / 10 * 9).await;
            assert!((&mut next).now_or_never().is_none());
            slow.note_taken();
        }
        slow.note_silent();
        next.await;
        assert!(is_given_up(&slow));
    }

    #[tokio::test(start_paused = true)]
    async fn room_that_was_taken_away_does_not_come_back_twice() {
        let states = States::default();
        let one = states.reserve(MEMORY).await;
        one.note_silent();
        advance(GRACE).await;
        let other = states.reserve(MEMORY).await;
        one.note_taken();
        drop(one);
        assert!(states.reserve(1).now_or_never().is_none());
        drop(other);
        assert_eq!(states.lock().bytes, 0);
    }

    #[tokio::test]
    async fn one_that_is_larger_than_all_the_room_goes_alone() {
        let states = States::default();
        let large = states.reserve(MEMORY + 1).now_or_never().expect("there is nothing else");
        assert!(states.reserve(1).now_or_never().is_none());
        drop(large);
        assert!(states.reserve(1).now_or_never().is_some());
    }
}
