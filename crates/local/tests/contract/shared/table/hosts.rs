//! What processes claim of a host is served in the order in which they claim it.

use super::{Fixture, at_once};
use std::time::Duration;
use stepcast_platform::table::{HostClaim, HostClaimChanges, HostClaimName, HostClaims, HostRight};

const HOST: &str = "a digest";

fn name(process: &str) -> HostClaimName {
    HostClaimName { right: HostRight::Requests, process: process.to_owned(), number: 1 }
}

fn claim(fixture: &Fixture, process: &str, count: u32) -> HostClaim {
    HostClaim { name: name(process), count, until: fixture.now() + 3_000 }
}

async fn make(fixture: &Fixture, process: &str, count: u32) -> HostClaims {
    change(fixture, HostClaimChanges { make: vec![claim(fixture, process, count)], ..HostClaimChanges::default() })
        .await
}

async fn change(fixture: &Fixture, changes: HostClaimChanges) -> HostClaims {
    fixture.table.change_host_claims(HOST, &changes, None).await.expect("an answer")
}

#[tokio::test]
async fn a_later_claim_gets_what_the_earlier_ones_leave() {
    let fixture = Fixture::new().await;
    make(&fixture, "first", 5).await;
    let all = make(&fixture, "second", 8).await;
    assert_eq!((all.worth(&name("first"), 8), all.worth(&name("second"), 8)), (5, 3));

    // A renewed claim keeps its ticket, also if it shrinks.
    let renew = vec![claim(&fixture, "first", 2)];
    let all = change(&fixture, HostClaimChanges { renew, ..HostClaimChanges::default() }).await;
    assert_eq!((all.worth(&name("first"), 8), all.worth(&name("second"), 8)), (2, 6));

    let end = vec![name("first")];
    let all = change(&fixture, HostClaimChanges { end, ..HostClaimChanges::default() }).await;
    assert!(!all.has(&name("first")));
    assert_eq!(all.worth(&name("second"), 8), 8);
}

#[tokio::test]
async fn claims_that_are_made_at_once_get_no_more_than_there_is() {
    let fixture = Fixture::new().await;
    let seen = at_once(8, |process| {
        let (table, process) = (fixture.table.clone(), process.to_string());
        let make = vec![claim(&fixture, &process, 3)];
        async move {
            let changes = HostClaimChanges { make, ..HostClaimChanges::default() };
            let all = table.change_host_claims(HOST, &changes, None).await.expect("an answer");
            all.worth(&name(&process), 8)
        }
    })
    .await;
    assert_eq!(seen.iter().sum::<u32>(), 8, "{seen:?}");
}

#[tokio::test]
async fn a_claim_that_is_not_renewed_ends_and_is_removed_later() {
    let fixture = Fixture::new().await;
    make(&fixture, "dead", 8).await;
    fixture.advance(Duration::from_secs(3));
    let all = make(&fixture, "alive", 8).await;
    assert_eq!(all.worth(&name("alive"), 8), 8);
    fixture.advance(Duration::from_secs(11));
    let known = make(&fixture, "other", 1).await;
    let renew = vec![claim(&fixture, "other", 1)];
    let changes = HostClaimChanges { renew, ..HostClaimChanges::default() };
    fixture.table.change_host_claims(HOST, &changes, Some(&known)).await.expect("an answer");
    // Without a ticket, what is renewed too late is nothing.
    let renew = vec![claim(&fixture, "dead", 8)];
    let all = change(&fixture, HostClaimChanges { renew, ..HostClaimChanges::default() }).await;
    assert_eq!((all.worth(&name("dead"), 8), all.worth(&name("other"), 8)), (0, 1));
}

/// A process that was frozen ends its claim when others may have removed it.
#[tokio::test]
async fn a_claim_that_is_known_as_old_can_be_ended() {
    let fixture = Fixture::new().await;
    make(&fixture, "frozen", 8).await;
    fixture.advance(Duration::from_secs(30));
    let known = make(&fixture, "other", 1).await;
    let changes = HostClaimChanges { end: vec![name("frozen")], ..HostClaimChanges::default() };
    let all = fixture.table.change_host_claims(HOST, &changes, Some(&known)).await.expect("an answer");
    assert!(!all.has(&name("frozen")));
}

#[tokio::test]
async fn the_longest_pause_stays() {
    let fixture = Fixture::new().await;
    let long = fixture.now() + 30_000;
    for until in [fixture.now() + 1_000, long, fixture.now() + 5_000] {
        fixture.table.rest_host(HOST, until).await.expect("an answer");
    }
    assert_eq!(make(&fixture, "first", 1).await.rests_until, long);
}
