//! Shares the limits of hosts with the other workers of the deployment.
//!
//! A worker claims what it needs of a host (`Table::change_host_claims`), and claims are served in the order in which
//! they were made. It renews a claim as long as it needs it; if others wait, it lets the claim run out with the requests
//! that are under way, and makes a new one behind theirs. So each worker gets its turn, also if there are more workers
//! than requests allowed.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_engine::{CommonHost, CommonHosts, Demand, Part};
use stepcast_platform::Clock;
use stepcast_platform::table::{HostClaim, HostClaimChanges, HostClaimName, HostClaims, HostRight, Table};
use stepcast_suite::duration::millis;
use tokio::time::Instant;
use uuid::Uuid;

/// How long a claim lasts after it was made or renewed.
const CLAIM: Duration = Duration::from_secs(3);

/// How long before its end a claim is not used any more: the clocks of two workers may differ by this.
const CLOCKS: Duration = Duration::from_millis(500);

/// How long a worker keeps what it has if others wait and there is not enough for all.
const TENURE: Duration = Duration::from_secs(1);

/// How long a worker begins requests with an interval before another one does, if others wait.
const STARTS: Duration = Duration::from_millis(500);

/// How soon a worker asks again that needs more.
const SOON: Duration = Duration::from_millis(100);

/// How soon a worker asks again that waits for others; longer if many wait.
const POLL: Duration = Duration::from_millis(200);

/// The longest time after which a worker that waits asks again. Its claim lasts longer.
const LONGEST_POLL: Duration = Duration::from_secs(2);

/// All hosts, for the workers of a deployment.
pub(crate) struct FleetHosts {
    table: Table,
    clock: Clock,
    process: Arc<str>,
    is_alone: bool,
}

impl FleetHosts {
    /// The hosts of one worker among others; `is_alone` says that all others are dead.
    pub fn new(table: Table, clock: Clock, is_alone: bool) -> Self {
        Self { table, clock, process: Uuid::now_v7().simple().to_string().into(), is_alone }
    }
}

impl CommonHosts for FleetHosts {
    fn host(&self, name: &str) -> Box<dyn CommonHost> {
        let (table, clock, process) = (self.table.clone(), self.clock.clone(), Arc::clone(&self.process));
        let claims = Mutex::new(OwnClaims::new(process, self.is_alone));
        Box::new(FleetHost { table, clock, host: name.to_owned(), claims })
    }
}

struct FleetHost {
    table: Table,
    clock: Clock,
    /// The digest of its name
    host: String,
    claims: Mutex<OwnClaims>,
}

impl CommonHost for FleetHost {
    fn ask(&self, demand: Demand) -> BoxFuture<'_, Option<Part>> {
        async move {
            let before = self.lock().clone();
            let mut claims = before.clone();
            let changes = claims.change(demand, self.clock.now_ms());
            if !changes.is_empty() {
                match self.table.change_host_claims(&self.host, &changes, claims.known.as_ref()).await {
                    Ok(all) => claims.note(all, self.clock.now_ms()),
                    Err(error) => {
                        tracing::warn!(%error, "A part of a host's limits could not be claimed; its tests wait");
                        claims.lose(before);
                        *self.lock() = claims;
                        return None;
                    }
                }
            }
            let part = claims.part(self.clock.now_ms());
            *self.lock() = claims;
            Some(part)
        }
        .boxed()
    }

    fn rest(&self, wait: Duration) -> BoxFuture<'_, ()> {
        async move {
            if let Err(error) = self.table.rest_host(&self.host, self.clock.now_ms() + millis(wait)).await {
                tracing::warn!(%error, "Other workers do not know that a host asked for a pause");
            }
        }
        .boxed()
    }
}

impl FleetHost {
    fn lock(&self) -> MutexGuard<'_, OwnClaims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The claims of this process on a host.
#[derive(Clone)]
struct OwnClaims {
    process: Arc<str>,
    /// Whether the processes of all other claims are dead
    is_alone: bool,
    /// How many claims this process has made
    made: u64,
    /// The number of the part, which changes when requests under way are no longer counted in it
    part: u64,
    /// How many requests the host's limits allow at once
    limit: u32,
    /// Under which requests begin
    requests: Option<Own>,
    /// Under which nothing begins, while requests are still under way
    running_out: Option<Own>,
    /// Under which requests that keep an interval begin
    starts: Option<Own>,
    /// Claims that may be stored, because a write has failed, and under which nothing begins
    lost: BTreeMap<HostClaimName, Own>,
    /// All claims, as they were seen last
    known: Option<HostClaims>,
    /// The end of each claim of other processes, and since when it is the same
    ends: BTreeMap<HostClaimName, (u64, Instant)>,
}

/// A claim of this process.
#[derive(Clone)]
struct Own {
    claim: HostClaim,
    /// Since when it is worth something, in milliseconds since 1970
    served_since: Option<u64>,
    /// How many requests begin under it at most, whatever it claims
    most: u32,
    /// Whether nothing begins under it any more
    is_ending: bool,
    /// The longest interval that requests under it kept
    interval: Duration,
}

impl Own {
    fn has_been_served_for(&self, time: Duration, now: u64) -> bool {
        self.served_since.is_some_and(|since| now >= since + millis(time))
    }

