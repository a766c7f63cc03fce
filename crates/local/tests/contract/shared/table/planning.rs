//! A job is planned once, however many planners there are, and its tests come back in order.

use super::{Fixture, at_once, new_job, new_test, tests};
use crate::support::id;
use std::time::Duration;
use stepcast_platform::table::{NewTest, Planned};
use stepcast_protocol::state::{JobStatus, TestStatus};

#[tokio::test]
async fn every_planning_has_a_number_of_its_own() {
    let fixture = Fixture::new().await;
    fixture.create(&new_job("job-1")).await;
    let mut plans = at_once(6, |_| {
        let table = fixture.table.clone();
        async move { table.begin_plan(&id("job-1")).await.expect("an answer").expect("it is not planned yet").plan }
    })
    .await;
    plans.sort_unstable();
    assert_eq!(plans, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn only_the_newest_planning_counts() {
    let fixture = Fixture::new().await;
    fixture.create(&new_job("job-1")).await;
    for _ in 0..2 {
        fixture.table.begin_plan(&id("job-1")).await.expect("an answer").expect("it is not planned yet");
    }
    assert_eq!(
        fixture.table.planned(&id("job-1"), 1, tests(3)).await.expect("an answer"),
        None,
        "another has begun since"
    );

    fixture.advance(Duration::from_secs(1));
    let planned = Planned { expected_ms: 1_500, requests: 7, ..tests(5) };
    let job = fixture.table.planned(&id("job-1"), 2, planned).await.expect("an answer").expect("it is the newest");
    assert_eq!((job.status, job.plan, job.v), (JobStatus::Running, 2, 2));
    assert_eq!((job.expected_ms, job.requests), (1_500, 7));
    assert_eq!((job.counts.total, job.open), (5, 5));
    assert_eq!(job.moved_at, fixture.now());
    assert_eq!(fixture.job("job-1").await, job);

    assert_eq!(fixture.table.planned(&id("job-1"), 2, tests(5)).await.expect("an answer"), None, "it is planned");
    assert_eq!(fixture.table.begin_plan(&id("job-1")).await.expect("an answer"), None, "it is planned");
}

#[tokio::test]
async fn a_job_that_is_not_there_is_not_planned() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.table.begin_plan(&id("job-1")).await.expect("an answer"), None);
    assert_eq!(fixture.table.planned(&id("job-1"), 1, tests(1)).await.expect("an answer"), None);
    assert_eq!(fixture.table.job(&id("job-1")).await.expect("an answer"), None, "the attempt has made none");
}

#[tokio::test]
async fn tests_are_written_in_batches_and_read_in_order() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 130).await;
    let tests = fixture.table.tests(&id("job-1"), job.plan).await.expect("an answer");
    assert_eq!(tests.len(), 130, "five batches of 25 and a rest");
    for (number, test) in (0..).zip(&tests) {
        assert_eq!((test.test, test.name.as_str()), (number, format!("Test {number}").as_str()));
        assert_eq!((test.status, test.lease, test.outcome), (TestStatus::Queued, 0, None));
    }
}

#[tokio::test]
async fn a_planning_reads_its_own_tests_only() {
    let fixture = Fixture::new().await;
    fixture.create(&new_job("job-1")).await;
    let first: Vec<_> = (0..3).map(new_test).collect();
    fixture.table.put_tests(&id("job-1"), 1, &first).await.expect("stored");
    fixture.table.put_tests(&id("job-1"), 11, &first[..1]).await.expect("stored");
    fixture.table.put_tests(&id("job-10"), 1, &first[..2]).await.expect("stored");
    assert_eq!(fixture.table.tests(&id("job-1"), 1).await.expect("an answer").len(), 3);
    assert_eq!(fixture.table.tests(&id("job-1"), 11).await.expect("an answer").len(), 1);
    assert!(fixture.table.tests(&id("job-1"), 2).await.expect("an answer").is_empty());
}

#[tokio::test]
async fn more_than_a_megabyte_of_tests_is_read_page_by_page() {
    let fixture = Fixture::new().await;
    fixture.create(&new_job("job-1")).await;
    let planned = "x".repeat(60 * 1024);
    let tests: Vec<_> = (0..60).map(|test| NewTest { planned: planned.clone(), ..new_test(test) }).collect();
    fixture.table.put_tests(&id("job-1"), 1, &tests).await.expect("stored");
    let read = fixture.table.tests(&id("job-1"), 1).await.expect("an answer");
    assert_eq!(read.iter().map(|test| test.test).collect::<Vec<_>>(), (0..60).collect::<Vec<_>>());
    assert!(read.iter().all(|test| test.planned == planned));
}

#[tokio::test]
async fn no_tests_are_no_write() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 0).await;
    assert_eq!((job.open, job.counts.total), (0, 0));
}
