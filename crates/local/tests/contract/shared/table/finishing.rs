//! A result counts once: the batch and the job's counters change together or not at all.

use super::{Fixture, LEASE, at_once, batch, ended, lease, new_job, new_test, tests};
use crate::support::id;
use std::time::Duration;
use stepcast_platform::table::{Batch, BatchResults, Claim, FinishedTest, Lease, TestResult};
use stepcast_protocol::state::{Outcome, TestStatus, Verdict, digest_of};

#[tokio::test]
async fn a_result_is_counted() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 2).await;
    let lease = fixture.claim(&job, 0).await.lease;
    fixture.advance(Duration::from_secs(3));
    assert!(fixture.count(&job, 0, lease, &[(1, Outcome::Flaky)]).await);

    let test = fixture.test(&job, 1).await;
    let TestResult { v, steps, .. } = ended(1, lease, Outcome::Flaky).result;
    assert_eq!((test.status, test.outcome, test.attempt), (TestStatus::Finished, Some(Outcome::Flaky), 1));
    assert_eq!((test.v, test.duration_ms, test.steps), (v, Some(250), Some(steps)));
    assert_eq!(test.name, "Test 1");

    let after = fixture.job("job-1").await;
    assert_eq!((after.open, after.counts.flaky, after.counts.finished()), (1, 1, 1));
    assert_eq!((after.checks, after.requests, after.digest), (2, 3, digest_of(1, Outcome::Flaky)));
    assert_eq!((after.v, after.moved_at), (job.v + 1, fixture.now()));
    assert_eq!((fixture.test(&job, 0).await.status, after.counts.total), (TestStatus::Running, 2));
}

#[tokio::test]
async fn every_outcome_has_its_counter() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 9).await;
    let outcomes = [&Outcome::ALL[..], &[Outcome::Failed, Outcome::Failed]].concat();
    fixture.finish_all(&job, &outcomes).await;

    let job = fixture.job("job-1").await;
    for outcome in Outcome::ALL {
        assert_eq!(job.counts.get(outcome), if outcome == Outcome::Failed { 3 } else { 1 }, "{outcome:?}");
    }
    let digest = (0..).zip(&outcomes).map(|(test, outcome)| digest_of(test, *outcome)).sum::<u64>();
    assert_eq!((job.open, job.checks, job.digest), (0, 18, digest));
    let stored: Vec<_> = fixture.table.tests(&job).await.expect("an answer").iter().map(|test| test.outcome).collect();
    assert_eq!(stored, outcomes.into_iter().map(Some).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_same_results_again_count_nothing() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 2).await;
    let lease = fixture.claim(&job, 0).await.lease;
    assert!(fixture.count(&job, 0, lease, &[(0, Outcome::Passed)]).await);
    let before = fixture.job("job-1").await;
    assert!(!fixture.count(&job, 0, lease, &[(0, Outcome::Passed)]).await);
    assert!(!fixture.count(&job, 0, lease, &[(0, Outcome::Failed)]).await, "nor does another");
    assert_eq!(fixture.job("job-1").await, before);
    assert_eq!(fixture.test(&job, 0).await.outcome, Some(Outcome::Passed));
}

#[tokio::test]
async fn results_that_come_one_write_after_another_are_all_there() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 3).await;
    let record = fixture.claim(&job, 0).await;
    let (mut writes, mut known) = (record.writes, record.ended);
    for test in [2, 0, 1] {
        let tests = vec![ended(test, 1, Outcome::Passed)];
        let results = BatchResults { lease: lease(&job, 0, 1), writes, ended: known, tests };
        (writes, known) = (writes + 1, results.ended_after());
        let counted = fixture.table.count_results(&job.job, job.plan, vec![results]).await.expect("an answer");
        assert_eq!(counted, [0]);
    }
    let tests = fixture.table.tests(&job).await.expect("an answer");
    assert!(tests.iter().all(|test| test.outcome == Some(Outcome::Passed)));
    let claim = fixture.table.claim_batch(&batch(&job, 0), LEASE).await.expect("an answer");
    assert_eq!(claim, Claim::Finished);
}

#[tokio::test]
async fn batches_of_other_workers_are_left_out_of_the_write() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 100).await;
    for number in 0..3 {
        fixture.claim(&job, number).await;
    }
    fixture.advance(LEASE + Duration::from_millis(1));
    fixture.claim(&job, 1).await;

    // 0 and 2 are still ours, 1 belongs to another worker, 3 was never claimed, 4 does not exist.
    let results = |number: u32| {
        let tests = vec![ended(number * 25, 1, Outcome::Passed), ended(number * 25 + 1, 1, Outcome::Failed)];
        let batch = Batch { job: job.job.clone(), plan: job.plan, number, tests: number * 25..number * 25 + 25 };
        BatchResults { lease: Lease { batch, number: 1 }, writes: 0, ended: 0, tests }
    };
    let counted = fixture.table.count_results(&job.job, job.plan, (0..5).map(results).collect()).await;
    assert_eq!(counted.expect("an answer"), [0, 2]);
    let after = fixture.job("job-1").await;
    assert_eq!((after.open, after.counts.passed, after.counts.failed, after.checks), (96, 2, 2, 8));
    assert_eq!((fixture.test(&job, 25).await.lease, fixture.test(&job, 25).await.outcome), (2, None));
    assert_eq!(fixture.test(&job, 75).await.status, TestStatus::Queued);
    assert_eq!(fixture.table.tests(&job).await.expect("an answer").len(), 100);
}

