//! The one verdict of a job, and what comes before it: cancels, signs of life, the list of open jobs.

use super::{Fixture, at_once, new_job};
use crate::support::id;
use std::time::Duration;
use stepcast_protocol::state::{JobStatus, Outcome, Verdict};

#[tokio::test]
async fn a_job_with_open_tests_has_no_verdict() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    assert_eq!(fixture.table.close_job(&job, Verdict::Passed, None).await.expect("an answer"), None);
    assert_eq!(fixture.table.open_jobs().await.expect("an answer"), ["job-1"]);
}

#[tokio::test]
async fn a_verdict_is_over_the_job_as_it_was_read() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    fixture.finish_all(&job, &[Outcome::Failed]).await;
    assert_eq!(fixture.table.close_job(&job, Verdict::Empty, None).await.expect("an answer"), None, "it has changed");

    let job = fixture.job("job-1").await;
    fixture.advance(Duration::from_secs(9));
    let closed = fixture.table.close_job(&job, Verdict::Failed, None).await.expect("an answer").expect("closed");
    assert_eq!((closed.status, closed.verdict, closed.v), (JobStatus::Finished, Some(Verdict::Failed), job.v + 1));
    assert_eq!((closed.finished_at, closed.moved_at), (Some(fixture.now()), fixture.now()));
    assert_eq!(fixture.job("job-1").await, closed, "the returned job is the stored job");
    assert!(fixture.table.open_jobs().await.expect("an answer").is_empty());
    for read in [job, closed] {
        assert_eq!(fixture.table.close_job(&read, Verdict::Passed, None).await.expect("an answer"), None, "it has one");
    }
}

#[tokio::test]
async fn one_of_many_gives_the_verdict() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    fixture.finish_all(&job, &[Outcome::Passed]).await;
    let job = fixture.job("job-1").await;
    let closed = at_once(8, |_| {
        let (table, job) = (fixture.table.clone(), job.clone());
        async move { table.close_job(&job, Verdict::Passed, None).await.expect("decided in the end") }
    })
    .await;
    assert_eq!(closed.iter().flatten().count(), 1, "{closed:?}");
    assert_eq!(fixture.job("job-1").await.v, job.v + 1);
}

#[tokio::test]
async fn a_job_that_cannot_be_planned_says_why() {
    let fixture = Fixture::new().await;
    let job = fixture.create(&new_job("job-1")).await;
    let problem = Some("the sitemap could not be fetched");
    let closed = fixture.table.close_job(&job, Verdict::Errored, problem).await.expect("an answer").expect("closed");
    assert_eq!(closed.problem.as_deref(), problem);
    assert_eq!(fixture.job("job-1").await, closed);
    assert_eq!(fixture.table.begin_plan(&id("job-1")).await.expect("an answer"), None, "it has a verdict");
}

#[tokio::test]
async fn a_job_is_cancelled_until_it_has_a_verdict() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.table.cancel_job(&id("job-1")).await.expect("an answer"), None, "it is not there");
    assert_eq!(fixture.table.job(&id("job-1")).await.expect("an answer"), None, "the attempt has made none");

    let job = fixture.running_job("job-1", 0).await;
    fixture.advance(Duration::from_secs(1));
    let cancelled = fixture.table.cancel_job(&id("job-1")).await.expect("an answer").expect("cancelled");
    assert_eq!((cancelled.cancel_requested, cancelled.v, cancelled.moved_at), (true, job.v + 1, fixture.now()));
    assert_eq!(cancelled.status, JobStatus::Running);

    let closed = fixture.table.close_job(&cancelled, Verdict::Cancelled, None).await.expect("an answer");
    let closed = closed.expect("nothing is open");
    assert_eq!(fixture.table.cancel_job(&id("job-1")).await.expect("an answer"), None, "it has a verdict");
    assert_eq!(fixture.job("job-1").await, closed);
}

#[tokio::test]
async fn a_sign_of_life_changes_nothing_else() {
    let fixture = Fixture::new().await;
    let job = fixture.create(&new_job("job-1")).await;
    fixture.advance(Duration::from_mins(1));
    fixture.table.touch_job(&id("job-1")).await.expect("noted");
    let touched = fixture.job("job-1").await;
    assert_eq!(touched.moved_at, fixture.now());
    assert_eq!((touched.v, touched.status), (job.v, job.status));

    fixture.table.touch_job(&id("job-2")).await.expect("nothing to note");
    assert_eq!(fixture.table.job(&id("job-2")).await.expect("an answer"), None);
}

#[tokio::test]
async fn open_jobs_are_listed_oldest_first() {
    let fixture = Fixture::new().await;
    for job in ["job-2", "job-3", "job-1"] {
        fixture.create(&new_job(job)).await;
    }
    let job = fixture.job("job-2").await;
    fixture.table.close_job(&job, Verdict::Empty, None).await.expect("an answer").expect("closed");
    assert_eq!(fixture.table.open_jobs().await.expect("an answer"), ["job-1", "job-3"]);
}
