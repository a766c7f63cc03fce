//! A test is held by one worker at a time, for as long as its lease.

use super::{Fixture, LEASE, at_once, ended, key};
use std::time::Duration;
use stepcast_platform::Error;
use stepcast_platform::table::{Claim, Lease};
use stepcast_protocol::state::{Outcome, TestStatus};

#[tokio::test]
async fn a_free_test_is_taken() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    let taken = fixture.claim(&job, 0).await;
    assert_eq!((taken.status, taken.lease), (TestStatus::Running, 1));
    assert_eq!(taken.lease_until, fixture.now() + 20_000);
    assert_eq!(fixture.test(&job, 0).await, taken);
}

#[tokio::test]
async fn a_test_that_is_not_there_is_missing() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    let claim = fixture.table.claim_test(&key(&job, 1), LEASE).await.expect("an answer");
    assert_eq!(claim, Claim::Missing);
    assert_eq!(fixture.table.tests(&job.job, job.plan).await.expect("an answer").len(), 1, "the attempt has made none");
}

#[tokio::test]
async fn a_held_test_says_for_how_long() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    fixture.claim(&job, 0).await;
    fixture.advance(Duration::from_secs(5));
    let test = key(&job, 0);
    let claim = || fixture.table.claim_test(&test, LEASE);
    assert_eq!(claim().await.expect("an answer"), Claim::Held(Duration::from_secs(15)));
    fixture.advance(Duration::from_secs(15));
    assert_eq!(claim().await.expect("an answer"), Claim::Held(Duration::ZERO), "until is included");
}

#[tokio::test]
async fn an_abandoned_test_is_taken_with_the_next_lease() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    let first = fixture.claim(&job, 0).await;
    fixture.advance(LEASE + Duration::from_millis(1));
    let second = fixture.claim(&job, 0).await;
    assert_eq!((first.lease, second.lease), (1, 2));
    assert_eq!(second.lease_until, fixture.now() + 20_000);
}

#[tokio::test]
async fn one_of_many_workers_claims_a_test() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    for lease in 1..=3 {
        let claims = at_once(8, |_| {
            let (table, job) = (fixture.table.clone(), job.clone());
            async move { table.claim_test(&key(&job, 0), LEASE).await.expect("an answer") }
        })
        .await;
        let taken: Vec<_> = claims.iter().filter(|claim| matches!(claim, Claim::Taken(_))).collect();
        assert!(matches!(taken.as_slice(), [Claim::Taken(test)] if test.lease == lease), "{claims:?}");
        let held = claims.iter().filter(|claim| **claim == Claim::Held(LEASE)).count();
        assert_eq!(held, 7, "{claims:?}");
        fixture.advance(LEASE + Duration::from_millis(1));
    }
}

#[tokio::test]
async fn a_finished_test_is_not_taken_again() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    fixture.finish_all(&job, &[Outcome::Failed]).await;
    fixture.advance(LEASE * 2);
    let claim = fixture.table.claim_test(&key(&job, 0), LEASE).await.expect("an answer");
    let Claim::Finished(test) = claim else { panic!("it is finished: {claim:?}") };
    assert_eq!((test.outcome, test.lease), (Some(Outcome::Failed), 1));
}

#[tokio::test]
async fn only_the_holder_renews_a_lease() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    let held = |number| Lease { test: key(&job, 0), number };
    let renew = async |number| fixture.table.renew_lease(&held(number), LEASE).await;
    assert!(!renew(1).await.expect("an answer"), "no worker holds it");

    fixture.claim(&job, 0).await;
    fixture.advance(Duration::from_secs(15));
    assert!(renew(1).await.expect("an answer"));
    assert_eq!(fixture.test(&job, 0).await.lease_until, fixture.now() + 20_000);

    fixture.advance(LEASE + Duration::from_millis(1));
    assert!(renew(1).await.expect("an answer"), "late, but no other worker has taken it");
    fixture.advance(LEASE + Duration::from_millis(1));
    fixture.claim(&job, 0).await;
    assert!(!renew(1).await.expect("an answer"), "it is another's");
    assert!(renew(2).await.expect("an answer"));

    fixture.table.finish_tests(&job.job, job.plan, vec![ended(0, 2, Outcome::Passed)]).await.expect("an answer");
    assert!(!renew(2).await.expect("an answer"), "it is finished");
}

#[tokio::test]
async fn requeues_are_counted() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    for expected in 1..=3 {
        let count = fixture.table.count_requeue(&key(&job, 0)).await.expect("an answer");
        assert_eq!(count, expected);
    }
    assert_eq!(fixture.test(&job, 0).await.status, TestStatus::Queued);

    let missing = fixture.table.count_requeue(&key(&job, 1)).await;
    assert!(matches!(missing, Err(Error::Refused { .. })), "{missing:?}");
    assert_eq!(fixture.table.tests(&job.job, job.plan).await.expect("an answer").len(), 1, "the attempt has made none");
}
