//! `until` and `wait`: a step that is asked again until its checks hold, and one that waits first.

use super::site::{Site, Watcher, echo, in_turn};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{any, get};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use stepcast_protocol::Outcome;
use tokio_util::sync::CancellationToken;

/// Longer than any test takes: what is waited for comes before.
const UNTIL: &str = "until: { within: 20s, every: 100ms }";

#[tokio::test]
async fn a_step_is_asked_again_until_its_checks_hold_and_the_last_try_counts() {
    let site = Site::serve(in_turn(vec![(503, "starting"), (200, "half"), (200, "done: 7")])).await;
    let mut watcher = Watcher::default();
    let test = format!(
        "- name: t
  steps:
    - name: Poll
      get: ${{base}}/
      {UNTIL}
      capture: {{ result: {{ regex: '(done|half|starting)' }} }}
      expect: [ {{ status: 200 }}, {{ body: {{ starts_with: done }} }} ]
    - {{ name: Look, get: '${{base}}/', expect: [ {{ body: {{ starts_with: '${{result}}:' }} }} ] }}"
    );
    let end = site.run_watched(&test, &mut watcher).await;
    assert_eq!(
        (end.outcome, end.attempt, end.checks),
        (Outcome::Passed, 1, 3),
        "{}",
        site.describe(&end.steps[0].checks)
    );
    assert_eq!(end.steps.iter().map(|step| step.tries).collect::<Vec<_>>(), [Some(3), None]);
    let heard = [
        "attempt 1",
        "started 0 Poll",
        "started 0 Poll, try 2",
        "started 0 Poll, try 3",
        "finished 0 passed",
        "started 1 Look",
        "finished 1 passed",
    ];
    assert_eq!(watcher.heard, heard);
}

#[tokio::test]
async fn a_check_that_never_holds_fails_with_the_last_result() {
    let site = Site::serve(in_turn(vec![(404, "none")])).await;
    let test = "- name: t
  get: ${base}/
  until: { within: 100ms, every: 100ms }
  expect: [ { status: 200 }, { body: none } ]";
    let end = site.run(test).await;
    assert_eq!((end.outcome, end.checks), (Outcome::Failed, 2));
    let [status, body, until] = end.steps[0].checks.as_slice() else {
        panic!("{}", site.describe(&end.steps[0].checks))
    };
    assert_eq!([status.outcome, body.outcome, until.outcome], [Outcome::Failed, Outcome::Passed, Outcome::Failed]);
    assert_eq!(until.check, "until 100ms");
    assert_eq!(until.expected.as_deref(), Some("checks that hold within 100ms"));
    let tries = end.steps[0].tries.expect("how often it was asked");
    let report = if tries == 1 {
        "they did not hold in 1 try".to_owned()
    } else {
        format!("they did not hold in {tries} tries")
    };
    assert_eq!(until.actual, Some(report));
}

#[tokio::test]
async fn unknown_results_are_tried_again_but_refused_addresses_are_not() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    // The first request is never answered, and so runs into its timeout.
    let slow = move || {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                std::future::pending::<()>().await;
            }
            "up"
        }
    };
    let site = Site::serve(Router::new().route("/", get(slow))).await;
    let test = format!("- {{ name: t, get: '${{base}}/', timeout: 500ms, {UNTIL}, expect: [ {{ body: up }} ] }}");
    let end = site.run(&test).await;
    assert_eq!((end.outcome, end.attempt), (Outcome::Passed, 1), "{}", site.describe(&end.steps[0].checks));

    let refused = format!("- {{ name: t, get: 'http://127.0.0.1/', {UNTIL}, expect: [ {{ status: 200 }} ] }}");
    let mut guarded = Site::start().await;
    guarded.engine = super::site::engine(false);
    let end = guarded.run(&refused).await;
    assert_eq!((end.outcome, end.steps[0].tries), (Outcome::Errored, Some(1)));
}

