//! A job is planned once, however many planners there are, and its tests come back in order.

use super::{Fixture, at_once, new_job, new_test, tests};
use crate::support::id;
use std::time::Duration;
use stepcast_platform::table::{JobRecord, NewTest, Planned};
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
async fn a_plan_is_stored_in_parts_and_read_in_order() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 510).await;
    let tests = fixture.table.tests(&job).await.expect("an answer");
    assert_eq!(tests.len(), 510, "two parts of 250 and a rest");
    for (number, test) in (0..).zip(&tests) {
        assert_eq!((test.test, test.name.as_str()), (number, format!("Test {number}").as_str()));
        assert_eq!((test.status, test.lease, test.outcome), (TestStatus::Queued, 0, None));
    }
}

#[tokio::test]
async fn a_batch_is_read_with_its_own_tests() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 510).await;
    // The batches of seven do not end where the parts do.
    for size in [1, 7, 25] {
        let job = JobRecord { batch_size: size, ..job.clone() };
        let mut read = Vec::new();
        for batch in job.batches() {
            let tests = fixture.table.planned_tests(&batch).await.expect("an answer");
            assert!(tests.len() <= size as usize, "{batch:?}");
            read.extend(tests);
        }
        assert_eq!(read, (0..510).map(new_test).collect::<Vec<_>>(), "batches of {size}");
    }
}

#[tokio::test]
async fn small_jobs_are_divided_among_the_workers_and_large_ones_fill_batches() {
    let size = JobRecord::batch_size;
    assert_eq!([size(1, 10), size(10, 10), size(11, 10), size(100, 10)], [1, 1, 2, 10]);
    assert_eq!([size(250, 10), size(251, 10), size(10_000, 10), size(10_000, 1_000)], [25, 25, 25, 10]);
    assert_eq!([size(0, 10), size(5, 0)], [1, 5]);
}

#[tokio::test]
async fn a_planning_reads_its_own_tests_only() {
    let fixture = Fixture::new().await;
    let job = fixture.create(&new_job("job-1")).await;
    let first: Vec<_> = (0..3).map(new_test).collect();
    fixture.table.put_plan(&id("job-1"), 1, &first).await.expect("stored");
    fixture.table.put_plan(&id("job-1"), 11, &first[..1]).await.expect("stored");
    fixture.table.put_plan(&id("job-10"), 1, &first[..2]).await.expect("stored");
    let read = async |plan| {
        let mut job = JobRecord { plan, batch_size: 25, ..job.clone() };
        job.counts.total = 3;
        fixture.table.planned_tests(&job.batch(0).expect("a batch")).await.expect("an answer").len()
    };
    assert_eq!([read(1).await, read(11).await, read(2).await], [3, 1, 0]);
}

#[tokio::test]
async fn more_than_a_megabyte_of_plan_is_read_page_by_page() {
    let fixture = Fixture::new().await;
    fixture.create(&new_job("job-1")).await;
    let mut random = fastrand::Rng::with_seed(7);
    // No compression makes it much smaller.
    let mut noise = || std::iter::repeat_with(|| random.alphanumeric()).take(60 * 1024).collect::<String>();
    let written: Vec<_> = (0..60).map(|test| NewTest { planned: noise(), ..new_test(test) }).collect();
    let plan = fixture.table.begin_plan(&id("job-1")).await.expect("an answer").expect("it is not planned yet").plan;
    fixture.table.put_plan(&id("job-1"), plan, &written).await.expect("stored");
    let job = fixture.table.planned(&id("job-1"), plan, tests(60)).await.expect("an answer").expect("it is the newest");
    let mut read = Vec::new();
    for batch in job.batches() {
        read.extend(fixture.table.planned_tests(&batch).await.expect("an answer"));
    }
    assert_eq!(read, written);
    let names: Vec<_> = fixture.table.tests(&job).await.expect("an answer").into_iter().map(|test| test.name).collect();
    assert_eq!(names, written.into_iter().map(|test| test.name).collect::<Vec<_>>());
}

#[tokio::test]
async fn no_tests_are_no_write() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 0).await;
    assert_eq!((job.open, job.counts.total), (0, 0));
}
