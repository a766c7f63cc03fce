//! The updates that this process sends about one topic to all its watchers.
//!
//! The list of watchers is read again every [`REFRESH`] while tests run, and once more after the last event. A new
//! watcher gets the whole state of everything that changed since the reading before, and of the running tests. Watchers
//! register before they read their snapshot; so every change is in the snapshot, or pushed, or in that state.

use super::lanes::{Lanes, Line};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_platform::Platform;
use stepcast_protocol::{ConnectionId, Event, JobId};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// How old the list of watchers may be: a new watcher waits no longer than this for the state of a running test.
const REFRESH: Duration = Duration::from_millis(500);

/// The subject of a state; a newer state replaces an older one of the same subject.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A test
    Test(u32),
    /// A job by itself; ordered after its tests, so that a client that joins at the end receives the verdict last
    Job(JobId),
}

/// Something that happened.
pub(crate) struct Update {
    /// The subject of the update
    pub key: Key,
    /// The event
    pub line: String,
    /// The whole state that results, for new watchers
    pub whole: Whole,
    /// Whether more updates of the same subject will follow
    pub goes_on: bool,
}

/// The whole state of a subject. Serialised only for new watchers: most events have none.
pub(crate) enum Whole {
    /// The event itself is the whole state
    Event,
    /// The state of a test
    Test(Box<Event>),
}

pub(super) struct Topic {
    name: Line,
    state: Mutex<State>,
    changed: Notify,
    /// How many readings of the list have been applied
    readings: watch::Sender<u64>,
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own, in any combination")]
struct State {
    waiting: Vec<Line>,
    recent: BTreeMap<Key, Recent>,
    watchers: BTreeSet<ConnectionId>,
    has_list: bool,
    read_at: Option<Instant>,
    begun: u64,
    is_dirty: bool,
    is_urgent: bool,
    is_pumping: bool,
}

impl State {
    /// Whether anything is under way whose state a new watcher has to get.
    fn goes_on(&self) -> bool {
        self.recent.values().any(|recent| recent.goes_on)
    }
}

struct Recent {
    line: Line,
    whole: Whole,
    goes_on: bool,
    reading: u64,
}

impl Recent {
    fn state(&self) -> Line {
        match &self.whole {
            Whole::Event => self.line.clone(),
            Whole::Test(state) => state.to_json().into(),
        }
    }
}

impl Topic {
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), state: Mutex::default(), changed: Notify::new(), readings: watch::Sender::new(0) }
    }

    /// Adds updates. Returns `true` if the caller has to start [`pump`](Self::pump).
    pub fn add(&self, updates: Vec<Update>) -> bool {
        let mut state = self.lock();
        let reading = state.begun;
        for update in updates {
            let line: Line = update.line.into();
            state.waiting.push(line.clone());
            let recent = Recent { line, whole: update.whole, goes_on: update.goes_on, reading };
            state.recent.insert(update.key, recent);
        }
        state.is_dirty = true;
        self.changed.notify_one();
        !std::mem::replace(&mut state.is_pumping, true)
    }

    /// Notes that no more updates of a subject will follow, whether its end was published or not.
    pub fn end(&self, key: &Key) {
        if let Some(recent) = self.lock().recent.get_mut(key) {
            recent.goes_on = false;
        }
        self.changed.notify_one();
    }

    pub fn is_idle(&self) -> bool {
        let state = self.lock();
        !state.is_pumping
    }

    /// Waits until every current watcher has been sent all updates so far.
    pub async fn settle(&self) {
        let reading = {
            let mut state = self.lock();
            if !state.is_pumping {
                return;
            }
            state.is_urgent = true;
            state.begun + 1
        };
        self.changed.notify_one();
        let mut readings = self.readings.subscribe();
        let _ = readings.wait_for(|done| *done >= reading).await;
    }

    /// Sends updates until none is waiting and every new watcher has been found.
    pub async fn pump(&self, platform: &Platform, lanes: &Lanes) {
        loop {
            if self.is_list_due() {
                self.read_list(platform, lanes).await;
            } else if self.send_waiting(lanes) {
                // Other tasks may have updates to add.
                tokio::task::yield_now().await;
            } else if self.is_done() {
                return;
            } else {
                let _ = tokio::time::timeout_at(self.due_at(), self.changed.notified()).await;
            }
        }
    }

    fn is_list_due(&self) -> bool {
        let state = self.lock();
        let is_old = state.read_at.is_none_or(|at| at.elapsed() >= REFRESH);
        state.is_urgent || (is_old && (state.is_dirty || state.goes_on()))
    }

    fn due_at(&self) -> Instant {
        self.lock().read_at.map_or_else(Instant::now, |at| at + REFRESH)
    }

    /// Whether there is nothing left to do; if so, the next update needs a new pump.
    fn is_done(&self) -> bool {
        let mut state = self.lock();
        let done = state.waiting.is_empty() && !state.is_dirty && !state.is_urgent && !state.goes_on();
        if done {
            state.is_pumping = false;
        }
        done
    }

    async fn read_list(&self, platform: &Platform, lanes: &Lanes) {
        let reading = {
            let mut state = self.lock();
            state.begun += 1;
            state.is_urgent = false;
            state.is_dirty = false;
            state.read_at = Some(Instant::now());
            state.begun
        };
        match platform.table.watchers(&self.name).await {
            Ok(list) => {
                self.use_list(reading, list.into_iter().collect(), lanes);
                self.readings.send_replace(reading);
            }
            Err(error) => {
                tracing::warn!(topic = &*self.name, %error, "The list of watchers could not be read; reading is retried");
                self.lock().is_dirty = true;
            }
        }
    }

    fn use_list(&self, reading: u64, list: BTreeSet<ConnectionId>, lanes: &Lanes) {
        let (waiting, states, joined, stayed) = {
            let mut state = self.lock();
            if !std::mem::replace(&mut state.has_list, true) {
                // Nothing was sent before, so the waiting lines are complete: no watcher is late.
                state.watchers.clone_from(&list);
            }
            let joined: Vec<ConnectionId> = list.difference(&state.watchers).cloned().collect();
            let stayed: Vec<ConnectionId> = list.intersection(&state.watchers).cloned().collect();
            let states: Vec<Line> =
                if joined.is_empty() { Vec::new() } else { state.recent.values().map(Recent::state).collect() };
            state.recent.retain(|_, recent| recent.goes_on || recent.reading >= reading);
            state.watchers = list;
            (std::mem::take(&mut state.waiting), states, joined, stayed)
        };
        for connection in stayed {
            lanes.send(&connection, &self.name, &waiting);
        }
        for connection in joined {
            lanes.send(&connection, &self.name, &states);
        }
    }

    fn send_waiting(&self, lanes: &Lanes) -> bool {
        let (waiting, watchers) = {
            let mut state = self.lock();
            (std::mem::take(&mut state.waiting), state.watchers.clone())
        };
        for connection in &watchers {
            lanes.send(connection, &self.name, &waiting);
        }
        !waiting.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
