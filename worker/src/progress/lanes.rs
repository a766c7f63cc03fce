//! A lane per connection: while one push is in flight, the next ones collect; no timers, no added delay.
//!
//! A lane holds a bounded number of bytes. A client that does not read gets no more lines but is marked as behind, and
//! once it reads again it gets the whole state instead of the missed lines. No other client waits for it (promise 9).
//!
//! However many connections there are, the number of pushes under way at once is bounded. Pushes to a connection that
//! did not take one promptly have a bound of their own until it does, so that they do not hold up the others.

use super::pace::Pace;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use stepcast_platform::snapshot::{Reservation, Snapshot, View};
use stepcast_platform::table::topic_feed;
use stepcast_platform::{Platform, Pushed};
use stepcast_protocol::command::{Detail, JobsQuery};
use stepcast_protocol::id::{ConnectionId, JobId};
use stepcast_protocol::{Event, EventBody, frame};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};

/// Most bytes that wait for one connection.
const MOST_BYTES: usize = 256 * 1024;

/// How long a message is offered to a connection that takes nothing, before the connection is given up. Its client
/// notices by itself that it receives nothing, and asks again.
const PERSISTENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(500);

/// Most pushes under way at once. Each has a socket to itself, and a function may have 1,024 files open; with answers
/// after 10 ms, it is more than the 10,000 requests a second an account has by default.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const PROMPT: usize = 128;

/// How long a push may take before its connection counts as late.
const PROMPT_TIME: Duration = Duration::from_secs(1);

/// Most pushes under way at once to late connections.
const LATE: usize = 32;

/// The account under which states for connections that fell behind are read.
const READER: &str = "those who fell behind";

/// A line, shared between all that send it.
pub(super) type Line = Arc<str>;

/// Lines that are packed once for all connections that get these and nothing else at a time.
#[derive(Clone)]
pub(super) struct Bundle(Arc<Lines>);

struct Lines {
    lines: Vec<Line>,
    messages: OnceLock<Messages>,
}

type Messages = Arc<[String]>;

impl Bundle {
    pub fn of(lines: impl Iterator<Item = Line>) -> Self {
        Self(Arc::new(Lines { lines: lines.collect(), messages: OnceLock::new() }))
    }

    fn messages(&self) -> Messages {
        self.0.messages.get_or_init(|| pack(&self.0.lines)).clone()
    }
}

fn pack<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Messages {
    frame::pack(lines.into_iter().map(ToString::to_string)).into()
}

/// All lanes of this process.
#[derive(Clone)]
pub(super) struct Lanes {
    platform: Platform,
    pace: Pace,
    by_connection: Arc<Mutex<HashMap<ConnectionId, Lane>>>,
    prompt: Arc<Semaphore>,
    late: Arc<Semaphore>,
}

struct Lane {
    waiting: Vec<(Line, Bundle)>,
    bytes: usize,
    /// In which detail the connection gets each topic of its lines
    details: BTreeMap<Line, Detail>,
    behind: BTreeSet<Line>,
    taken: u64,
    delivered: watch::Sender<Delivered>,
}

#[derive(Clone, Copy, Default)]
struct Delivered {
    lines: u64,
    stalled: bool,
}

enum Next {
    Lines { messages: Messages, up_to: u64 },
    Snapshot(Line, Detail),
}

impl Lanes {
    pub fn new(platform: Platform, pace: Pace) -> Self {
        let (prompt, late) = (Arc::new(Semaphore::new(PROMPT)), Arc::new(Semaphore::new(LATE)));
        Self { platform, pace, by_connection: Arc::default(), prompt, late }
    }

    /// Sends lines of a topic to one connection, as soon as it takes them.
    pub fn send(&self, connection: &ConnectionId, topic: &Line, detail: &Detail, lines: &Bundle) {
        if lines.0.lines.is_empty() {
            return;
        }
        let mut lanes = self.lock();
        if let Some(lane) = lanes.get_mut(connection) {
            lane.add(topic, detail, lines);
            return;
        }
        let mut lane = Lane::new();
        lane.add(topic, detail, lines);
        lanes.insert(connection.to_owned(), lane);
        let (all, connection) = (self.clone(), connection.to_owned());
        tokio::spawn(async move { all.run(&connection).await });
    }

