//! Earlier outcomes of tests: by suite and branch, newest first.

use super::{Fixture, RETENTION, ended, lease, new_job};
use crate::support::id;
use std::collections::BTreeMap;
use std::time::Duration;
use stepcast_platform::Table;
use stepcast_platform::table::{BatchResults, JobRecord, NewJob, PastTest};
use stepcast_protocol::state::{Change, Outcome};

fn past(name: &str, outcome: Outcome) -> PastTest {
    PastTest { name: name.to_owned(), outcome, duration_ms: 250 }
}

async fn job_of(fixture: &Fixture, job: &str, branch: &str) -> JobRecord {
    let labels = BTreeMap::from([("branch".to_owned(), branch.to_owned())]);
    fixture.create(&NewJob { labels, ..new_job(job) }).await
}

async fn jobs(fixture: &Fixture, branch: &str, before: Option<&str>, most: usize) -> Vec<String> {
    let found = fixture.table.history("Shop smoke", branch, before, most).await.expect("an answer");
    found.into_iter().map(|past| past.job.into()).collect()
}

#[tokio::test]
async fn only_tests_that_ran_to_their_end_are_results() {
    let fixture = Fixture::new().await;
    let outcomes = [Outcome::Passed, Outcome::Skipped, Outcome::Errored, Outcome::Cancelled, Outcome::Flaky];
    let job = fixture.running_job("job-1", 5).await;
    fixture.finish_all(&job, &outcomes).await;
    let results = Table::results(&job, &fixture.table.tests(&job).await.expect("the tests"));
    let passed = [past("Test 0", Outcome::Passed), past("Test 4", Outcome::Flaky)];
    let [first, last] = passed.clone();
    assert_eq!(results, [first, past("Test 2", Outcome::Errored), last]);

    let ended = fixture.table.end_job(&id("job-1"), "ada").await.expect("an answer").expect("it is open");
    assert_eq!(
        Table::results(&ended, &fixture.table.tests(&ended).await.expect("the tests")),
        passed,
        "tests ended by an admin are no results"
    );
}

#[tokio::test]
async fn the_same_results_again_change_nothing() {
    let fixture = Fixture::new().await;
    let job = job_of(&fixture, "job-1", "main").await;
    let tests = [past("Home", Outcome::Failed), past("Cart", Outcome::Passed)];
    fixture.table.put_history(&job, &tests).await.expect("kept");
    let item = fixture.item("HISTORY#10#Shop smoke#main", "job-1#00").await.expect("an item");
    fixture.advance(Duration::from_mins(5));
    fixture.table.put_history(&job, &tests).await.expect("kept");
    assert_eq!(fixture.item("HISTORY#10#Shop smoke#main", "job-1#00").await, Some(item));

    let found = fixture.table.history("Shop smoke", "main", None, 10).await.expect("an answer");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].job.as_str(), found[0].created_at), ("job-1", job.created_at));
    assert_eq!(found[0].tests, tests);
}

#[tokio::test]
async fn jobs_are_found_by_branch_and_the_job_before() {
    let fixture = Fixture::new().await;
    for (job, branch) in [("job-1", "main"), ("job-2", "try"), ("job-3", "main"), ("job-4", "main")] {
        let job = job_of(&fixture, job, branch).await;
        fixture.table.put_history(&job, &[past("Home", Outcome::Passed)]).await.expect("kept");
    }
    assert_eq!(jobs(&fixture, "main", None, 10).await, ["job-4", "job-3", "job-1"]);
    assert_eq!(jobs(&fixture, "main", Some("job-4"), 10).await, ["job-3", "job-1"], "not the job itself");
    assert_eq!(jobs(&fixture, "main", None, 2).await, ["job-4", "job-3"]);
    assert_eq!(jobs(&fixture, "try", None, 10).await, ["job-2"]);
    assert!(jobs(&fixture, "", None, 10).await.is_empty());
}

#[tokio::test]
async fn expired_history_is_not_shown() {
    let fixture = Fixture::new().await;
    let job = job_of(&fixture, "job-1", "main").await;
    fixture.table.put_history(&job, &[past("Home", Outcome::Passed)]).await.expect("kept");
    fixture.advance(RETENTION.checked_sub(Duration::from_secs(1)).expect("a while"));
    assert_eq!(jobs(&fixture, "main", None, 10).await, ["job-1"]);
    fixture.advance(Duration::from_secs(1));
    assert!(jobs(&fixture, "main", None, 10).await.is_empty(), "its row may still exist");
}

#[tokio::test]
async fn a_job_without_results_leaves_no_history() {
    let fixture = Fixture::new().await;
    let job = job_of(&fixture, "job-1", "main").await;
    fixture.table.put_history(&job, &[]).await.expect("nothing to keep");
    assert!(jobs(&fixture, "main", None, 10).await.is_empty());
}

#[tokio::test]
async fn a_change_is_stored_with_its_test() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    let by = fixture.claim(&job, 0).await.lease;
    let mut end = ended(0, by, Outcome::Failed);
    (end.result.change, end.expected_ms) = (Some(Change::NewFailure), 400);
    let results = BatchResults { lease: lease(&job, 0, by), writes: 0, ended: 0, tests: vec![end] };
    fixture.table.count_results(&job.job, job.plan, vec![results]).await.expect("counted");
    let state = fixture.test(&job, 0).await.state();
    assert_eq!((state.outcome, state.change), (Some(Outcome::Failed), Some(Change::NewFailure)));
    assert_eq!(fixture.job("job-1").await.expected_done_ms, 400);
}
