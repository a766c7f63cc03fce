//! The updates that this process sends about one topic to all its watchers.
//!
//! The list of watchers is read again every [`REFRESH`] while tests run, and once more after the last event. A new
//! watcher gets the whole state of everything that changed since the reading before, and of the running tests. Watchers
//! register before they read their snapshot; so every change is in the snapshot, or pushed, or in that state.

use super::lanes::{Lanes, Line};
use super::pace::Pace;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_platform::Platform;
use stepcast_protocol::command::Detail;
use stepcast_protocol::{ConnectionId, Event, JobId};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// How old the list of watchers may be: a new watcher waits no longer than this for the state of a running test.
const REFRESH: Duration = Duration::from_millis(500);

/// Most bytes of news that wait for an interval: half of what may wait for one connection.
const MOST_WAITING: usize = 128 * 1024;

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
    pub event: Event,
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
    waiting: Vec<News>,
    waiting_bytes: usize,
    sent_at: Option<Instant>,
    recent: BTreeMap<Key, Recent>,
    watchers: BTreeMap<ConnectionId, Detail>,
    /// How many watchers the pace counts for this topic
    paced: usize,
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

/// An event that waits to be sent. It is written once for all watchers that get the whole of it.
#[derive(Clone)]
struct News {
    event: Arc<Event>,
    line: Line,
}

impl News {
    fn of(event: Event) -> Self {
        Self { line: event.to_json().into(), event: Arc::new(event) }
    }

    /// The event in this detail.
    fn shown(&self, detail: &Detail) -> Option<Line> {
        match detail.shown_event(&self.event)? {
            Cow::Borrowed(_) => Some(self.line.clone()),
            Cow::Owned(part) => Some(part.to_json().into()),
        }
    }
}

struct Recent {
    news: News,
    whole: Whole,
    goes_on: bool,
    reading: u64,
}

impl Recent {
    fn state(&self, detail: &Detail) -> Option<Line> {
        match &self.whole {
            Whole::Event => self.news.shown(detail),
            Whole::Test(state) => detail.shown_event(state).map(|state| state.to_json().into()),
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
            let news = News::of(update.event);
            state.waiting_bytes += news.line.len();
            state.waiting.push(news.clone());
            let recent = Recent { news, whole: update.whole, goes_on: update.goes_on, reading };
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
    pub async fn pump(&self, platform: &Platform, lanes: &Lanes, pace: &Pace) {
        loop {
            if self.is_list_due() {
                self.read_list(platform, lanes, pace).await;
            } else if self.is_sending_due(pace) {
                self.send_waiting(lanes);
                // Other tasks may have updates to add.
                tokio::task::yield_now().await;
            } else if self.is_done(pace) {
                return;
            } else {
                let _ = tokio::time::timeout_at(self.due_at(pace), self.changed.notified()).await;
            }
        }
    }

    fn is_list_due(&self) -> bool {
        let state = self.lock();
        let is_old = state.read_at.is_none_or(|at| at.elapsed() >= REFRESH);
        state.is_urgent || (is_old && (state.is_dirty || state.goes_on()))
    }

    /// Whether news are to be sent now: the first ones at once, and others once the interval is over.
    fn is_sending_due(&self, pace: &Pace) -> bool {
        let state = self.lock();
        let is_over = state.sent_at.is_none_or(|at| at.elapsed() >= pace.interval());
        !state.waiting.is_empty() && (is_over || state.waiting_bytes > MOST_WAITING)
    }

    fn due_at(&self, pace: &Pace) -> Instant {
        let (state, now) = (self.lock(), Instant::now());
        let reading = state.read_at.filter(|_| state.is_dirty || state.goes_on()).map(|at| at + REFRESH);
        let interval = state.sent_at.map(|at| at + pace.interval());
        let interval = interval.filter(|over| !state.waiting.is_empty() || *over > now);
        [reading, interval].into_iter().flatten().min().unwrap_or(now)
    }

    /// Whether there is nothing left to do; if so, the next update needs a new pump, whose first news go out at once. So
    /// a pump lasts until the interval is over.
    fn is_done(&self, pace: &Pace) -> bool {
        let mut state = self.lock();
        let is_over = state.sent_at.is_none_or(|at| at.elapsed() >= pace.interval());
        let is_idle = state.waiting.is_empty() && !state.is_dirty && !state.is_urgent && !state.goes_on();
        let done = is_over && is_idle;
        if done {
            state.is_pumping = false;
            pace.change_watchers(std::mem::take(&mut state.paced), 0);
        }
        done
    }

    async fn read_list(&self, platform: &Platform, lanes: &Lanes, pace: &Pace) {
        let (reading, is_urgent) = {
            let mut state = self.lock();
            state.begun += 1;
            state.is_dirty = false;
            state.read_at = Some(Instant::now());
            (state.begun, std::mem::take(&mut state.is_urgent))
        };
        match platform.table.watchers(&self.name).await {
            Ok(list) => {
                self.use_list(reading, list, lanes, pace);
                if is_urgent {
                    self.send_waiting(lanes);
                }
                self.readings.send_replace(reading);
            }
            Err(error) => {
                tracing::warn!(topic = &*self.name, %error, "The list of watchers could not be read; reading is retried");
                let mut state = self.lock();
                state.is_dirty = true;
                state.is_urgent |= is_urgent;
            }
        }
    }

    fn use_list(&self, reading: u64, list: BTreeMap<ConnectionId, Detail>, lanes: &Lanes, pace: &Pace) {
        let joined: Vec<(ConnectionId, Detail, Vec<Line>)> = {
            let mut state = self.lock();
            if !std::mem::replace(&mut state.has_list, true) {
                // Nothing was sent before, so the waiting lines are complete: no watcher is late.
                state.watchers.clone_from(&list);
            }
            // A watcher that asks for more, or for less, is a new one.
            let joined = list.iter().filter(|(connection, detail)| state.watchers.get(*connection) != Some(*detail));
            let joined = joined.map(|(connection, detail)| {
                let states = state.recent.values().filter_map(|recent| recent.state(detail)).collect();
                (connection.clone(), detail.clone(), states)
            });
            let joined = joined.collect();
            state.recent.retain(|_, recent| recent.goes_on || recent.reading >= reading);
            pace.change_watchers(std::mem::replace(&mut state.paced, list.len()), list.len());
            state.watchers = list;
            joined
        };
        // They get the waiting news as well, which are older than these states.
        for (connection, detail, states) in &joined {
            lanes.send(connection, &self.name, detail, states);
        }
    }

    fn send_waiting(&self, lanes: &Lanes) {
        let (waiting, watchers) = {
            let mut state = self.lock();
            state.waiting_bytes = 0;
            state.sent_at = Some(Instant::now());
            (std::mem::take(&mut state.waiting), state.watchers.clone())
        };
        let mut lines: BTreeMap<&Detail, Vec<Line>> = BTreeMap::new();
        for (connection, detail) in &watchers {
            let shown = || waiting.iter().filter_map(|news| news.shown(detail)).collect();
            let lines = lines.entry(detail).or_insert_with(shown);
            if !lines.is_empty() {
                lanes.send(connection, &self.name, detail, lines);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
