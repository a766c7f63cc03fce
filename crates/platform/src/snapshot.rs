//! The whole state of a job in pages of one frame each, for clients that join or have fallen behind.

mod states;

pub use states::{GivenUp, Reservation, States, Turn};

use crate::table::{JobRecord, TestRecord};
use crate::{Error, Platform, Result};
use stepcast_protocol::command::{Detail, Level};
use stepcast_protocol::event::JobSnapshot;
use stepcast_protocol::id::JobId;
use stepcast_protocol::limits::FRAME_BYTES;
use stepcast_protocol::state::TestState;
use stepcast_protocol::{Event, EventBody};

/// Room in a frame for what surrounds the tests: the job itself with its labels.
const ENVELOPE_BYTES: usize = 8 * 1024;

/// What is shown of a job.
#[derive(Debug, Clone)]
pub enum View {
    /// All tests, or none, in this detail
    Whole(Detail),
    /// One test with its steps
    Test(u32),
}

impl View {
    fn has_tests(&self) -> bool {
        !matches!(self, Self::Whole(detail) if *detail == Detail::of(Level::Job))
    }

    fn shown(&self, state: &TestState) -> Option<TestState> {
        match self {
            Self::Whole(detail) => detail.shown(state),
            Self::Test(test) => (state.test == *test).then(|| state.clone()),
        }
    }
}

/// A job's state, ready to be sent.
#[derive(Debug)]
pub struct Snapshot {
    /// Its messages
    pub messages: Vec<String>,
    /// The memory that is reserved for them
    pub reservation: Reservation,
}

impl Platform {
    /// Reads the current state of a job, once `account` may read another one. Returns `None` if there is no such job.
    /// `messages` turns the pages into what is sent, on a thread where it does not block other tasks.
    ///
    /// The tests are read after the job: a test that ends in between has already ended in the tests read here, and its
    /// event is newer than the counters shown here.
    pub async fn snapshot(
        &self,
        job: &JobId,
        account: &str,
        view: View,
        messages: impl FnOnce(Vec<Event>) -> Vec<String> + Send + 'static,
    ) -> Result<Option<Snapshot>> {
        // Kept until there is memory, so that only a few states of an account wait for it.
        let _turn = self.states.turn(account).await;
        let Some(record) = self.table.job(job).await? else { return Ok(None) };
        let tests = if view.has_tests() { self.table.tests(&record).await? } else { Vec::new() };
        let now = self.clock.now_ms();
        let made = tokio::task::spawn_blocking(move || messages(pages(&record, &tests, &view, now))).await;
        let messages = made.map_err(|error| Error::unreadable("state", error))?;
        Ok(Some(self.reserve(messages).await))
    }

    /// Reserves memory for the messages of a state, and waits until there is some.
    pub async fn reserve(&self, messages: Vec<String>) -> Snapshot {
        let reservation = self.states.reserve(messages.iter().map(String::len).sum()).await;
        Snapshot { messages, reservation }
    }
}

fn pages(record: &JobRecord, tests: &[TestRecord], view: &View, now: u64) -> Vec<Event> {
    let state = |test: &TestRecord| view.shown(&TestState { stalled: test.is_stalled(now), ..test.state() });
    let mut pages: Vec<Vec<TestState>> = vec![Vec::new()];
    let mut filled = 0;
    for test in tests.iter().filter(|test| test.test < record.counts.total).filter_map(state) {
        let size = serde_json::to_string(&test).map_or(0, |json| json.len() + 1);
        if filled + size > FRAME_BYTES - ENVELOPE_BYTES && filled > 0 {
            pages.push(Vec::new());
            filled = 0;
        }
        filled += size;
        if let Some(page) = pages.last_mut() {
            page.push(test);
        }
    }
    let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    let event = |(page, tests)| {
        let body = JobSnapshot { summary: record.summary(), tests, page, pages: count };
        Event::of_job(&record.job, record.v, EventBody::JobState(body), crate::clock::rfc3339(now))
    };
    (1..).zip(pages).map(event).collect()
}
