//! Limits how many requests one host gets at once, and how far apart.
//!
//! The limits hold by host name, so that tests that run side by side are polite together. Each request brings the limits
//! of its own suite. A host that asks for a pause gets it. Only hosts that matter right now are remembered.
//!
//! In a deployment the limits hold for all its processes together ([`common`]): a process uses the part that it holds,
//! and a task asks for another one as long as requests wait or are under way. An engine on its own holds everything.

mod common;

pub use common::{CommonHost, CommonHosts, Demand, Part};

use crate::digest;
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

/// How often a part is renewed while it is enough.
const RENEW: Duration = Duration::from_secs(1);

/// How soon after a part was asked for it is given back, if nothing needs it here and other processes wait.
const GIVE_BACK: Duration = Duration::from_millis(100);

/// All hosts requests are made to.
#[derive(Default)]
pub struct Hosts {
    by_name: Mutex<HashMap<String, Arc<Host>>>,
    common: Option<Arc<dyn CommonHosts>>,
}

struct Host {
    state: Mutex<State>,
    /// A request has finished, or the host may get requests again
    freed: Notify,
    /// The demand has changed
    demanded: Notify,
    common: Option<Box<dyn CommonHost>>,
    /// One part at a time is asked for
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Requests under way that began under the present part
    active: u32,
    /// Requests under way that began before
    active_before: u32,
    /// The limits of the requests that wait for their turn
    waiting: Vec<HostLimits>,
    /// The limits of the last request that waited
    limits: HostLimits,
    last_start: Option<Instant>,
    rests_until: Option<Instant>,
    free_from: Option<Instant>,
    held: Held,
    /// Whether a task asks for parts
    is_asking: bool,
    /// Whether the part is being changed: nothing begins under it meanwhile
    is_changing: bool,
}

/// The part of a host's limits that this process holds.
#[derive(Default)]
struct Held {
    part: Option<Part>,
    until: Option<Instant>,
    /// When a part was asked for last
    asked: Option<Instant>,
}

/// A request that waits for its turn.
struct Queued {
    host: Arc<Host>,
    limits: HostLimits,
}

/// The right to make one request; it ends when this is dropped.
pub struct Turn {
    host: Arc<Host>,
    part: u64,
}

enum Attempt {
    /// The request has its turn, under the part with this number
    Started(u64),
    Full,
    NotBefore(Instant),
}

impl Hosts {
    /// Hosts whose limits other processes share.
    pub fn sharing(common: Arc<dyn CommonHosts>) -> Self {
        Self { by_name: Mutex::default(), common: Some(common) }
    }

    /// Waits until these limits allow a request to `host`; returns nothing if the wait is called off before.
    pub async fn turn(&self, host: &str, limits: HostLimits, called_off: &CancellationToken) -> Option<Turn> {
        called_off.run_until_cancelled(self.host(host).turn(limits)).await
    }

    /// Sends `host` no requests for this time, unless it is too long.
    pub async fn rest(&self, host: &str, wait: Duration) {
        if wait <= LONGEST_REST {
            let host = self.host(host);
            lock(&host.state).rest(wait);
            if let Some(common) = &host.common {
                common.rest(wait).await;
            }
        }
    }

    /// Gives back what this process holds of hosts that other processes may want and that it does not need now.
    pub async fn give_back(&self) {
        let hosts: Vec<_> = lock(&self.by_name).values().cloned().collect();
        let unneeded = hosts.iter().filter(|host| lock(&host.state).may_give_back());
        futures_util::future::join_all(unneeded.map(|host| host.ask())).await;
    }