    /// Whether a process that began nothing under this claim any more still needs it: for requests that are under way, or
    /// so that the next process keeps the interval to the last one.
    fn covers(&self, demand: Demand) -> bool {
        let keeps_interval = demand.last_start.is_some_and(|since| since < self.interval);
        demand.active + demand.active_before > 0 || keeps_interval
    }

    fn renew(&mut self, now: u64, changes: &mut HostClaimChanges) {
        self.claim.until = now + millis(CLAIM);
        changes.renew.push(self.claim.clone());
    }
}

impl OwnClaims {
    fn new(process: Arc<str>, is_alone: bool) -> Self {
        let (requests, running_out, starts, lost) = (None, None, None, BTreeMap::new());
        let (known, ends) = (None, BTreeMap::new());
        Self { process, is_alone, made: 0, part: 0, limit: 1, requests, running_out, starts, lost, known, ends }
    }

    /// Decides what to claim, by what was seen last.
    fn change(&mut self, demand: Demand, now: u64) -> HostClaimChanges {
        let mut changes = HostClaimChanges::default();
        self.limit = demand.limits.concurrency.max(1);
        for own in [&mut self.requests, &mut self.running_out, &mut self.starts] {
            // Other processes may have what this one did not renew in time.
            changes.end.extend(own.take_if(|own| own.claim.until <= now).map(|lapsed| lapsed.claim.name));
        }
        self.lost.retain(|name, own| {
            let is_needed = own.claim.until > now && own.covers(demand);
            if !is_needed {
                changes.end.push(name.clone());
            }
            is_needed
        });
        if let Some(mut own) = self.running_out.take() {
            own.claim.count = own.claim.count.min(demand.active_before);
            self.running_out = continued(own, now, &mut changes);
        }
        self.change_requests(demand, now, &mut changes);
        self.change_starts(demand, now, &mut changes);
        changes
    }

    /// Gives up all claims, those before a change that failed and those after it: which of them are stored is not known.
    /// While requests are under way these claims cover them. Then they are ended, or end by time.
    fn lose(&mut self, before: Self) {
        let (requests, running_out, starts) = (self.requests.take(), self.running_out.take(), self.starts.take());
        let all = [before.requests, before.running_out, before.starts, requests, running_out, starts];
        self.lost = before.lost;
        self.lost.extend(all.into_iter().flatten().map(|own| (own.claim.name.clone(), own)));
        self.part += 1;
    }

    /// Notes all claims. A process that lives renews its claims: if one stays the same, its process is dead, and its
    /// clock may have been so wrong that the end of the claim is far away.
    fn note(&mut self, mut all: HostClaims, now: u64) {
        let ends = std::mem::take(&mut self.ends);
        for claim in all.of_others(&self.process) {
            let known = ends.get(&claim.name).filter(|(until, _)| *until == claim.until);
            let since = known.map_or_else(Instant::now, |(_, since)| *since);
            self.ends.insert(claim.name.clone(), (claim.until, since));
        }
        all.forget(|name| {
            let is_of_other = *name.process != *self.process;
            (self.is_alone && is_of_other) || self.ends.get(name).is_some_and(|(_, since)| since.elapsed() >= CLAIM)
        });
        for own in [&mut self.requests, &mut self.running_out, &mut self.starts] {
            // Another process, whose clock is ahead, has removed it.
            own.take_if(|own| !all.has(&own.claim.name));
        }
        for own in [&mut self.requests, &mut self.starts].into_iter().flatten() {
            let limit = if own.claim.name.right == HostRight::Starts { 1 } else { self.limit };
            if all.worth(&own.claim.name, limit) > 0 {
                own.served_since.get_or_insert(now);
            }
        }
        self.known = Some(all);
    }

    fn change_requests(&mut self, demand: Demand, now: u64, changes: &mut HostClaimChanges) {
        let wants = demand.active.saturating_add(demand.waiting).min(self.limit);
        if let Some(mut own) = self.requests.take() {
            own.is_ending |= wants == 0 || self.gives_up(&own, wants, now);
            own.most = if self.is_wanted(HostRight::Requests) { self.fair_share().min(wants) } else { self.limit };
            let needed = if own.is_ending { 0 } else { own.most };
            own.claim.count = own.claim.count.min(needed.max(demand.active));
            let continued = continued(own, now, changes);
            match continued {
                Some(own) if own.is_ending && self.running_out.is_none() => {
                    self.running_out = Some(own);
                    self.part += 1;
                }
                own => self.requests = own,
            }
        }
        if self.requests.is_none() && demand.waiting > 0 {
            // A claim cannot grow, so it is as large as it may have to be; if others come, it shrinks.
            let is_wanted = self.is_wanted(HostRight::Requests);
            let count = if is_wanted { self.fair_share().min(demand.waiting) } else { self.limit };
            self.requests = Some(self.make(HostRight::Requests, count, now, changes));
            self.part += 1;
        }
    }

