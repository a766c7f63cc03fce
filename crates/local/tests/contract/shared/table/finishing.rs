//! A result counts once: the test and the job's counters change together or not at all.

use super::{Fixture, LEASE, at_once, ended, new_job, new_test, tests};
use crate::support::id;
use std::time::Duration;
use stepcast_platform::Error;
use stepcast_platform::table::TestKey;
use stepcast_protocol::state::{Outcome, TestStatus, Verdict, digest_of};

#[tokio::test]
async fn a_result_is_counted() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 2).await;
    let lease = fixture.claim(&job, 1).await.lease;
    fixture.advance(Duration::from_secs(3));
    let result = ended(1, lease, Outcome::Flaky);
    let counted = fixture.table.finish_tests(&job.job, job.plan, vec![result.clone()]).await.expect("an answer");
    assert_eq!(counted, [1]);

    let test = fixture.test(&job, 1).await;
    assert_eq!((test.status, test.outcome, test.attempt), (TestStatus::Finished, Some(Outcome::Flaky), 1));
    assert_eq!((test.v, test.duration_ms, test.steps), (result.v, Some(250), Some(result.steps)));

    let after = fixture.job("job-1").await;
    assert_eq!((after.open, after.counts.flaky, after.counts.finished()), (1, 1, 1));
    assert_eq!((after.checks, after.digest), (2, digest_of(1, Outcome::Flaky)));
    assert_eq!((after.v, after.moved_at), (job.v + 1, fixture.now()));
    assert_eq!(fixture.test(&job, 0).await.status, TestStatus::Queued);
}

#[tokio::test]
async fn every_outcome_has_its_counter() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 9).await;
    let outcomes = [&Outcome::ALL[..], &[Outcome::Failed, Outcome::Failed]].concat();
    let mut results = Vec::new();
    for (test, outcome) in (0..).zip(&outcomes) {
        results.push(ended(test, fixture.claim(&job, test).await.lease, *outcome));
    }
    let counted = fixture.table.finish_tests(&job.job, job.plan, results).await.expect("an answer");
    assert_eq!(counted, [0, 1, 2, 3, 4, 5, 6, 7, 8]);

    let job = fixture.job("job-1").await;
    for outcome in Outcome::ALL {
        assert_eq!(job.counts.get(outcome), if outcome == Outcome::Failed { 3 } else { 1 }, "{outcome:?}");
    }
    let digest = (0..).zip(&outcomes).map(|(test, outcome)| digest_of(test, *outcome)).sum::<u64>();
    assert_eq!((job.open, job.checks, job.digest), (0, 18, digest));
}

#[tokio::test]
async fn the_same_result_again_counts_nothing() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 2).await;
    let lease = fixture.claim(&job, 0).await.lease;
    let finish = |outcome| fixture.table.finish_tests(&job.job, job.plan, vec![ended(0, lease, outcome)]);
    assert_eq!(finish(Outcome::Passed).await.expect("an answer"), [0]);
    let before = fixture.job("job-1").await;
    assert!(finish(Outcome::Passed).await.expect("an answer").is_empty());
    assert!(finish(Outcome::Failed).await.expect("an answer").is_empty(), "nor does another");
    assert_eq!(fixture.job("job-1").await, before);
    assert_eq!(fixture.test(&job, 0).await.outcome, Some(Outcome::Passed));
}

#[tokio::test]
async fn tests_claimed_by_others_are_left_out_of_the_batch() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 4).await;
    for test in 0..3 {
        fixture.claim(&job, test).await;
    }
    fixture.advance(LEASE + Duration::from_millis(1));
    fixture.claim(&job, 1).await;

    // 0 and 2 are still ours, 1 belongs to another worker, 3 was never claimed, 4 does not exist.
    let results = (0..5).map(|test| ended(test, 1, Outcome::Passed)).collect();
    let counted = fixture.table.finish_tests(&job.job, job.plan, results).await.expect("an answer");
    assert_eq!(counted, [0, 2]);
    let after = fixture.job("job-1").await;
    assert_eq!((after.open, after.counts.passed, after.checks), (2, 2, 4));
    assert_eq!((fixture.test(&job, 1).await.lease, fixture.test(&job, 1).await.outcome), (2, None));
    assert_eq!(fixture.test(&job, 3).await.status, TestStatus::Queued);
    assert_eq!(fixture.table.tests(&job.job, job.plan).await.expect("an answer").len(), 4);
}