    fn host(&self, name: &str) -> Arc<Host> {
        let mut hosts = lock(&self.by_name);
        if hosts.len() >= REMEMBERED && !hosts.contains_key(name) {
            hosts.retain(|_, host| Arc::strong_count(host) > 1 || host.has_to_rest());
        }
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        // A suite can make a host of a secret, and other processes are not to see it.
        let common = self.common.as_ref().map(|common| common.host(&digest::sha256(name.as_bytes())));
        let (freed, demanded) = (Notify::new(), Notify::new());
        let host =
            Arc::new(Host { state: Mutex::default(), freed, demanded, common, asking: tokio::sync::Mutex::default() });
        hosts.insert(name.to_owned(), Arc::clone(&host));
        host
    }
}

impl Host {
    async fn turn(self: Arc<Self>, limits: HostLimits) -> Turn {
        let mut queued = None;
        let part = loop {
            // Registered before the check, or a turn that ends in between would be missed.
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            let attempt = lock(&self.state).try_start(limits, self.common.is_some());
            if let Attempt::Started(part) = attempt {
                break part;
            }
            queued.get_or_insert_with(|| Queued::new(&self, limits));
            self.start_asking();
            match attempt {
                Attempt::NotBefore(time) => tokio::time::sleep_until(time).await,
                _ => freed.await,
            }
        };
        // The part has to be held for as long as the request takes.
        self.start_asking();
        drop(queued);
        Turn { host: self, part }
    }

    /// Starts the task that asks for parts of the limits, unless it runs.
    fn start_asking(self: &Arc<Self>) {
        if self.common.is_some() && !std::mem::replace(&mut lock(&self.state).is_asking, true) {
            tokio::spawn(Arc::clone(self).keep_asking());
        }
    }

    /// Asks for parts of the limits as long as requests wait or are under way.
    async fn keep_asking(self: Arc<Self>) {
        loop {
            // Registered before the check, or a demand that comes in between would be missed.
            let mut demanded = std::pin::pin!(self.demanded.notified());
            demanded.as_mut().enable();
            let (demand, ask_at) = {
                let state = lock(&self.state);
                (state.demand(), state.ask_at())
            };
            if ask_at > Instant::now() {
                let _ = tokio::time::timeout_at(ask_at, demanded).await;
            } else if demand.is_some() || lock(&self.state).held.is_wanted() {
                self.ask().await;
            } else if lock(&self.state).stops_asking() {
                return;
            }
        }
    }

    async fn ask(&self) {
        let Some(common) = &self.common else { return };
        let _one = self.asking.lock().await;
        let demand = {
            let mut state = lock(&self.state);
            state.is_changing = true;
            state.demand().unwrap_or_default()
        };
        let part = common.ask(demand).await;
        lock(&self.state).hold(part);
        self.freed.notify_waiters();
    }

    fn has_to_rest(&self) -> bool {
        let state = lock(&self.state);
        state.held.is_valid() || state.free_from.is_some_and(|time| time > Instant::now())
    }
}

impl State {
    fn try_start(&mut self, limits: HostLimits, is_shared: bool) -> Attempt {
        let now = Instant::now();
        let earliest = self.last_start.map(|last| last + limits.interval).max(self.rests_until);
        if let Some(time) = earliest.filter(|time| *time > now) {
            return Attempt::NotBefore(time);
        }
        let part = if is_shared { self.part_with_room(limits) } else { self.whole_with_room(limits) };
        let Some(part) = part else { return Attempt::Full };
        self.active += 1;
        self.last_start = Some(now);
        self.free_from = self.free_from.max(Some(now + limits.interval));
        Attempt::Started(part)
    }

    fn whole_with_room(&self, limits: HostLimits) -> Option<u64> {
        (self.active < limits.concurrency.max(1)).then_some(0)
    }

    /// The part that is held, if these limits allow another request under it.
    fn part_with_room(&self, limits: HostLimits) -> Option<u64> {
        let part = self.held.part.filter(|_| self.held.is_valid() && !self.is_changing)?;
        let all = self.active + self.active_before + part.others;
        let is_within = self.active < part.at_once && all < limits.concurrency.max(1);
        (is_within && (part.may_start || limits.interval.is_zero())).then_some(part.number)
    }

