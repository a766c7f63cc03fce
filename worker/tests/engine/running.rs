//! Attempts, steps, and what whoever watches hears of them.

use super::site::{Site, Watcher, in_turn};
use stepcast_protocol::Outcome;

#[tokio::test]
async fn a_test_that_passes_on_a_retry_is_flaky() {
    let site = Site::serve(in_turn(vec![(500, "down"), (200, "up")])).await;
    let mut watcher = Watcher::default();
    let test = "- { name: t, get: '${base}/', retries: { max: 2, on: any }, expect: [ { status: 200 } ] }";
    let end = site.run_watched(test, &mut watcher).await;
    assert_eq!((end.outcome, end.attempt, end.checks), (Outcome::Flaky, 2, 1));
    assert_eq!(end.steps[0].outcome, Some(Outcome::Passed));
    let step = format!("started 0 GET {}/", site.base);
    let heard = ["attempt 1", &step, "finished 0 failed", "attempt 2", &step, "finished 0 passed"];
    assert_eq!(watcher.heard, heard);
}

#[tokio::test]
async fn a_failed_test_is_not_tried_again_for_the_networks_sake() {
    let site = Site::serve(in_turn(vec![(500, "down"), (200, "up")])).await;
    let end = site.run("- { name: t, get: '${base}/', retries: 2, expect: [ { status: 200 } ] }").await;
    assert_eq!((end.outcome, end.attempt), (Outcome::Failed, 1));
}

#[tokio::test]
async fn being_turned_away_is_tried_again() {
    let site = Site::serve(in_turn(vec![(429, "slow down"), (200, "up")])).await;
    let end = site.run("- { name: t, get: '${base}/', retries: 1, expect: [ { status: 200 } ] }").await;
    assert_eq!((end.outcome, end.attempt), (Outcome::Flaky, 2));
}

#[tokio::test]
async fn retries_end() {
    let site = Site::serve(in_turn(vec![(500, "down")])).await;
    let end =
        site.run("- { name: t, get: '${base}/', retries: { max: 1, on: any }, expect: [ { status: 200 } ] }").await;
    assert_eq!((end.outcome, end.attempt), (Outcome::Failed, 2));
}

#[tokio::test]
async fn a_step_that_does_not_pass_ends_the_attempt() {
    let site = Site::start().await;
    let mut watcher = Watcher::default();
    let end = site
        .run_watched(
            "- name: t
  steps:
    - { name: One, get: '${base}/', expect: [ { status: 200 } ] }
    - { name: Two, get: '${base}/none', expect: [ { status: 200 }, { size: 0 } ] }
    - { name: Three, get: '${base}/', expect: [ { status: 200 } ] }",
            &mut watcher,
        )
        .await;
    assert_eq!((end.outcome, end.steps.len(), end.checks), (Outcome::Failed, 2, 3));
    assert_eq!(
        watcher.heard,
        ["attempt 1", "started 0 One", "finished 0 passed", "started 1 Two", "finished 1 failed"]
    );
    let steps: Vec<_> =
        end.steps.iter().map(|step| (step.step, step.duration_ms.is_some(), step.checks.len())).collect();
    assert_eq!(steps, [(0, true, 1), (1, true, 2)]);
}

#[tokio::test]
async fn a_cancelled_test_stops_between_steps() {
    let site = Site::start().await;
    let mut watcher = Watcher::cancelling_after(1);
    let steps = "- name: t
  steps: [ { get: '${base}/', expect: [ { status: 200 } ] }, { get: '${base}/', expect: [ { status: 200 } ] } ]";
    let end = site.run_watched(steps, &mut watcher).await;
    assert_eq!((end.outcome, end.steps.len()), (Outcome::Cancelled, 1));
}

#[tokio::test]
async fn a_cancelled_test_is_not_tried_again() {
    let site = Site::serve(in_turn(vec![(500, "down"), (200, "up")])).await;
    let mut watcher = Watcher::cancelling_after(1);
    let test = "- { name: t, get: '${base}/', retries: { max: 2, on: any }, expect: [ { status: 200 } ] }";
    let end = site.run_watched(test, &mut watcher).await;
    assert_eq!((end.outcome, end.attempt), (Outcome::Cancelled, 1));
}

#[tokio::test]
async fn a_skipped_test_asks_nobody() {
    let site = Site::start().await;
    let mut watcher = Watcher::default();
    let end =
        site.run_watched("- { name: t, skip: true, get: '${base}/', expect: [ { status: 200 } ] }", &mut watcher).await;
    assert_eq!((end.outcome, end.attempt, end.checks, end.steps.len()), (Outcome::Skipped, 0, 0, 0));
    assert!(watcher.heard.is_empty());
}

#[tokio::test]
async fn variables_that_refer_to_each_other_in_a_circle_are_errored() {
    let site = Site::start().await;
    let tests = stepcast_protocol::suite::Suite::parse(
        "{ suite: s, vars: { a: '${b}', b: '${a}' }, tests: [ { name: t, get: 'http://h/' } ] }",
    )
    .expect("a suite");
    let error = site.plan(&tests).await.expect_err("a circle");
    assert_eq!(error.message, "`vars` refer to each other in a circle: a -> b -> a");
}
