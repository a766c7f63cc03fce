//! What the processes of a deployment claim of a host that they send requests to.
//!
//! All claims on a host are attributes of one item, and the table gives each the next ticket when it is made. Claims are
//! served in the order of their tickets: each gets what those before it leave of the host's limit. So a claim that comes
//! later takes nothing from one that is served, and one write without a condition is enough to make or renew claims and
//! to see what they are worth.

use super::Table;
use super::expression::{ItemUpdate, attribute};
use super::item::{Item, key};
use crate::error::Result;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How long the item of a host stays after its last claim.
const KEPT: Duration = Duration::from_hours(1);

/// How long after its end a claim is removed: by then no process, however wrong its clock, takes it for its own.
const REMOVED_AFTER_MS: u64 = 10_000;

/// The attribute with the next ticket.
const TICKETS: &str = "tickets";
/// The attribute with the end of the pause that the host asked for, in milliseconds since 1970.
const RESTS_UNTIL: &str = "rests_until";

/// What a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostRight {
    /// To have requests under way
    Requests,
    /// To begin requests that keep an interval
    Starts,
}

/// The name of a claim. No other claim ever has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostClaimName {
    /// What it is about
    pub right: HostRight,
    /// The process that made it
    pub process: String,
    /// Its number among the claims of that process
    pub number: u64,
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostClaim {
    /// Its name
    pub name: HostClaimName,
    /// How much it claims
    pub count: u32,
    /// When it ends, in milliseconds since 1970
    pub until: u64,
}

/// Changes of the claims of a process on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostClaimChanges {
    /// New claims, which get the next ticket
    pub make: Vec<HostClaim>,
    /// Claims that keep their ticket; they may claim less, and must not claim more
    pub renew: Vec<HostClaim>,
    /// Claims that end
    pub end: Vec<HostClaimName>,
}

impl HostClaimChanges {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// All claims on a host, as the table has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostClaims {
    /// With their tickets, in the order in which they are served
    claims: Vec<(u64, HostClaim)>,
    /// Claims that ended long ago
    old: Vec<HostClaimName>,
    /// When the pause ends that the host asked for, in milliseconds since 1970
    pub rests_until: u64,
}

impl HostClaims {
    fn read(item: &Item, now: u64) -> Self {
        let number_of = |name: &str| item.get(name).and_then(read_number);
        let mut read = Self { rests_until: number_of(RESTS_UNTIL).unwrap_or_default(), ..Self::default() };
        for (attribute, value) in item {
            let Some(name) = attribute.strip_prefix("claim_").and_then(|name| HostClaimName::from_str(name).ok())
            else {
                continue;
            };
            let claim = value.as_s().ok().and_then(|text| text.split_once(' '));
            let (count, until) = claim.map_or((None, None), |(count, until)| (count.parse().ok(), until.parse().ok()));
            match (number_of(&name.ticket()), count, until) {
                (Some(ticket), Some(count), Some(until)) if until > now => {
                    read.claims.push((ticket, HostClaim { name, count, until }));
                }
                (Some(_), Some(_), Some(until)) if until + REMOVED_AFTER_MS > now => {}
                _ => read.old.push(name),
            }
        }
        read.claims.sort_by(|(ticket, claim), (other_ticket, other)| {
            ticket.cmp(other_ticket).then_with(|| claim.name.cmp(&other.name))
        });
        read
    }

    /// How much each claim to a right gets of a limit, in the order in which they are served.
    fn served(&self, right: HostRight, limit: u32) -> impl Iterator<Item = (&HostClaim, u32)> {
        let claims = self.claims.iter().map(|(_, claim)| claim).filter(move |claim| claim.name.right == right);
        claims.scan(limit, |left, claim| {
            let gets = claim.count.min(*left);
            *left -= gets;
            Some((claim, gets))
        })
    }

