//! Limits how many requests one host gets at once, and how far apart.
//!
//! The limits hold for the whole process, by host name, so that tests that run side by side are polite together. Each
//! request brings the limits of its own suite. A host that asks for a pause gets it. Only hosts that matter right now
//! are remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_suite::HostLimits;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// From this many hosts on, idle hosts are forgotten before another is added.
const REMEMBERED: usize = 256;

/// The longest pause a host gets on request; a host that asks for more gets the next request anyway, and its answer is
/// a result.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// All hosts requests are made to.
#[derive(Default)]
pub struct Hosts {
    by_name: Mutex<HashMap<String, Arc<Host>>>,
}

#[derive(Default)]
struct Host {
    state: Mutex<State>,
    /// A request has finished, or the host may get requests again
    freed: Notify,
}

#[derive(Default)]
struct State {
    active: u32,
    last_start: Option<Instant>,
    rests_until: Option<Instant>,
    free_from: Option<Instant>,
}

/// The right to make one request; it ends when this is dropped.
pub struct Turn {
    host: Arc<Host>,
}

enum Attempt {
    Started,
    Full,
    NotBefore(Instant),
}

impl Hosts {
    /// Waits until these limits allow a request to `host`; returns nothing if the wait is called off before.
    pub async fn turn(&self, host: &str, limits: HostLimits, called_off: &CancellationToken) -> Option<Turn> {
        let host = self.host(host);
        called_off.run_until_cancelled(host.turn(limits)).await
    }

    /// Sends `host` no requests for this time, unless it is too long.
    pub fn rest(&self, host: &str, wait: Duration) {
        if wait <= LONGEST_REST {
            let host = self.host(host);
            let mut state = lock(&host.state);
            let until = Some(Instant::now() + wait);
            state.rests_until = state.rests_until.max(until);
            state.free_from = state.free_from.max(until);
        }
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = lock(&self.by_name);
        if hosts.len() >= REMEMBERED && !hosts.contains_key(name) {
            hosts.retain(|_, host| Arc::strong_count(host) > 1 || host.has_to_rest());
        }
        Arc::clone(hosts.entry(name.to_owned()).or_default())
    }
}

impl Host {
    async fn turn(self: Arc<Self>, limits: HostLimits) -> Turn {
        loop {
            // Registered before the check, or a turn that ends in between would be missed.
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            match self.try_start(limits) {
                Attempt::Started => break,
                Attempt::Full => freed.await,
                Attempt::NotBefore(time) => tokio::time::sleep_until(time).await,
            }
        }
        Turn { host: self }
    }

    fn try_start(&self, limits: HostLimits) -> Attempt {
        let mut state = lock(&self.state);
        let now = Instant::now();
        let earliest = state.last_start.map(|last| last + limits.interval).max(state.rests_until);
        if let Some(time) = earliest.filter(|time| *time > now) {
            return Attempt::NotBefore(time);
        }
        if state.active >= limits.concurrency.max(1) {
            return Attempt::Full;
        }
        state.active += 1;
        state.last_start = Some(now);
        state.free_from = state.free_from.max(Some(now + limits.interval));
        Attempt::Started
    }

    fn has_to_rest(&self) -> bool {
        lock(&self.state).free_from.is_some_and(|time| time > Instant::now())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.host.state).active -= 1;
        // Wakes all of them: the limits differ between suites, and the first in line may not be the one that can go.
        self.host.freed.notify_waiters();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_millis(1);

    async fn turn(hosts: &Hosts, host: &str, limits: HostLimits) -> Turn {
        hosts.turn(host, limits, &CancellationToken::new()).await.expect("nobody calls it off")
    }

    fn limits(concurrency: u32, interval: u64) -> HostLimits {
        HostLimits { concurrency, interval: Duration::from_millis(interval) }
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_at_once_than_allowed() {
        let hosts = Hosts::default();
        let first = turn(&hosts, "a", limits(2, 0)).await;
        let _second = turn(&hosts, "a", limits(2, 0)).await;
        assert!(timeout(SOON, turn(&hosts, "a", limits(2, 0))).await.is_err());
        assert!(timeout(SOON, turn(&hosts, "b", limits(2, 0))).await.is_ok());
        drop(first);
        assert!(timeout(SOON, turn(&hosts, "a", limits(2, 0))).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_goes_when_a_turn_ends() {
        let hosts = Arc::new(Hosts::default());
        let first = turn(&hosts, "a", limits(1, 0)).await;
        let waiting = tokio::spawn({
            let hosts = Arc::clone(&hosts);
            async move { drop(turn(&hosts, "a", limits(1, 0)).await) }
        });
        tokio::task::yield_now().await;
        drop(first);
        waiting.await.expect("the waiter goes");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_called_off_waits_no_longer_and_takes_no_turn() {
        let (hosts, called_off) = (Hosts::default(), CancellationToken::new());
        drop(turn(&hosts, "a", limits(1, 60_000)).await);
        let waiting = hosts.turn("a", limits(1, 60_000), &called_off);
        let calling_off = async {
            tokio::time::sleep(SOON).await;
            called_off.cancel();
        };
        let started = Instant::now();
        let (turn_of_waiting, ()) = tokio::join!(waiting, calling_off);
        assert!(turn_of_waiting.is_none());
        assert_eq!(started.elapsed(), SOON);
        assert!(hosts.turn("b", limits(1, 0), &called_off).await.is_none(), "nor is it begun");
        assert!(timeout(SOON, turn(&hosts, "b", limits(1, 60_000))).await.is_ok(), "nobody has it");
    }

    #[tokio::test(start_paused = true)]
    async fn starts_are_an_interval_apart() {
        let hosts = Hosts::default();
        let started = Instant::now();
        for _ in 0..3 {
            drop(turn(&hosts, "a", limits(8, 50)).await);
        }
        assert_eq!(started.elapsed(), Duration::from_millis(100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_left_alone_as_long_as_it_asks_for() {
        let hosts = Hosts::default();
        let started = Instant::now();
        hosts.rest("a", Duration::from_secs(2));
        hosts.rest("a", Duration::from_secs(1));
        hosts.rest("a", LONGEST_REST + SOON);
        drop(turn(&hosts, "b", limits(1, 0)).await);
        assert_eq!(started.elapsed(), Duration::ZERO);
        drop(turn(&hosts, "a", limits(1, 0)).await);
        assert_eq!(started.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_nobody_asks_are_forgotten() {
        let hosts = Hosts::default();
        let _kept = turn(&hosts, "kept", limits(1, 0)).await;
        for number in 0..2 * REMEMBERED {
            drop(turn(&hosts, &number.to_string(), limits(1, 0)).await);
        }
        let known = lock(&hosts.by_name);
        assert!(known.len() <= REMEMBERED, "{}", known.len());
        assert!(known.contains_key("kept"));
    }
}