#[tokio::test]
async fn results_of_another_planning_do_not_count() {
    let fixture = Fixture::new().await;
    fixture.create(&new_job("job-1")).await;
    for plan in 1..=2 {
        fixture.table.begin_plan(&id("job-1")).await.expect("an answer").expect("it is not planned yet");
        fixture.table.put_plan(&id("job-1"), plan, &[new_test(0)]).await.expect("stored");
    }
    let job = id("job-1");
    let of_plan = |plan| Batch { job: id("job-1"), plan, number: 0, tests: 0..1 };
    fixture.table.claim_batch(&of_plan(1), LEASE).await.expect("an answer");
    let finish = async |plan| {
        let tests = vec![ended(0, 1, Outcome::Passed)];
        let results = BatchResults { lease: Lease { batch: of_plan(plan), number: 1 }, writes: 0, ended: 0, tests };
        fixture.table.count_results(&job, plan, vec![results]).await.expect("an answer")
    };
    assert!(finish(1).await.is_empty(), "the job is not planned");
    let planned = fixture.table.planned(&job, 2, tests(1)).await.expect("an answer").expect("it is the newest");
    assert!(finish(1).await.is_empty(), "another planning counts");
    assert_eq!(fixture.job("job-1").await, planned);
    fixture.claim(&planned, 0).await;
    assert_eq!(finish(2).await, [0]);
}

#[tokio::test]
async fn no_result_counts_after_the_verdict() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    fixture.finish_all(&job, &[Outcome::Passed]).await;
    let job = fixture.job("job-1").await;
    let closed = fixture.table.close_job(&job, Verdict::Passed, None).await.expect("an answer").expect("closed");
    let late = Batch { job: id("job-1"), plan: job.plan, number: 1, tests: 25..26 };
    fixture.table.claim_batch(&late, LEASE).await.expect("an answer");
    let tests = vec![ended(25, 1, Outcome::Failed)];
    let results = BatchResults { lease: Lease { batch: late, number: 1 }, writes: 0, ended: 0, tests };
    let counted = fixture.table.count_results(&id("job-1"), job.plan, vec![results]).await;
    assert!(counted.expect("an answer").is_empty());
    assert_eq!(fixture.job("job-1").await, closed);
}

#[tokio::test]
async fn results_that_come_at_once_are_all_counted() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 24 * 25).await;
    for number in 0..24 {
        fixture.claim(&job, number).await;
    }
    let outcome = |number: u32| Outcome::ALL[number as usize % 7];
    let counted = at_once(24, |number| {
        let (table, job) = (fixture.table.clone(), job.clone());
        async move {
            let tests = vec![ended(number * 25, 1, outcome(number))];
            let results = BatchResults { lease: lease(&job, number, 1), writes: 0, ended: 0, tests };
            table.count_results(&job.job, job.plan, vec![results]).await.expect("counted in the end")
        }
    })
    .await;
    assert!(counted.iter().all(|batches| batches.len() == 1));
    let job = fixture.job("job-1").await;
    assert_eq!((job.open, job.counts.finished(), job.checks, job.v), (24 * 24, 24, 48, 2 + 24));
    assert_eq!(job.digest, (0..24).map(|number| digest_of(number * 25, outcome(number))).sum::<u64>());
}

#[tokio::test]
async fn results_that_many_bring_at_once_count_once() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 3).await;
    fixture.claim(&job, 0).await;
    let counted = at_once(8, |_| {
        let (table, job) = (fixture.table.clone(), job.clone());
        async move {
            let tests = (0..3).map(|test| ended(test, 1, Outcome::Passed)).collect();
            let results = BatchResults { lease: lease(&job, 0, 1), writes: 0, ended: 0, tests };
            table.count_results(&job.job, job.plan, vec![results]).await.expect("decided in the end")
        }
    })
    .await;
    assert_eq!(counted.iter().map(Vec::len).sum::<usize>(), 1, "{counted:?}");
    let job = fixture.job("job-1").await;
    assert_eq!((job.open, job.counts.passed, job.checks), (0, 3, 6));
}

/// Steps that no compression makes smaller, of the largest size that a worker stores.
fn noise(random: &mut fastrand::Rng) -> String {
    std::iter::repeat_with(|| random.char('\u{100}'..'\u{7ff}')).take(24 * 1024).collect()
}

#[tokio::test]
async fn the_largest_results_of_a_full_batch_are_written_together() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 25).await;
    let number = fixture.claim(&job, 0).await.lease;
    let mut random = fastrand::Rng::with_seed(7);
    let tests: Vec<FinishedTest> = (0..25)
        .map(|test| {
            let FinishedTest { result, .. } = ended(test, number, Outcome::Failed);
            let result = TestResult { steps: noise(&mut random), ..result };
            FinishedTest { result, ..ended(test, number, Outcome::Failed) }
        })
        .collect();
    let results = BatchResults { lease: lease(&job, 0, number), writes: 0, ended: 0, tests: tests.clone() };
    let counted = fixture.table.count_results(&job.job, job.plan, vec![results]).await;
    assert_eq!(counted.expect("they fit"), [0]);
    let stored = fixture.table.tests(&job).await.expect("an answer");
    let steps: Vec<_> = stored.into_iter().map(|test| test.steps.expect("steps")).collect();
    assert_eq!(steps, tests.into_iter().map(|test| test.result.steps).collect::<Vec<_>>());
}
