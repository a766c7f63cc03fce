//! The updates that this process sends about one topic to all its watchers.
//!
//! The list of watchers is read again every [`REFRESH`] while tests run, and once more after the last event. A new
//! watcher gets the whole state of everything that changed since the reading before, and of the running tests. Watchers
//! register before they read their snapshot; so every change is in the snapshot, or pushed, or in that state.

use super::lanes::{Bundle, Lanes, Line};
use super::news::{self, News};
use super::pace::{Load, Pace, Way};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_platform::Platform;
use stepcast_protocol::command::Detail;
use stepcast_protocol::{ConnectionId, Event, JobId};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// How old the list of watchers may be: a new watcher waits no longer than this for the state of a running test.
const REFRESH: Duration = Duration::from_millis(500);

/// Most bytes of news that wait for an interval: half of what may wait for one connection.
pub(super) const MOST_WAITING: usize = 128 * 1024;

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
    /// What the pace counts for this topic
    load: Load,
    has_list: bool,
    read_at: Option<Instant>,
    begun: u64,
    is_dirty: bool,
    is_urgent: bool,
    is_pumping: bool,
}

impl State {
    fn is_interval_over(&self, pace: &Pace) -> bool {
        self.sent_at.is_none_or(|at| at.elapsed() >= pace.interval(self.load.way))
    }

    /// Whether anything is under way whose state a new watcher has to get.
    fn goes_on(&self) -> bool {
        self.recent.values().any(|recent| recent.goes_on)
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
                if self.may_wait() && is_relay_behind(platform).await {
                    self.lock().sent_at = Some(Instant::now());
                    continue;
                }
                self.send_waiting(platform, lanes, pace).await;
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

    /// Whether news are to be sent now: the first ones once the watchers are known, and others once the interval is over.
    fn is_sending_due(&self, pace: &Pace) -> bool {
        let state = self.lock();
        state.has_list
            && !state.waiting.is_empty()
            && (state.is_interval_over(pace) || state.waiting_bytes > MOST_WAITING)
    }

    /// Whether news for the relay can wait for another interval.
    fn may_wait(&self) -> bool {
        let state = self.lock();
        state.load.way == Way::Relayed && state.sent_at.is_some() && state.waiting_bytes <= MOST_WAITING
    }

    fn due_at(&self, pace: &Pace) -> Instant {
        let (state, now) = (self.lock(), Instant::now());
        let reading = state.read_at.filter(|_| state.is_dirty || state.goes_on()).map(|at| at + REFRESH);
        let interval = state.sent_at.map(|at| at + pace.interval(state.load.way));
        let interval = interval.filter(|over| !state.waiting.is_empty() || *over > now);
        [reading, interval].into_iter().flatten().min().unwrap_or(now)
    }

    /// Whether there is nothing left to do; if so, the next update needs a new pump, whose first news go out at once. So
    /// a pump lasts until the interval is over.
    fn is_done(&self, pace: &Pace) -> bool {
        let mut state = self.lock();
        let is_idle = state.waiting.is_empty() && !state.is_dirty && !state.is_urgent && !state.goes_on();
        let done = state.is_interval_over(pace) && is_idle;
        if done {
            state.is_pumping = false;
            pace.change(std::mem::take(&mut state.load), Load::default());
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
                self.use_list(reading, list, platform, lanes, pace);
                if is_urgent {
                    self.send_waiting(platform, lanes, pace).await;
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

    fn use_list(
        &self,
        reading: u64,
        list: BTreeMap<ConnectionId, Detail>,
        platform: &Platform,
        lanes: &Lanes,
        pace: &Pace,
    ) {
        let joined: Vec<(ConnectionId, Detail, Bundle)> = {
            let mut state = self.lock();
            if !std::mem::replace(&mut state.has_list, true) {
                // Nothing was sent before, so the waiting lines are complete: no watcher is late.
                state.watchers.clone_from(&list);
            }
            // A watcher that asks for more, or for less, is a new one.
            let joined = list.iter().filter(|(connection, detail)| state.watchers.get(*connection) != Some(*detail));
            let joined = joined.map(|(connection, detail)| {
                let states = Bundle::of(state.recent.values().filter_map(|recent| recent.state(detail)));
                (connection.clone(), detail.clone(), states)
            });
            let joined = joined.collect();
            state.recent.retain(|_, recent| recent.goes_on || recent.reading >= reading);
            let load = Load::of(list.len(), platform);
            pace.change(std::mem::replace(&mut state.load, load), load);
            state.watchers = list;
            joined
        };
        // They get the waiting news as well, which are older than these states.
        for (connection, detail, states) in &joined {
            lanes.send(connection, &self.name, detail, states);
        }
    }

    /// Sends what waits to the relay, or to each watcher if there are few or the relay's queue does not take it.
    async fn send_waiting(&self, platform: &Platform, lanes: &Lanes, pace: &Pace) {
        let (mut waiting, way) = {
            let mut state = self.lock();
            state.waiting_bytes = 0;
            state.sent_at = Some(Instant::now());
            (std::mem::take(&mut state.waiting), state.load.way)
        };
        if waiting.is_empty() {
            return;
        }
        let interval = pace.interval(way);
        if let (Way::Relayed, Some(relay)) = (way, &platform.relay) {
            let lines: Vec<&str> = waiting.iter().map(|news| &*news.line).collect();
            match relay.send(&self.name, interval, &lines).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(topic = &*self.name, %error, "The relay's queue did not take news; a worker pushes them");
                }
            }
        }
        waiting.splice(..0, news::pace(&self.name, interval, &platform.clock));
        // The task that sends is the one that reads the list, so it is still the same.
        let watchers = self.lock().watchers.clone();
        news::push(lanes, &self.name, &waiting, &watchers);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the relay has enough to do. If its queue does not say, it gets the news.
async fn is_relay_behind(platform: &Platform) -> bool {
    let Some(relay) = &platform.relay else { return false };
    relay.is_behind().await.unwrap_or_else(|error| {
        tracing::info!(%error, "It is not known how far behind the relay is");
        false
    })
}
