//! Setup and teardown, tests that are known to fail, and tests that are slow.

use super::site::{Site, Watcher, in_turn};
use axum::Router;
use axum::routing::get;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use stepcast_protocol::Outcome;

const AROUND: &str = "
  setup: [ { name: Sign in, get: '${base}/login', capture: { csrf: { css: 'input', attr: value } } } ]
  teardown:
    - name: Sign out
      get: ${base}/echo?csrf=${csrf}
      expect: [ { json: $.headers.cookie, equals: session=s1 }, { json: $.uri, ends_with: t0k3n } ]";

#[tokio::test]
async fn setup_and_teardown_share_cookies_and_captures() {
    let site = Site::start().await;
    let mut watcher = Watcher::default();
    let test = format!(
        "- name: t{AROUND}\n  get: ${{base}}/echo\n  expect: [ {{ json: $.headers.cookie, equals: session=s1 }} ]"
    );
    let end = site.run_watched(&test, &mut watcher).await;
    assert_eq!((end.outcome, end.checks), (Outcome::Passed, 3), "{:?}", end.steps);
    let names: Vec<&str> = end.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!([names[0], names[2]], ["setup: Sign in", "teardown: Sign out"]);
    assert_eq!(end.steps.iter().map(|step| step.step).collect::<Vec<_>>(), [0, 1, 2]);
}

#[tokio::test]
async fn teardown_comes_after_a_failure_and_does_not_hide_it() {
    let site = Site::start().await;
    let test = format!("- name: t{AROUND}\n  get: ${{base}}/none\n  expect: [ {{ status: 200 }} ]");
    let end = site.run(&test).await;
    assert_eq!(end.outcome, Outcome::Failed);
    assert_eq!(end.steps.last().and_then(|step| step.outcome), Some(Outcome::Passed), "{:?}", end.steps);
}

#[tokio::test]
async fn teardown_comes_after_a_cancel() {
    let site = Site::start().await;
    let mut watcher = Watcher::cancelling_after(1);
    let test = format!("- name: t{AROUND}\n  get: ${{base}}/\n  expect: [ {{ status: 200 }} ]");
    let end = site.run_watched(&test, &mut watcher).await;
    assert_eq!(end.outcome, Outcome::Cancelled);
    let names: Vec<&str> = end.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["setup: Sign in", "teardown: Sign out"]);
}

#[tokio::test]
async fn a_teardown_that_fails_fails_the_test_and_the_rest_of_it_still_comes() {
    let site = Site::start().await;
    let end = site
        .run(
            "- name: t
  get: ${base}/
  expect: [ { status: 200 } ]
  teardown:
    - { get: '${base}/none', expect: [ { status: 200 } ] }
    - { get: '${base}/', expect: [ { status: 200 } ] }",
        )
        .await;
    let outcomes: Vec<_> = end.steps.iter().filter_map(|step| step.outcome).collect();
    assert_eq!(outcomes, [Outcome::Passed, Outcome::Failed, Outcome::Passed]);
    assert_eq!(end.outcome, Outcome::Failed);
}

#[tokio::test]
async fn a_setup_that_fails_leaves_out_the_steps_and_what_was_never_captured() {
    let site = Site::start().await;
    let end = site
        .run(
            "- name: t
  expect_failure: true
  setup:
    - { get: '${base}/none', expect: [ { status: 200 } ] }
    - { get: '${base}/login', capture: { id: { css: input, attr: value } } }
  get: ${base}/
  expect: [ { status: 404 } ]
  teardown:
    - { name: Undo, get: '${base}/echo?${id}' }
    - { name: Say goodbye, get: '${base}/' }",
        )
        .await;
    let steps: Vec<_> = end.steps.iter().map(|step| (step.name.as_str(), step.outcome)).skip(1).collect();
    let expected = [("teardown: Undo", Some(Outcome::Skipped)), ("teardown: Say goodbye", Some(Outcome::Passed))];
    assert_eq!(steps, expected);
    assert_eq!(end.outcome, Outcome::Failed, "only the steps are expected to fail");
}

#[tokio::test]
async fn a_test_that_is_known_to_fail_passes_by_failing() {
    let site = Site::start().await;
    let test = |status| {
        format!("- {{ name: t, expect_failure: true, get: '${{base}}/', expect: [ {{ status: {status} }} ] }}")
    };
    let end = site.run(&test(500)).await;
    assert_eq!((end.outcome, end.checks), (Outcome::Passed, 1));
    let end = site.run(&test(200)).await;
    assert_eq!(end.outcome, Outcome::Failed);
    insta::assert_snapshot!(site.describe(&end.steps[1].checks), @"
    failed: expect_failure
      expected: a test that fails
      actual: it passed
      hint: the test no longer fails: remove `expect_failure` from the suite
    ");
}

#[tokio::test]
async fn an_unknown_result_is_no_expected_failure() {
    let site = Site::start().await;
    for (page, outcome) in [("circle", Outcome::Errored), ("too-many", Outcome::Blocked)] {
        let test = format!("- {{ name: t, expect_failure: true, get: '${{base}}/{page}', expect: [ {{ size: 0 }} ] }}");
        assert_eq!(site.run(&test).await.outcome, outcome, "{page}");
    }
}

#[tokio::test]
async fn every_attempt_is_set_up_and_torn_down() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let count = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::ready("ok")
    };
    let site = Site::serve(in_turn(vec![(500, "down"), (200, "up")]).route("/count", get(count))).await;
    let end = site
        .run(
            "- name: t
  retries: { max: 1, on: any }
  setup: [ { get: '${base}/count' } ]
  get: ${base}/
  expect: [ { status: 200 } ]
  teardown: [ { get: '${base}/count' } ]",
        )
        .await;
    assert_eq!((end.outcome, asked.load(Ordering::SeqCst)), (Outcome::Flaky, 4));
}

#[tokio::test]
async fn a_slow_test_is_reported_and_passes() {
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        "at last"
    };
    let site = Site::serve(Router::new().route("/", get(slow))).await;
    let end = site
        .run(
            "- name: t
  slow_over: 100ms
  steps:
    - { get: '${base}/', slow_over: 1ms, expect: [ { status: 200 } ] }
    - { get: '${base}/', slow_over: 1m, expect: [ { status: 200 } ] }",
        )
        .await;
    assert_eq!(end.outcome, Outcome::Passed);
    let report: Vec<Vec<_>> = end
        .steps
        .iter()
        .map(|step| {
            step.checks.iter().map(|check| (check.check.as_str(), check.outcome, check.hint.is_some())).collect()
        })
        .collect();
    assert_eq!(report[0][1], ("slow_over 1ms", Outcome::Passed, true));
    assert_eq!(report[1][1], ("slow_over 100ms", Outcome::Passed, true));
    assert_eq!(end.checks, 2, "being slow is no check that was made");
}
