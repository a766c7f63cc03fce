//! A write that DynamoDB refuses returns the refusal and stores nothing.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>

use super::{Fixture, lease, new_job, new_test, source};
use crate::support::id;
use stepcast_platform::Error;
use stepcast_platform::table::{BatchResults, JobSource, NewJob, NewTest};

const ITEM_BYTES: usize = 400 * 1024;

fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Err(Error::Refused { reason, .. }) => reason,
        other => panic!("it should be refused: {other:?}"),
    }
}

#[tokio::test]
async fn an_item_has_at_most_400_kb() {
    let fixture = Fixture::new().await;
    let largest = ITEM_BYTES - 1024;
    fixture.put_suite("Shop", 1, vec![b'x'; largest]).await.expect("stored");
    assert_eq!(fixture.table.suite("Shop").await.expect("an answer").expect("a suite").suite.len(), largest);
    refused(fixture.put_suite("Shop", 2, vec![b'x'; ITEM_BYTES]).await);
    assert_eq!(fixture.table.suite("Shop").await.expect("an answer").expect("a suite").tests, 1);
}

#[tokio::test]
async fn an_item_of_a_transaction_has_at_most_400_kb() {
    let fixture = Fixture::new().await;
    let large = |bytes| NewJob { source: JobSource { suite: vec![b'x'; bytes], ..source() }, ..new_job("job-1") };
    refused(fixture.table.create_job(&large(ITEM_BYTES)).await);
    assert_eq!(fixture.table.job(&id("job-1")).await.expect("an answer"), None, "all or nothing");
    assert!(fixture.table.open_jobs().await.expect("an answer").is_empty(), "all or nothing");
    fixture.create(&large(ITEM_BYTES - 1024)).await;
}

#[tokio::test]
async fn an_item_of_a_batch_has_at_most_400_kb() {
    let fixture = Fixture::new().await;
    let large = NewTest { planned: noise(ITEM_BYTES), ..new_test(1) };
    refused(fixture.table.put_plan(&id("job-1"), 1, &[new_test(0), large]).await);
}

#[tokio::test]
async fn a_result_larger_than_an_item_is_refused_with_its_counters() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    let by = fixture.claim(&job, 0).await.lease;
    let mut large = super::ended(0, by, stepcast_protocol::state::Outcome::Passed);
    large.result.steps = noise(ITEM_BYTES);
    let results = BatchResults { lease: lease(&job, 0, by), writes: 0, ended: 0, tests: vec![large] };
    refused(fixture.table.count_results(&id("job-1"), job.plan, vec![results]).await);
    assert_eq!(fixture.job("job-1").await, job, "all or nothing");
}

/// A text of which no compression leaves less than this many bytes.
fn noise(bytes: usize) -> String {
    let mut random = fastrand::Rng::with_seed(7);
    std::iter::repeat_with(|| random.char('\u{100}'..'\u{7ff}')).take(bytes).collect()
}

#[tokio::test]
async fn a_key_has_at_most_1024_bytes() {
    let fixture = Fixture::new().await;
    fixture.put_suite(&"x".repeat(1024), 1, vec![1]).await.expect("stored");
    refused(fixture.put_suite(&"x".repeat(1025), 1, vec![1]).await);
}

#[tokio::test]
async fn a_key_is_not_empty() {
    let fixture = Fixture::new().await;
    refused(fixture.put_suite("", 1, vec![1]).await);
    let empty = NewJob { idempotency_key: Some(String::new()), ..new_job("job-1") };
    refused(fixture.table.create_job(&empty).await);
}

#[tokio::test]
async fn a_table_that_is_not_there_is_a_refusal() {
    let fixture = Fixture::without_table().await;
    assert!(refused(fixture.table.job(&id("job-1")).await).starts_with("ResourceNotFoundException"));
    refused(fixture.table.create_job(&new_job("job-1")).await);
    refused(fixture.table.open_jobs().await);
}