    /// How much a claim gets of a limit.
    pub fn worth(&self, name: &HostClaimName, limit: u32) -> u32 {
        self.served(name.right, limit).find(|(claim, _)| claim.name == *name).map_or(0, |(_, gets)| gets)
    }

    /// How much the claims of other processes get of a limit.
    pub fn worth_of_others(&self, process: &str, right: HostRight, limit: u32) -> u32 {
        self.served(right, limit).filter(|(claim, _)| claim.name.process != process).map(|(_, gets)| gets).sum()
    }

    /// Whether another process claims more than it gets.
    pub fn is_wanted(&self, process: &str, right: HostRight, limit: u32) -> bool {
        self.served(right, limit).any(|(claim, gets)| claim.name.process != process && gets < claim.count)
    }

    /// Whether there is such a claim.
    pub fn has(&self, name: &HostClaimName) -> bool {
        self.claims.iter().any(|(_, claim)| claim.name == *name)
    }

    /// How much of a limit no claim takes.
    pub fn left(&self, right: HostRight, limit: u32) -> u32 {
        limit - self.served(right, limit).map(|(_, gets)| gets).sum::<u32>()
    }

    /// The claims of other processes.
    pub fn of_others(&self, process: &str) -> impl Iterator<Item = &HostClaim> {
        self.claims.iter().map(|(_, claim)| claim).filter(move |claim| claim.name.process != process)
    }

    /// Leaves claims out of account.
    pub fn forget(&mut self, is_over: impl Fn(&HostClaimName) -> bool) {
        self.claims.retain(|(_, claim)| !is_over(&claim.name));
    }

    /// The place of a claim among those that get less of a limit than they claim, from 1; nothing if it gets all.
    pub fn place_of_waiting(&self, name: &HostClaimName, limit: u32) -> Option<u32> {
        let waiting = self.served(name.right, limit).filter(|(claim, gets)| *gets < claim.count);
        (1..).zip(waiting).find(|(_, (claim, _))| claim.name == *name).map(|(place, _)| place)
    }

    /// How many processes have claims to a right, this one included.
    pub fn processes(&self, process: &str, right: HostRight) -> u32 {
        let all = self.served(right, 0).map(|(claim, _)| claim.name.process.as_str()).chain([process]);
        u32::try_from(all.collect::<BTreeSet<_>>().len()).unwrap_or(u32::MAX)
    }
}

impl HostClaimName {
    fn attribute(&self) -> String {
        format!("claim_{self}")
    }

    fn ticket(&self) -> String {
        format!("ticket_{self}")
    }
}

impl fmt::Display for HostClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let right = match self.right {
            HostRight::Requests => "requests",
            HostRight::Starts => "starts",
        };
        write!(f, "{right}_{}_{}", self.process, self.number)
    }
}

impl FromStr for HostClaimName {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let mut parts = text.split('_');
        let (Some(right), Some(process), Some(number), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(());
        };
        let right = match right {
            "requests" => HostRight::Requests,
            "starts" => HostRight::Starts,
            _ => return Err(()),
        };
        Ok(Self { right, process: process.to_owned(), number: number.parse().map_err(|_| ())? })
    }
}

impl Table {
    /// Changes the claims of a process on a host, and returns all claims as they are then. `known` are the claims as
    /// they were before, if that is known: what ended long ago is removed.
    pub async fn change_host_claims(
        &self,
        host: &str,
        changes: &HostClaimChanges,
        known: Option<&HostClaims>,
    ) -> Result<HostClaims> {
        let mut update = ItemUpdate::of(host_key(host)).set("expires_at", self.clock.expiry(KEPT)).returning_item();
        for claim in changes.make.iter().chain(&changes.renew) {
            update = update.set(claim.name.attribute(), format!("{} {}", claim.count, claim.until));
        }
        for claim in &changes.make {
            update = update.set_number_of(claim.name.ticket(), TICKETS);
        }
        if !changes.make.is_empty() {
            // A claim may get the number before this or after it: no other write gets the same, and later ones get more.
            update = update.add(TICKETS, 1_u64);
        }
        // Each once: DynamoDB rejects an update that removes an attribute twice.
        let old = known.into_iter().flat_map(|known| &known.old);
        let ended: BTreeSet<&HostClaimName> = changes.end.iter().chain(old).collect();
        for name in ended {
            update = update.remove(name.attribute()).remove(name.ticket());
        }
        let item = self.update(update).await?.item().unwrap_or_default();
        Ok(HostClaims::read(&item, self.clock.now_ms()))
    }

