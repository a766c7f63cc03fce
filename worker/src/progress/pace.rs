//! How often this process pushes, and how often it sends news to the relay.
//!
//! All `@connections` calls of an account share its 10,000 requests a second with its other APIs, and each push is paid
//! for. So a deployment has a budget of pushes a second, and each of its processes has its part. The first news of a
//! topic goes out at once. What follows within an interval travels together, and the interval is so long that one push
//! to each watcher fits into the budget.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
//!
//! News for the relay wait until it has time for them: until it can have pushed the news before to all watchers. It
//! receives ten messages at once, so with more workers each of them sends less often.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_platform::relay::RELAYED_FROM;
use stepcast_platform::{Platform, Pushed};
use tokio::time::Instant;

/// How long pushes are counted before the rate changes.
const WINDOW: Duration = Duration::from_secs(1);

/// The interval grows to this many times its length while the gateway refuses pushes.
const MOST_TIMES: u32 = 16;

/// The shortest interval between two messages of a process for the relay. A message costs about as much as a push, and
/// saves one to each watcher.
const RELAY_INTERVAL: Duration = Duration::from_millis(250);

/// How many messages a relay receives at once.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
const RECEIVED_AT_ONCE: u32 = 10;

/// The way that the news of a topic take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// This process pushes them
    #[default]
    Direct,
    /// They go to the relay
    Relayed,
}

/// What a topic that has news adds to the work.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Load {
    pub way: Way,
    pub watchers: u32,
}

impl Load {
    /// The load of a topic with this many watchers.
    pub fn of(watchers: usize, platform: &Platform) -> Self {
        let is_relayed = platform.relay.is_some() && watchers >= RELAYED_FROM;
        let way = if is_relayed { Way::Relayed } else { Way::Direct };
        Self { way, watchers: u32::try_from(watchers).unwrap_or(u32::MAX) }
    }
}

/// The pace of a process. Clones share it.
#[derive(Clone)]
pub(super) struct Pace {
    pushes_per_s: u32,
    relay_pushes_per_s: u32,
    workers: u32,
    state: Arc<Mutex<State>>,
}

struct State {
    direct: Total,
    relayed: Total,
    /// How many times its length the interval has, because of refusals
    times: u32,
    window: Instant,
    taken: u32,
    refused: u32,
}

/// The topics that have news.
#[derive(Default)]
struct Total {
    topics: u32,
    /// Their watchers, each as often as it watches one
    watchers: u32,
}

impl Pace {
    /// The pace of a process that pushes by itself.
    pub fn of_process(platform: &Platform) -> Self {
        let relay = platform.relay.as_ref().map_or(0, |relay| relay.pushes_per_s);
        Self::new(platform.pushes_per_s, relay, platform.workers)
    }

    /// The pace of a relay.
    pub fn of_relay(pushes_per_s: u32) -> Self {
        Self::new(pushes_per_s, 0, 1)
    }

    fn new(pushes_per_s: u32, relay_pushes_per_s: u32, workers: u32) -> Self {
        let (direct, relayed) = (Total::default(), Total::default());
        let state = State { direct, relayed, times: 1, window: Instant::now(), taken: 0, refused: 0 };
        Self {
            pushes_per_s: pushes_per_s.max(1),
            relay_pushes_per_s: relay_pushes_per_s.max(1),
            workers,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// How long news wait for more news.
    pub fn interval(&self, way: Way) -> Duration {
        let state = self.lock();
        match way {
            Way::Direct => {
                Duration::from_secs(1) * state.direct.watchers.saturating_mul(state.times) / self.pushes_per_s
            }
            Way::Relayed => {
                let Total { topics, watchers } = state.relayed;
                let pushing = Duration::from_secs(1) * watchers / self.relay_pushes_per_s;
                RELAY_INTERVAL.max(pushing) * (self.workers * topics).div_ceil(RECEIVED_AT_ONCE).max(1)
            }
        }
    }

    /// Notes that a topic with news adds something else to the work than before.
    pub fn change(&self, before: Load, now: Load) {
        let mut state = self.lock();
        state.remove(before);
        state.add(now);
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

impl State {
    fn total(&mut self, way: Way) -> &mut Total {
        match way {
            Way::Direct => &mut self.direct,
            Way::Relayed => &mut self.relayed,
        }
    }

    fn add(&mut self, Load { way, watchers }: Load) {
        let total = self.total(way);
        total.watchers = total.watchers.saturating_add(watchers);
        total.topics += u32::from(watchers > 0);
    }

    fn remove(&mut self, Load { way, watchers }: Load) {
        let total = self.total(way);
        total.watchers = total.watchers.saturating_sub(watchers);
        total.topics -= u32::from(watchers > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn load(way: Way, watchers: u32) -> Load {
        Load { way, watchers }
    }

    #[tokio::test(start_paused = true)]
    async fn the_interval_grows_with_the_watchers() {
        let pace = Pace::new(200, 1_000, 10);
        let direct = |watchers| load(Way::Direct, watchers);
        assert_eq!(pace.interval(Way::Direct), Duration::ZERO);
        pace.change(direct(0), direct(1));
        assert_eq!(pace.interval(Way::Direct), Duration::from_millis(5));
        pace.change(direct(1), direct(50));
        pace.change(direct(0), direct(50));
        assert_eq!(pace.interval(Way::Direct), Duration::from_millis(500), "of all topics together");
        pace.change(direct(50), load(Way::Relayed, 50));
        assert_eq!(pace.interval(Way::Direct), Duration::from_millis(250));
    }

    #[tokio::test(start_paused = true)]
    async fn news_wait_until_the_relay_has_time() {
        let relayed = |watchers| load(Way::Relayed, watchers);
        for (workers, watchers, expected) in [(10, 50, 250), (10, 1_000, 1_000), (100, 50, 2_500), (11, 1_000, 2_000)] {
            let pace = Pace::new(200, 1_000, workers);
            pace.change(Load::default(), relayed(watchers));
            assert_eq!(pace.interval(Way::Relayed).as_millis(), expected, "{workers} workers, {watchers} watchers");
        }
        let pace = Pace::new(200, 1_000, 10);
        pace.change(Load::default(), relayed(500));
        pace.change(Load::default(), relayed(500));
        assert_eq!(pace.interval(Way::Relayed), Duration::from_secs(2), "two topics, and all their watchers");
        pace.change(relayed(500), relayed(0));
        assert_eq!(pace.interval(Way::Relayed), Duration::from_millis(500));
    }

    async fn second_of(pace: &Pace, taken: u32, refused: u32) {
        advance(WINDOW).await;
        (0..refused).for_each(|_| pace.note(Pushed::Busy));
        (0..taken).for_each(|_| pace.note(Pushed::Sent));
    }

    #[tokio::test(start_paused = true)]
    async fn a_gateway_that_refuses_most_pushes_gets_half_as_many() {
        let pace = Pace::of_relay(1_000);
        pace.change(Load::default(), load(Way::Direct, 100));
        let interval = || pace.interval(Way::Direct);
        let mut seen = Vec::new();
        for (taken, refused) in [(9, 1), (1, 9), (0, 9), (5, 5), (9, 0), (9, 0), (9, 0), (9, 0)] {
            second_of(&pace, taken, refused).await;
            seen.push(interval().as_millis());
        }
        assert!(seen.windows(2).any(|two| two[1] == two[0] * 2), "{seen:?}");
        assert_eq!(seen.last(), Some(&100), "it recovers: {seen:?}");
        for _ in 0..10 {
            second_of(&pace, 0, 9).await;
        }
        assert!(interval() <= Duration::from_millis(1_600), "there is an end to it");
    }
}