    /// When the next part is due: later if the present one is enough.
    fn ask_at(&self) -> Instant {
        let now = Instant::now();
        let rests = self.rests_until.is_some_and(|until| until > now);
        let is_short = !rests && self.waiting.iter().any(|limits| self.part_with_room(*limits).is_none());
        let waits_to_start = self.waiting.iter().any(|limits| !limits.interval.is_zero());
        let Held { asked, part, .. } = &self.held;
        let pause = match part {
            Some(part) if is_short && waits_to_start && !part.may_start => part.start_in,
            Some(part) if is_short => part.more_in,
            Some(_) if self.demand().is_none() && self.held.is_wanted() => GIVE_BACK,
            Some(_) => RENEW,
            None => common::RETRY,
        };
        asked.map_or(now, |asked| asked + pause)
    }

    /// What this process needs, if it needs anything.
    fn demand(&self) -> Option<Demand> {
        let waiting = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        if waiting + self.active + self.active_before == 0 {
            return None;
        }
        Some(Demand {
            active: self.active,
            active_before: self.active_before,
            waiting,
            limits: self.waiting.iter().copied().max_by_key(|limits| limits.concurrency).unwrap_or(self.limits),
            interval: self.waiting.iter().map(|limits| limits.interval).max().unwrap_or_default(),
            last_start: self.last_start.map(|last| last.elapsed()),
        })
    }

    /// Notes the end of a request that began under the part with this number.
    fn end(&mut self, part: u64) {
        let present = self.held.part.map_or(0, |held| held.number);
        let active = if part == present { &mut self.active } else { &mut self.active_before };
        *active -= 1;
    }

    /// Notes that the task which asks for parts ends, if nothing needs one.
    fn stops_asking(&mut self) -> bool {
        self.is_asking = self.demand().is_some();
        !self.is_asking
    }

    fn may_give_back(&self) -> bool {
        self.demand().is_none() && self.held.is_valid()
    }

    fn hold(&mut self, part: Option<Part>) {
        let now = Instant::now();
        self.is_changing = false;
        self.held.asked = Some(now);
        let Some(part) = part else {
            (self.held.part, self.held.until) = (None, None);
            self.active_before += std::mem::take(&mut self.active);
            return;
        };
        if self.held.part.is_none_or(|before| before.number != part.number) {
            self.active_before += std::mem::take(&mut self.active);
        }
        (self.held.part, self.held.until) = (Some(part), Some(now + part.holds_for));
        if !part.rest.is_zero() {
            self.rest(part.rest);
        }
    }

    fn rest(&mut self, wait: Duration) {
        let until = Some(Instant::now() + wait);
        self.rests_until = self.rests_until.max(until);
        self.free_from = self.free_from.max(until);
    }
}

impl Queued {
    fn new(host: &Arc<Host>, limits: HostLimits) -> Self {
        let mut state = lock(&host.state);
        state.waiting.push(limits);
        state.limits = limits;
        drop(state);
        host.demanded.notify_waiters();
        Self { host: Arc::clone(host), limits }
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        let waiting = &mut lock(&self.host.state).waiting;
        if let Some(own) = waiting.iter().position(|limits| *limits == self.limits) {
            waiting.swap_remove(own);
        }
    }
}

impl Held {
    /// Whether other processes wait for what this one holds.
    fn is_wanted(&self) -> bool {
        self.is_valid() && self.part.is_some_and(|part| part.is_wanted)
    }

    fn is_valid(&self) -> bool {
        self.until.is_some_and(|until| until > Instant::now())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        lock(&self.host.state).end(self.part);
        self.host.demanded.notify_waiters();
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
        hosts.rest("a", Duration::from_secs(2)).await;
        hosts.rest("a", Duration::from_secs(1)).await;
        hosts.rest("a", LONGEST_REST + SOON).await;
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
