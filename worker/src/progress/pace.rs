//! How often this process pushes.
//!
//! All `@connections` calls of an account share its 10,000 requests a second with its other APIs, and each push is paid
//! for. So a deployment has a budget of pushes a second, and each of its processes has its part. The first news of a
//! topic goes out at once. What follows within an interval travels together, and the interval is so long that one push
//! to each watcher fits into the budget.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_platform::Pushed;
use tokio::time::Instant;

/// How long pushes are counted before the rate changes.
const WINDOW: Duration = Duration::from_secs(1);

/// The interval grows to this many times its length while the gateway refuses pushes.
const MOST_TIMES: u32 = 16;

/// The pace of a process. Clones share it.
#[derive(Clone)]
pub(super) struct Pace {
    pushes_per_s: u32,
    state: Arc<Mutex<State>>,
}

struct State {
    /// Watchers of the topics that have news, each as often as it watches one
    watchers: usize,
    /// How many times its length the interval has, because of refusals
    times: u32,
    window: Instant,
    taken: u32,
    refused: u32,
}

impl Pace {
    pub fn new(pushes_per_s: u32) -> Self {
        let state = State { watchers: 0, times: 1, window: Instant::now(), taken: 0, refused: 0 };
        Self { pushes_per_s: pushes_per_s.max(1), state: Arc::new(Mutex::new(state)) }
    }

    /// How long news wait for more news.
    pub fn interval(&self) -> Duration {
        let (watchers, times) = {
            let state = self.lock();
            (u32::try_from(state.watchers).unwrap_or(u32::MAX), state.times)
        };
        Duration::from_secs(1) * watchers.saturating_mul(times) / self.pushes_per_s
    }

    /// Notes that a topic with news has another number of watchers.
    pub fn change_watchers(&self, before: usize, now: usize) {
        let mut state = self.lock();
        state.watchers = state.watchers.saturating_sub(before) + now;
    }

    /// Notes the result of a push to a connection that had taken the one before. A 429 has two reasons, which do not
    /// differ: the rate is too high, or the client does not read. If it is the rate, it meets most connections.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>
    pub fn note(&self, pushed: Pushed) {
        let mut state = self.lock();
        match pushed {
            Pushed::Sent => state.taken += 1,
            Pushed::Busy => state.refused += 1,
            Pushed::Gone => {}
        }
        if state.window.elapsed() >= WINDOW {
            if state.refused > state.taken {
                state.times = (state.times * 2).min(MOST_TIMES);
                tracing::warn!(times = state.times, "The gateway refuses most pushes; they are sent less often");
            } else {
                state.times = (state.times - 1).max(1);
            }
            (state.window, state.taken, state.refused) = (Instant::now(), 0, 0);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn the_interval_grows_with_the_watchers() {
        let pace = Pace::new(200);
        assert_eq!(pace.interval(), Duration::ZERO);
        pace.change_watchers(0, 1);
        assert_eq!(pace.interval(), Duration::from_millis(5));
        pace.change_watchers(1, 50);
        pace.change_watchers(0, 50);
        assert_eq!(pace.interval(), Duration::from_millis(500), "of all topics together");
        pace.change_watchers(50, 0);
        assert_eq!(pace.interval(), Duration::from_millis(250));
    }

    async fn second_of(pace: &Pace, taken: u32, refused: u32) {
        advance(WINDOW).await;
        (0..refused).for_each(|_| pace.note(Pushed::Busy));
        (0..taken).for_each(|_| pace.note(Pushed::Sent));
    }

    #[tokio::test(start_paused = true)]
    async fn a_gateway_that_refuses_most_pushes_gets_half_as_many() {
        let pace = Pace::new(1_000);
        pace.change_watchers(0, 100);
        let mut seen = Vec::new();
        for (taken, refused) in [(9, 1), (1, 9), (0, 9), (5, 5), (9, 0), (9, 0), (9, 0), (9, 0)] {
            second_of(&pace, taken, refused).await;
            seen.push(pace.interval().as_millis());
        }
        assert!(seen.windows(2).any(|two| two[1] == two[0] * 2), "{seen:?}");
        assert_eq!(seen.last(), Some(&100), "it recovers: {seen:?}");
        for _ in 0..10 {
            second_of(&pace, 0, 9).await;
        }
        assert!(pace.interval() <= Duration::from_millis(1_600), "there is an end to it");
    }
}
