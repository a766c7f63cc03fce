//! Lists of jobs, newest first, page by page.

use super::{Fixture, new_job};
use crate::support::id;
use aws_sdk_dynamodb::types::AttributeValue;
use stepcast_platform::table::NewJob;
use stepcast_protocol::command::JobsQuery;
use stepcast_protocol::moment::Moment;
use stepcast_protocol::state::{JobStatus, Verdict};
use uuid::{NoContext, Timestamp, Uuid};

fn query() -> JobsQuery {
    JobsQuery::default()
}

/// Returns the ids of all pages, and the number of pages.
async fn pages(fixture: &Fixture, query: JobsQuery) -> (Vec<String>, usize) {
    let (mut ids, mut count, mut cursor) = (Vec::new(), 0, None);
    loop {
        let (page, next) = fixture.table.jobs(&JobsQuery { cursor, ..query.clone() }).await.expect("an answer");
        ids.extend(page.into_iter().map(|listed| listed.job));
        count += 1;
        cursor = next;
        if cursor.is_none() {
            return (ids, count);
        }
    }
}

fn numbered(numbers: impl Iterator<Item = u32>) -> Vec<String> {
    numbers.map(|number| format!("job-{number:03}")).collect()
}

async fn stored(count: u32) -> Fixture {
    let fixture = Fixture::new().await;
    for number in 0..count {
        let suite = if number % 3 == 0 { "Third" } else { "Others" }.to_owned();
        fixture.create(&NewJob { suite, ..new_job(&format!("job-{number:03}")) }).await;
    }
    fixture
}

#[tokio::test]
async fn the_newest_come_first() {
    let fixture = stored(5).await;
    let (jobs, cursor) = fixture.table.jobs(&query()).await.expect("an answer");
    assert_eq!(jobs.iter().map(|listed| listed.job.as_str()).collect::<Vec<_>>(), numbered((0..5).rev()));
    assert_eq!(cursor, None);
    assert_eq!(jobs[0], fixture.job("job-004").await.listed());
}

#[tokio::test]
async fn pages_join_without_a_gap() {
    let fixture = stored(7).await;
    for limit in [1, 2, 3, 7, 50] {
        let (ids, _) = pages(&fixture, JobsQuery { limit: Some(limit), ..query() }).await;
        assert_eq!(ids, numbered((0..7).rev()), "{limit} a page");
    }
    let (page, cursor) = fixture.table.jobs(&JobsQuery { limit: Some(3), ..query() }).await.expect("an answer");
    assert_eq!((page.len(), cursor.as_deref()), (3, Some("job-004")));
}

#[tokio::test]
async fn a_page_has_a_hundred_jobs_at_most() {
    let fixture = stored(110).await;
    let (page, cursor) = fixture.table.jobs(&JobsQuery { limit: Some(1000), ..query() }).await.expect("an answer");
    assert_eq!((page.len(), cursor.as_deref()), (100, Some("job-010")));
    assert_eq!(page.iter().map(|listed| listed.job.clone()).collect::<Vec<_>>(), numbered((10..110).rev()));
}

#[tokio::test]
async fn jobs_are_found_by_suite() {
    let fixture = stored(7).await;
    let (ids, _) = pages(&fixture, JobsQuery { suite: Some(id("Third")), limit: Some(2), ..query() }).await;
    assert_eq!(ids, ["job-006", "job-003", "job-000"]);
    let (ids, _) = pages(&fixture, JobsQuery { suite: Some(id("Fourth")), ..query() }).await;
    assert!(ids.is_empty());
}

#[tokio::test]
async fn a_job_that_has_its_verdict_is_not_read_again() {
    let fixture = stored(2).await;
    let (finished, open) = ("job-000", "job-001");
    let job = fixture.job(finished).await;
    fixture.table.close_job(&job, Verdict::Empty, None).await.expect("an answer").expect("closed");
    let (before, _) = fixture.table.jobs(&query()).await.expect("an answer");
    assert_eq!(before.iter().map(|listed| listed.job.as_str()).collect::<Vec<_>>(), [open, finished]);
    for job in [finished, open] {
        let (pk, sk) = (AttributeValue::S(format!("JOB#{job}")), AttributeValue::S("JOB".to_owned()));
        let delete = fixture.client.delete_item().table_name(&fixture.name).key("pk", pk).key("sk", sk);
        delete.send().await.expect("deleted");
    }
    let (after, _) = fixture.table.jobs(&query()).await.expect("an answer");
    assert_eq!(after, before[1..], "the other one was read, and is gone");
}