#[tokio::test]
async fn results_of_another_planning_do_not_count() {
    let fixture = Fixture::new().await;
    fixture.create(&new_job("job-1")).await;
    for plan in 1..=2 {
        fixture.table.begin_plan(&id("job-1")).await.expect("an answer").expect("it is not planned yet");
        fixture.table.put_tests(&id("job-1"), plan, &[new_test(0)]).await.expect("stored");
    }
    fixture.table.claim_test(&TestKey { job: id("job-1"), plan: 1, test: 0 }, LEASE).await.expect("an answer");
    let job = id("job-1");
    let finish = |plan| fixture.table.finish_tests(&job, plan, vec![ended(0, 1, Outcome::Passed)]);
    assert!(finish(1).await.expect("an answer").is_empty(), "the job is not planned");
    let job = fixture.table.planned(&id("job-1"), 2, tests(1)).await.expect("an answer").expect("it is the newest");
    assert!(finish(1).await.expect("an answer").is_empty(), "another planning counts");
    assert_eq!(fixture.job("job-1").await, job);
    fixture.claim(&job, 0).await;
    assert_eq!(finish(2).await.expect("an answer"), [0]);
}

#[tokio::test]
async fn no_result_counts_after_the_verdict() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    fixture.finish_all(&job, &[Outcome::Passed]).await;
    let job = fixture.job("job-1").await;
    let closed = fixture.table.close_job(&job, Verdict::Passed, None).await.expect("an answer").expect("closed");
    fixture.table.put_tests(&id("job-1"), job.plan, &[new_test(1)]).await.expect("stored");
    fixture.claim(&job, 1).await;
    let late = fixture.table.finish_tests(&id("job-1"), job.plan, vec![ended(1, 1, Outcome::Failed)]).await;
    assert!(late.expect("an answer").is_empty());
    assert_eq!(fixture.job("job-1").await, closed);
}

#[tokio::test]
async fn results_that_come_at_once_are_all_counted() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 24).await;
    for test in 0..24 {
        fixture.claim(&job, test).await;
    }
    let counted = at_once(24, |test| {
        let (table, job) = (fixture.table.clone(), job.clone());
        async move {
            let results = vec![ended(test, 1, Outcome::ALL[test as usize % 7])];
            table.finish_tests(&job.job, job.plan, results).await.expect("counted in the end")
        }
    })
    .await;
    assert!(counted.iter().all(|tests| tests.len() == 1));
    let job = fixture.job("job-1").await;
    assert_eq!((job.open, job.counts.finished(), job.checks, job.v), (0, 24, 48, 2 + 24));
    assert_eq!(job.digest, (0..24).map(|test| digest_of(test, Outcome::ALL[test as usize % 7])).sum::<u64>());
}

#[tokio::test]
async fn one_result_that_many_bring_at_once_counts_once() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 3).await;
    for test in 0..3 {
        fixture.claim(&job, test).await;
    }
    let counted = at_once(8, |_| {
        let (table, job) = (fixture.table.clone(), job.clone());
        async move {
            let results = (0..3).map(|test| ended(test, 1, Outcome::Passed)).collect();
            table.finish_tests(&job.job, job.plan, results).await.expect("decided in the end")
        }
    })
    .await;
    assert_eq!(counted.iter().map(Vec::len).sum::<usize>(), 3, "{counted:?}");
    let job = fixture.job("job-1").await;
    assert_eq!((job.open, job.counts.passed, job.checks), (0, 3, 6));
}

#[tokio::test]
async fn a_transaction_has_at_most_a_hundred_actions() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 100).await;
    for test in 0..100 {
        fixture.claim(&job, test).await;
    }
    let results = |tests: u32| (0..tests).map(|test| ended(test, 1, Outcome::Passed)).collect();
    let refused = fixture.table.finish_tests(&job.job, job.plan, results(100)).await;
    assert!(matches!(refused, Err(Error::Refused { .. })), "the job's counters are one more: {refused:?}");
    assert_eq!(fixture.job("job-1").await, job);

    let counted = fixture.table.finish_tests(&job.job, job.plan, results(99)).await.expect("an answer");
    assert_eq!(counted.len(), 99);
    assert_eq!(fixture.job("job-1").await.open, 1);
}
