//! `time_limit`: a test ends in time, even if it waits for an answer, and reports the step it was at.

use super::site::{Site, Watcher, in_turn, suite};
use serde_json::json;
use std::time::Duration;
use stepcast_engine::Observer;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{EarlierAttempt, StepState};
use tokio_util::sync::CancellationToken;

const SILENT: &str = "
  time_limit: 200ms
  retries: 3
  steps:
    - { name: Look, get: '${base}/login', expect: [ { status: 200 } ], capture: { csrf: { css: input, attr: value } } }
    - { name: Wait, get: '${base}/silent', timeout: 1m, expect: [ { status: 200 } ] }
    - { name: Never, get: '${base}/', expect: [ { status: 200 } ] }";

#[tokio::test]
async fn a_test_over_its_limit_is_errored_where_it_was() {
    let site = Site::start().await;
    let mut watcher = Watcher::default();
    let end = site.run_watched(&format!("- name: t{SILENT}"), &mut watcher).await;
    assert_eq!((end.outcome, end.attempt, end.checks), (Outcome::Errored, 1, 1));
    let steps: Vec<_> = end.steps.iter().map(|step| (step.name.as_str(), step.outcome)).collect();
    assert_eq!(steps, [("Look", Some(Outcome::Passed)), ("Wait", Some(Outcome::Errored))]);
    insta::assert_snapshot!(site.describe(&end.steps[1].checks), @"
    errored: time_limit 200ms
      expected: a test that ends within 200ms, with all of its attempts
      actual: it had reached `Wait`
      hint: find out what takes so long; then give the test a longer `time_limit`, or its requests a shorter `timeout` and fewer `retries`
    ");
    let heard = ["attempt 1", "started 0 Look", "finished 0 passed", "started 1 Wait", "finished 1 errored"];
    assert_eq!(watcher.heard, heard);
}

#[tokio::test]
async fn teardown_runs_after_the_limit_with_the_captured_values() {
    let site = Site::start().await;
    let teardown = "
  teardown: [ { name: Undo, get: '${base}/echo?${csrf}', expect: [ { json: $.uri, ends_with: t0k3n } ] } ]";
    let end = site.run(&format!("- name: t{SILENT}{teardown}")).await;
    assert_eq!(end.outcome, Outcome::Errored);
    let last = end.steps.last().map(|step| (step.name.as_str(), step.outcome));
    assert_eq!(last, Some(("teardown: Undo", Some(Outcome::Passed))));
}

#[tokio::test]
async fn the_limit_holds_for_all_attempts_together() {
    let site = Site::serve(in_turn(vec![(500, "down"), (200, "up")])).await;
    let suite = suite(
        "- { name: t, time_limit: 1s, retries: { max: 2, on: any }, get: '${base}/', expect: [ { status: 200 } ] }",
    );
    let mut slow = Slow::default();
    let end = site.run_suite(&suite, &mut slow).await;
    assert_eq!((end.outcome, end.attempt), (Outcome::Errored, 1));
    let steps: Vec<_> = end.steps.iter().map(|step| (step.step, step.outcome)).collect();
    assert_eq!(steps, [(0, Some(Outcome::Failed)), (1, Some(Outcome::Errored))]);
    assert_eq!(slow.finished, end.steps, "observers receive it");
    insta::assert_snapshot!(site.describe(&end.steps[1].checks), @"
    errored: time_limit 1s
      expected: a test that ends within 1s, with all of its attempts
      actual: it was due for another attempt
      hint: find out what takes so long; then give the test a longer `time_limit`, or its requests a shorter `timeout` and fewer `retries`
    ");
}

/// Uses up the second a test has when its first step has ended.
#[derive(Default)]
struct Slow {
    finished: Vec<StepState>,
}

impl Observer for Slow {
    fn attempt_started(&mut self, _: u32, _: &[EarlierAttempt]) {}

    fn step_started(&mut self, _: StepState) {}

    fn step_finished(&mut self, step: StepState) {
        self.finished.push(step);
        std::thread::sleep(Duration::from_secs(1));
    }

    fn stopped(&self) -> CancellationToken {
        CancellationToken::new()
    }
}

#[tokio::test]
async fn a_test_without_a_limit_has_that_of_the_defaults() {
    let site = Site::start().await;
    let defaults = json!({ "time_limit": "100ms", "timeout": "1m" });
    let silent = "- { name: t, get: '${base}/silent', expect: [ { status: 200 } ] }";
    assert_eq!(site.run_with(&defaults, silent).await.steps[0].checks[0].check, "time_limit 100ms");
    let own = "- { name: t, time_limit: 200ms, get: '${base}/silent', expect: [ { status: 200 } ] }";
    assert_eq!(site.run_with(&defaults, own).await.steps[0].checks[0].check, "time_limit 200ms");
    let quick = "- { name: t, time_limit: 1m, get: '${base}/', expect: [ { status: 200 } ] }";
    assert_eq!(site.run_with(&defaults, quick).await.outcome, Outcome::Passed);
}

#[tokio::test]
async fn a_known_failure_is_not_made_a_pass_by_the_limit() {
    let site = Site::start().await;
    let test =
        "- { name: t, expect_failure: true, time_limit: 100ms, get: '${base}/silent', expect: [ { status: 200 } ] }";
    assert_eq!(site.run(test).await.outcome, Outcome::Errored);
}