    /// Whether a new claim is made in place of this one: others wait and there is not enough for all, or nobody waits
    /// and a new one is worth more.
    fn gives_up(&self, own: &Own, wants: u32, now: u64) -> bool {
        if self.is_wanted(HostRight::Requests) {
            self.is_crowded() && own.has_been_served_for(TENURE, now)
        } else {
            wants > own.claim.count && self.has_room() && self.running_out.is_none()
        }
    }

    fn change_starts(&mut self, demand: Demand, now: u64, changes: &mut HostClaimChanges) {
        let is_needed = demand.waiting > 0 && !demand.interval.is_zero();
        if let Some(mut own) = self.starts.take() {
            own.interval = own.interval.max(demand.interval);
            let is_over = self.is_wanted(HostRight::Starts) && own.has_been_served_for(STARTS, now);
            // A test that sends one request after the other keeps the right, as long as no other process waits for it.
            let is_kept =
                !self.is_wanted(HostRight::Starts) && demand.active + demand.active_before + demand.waiting > 0;
            if (is_needed && !is_over) || is_kept {
                own.renew(now, changes);
                self.starts = Some(own);
                return;
            }
            // The next process keeps the interval to the last request of this one.
            let rest = demand.last_start.map_or(Duration::ZERO, |since| own.interval.saturating_sub(since));
            if rest.is_zero() {
                changes.end.push(own.claim.name);
            } else {
                own.claim.until = own.claim.until.min(now + millis(rest));
                changes.renew.push(own.claim);
            }
        }
        if is_needed {
            let claim = self.make(HostRight::Starts, 1, now, changes);
            self.starts = Some(Own { interval: demand.interval, ..claim });
        }
    }

    fn make(&mut self, right: HostRight, count: u32, now: u64, changes: &mut HostClaimChanges) -> Own {
        self.made += 1;
        let name = HostClaimName { right, process: self.process.to_string(), number: self.made };
        let claim = HostClaim { name, count, until: now + millis(CLAIM) };
        changes.make.push(claim.clone());
        Own { claim, served_since: None, most: count, is_ending: false, interval: Duration::ZERO }
    }

    /// What the claims are worth, by what was seen last.
    fn part(&self, now: u64) -> Part {
        let Some(known) = &self.known else { return Part::default() };
        let worth = |own: &Own, limit| match known.worth(&own.claim.name, limit) {
            _ if own.is_ending => 0,
            worth => worth.min(own.most),
        };
        let at_once = self.requests.as_ref().map_or(0, |own| worth(own, self.limit));
        let may_start = self.starts.as_ref().is_some_and(|own| worth(own, 1) == 1);
        let own = [&self.requests, &self.starts].into_iter().flatten();
        let until = own.map(|own| own.claim.until).min().unwrap_or(now);
        let poll = |own: &Option<Own>, limit| {
            let place = known.place_of_waiting(&own.as_ref()?.claim.name, limit)?;
            // About as many as the limit allows get something at once when one of them gives its part back.
            Some(POLL.saturating_mul(place.div_ceil(limit)).min(LONGEST_POLL))
        };
        let may_have_more = at_once < self.limit && self.has_room() && !self.is_wanted(HostRight::Requests);
        let more = if may_have_more || self.requests.is_none() { SOON } else { LONGEST_POLL };
        Part {
            number: self.part,
            at_once,
            others: known.worth_of_others(&self.process, HostRight::Requests, self.limit),
            may_start,
            holds_for: Duration::from_millis(until.saturating_sub(now)).saturating_sub(CLOCKS),
            rest: Duration::from_millis(known.rests_until.saturating_sub(now)),
            more_in: poll(&self.requests, self.limit).unwrap_or(more),
            start_in: poll(&self.starts, 1).unwrap_or(SOON),
            is_wanted: self.is_wanted(HostRight::Requests) || self.is_wanted(HostRight::Starts),
        }
    }

    fn is_wanted(&self, right: HostRight) -> bool {
        let limit = if right == HostRight::Starts { 1 } else { self.limit };
        self.known.as_ref().is_some_and(|known| known.is_wanted(&self.process, right, limit))
    }

    fn has_room(&self) -> bool {
        self.known.as_ref().is_none_or(|known| known.left(HostRight::Requests, self.limit) > 0)
    }

    /// Whether there are more processes than requests allowed at once.
    fn is_crowded(&self) -> bool {
        self.processes() > self.limit
    }

    fn fair_share(&self) -> u32 {
        (self.limit / self.processes()).max(1)
    }

    fn processes(&self) -> u32 {
        self.known.as_ref().map_or(1, |known| known.processes(&self.process, HostRight::Requests))
    }
}

/// Renews a claim, or ends it if it claims nothing any more.
fn continued(mut own: Own, now: u64, changes: &mut HostClaimChanges) -> Option<Own> {
    if own.claim.count == 0 {
        changes.end.push(own.claim.name);
        return None;
    }
    own.renew(now, changes);
    Some(own)
}
