//! The whole state of a job in pages of one frame each, for whoever joins or has fallen behind.

mod states;

pub use states::{GivenUp, Held, States, Turn};

use crate::table::{JobRecord, TestRecord};
use crate::{Error, Platform, Result};
use stepcast_protocol::event::JobSnapshot;
use stepcast_protocol::limits::FRAME_BYTES;
use stepcast_protocol::state::TestState;
use stepcast_protocol::{Event, EventBody};

/// Room in a frame for what surrounds the tests: the job itself with its labels.
const ENVELOPE_BYTES: usize = 8 * 1024;

/// A state that is about to be sent.
#[derive(Debug)]
pub struct Snapshot {
    /// The messages that tell it
    pub messages: Vec<String>,
    /// The room they take
    pub held: Held,
}

impl Platform {
    /// The state of a job as it is now, once `account` may read another one; nothing, where there is no such job.
    /// `messages` makes of its pages what is sent, where it keeps nobody waiting.
    ///
    /// The tests are read after the job: a test that ends in between is in the tests already, and the event that says
    /// so is newer than the counters shown here.
    pub async fn snapshot(
        &self,
        job: &str,
        account: &str,
        messages: impl FnOnce(Vec<Event>) -> Vec<String> + Send + 'static,
    ) -> Result<Option<Snapshot>> {
        // Kept until there is room, so that only so many wait for it with a state.
        let _turn = self.states.turn(account).await;
        let Some(record) = self.table.job(job).await? else { return Ok(None) };
        let tests = match record.counts.total {
            0 => Vec::new(),
            _ => self.table.tests(job, record.plan).await?,
        };
        let now = self.clock.now_ms();
        let made = tokio::task::spawn_blocking(move || messages(pages(&record, &tests, now))).await;
        let messages = made.map_err(|error| Error::unreadable("state", error))?;
        Ok(Some(self.hold(messages).await))
    }

    /// The messages of a state with the room they take.
    pub async fn hold(&self, messages: Vec<String>) -> Snapshot {
        let held = self.states.hold(messages.iter().map(String::len).sum()).await;
        Snapshot { messages, held }
    }
}

fn pages(record: &JobRecord, tests: &[TestRecord], now: u64) -> Vec<Event> {
    let state = |test: &TestRecord| TestState { stalled: test.is_stalled(now), ..test.state() };
    let mut pages: Vec<Vec<TestState>> = vec![Vec::new()];
    let mut filled = 0;
    for test in tests.iter().filter(|test| test.test < record.counts.total).map(state) {
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
