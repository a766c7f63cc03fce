//! A batch is held by one worker at a time, for as long as its lease.

use super::{Fixture, LEASE, at_once, batch, lease};
use std::time::Duration;
use stepcast_platform::table::{Claim, Lease};
use stepcast_protocol::state::{Outcome, TestStatus};

#[tokio::test]
async fn a_free_batch_is_taken() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 30).await;
    let taken = fixture.claim(&job, 1).await;
    assert_eq!((taken.batch, taken.lease, taken.lease_until), (1, 1, fixture.now() + 20_000));
    assert_eq!(taken.open_tests(&batch(&job, 1)).collect::<Vec<_>>(), [25, 26, 27, 28, 29]);
    assert_eq!(fixture.table.claimed_batches(&job).await.expect("an answer"), [taken]);
    for (test, status) in [(24, TestStatus::Queued), (25, TestStatus::Running), (29, TestStatus::Running)] {
        assert_eq!(fixture.test(&job, test).await.status, status, "{test}");
    }
}

#[tokio::test]
async fn a_held_batch_says_for_how_long() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    fixture.claim(&job, 0).await;
    fixture.advance(Duration::from_secs(5));
    let batch = batch(&job, 0);
    let claim = || fixture.table.claim_batch(&batch, LEASE);
    assert_eq!(claim().await.expect("an answer"), Claim::Held(Duration::from_secs(15)));
    fixture.advance(Duration::from_secs(15));
    assert_eq!(claim().await.expect("an answer"), Claim::Held(Duration::ZERO), "until is included");
}

#[tokio::test]
async fn an_abandoned_batch_is_taken_with_the_next_lease() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 3).await;
    let first = fixture.claim(&job, 0).await;
    fixture.count(&job, 0, first.lease, &[(1, Outcome::Passed)]).await;
    fixture.advance(LEASE + Duration::from_millis(1));
    let second = fixture.claim(&job, 0).await;
    assert_eq!((first.lease, second.lease), (1, 2));
    assert_eq!((second.lost_workers(false), second.lost_workers(true)), (1, 2));
    assert_eq!(second.lease_until, fixture.now() + 20_000);
    assert_eq!(second.open_tests(&batch(&job, 0)).collect::<Vec<_>>(), [0, 2], "what was counted is not open");
}

#[tokio::test]
async fn one_of_many_workers_claims_a_batch() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    for lease in 1..=3 {
        let claims = at_once(8, |_| {
            let (table, job) = (fixture.table.clone(), job.clone());
            async move { table.claim_batch(&batch(&job, 0), LEASE).await.expect("an answer") }
        })
        .await;
        let taken: Vec<_> = claims.iter().filter(|claim| matches!(claim, Claim::Taken(_))).collect();
        assert!(matches!(taken.as_slice(), [Claim::Taken(batch)] if batch.lease == lease), "{claims:?}");
        let held = claims.iter().filter(|claim| **claim == Claim::Held(LEASE)).count();
        assert_eq!(held, 7, "{claims:?}");
        fixture.advance(LEASE + Duration::from_millis(1));
    }
}

#[tokio::test]
async fn a_finished_batch_is_not_taken_again() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 25).await;
    fixture.finish_all(&job, &[Outcome::Failed; 25]).await;
    fixture.advance(LEASE * 2);
    let batch = batch(&job, 0);
    assert_eq!(fixture.table.claim_batch(&batch, LEASE).await.expect("an answer"), Claim::Finished);
    assert_eq!(fixture.table.take_over_batch(&batch, LEASE).await.expect("an answer"), Claim::Finished);
}

#[tokio::test]
async fn a_batch_that_is_held_is_taken_over() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    let first = fixture.claim(&job, 0).await;
    let taken = fixture.table.take_over_batch(&batch(&job, 0), LEASE).await.expect("an answer");
    assert!(matches!(taken, Claim::Taken(record) if record.lease == 2));
    assert!(!fixture.count(&job, 0, first.lease, &[(0, Outcome::Passed)]).await, "its lease is over");
}

#[tokio::test]
async fn only_the_holder_renews_a_lease() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    let held = |number| lease(&job, 0, number);
    let renew = async |number| fixture.table.renew_lease(&held(number), LEASE).await;
    assert!(!renew(1).await.expect("an answer"), "no worker holds it");
    assert!(fixture.table.claimed_batches(&job).await.expect("an answer").is_empty(), "the attempt has made none");

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
}

#[tokio::test]
async fn a_batch_that_is_given_back_is_free_at_once() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 2).await;
    fixture.claim(&job, 0).await;
    let held = |number| Lease { batch: batch(&job, 0), number };
    fixture.table.give_back(&held(1)).await.expect("an answer");
    let test = fixture.test(&job, 0).await;
    assert_eq!((test.status, test.lease), (TestStatus::Queued, 1));
    fixture.table.give_back(&held(1)).await.expect("an answer");

    let second = fixture.claim(&job, 0).await;
    assert_eq!((second.lease, second.given_back), (2, 1), "giving it back again changes nothing");
    assert_eq!((second.lost_workers(false), second.lost_workers(true)), (0, 1), "no worker was lost before");
    fixture.table.give_back(&held(1)).await.expect("an answer");
    assert_eq!(fixture.test(&job, 0).await.status, TestStatus::Running, "it is another's");
    assert!(!fixture.table.renew_lease(&held(1), LEASE).await.expect("an answer"));
}

#[tokio::test]
async fn requeues_are_counted() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    for expected in 1..=3 {
        let count = fixture.table.count_requeue(&batch(&job, 0)).await.expect("an answer");
        assert_eq!(count, expected);
    }
    assert_eq!(fixture.test(&job, 0).await.status, TestStatus::Queued);
    let taken = fixture.claim(&job, 0).await;
    assert_eq!((taken.lease, taken.requeued), (1, 3));
}