    /// Waits until the lines sent so far are delivered, or their connection does not read.
    pub async fn settle(&self) {
        let waits: Vec<_> = self.lock().values().map(|lane| (lane.delivered.subscribe(), lane.taken)).collect();
        for (mut delivered, taken) in waits {
            // An error means that the lane is gone, and with it everything it had to deliver.
            let _ = delivered.wait_for(|delivered| delivered.lines >= taken || delivered.stalled).await;
        }
    }

    async fn run(&self, connection: &ConnectionId) {
        let mut is_late = false;
        while let Some(next) = self.next(connection) {
            let reached = match next {
                Next::Lines { messages, up_to } => {
                    let reached = self.deliver(connection, &messages, &mut is_late, None).await;
                    self.note(connection, |delivered| delivered.lines = up_to);
                    reached
                }
                Next::Snapshot(topic, detail) => self.deliver_snapshot(connection, &topic, detail, &mut is_late).await,
            };
            if !reached {
                self.lock().remove(connection);
                return;
            }
        }
    }

    /// Returns what this connection gets next. If there is nothing, removes the lane.
    fn next(&self, connection: &ConnectionId) -> Option<Next> {
        let mut lanes = self.lock();
        let lane = lanes.get_mut(connection)?;
        if !lane.waiting.is_empty() {
            lane.bytes = 0;
            let messages = match std::mem::take(&mut lane.waiting).as_slice() {
                [(_, only)] => only.messages(),
                all => pack(all.iter().flat_map(|(_, bundle)| &bundle.0.lines)),
            };
            return Some(Next::Lines { messages, up_to: lane.taken });
        }
        if let Some(topic) = lane.behind.pop_first() {
            let detail = lane.details.get(&topic).cloned().unwrap_or_default();
            return Some(Next::Snapshot(topic, detail));
        }
        lanes.remove(connection);
        None
    }

    /// Delivers messages. If they are a state, `reservation` is the memory reserved for it.
    async fn deliver(
        &self,
        connection: &ConnectionId,
        messages: &[String],
        is_late: &mut bool,
        reservation: Option<&Reservation>,
    ) -> bool {
        for message in messages {
            if !self.offer(connection, message, is_late, reservation).await {
                return false;
            }
        }
        true
    }

    /// Offers a message until it is taken. Returns `false` if the connection is gone or never takes it. `is_late` says
    /// whether the connection did not take the last one promptly.
    async fn offer(
        &self,
        connection: &ConnectionId,
        message: &str,
        is_late: &mut bool,
        reservation: Option<&Reservation>,
    ) -> bool {
        let mut pushed = if *is_late {
            self.push_late(connection, message, is_late).await
        } else {
            self.push_promptly(connection, message).await
        };
        // From here: the wait for a turn before is not the connection's fault.
        let begun = Instant::now();
        loop {
            match pushed {
                Ok(Pushed::Sent) => {
                    reservation.inspect(|reservation| reservation.note_taken());
                    self.note(connection, |delivered| delivered.stalled = false);
                    return true;
                }
                Ok(Pushed::Gone) => return false,
                Ok(Pushed::Busy) => {}
                Err(error) => tracing::warn!(%connection, %error, "A push failed and is retried"),
            }
            if begun.elapsed() >= PERSISTENCE {
                tracing::warn!(%connection, "A client does not read and is given up");
                return false;
            }
            *is_late = true;
            self.note(connection, |delivered| delivered.stalled = true);
            if Reservation::pause(reservation, PAUSE).await.is_err() {
                tracing::warn!(%connection, "A client does not read its state while others wait for the memory, and is given up");
                return false;
            }
            pushed = self.push_late(connection, message, is_late).await;
        }
    }

    /// Pushes in turn with the other late connections. A connection that takes this push promptly is no longer late.
    async fn push_late(
        &self,
        connection: &ConnectionId,
        message: &str,
        is_late: &mut bool,
    ) -> stepcast_platform::Result<Pushed> {
        let _turn = self.late.acquire().await;
        let begun = Instant::now();
        let pushed = self.push(connection, message).await;
        *is_late = !(matches!(pushed, Ok(Pushed::Sent)) && begun.elapsed() < PROMPT_TIME);
        pushed
    }