#[tokio::test]
async fn jobs_are_found_by_status() {
    let fixture = stored(26).await;
    for number in [0, 1, 20] {
        let job = fixture.job(&format!("job-{number:03}")).await;
        fixture.table.close_job(&job, Verdict::Empty, None).await.expect("an answer").expect("closed");
    }
    let finished = JobsQuery { status: Some(JobStatus::Finished), limit: Some(2), ..query() };
    let (page, cursor) = fixture.table.jobs(&finished).await.expect("an answer");
    assert_eq!(page.len(), 1, "one answer reads so far and no further");
    assert!(cursor.is_some(), "and says where to go on");
    let (ids, _) = pages(&fixture, finished).await;
    assert_eq!(ids, ["job-020", "job-001", "job-000"]);
}

#[tokio::test]
async fn a_job_that_is_no_more_is_left_out() {
    let fixture = stored(4).await;
    fixture.expire("JOB#job-002", "JOB").await;
    let (ids, _) = pages(&fixture, JobsQuery { limit: Some(2), ..query() }).await;
    assert_eq!(ids, ["job-003", "job-001", "job-000"]);
}

#[tokio::test]
async fn a_cursor_may_name_a_job_that_is_no_more() {
    let fixture = stored(4).await;
    let (_, cursor) = fixture.table.jobs(&JobsQuery { limit: Some(2), ..query() }).await.expect("an answer");
    assert_eq!(cursor.as_deref(), Some("job-002"));
    fixture.expire("JOBS", "job-002").await;
    let (page, _) = fixture.table.jobs(&JobsQuery { cursor, ..query() }).await.expect("an answer");
    assert_eq!(page.iter().map(|listed| listed.job.as_str()).collect::<Vec<_>>(), ["job-001", "job-000"]);
}

/// Creates jobs one minute apart, oldest first, with the labels `number` and `parity`.
async fn one_a_minute(count: u32) -> (Fixture, Vec<String>) {
    let fixture = Fixture::new().await;
    let mut ids = Vec::new();
    for number in 0..count {
        let minutes = Timestamp::from_unix(NoContext, u64::from(number) * 60, 0);
        let job = Uuid::new_v7(minutes).to_string();
        let parity = if number % 2 == 0 { "even" } else { "odd" };
        let labels = [("number", number.to_string()), ("parity", parity.to_owned())];
        let labels = labels.map(|(name, value)| (name.to_owned(), value)).into();
        fixture.create(&NewJob { labels, ..new_job(&job) }).await;
        ids.push(job);
    }
    (fixture, ids)
}

fn minute(number: u64) -> Moment {
    Moment::from_ms(number * 60_000)
}

#[tokio::test]
async fn jobs_are_found_by_time() {
    let (fixture, ids) = one_a_minute(6).await;
    let newest_first = |from: usize, until: usize| ids[from..until].iter().rev().cloned().collect::<Vec<_>>();
    for (since, until, expected) in [
        (Some(2), None, newest_first(2, 6)),
        (None, Some(2), newest_first(0, 2)),
        (Some(1), Some(4), newest_first(1, 4)),
        (Some(4), Some(1), Vec::new()),
        (Some(9), None, Vec::new()),
    ] {
        let query = JobsQuery { since: since.map(minute), until: until.map(minute), limit: Some(2), ..query() };
        assert_eq!(pages(&fixture, query).await.0, expected, "from {since:?} until {until:?}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_time_is_no_mistake() {
    let (fixture, ids) = one_a_minute(6).await;
    let between = |cursor: &str| JobsQuery {
        since: Some(minute(2)),
        until: Some(minute(4)),
        cursor: Some(cursor.to_owned()),
        ..query()
    };
    let (later, _) = fixture.table.jobs(&between(&ids[5])).await.expect("an answer");
    assert_eq!(later.iter().map(|listed| &listed.job).collect::<Vec<_>>(), [&ids[3], &ids[2]]);
    let (earlier, _) = fixture.table.jobs(&between(&ids[0])).await.expect("an answer");
    assert!(earlier.is_empty());
}

#[tokio::test]
async fn jobs_are_found_by_label() {
    let (fixture, ids) = one_a_minute(24).await;
    let labelled = |labels: &[(&str, &str)], limit| JobsQuery {
        labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        limit: Some(limit),
        ..query()
    };
    let (odd, _) = pages(&fixture, labelled(&[("parity", "odd")], 5)).await;
    assert_eq!(odd, ids.iter().skip(1).step_by(2).rev().cloned().collect::<Vec<_>>());
    let (one, _) = pages(&fixture, labelled(&[("parity", "odd"), ("number", "3")], 50)).await;
    assert_eq!(one, [ids[3].clone()]);
    let (none, _) = pages(&fixture, labelled(&[("parity", "even"), ("number", "3")], 50)).await;
    assert!(none.is_empty());
    let (page, cursor) = fixture.table.jobs(&labelled(&[("number", "3")], 2)).await.expect("an answer");
    assert!(page.is_empty() && cursor.is_some(), "one answer reads so far and no further");
}
