//! The states of suites, and the outbox: the changes that a verdict makes are written with it, once.

use super::{Fixture, RETENTION, at_once};
use crate::support::id;
use std::time::Duration;
use stepcast_platform::table::JobRecord;
use stepcast_protocol::notification::SuiteChange::{self, Broke, Recovered};
use stepcast_protocol::state::{Outcome, Verdict};

const MINUTE: Duration = Duration::from_mins(1);

/// Closes a job of one test with this verdict, and returns the change of its suite.
async fn close(fixture: &Fixture, job: &str, verdict: Verdict) -> Option<SuiteChange> {
    let job = run(fixture, job).await;
    let closed = fixture.table.close_job(&job, verdict, None).await.expect("an answer").expect("closed");
    assert_eq!(fixture.job(job.job.as_str()).await, closed, "the returned job is the stored job");
    closed.suite_change
}

async fn run(fixture: &Fixture, job: &str) -> JobRecord {
    let running = fixture.running_job(job, 1).await;
    fixture.finish_all(&running, &[Outcome::Failed]).await;
    fixture.job(job).await
}

#[tokio::test]
async fn verdicts_change_the_state_of_a_suite() {
    let fixture = Fixture::with_notifications().await;
    for (job, verdict, change) in [
        ("job-1", Verdict::Passed, None),
        ("job-2", Verdict::Errored, Some(Broke)),
        ("job-3", Verdict::Failed, None),
        ("job-4", Verdict::Cancelled, None),
        ("job-5", Verdict::Passed, Some(Recovered)),
        ("job-0", Verdict::Failed, None),
        ("job-6", Verdict::Failed, Some(Broke)),
    ] {
        assert_eq!(close(&fixture, job, verdict).await, change, "{job}");
    }
}

#[tokio::test]
async fn of_jobs_that_end_at_once_one_breaks_the_suite() {
    let fixture = Fixture::with_notifications().await;
    let mut jobs = Vec::new();
    for number in 0..6 {
        jobs.push(run(&fixture, &format!("job-{number}")).await);
    }
    let closed = at_once(12, |number| {
        let (table, job) = (fixture.table.clone(), jobs[usize::try_from(number % 6).expect("small")].clone());
        async move { table.close_job(&job, Verdict::Failed, None).await.expect("decided in the end") }
    })
    .await;
    let closed: Vec<_> = closed.into_iter().flatten().collect();
    assert_eq!(closed.len(), 6, "each has its verdict once");
    assert_eq!(closed.iter().filter_map(|job| job.suite_change).collect::<Vec<_>>(), [Broke]);
    fixture.advance(MINUTE);
    assert_eq!(fixture.table.notifications_to_queue().await.expect("an answer").len(), 1);
}

#[tokio::test]
async fn the_state_of_a_suite_expires() {
    let fixture = Fixture::with_notifications().await;
    assert_eq!(close(&fixture, "job-1", Verdict::Failed).await, Some(Broke));
    fixture.assert_expires("SUITE_STATE#Shop smoke", r#"["",[]]"#, RETENTION).await;
    fixture.assert_expires("OUTBOX", "job-1", MINUTE * 60 * 24).await;
    fixture.advance(RETENTION);
    assert_eq!(close(&fixture, "job-2", Verdict::Failed).await, Some(Broke), "that it was broken is forgotten");
}

#[tokio::test]
async fn one_worker_holds_a_notification_until_it_is_sent() {
    let fixture = Fixture::with_notifications().await;
    close(&fixture, "job-1", Verdict::Failed).await;
    let claimed = at_once(8, |_| {
        let table = fixture.table.clone();
        async move { table.claim_notification(&id("job-1"), MINUTE).await.expect("an answer") }
    })
    .await;
    let mut claimed: Vec<_> = claimed.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 1, "{claimed:?}");
    let mut held = claimed.remove(0);
    assert_eq!((held.job.as_str(), held.tries, held.notified.len()), ("job-1", 1, 0));

    held.notified.push("one".to_owned());
    fixture.table.put_off_notification(&held, MINUTE * 5).await.expect("noted");
    fixture.advance(MINUTE * 4);
    assert_eq!(fixture.table.claim_notification(&id("job-1"), MINUTE).await.expect("an answer"), None, "not yet");
    fixture.advance(MINUTE);
    let again = fixture.table.claim_notification(&id("job-1"), MINUTE).await.expect("an answer").expect("it is due");
    assert_eq!((again.tries, again.notified.as_slice()), (2, &["one".to_owned()][..]));
    fixture.table.put_off_notification(&held, Duration::ZERO).await.expect("nothing to note");
    assert_eq!(
        fixture.table.claim_notification(&id("job-1"), MINUTE).await.expect("an answer"),
        None,
        "it is another's"
    );

    fixture.table.forget_notification(&id("job-1")).await.expect("forgotten");
    fixture.table.put_off_notification(&again, Duration::ZERO).await.expect("nothing to note");
    assert_eq!(fixture.item("OUTBOX", "job-1").await, None, "noting something makes none");
}

#[tokio::test]
async fn a_notification_is_queued_again_by_one() {
    let fixture = Fixture::with_notifications().await;
    close(&fixture, "job-1", Verdict::Failed).await;
    assert_eq!(fixture.table.notifications_to_queue().await.expect("an answer"), [], "its message may be on its way");
    fixture.advance(MINUTE);
    let pending = fixture.table.notifications_to_queue().await.expect("an answer").remove(0);
    let queued = at_once(8, |_| {
        let (table, pending) = (fixture.table.clone(), pending.clone());
        async move { table.note_queued(&pending).await.expect("an answer") }
    })
    .await;
    assert_eq!(queued.into_iter().filter(|queued| *queued).count(), 1);
    assert_eq!(fixture.table.notifications_to_queue().await.expect("an answer"), []);
    fixture.advance(Duration::from_hours(24));
    assert_eq!(fixture.table.notifications_to_queue().await.expect("an answer"), [], "it is too old to be of use");
    assert_eq!(fixture.table.claim_notification(&id("job-1"), MINUTE).await.expect("an answer"), None);
}

#[tokio::test]
async fn a_suite_without_webhooks_stores_nothing() {
    let fixture = Fixture::new().await;
    assert_eq!(close(&fixture, "job-1", Verdict::Failed).await, None);
    assert_eq!(fixture.item("SUITE_STATE#Shop smoke", r#"["",[]]"#).await, None);
    assert_eq!(fixture.item("OUTBOX", "job-1").await, None);
}

#[tokio::test]
async fn the_first_tests_that_did_not_pass_are_found() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 5).await;
    let outcomes = [Outcome::Passed, Outcome::Failed, Outcome::Blocked, Outcome::Skipped, Outcome::Errored];
    fixture.finish_all(&job, &outcomes).await;
    let failing = async |most| {
        let tests = fixture.table.failing_tests(&job, most).await.expect("an answer");
        tests.iter().map(|test| test.test).collect::<Vec<_>>()
    };
    assert_eq!(failing(2).await, [1, 2]);
    assert_eq!(failing(10).await, [1, 2, 4]);
}