    /// Pushes in turn with all other connections that are not late, for at most `PROMPT_TIME`. A push that is broken
    /// off may have arrived; a message that arrives twice says nothing new.
    async fn push_promptly(&self, connection: &ConnectionId, message: &str) -> stepcast_platform::Result<Pushed> {
        let _turn = self.prompt.acquire().await;
        let pushed = timeout(PROMPT_TIME, self.push(connection, message)).await.unwrap_or(Ok(Pushed::Busy));
        if let Ok(pushed) = pushed {
            self.pace.note(pushed);
        }
        pushed
    }

    async fn push(&self, connection: &ConnectionId, message: &str) -> stepcast_platform::Result<Pushed> {
        let pushed = self.platform.push.send(connection, message).await?;
        if pushed == Pushed::Gone {
            self.platform.forget(connection).await;
        }
        Ok(pushed)
    }

    async fn deliver_snapshot(
        &self,
        connection: &ConnectionId,
        topic: &str,
        detail: Detail,
        is_late: &mut bool,
    ) -> bool {
        match self.snapshot(topic, detail).await {
            Ok(Some(Snapshot { messages, reservation })) => {
                self.deliver(connection, &messages, is_late, Some(&reservation)).await
            }
            Ok(None) => true,
            Err(error) => {
                tracing::warn!(%connection, topic, %error, "The state for a client that fell behind could not be read");
                true
            }
        }
    }

    async fn snapshot(&self, topic: &str, detail: Detail) -> stepcast_platform::Result<Option<Snapshot>> {
        if topic == topic_feed() {
            let (jobs, cursor) = self.platform.table.jobs(&JobsQuery::default()).await?;
            let event = Event::new(EventBody::Jobs { jobs, cursor }, self.platform.clock.now_text());
            return Ok(Some(self.platform.reserve(vec![event.to_json()]).await));
        }
        // Any other topic is a job.
        let Ok(job) = topic.parse::<JobId>() else { return Ok(None) };
        let named = job.clone();
        self.platform.snapshot(&job, READER, View::Whole(detail), move |pages| messages(&named, pages)).await
    }

    fn note(&self, connection: &ConnectionId, change: impl FnOnce(&mut Delivered)) {
        if let Some(lane) = self.lock().get(connection) {
            lane.delivered.send_modify(change);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Lane>> {
        self.by_connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the messages for a connection that fell behind. The events it missed may include the verdict, and some
/// clients wait for that event.
fn messages(job: &JobId, mut pages: Vec<Event>) -> Vec<String> {
    if let Some(Event { body: EventBody::JobState(page), at, v: Some(v), .. }) = pages.last()
        && let Some(end) = page.summary.end()
    {
        pages.push(Event::of_job(job, *v, EventBody::JobFinished(end), at.clone()));
    }
    frame::pack(pages.iter().map(Event::to_json))
}

impl Lane {
    fn new() -> Self {
        Self {
            waiting: Vec::new(),
            bytes: 0,
            details: BTreeMap::new(),
            behind: BTreeSet::new(),
            taken: 0,
            delivered: watch::Sender::new(Delivered::default()),
        }
    }

    fn add(&mut self, topic: &Line, detail: &Detail, bundle: &Bundle) {
        let lines = &bundle.0.lines;
        self.taken += lines.len() as u64;
        if self.details.get(topic) != Some(detail) {
            self.details.insert(topic.clone(), detail.clone());
        }
        if self.behind.contains(topic) {
            // The state it will get is newer than these.
            return;
        }
        self.bytes += lines.iter().map(|line| line.len() + 1).sum::<usize>();
        self.waiting.push((topic.clone(), bundle.clone()));
        if self.bytes > MOST_BYTES {
            self.bytes = 0;
            self.behind.extend(std::mem::take(&mut self.waiting).into_iter().map(|(topic, _)| topic));
        }
    }
}
