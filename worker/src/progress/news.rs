//! News of a topic, on their way to its watchers.

use super::lanes::{Bundle, Lanes, Line};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use stepcast_platform::Clock;
use stepcast_protocol::command::Detail;
use stepcast_protocol::{ConnectionId, Event, EventBody, JobId};

/// From which interval on watchers learn of it. What is faster looks live.
const TOLD_FROM: Duration = Duration::from_secs(1);

/// An event that waits to be sent. It is written once for all watchers that get the whole of it.
#[derive(Clone)]
pub(super) struct News {
    event: Arc<Event>,
    pub line: Line,
}

impl News {
    pub fn of(event: Event) -> Self {
        Self { line: event.to_json().into(), event: Arc::new(event) }
    }

    /// A line that another process wrote. Every watcher gets the whole of an event that only a newer version can read.
    pub fn of_line(line: &str) -> Self {
        let event = Event::parse(line).unwrap_or_else(|_| Event::new(EventBody::Unknown, ""));
        Self { event: Arc::new(event), line: line.into() }
    }

    /// The event in this detail.
    pub fn shown(&self, detail: &Detail) -> Option<Line> {
        match detail.shown_event(&self.event)? {
            Cow::Borrowed(_) => Some(self.line.clone()),
            Cow::Owned(part) => Some(part.to_json().into()),
        }
    }
}

/// Returns the event that tells watchers that their news come only once in this interval, if it is a long one.
pub(super) fn pace(topic: &str, interval: Duration, clock: &Clock) -> Option<News> {
    let every_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    let body = EventBody::Pace { every_ms };
    let job = topic.parse::<JobId>().ok().map(String::from);
    (interval >= TOLD_FROM).then(|| News::of(Event { job, ..Event::new(body, clock.now_text()) }))
}

/// Pushes news to each watcher of a topic, in its detail.
pub(super) fn push(lanes: &Lanes, topic: &Line, news: &[News], watchers: &BTreeMap<ConnectionId, Detail>) {
    let mut bundles: BTreeMap<&Detail, Bundle> = BTreeMap::new();
    for (connection, detail) in watchers {
        let shown = || Bundle::of(news.iter().filter_map(|news| news.shown(detail)));
        lanes.send(connection, topic, detail, bundles.entry(detail).or_insert_with(shown));
    }
}