    /// Notes that a host wants no requests until a time, in milliseconds since 1970. A longer pause stays.
    pub async fn rest_host(&self, host: &str, until: u64) -> Result<()> {
        let is_longer = attribute(RESTS_UNTIL).is_missing().or(attribute(RESTS_UNTIL).is_below(until));
        let update = ItemUpdate::of(host_key(host)).only_if(is_longer).set(RESTS_UNTIL, until);
        self.update(update.set("expires_at", self.clock.expiry(KEPT))).await?;
        Ok(())
    }
}

fn host_key(host: &str) -> Item {
    key(format!("HOST#{host}"), "HOST")
}

fn read_number(value: &AttributeValue) -> Option<u64> {
    value.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::item::{number, text};
    use super::*;

    fn name(right: HostRight, process: &str, number: u64) -> HostClaimName {
        HostClaimName { right, process: process.to_owned(), number }
    }

    fn item(claims: &[(u64, &str, u32, u64)]) -> Item {
        let attributes = claims.iter().flat_map(|(ticket, process, count, until)| {
            let name = name(HostRight::Requests, process, 1);
            [(name.ticket(), number(ticket)), (name.attribute(), text(format!("{count} {until}")))]
        });
        attributes.collect()
    }

    #[test]
    fn claims_are_served_in_the_order_of_their_tickets() {
        let claims = HostClaims::read(&item(&[(7, "late", 9, 100), (3, "early", 5, 100), (5, "middle", 2, 100)]), 99);
        let worth = |process: &str| claims.worth(&name(HostRight::Requests, process, 1), 8);
        assert_eq!((worth("early"), worth("middle"), worth("late"), worth("other")), (5, 2, 1, 0));
        assert_eq!(claims.worth_of_others("late", HostRight::Requests, 8), 7);
        assert!(claims.is_wanted("early", HostRight::Requests, 8), "by the last one");
        assert!(!claims.is_wanted("late", HostRight::Requests, 8), "only by itself");
        let place = |process: &str, limit| claims.place_of_waiting(&name(HostRight::Requests, process, 1), limit);
        assert_eq!((place("early", 8), place("late", 8), place("late", 3)), (None, Some(1), Some(3)));
        assert_eq!((claims.processes("new", HostRight::Requests), claims.processes("late", HostRight::Starts)), (4, 1));
    }

    #[test]
    fn a_claim_that_ended_gets_nothing_and_is_removed_later() {
        let stored = item(&[(1, "dead", 8, 100), (2, "alive", 8, 200)]);
        let worth = |now| HostClaims::read(&stored, now).worth(&name(HostRight::Requests, "alive", 1), 8);
        assert_eq!((worth(99), worth(100)), (0, 8));
        assert!(HostClaims::read(&stored, 100).old.is_empty());
        assert_eq!(HostClaims::read(&stored, 10_100).old, [name(HostRight::Requests, "dead", 1)]);
    }

    #[test]
    fn a_claim_without_a_ticket_gets_nothing() {
        let mut stored = item(&[(1, "a", 8, 100)]);
        stored.remove(&name(HostRight::Requests, "a", 1).ticket());
        let claims = HostClaims::read(&stored, 50);
        assert_eq!(claims.worth(&name(HostRight::Requests, "a", 1), 8), 0);
    }
}