#[tokio::test]
async fn only_the_captures_of_the_last_try_are_kept_and_its_cookies_stay() {
    let asked = Arc::new(AtomicUsize::new(0));
    let answer = move || {
        let (status, body) = match asked.fetch_add(1, Ordering::SeqCst) {
            0 => (StatusCode::ACCEPTED, "early"),
            _ => (StatusCode::OK, "late"),
        };
        std::future::ready((status, [("set-cookie", format!("{body}=1"))], body))
    };
    let site = Site::serve(Router::new().route("/", get(answer)).route("/echo", any(echo))).await;
    let test = format!(
        "- name: t
  steps:
    - get: ${{base}}/
      {UNTIL}
      capture: {{ word: {{ body: }} }}
      expect: [ {{ status: 200 }} ]
    - get: ${{base}}/echo?${{word}}
      expect: [ {{ json: $.uri, ends_with: '?late' }}, {{ json: $.headers.cookie, contains: early=1 }} ]"
    );
    let end = site.run(&test).await;
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    assert_eq!(end.outcome, Outcome::Passed, "{report}");
}

/// Runs a test whose first step is asked for ever, and which is stopped once it was asked.
async fn stopped(until: &str) -> (Outcome, Vec<(String, Option<Outcome>)>) {
    let token = CancellationToken::new();
    let stop = token.clone();
    let down = move || {
        let stop = stop.clone();
        async move {
            // The answer is judged by then; the next try is far away.
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                stop.cancel();
            });
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    let site = Site::serve(Router::new().route("/", get(down)).route("/undo", get(|| async { "undone" }))).await;
    let test = format!(
        "- name: t
  steps: [ {{ name: Poll, get: '${{base}}/', {until}, expect: [ {{ status: 200 }} ] }} ]
  teardown: [ {{ name: Undo, get: '${{base}}/undo', expect: [ {{ status: 200 }} ] }} ]"
    );
    let end = site.run_watched(&test, &mut Watcher::stopped_by(token)).await;
    (end.outcome, end.steps.into_iter().map(|step| (step.name, step.outcome)).collect())
}

#[tokio::test]
async fn a_cancel_ends_the_pause_between_tries_and_teardown_still_comes() {
    let steps =
        vec![("Poll".to_owned(), Some(Outcome::Cancelled)), ("teardown: Undo".to_owned(), Some(Outcome::Passed))];
    assert_eq!(stopped("until: { within: 10m, every: 5m }").await, (Outcome::Cancelled, steps));
}

#[tokio::test]
async fn the_time_limit_ends_a_step_that_is_asked_again() {
    let site = Site::serve(in_turn(vec![(404, "none")])).await;
    let test = "- { name: t, time_limit: 300ms, get: '${base}/', until: { within: 10m, every: 5m }, expect: [ { status: 200 } ] }";
    let end = site.run(test).await;
    assert_eq!((end.outcome, end.steps[0].checks[0].check.as_str()), (Outcome::Errored, "time_limit 300ms"));
    let waiting = "- { name: t, time_limit: 300ms, wait: 2m, get: '${base}/', expect: [ { status: 404 } ] }";
    let end = site.run(waiting).await;
    assert_eq!((end.outcome, end.steps[0].checks[0].check.as_str()), (Outcome::Errored, "time_limit 300ms"));
}

#[tokio::test]
async fn a_step_waits_before_it_asks() {
    let site = Site::start().await;
    let test = "- { name: t, wait: 150ms, get: '${base}/', expect: [ { status: 200 }, { time: { below: 10s } } ] }";
    let end = site.run(test).await;
    assert_eq!(end.outcome, Outcome::Passed);
    assert!(end.steps[0].duration_ms >= Some(150), "{:?}", end.steps[0].duration_ms);
}

#[tokio::test]
async fn a_cancel_ends_the_wait_before_a_step_which_then_has_left_nothing_to_tear_down() {
    let token = CancellationToken::new();
    let mut watcher = Watcher::stopped_by(token.clone());
    let site = Site::start().await;
    let test = "- name: t
  steps: [ { wait: 2m, get: '${base}/', expect: [ { status: 200 } ] } ]
  teardown: [ { get: '${base}/' } ]";
    let stop = async {
        // The test has long begun to wait when its turn to run comes again.
        tokio::time::sleep(Duration::from_millis(100)).await;
        token.cancel();
    };
    let (end, ()) = tokio::join!(site.run_watched(test, &mut watcher), stop);
    assert_eq!((end.outcome, end.steps.len()), (Outcome::Cancelled, 1));
}

#[tokio::test]
async fn a_shared_answer_is_not_asked_until_it_changes() {
    let site = Site::serve(in_turn(vec![(200, "half"), (200, "done")])).await;
    let test = format!("- {{ name: t, share: true, get: '${{base}}/', {UNTIL}, expect: [ {{ body: done }} ] }}");
    assert_eq!(site.run(&test).await.outcome, Outcome::Passed);
}
