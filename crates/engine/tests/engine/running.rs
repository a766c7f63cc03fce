//! Attempts, steps, and what an observer receives of them.

use super::site::{Site, Watcher, in_turn, suite, suite_with, to};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use stepcast_engine::Observer;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{EarlierAttempt, StepState};
use tokio_util::sync::CancellationToken;

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
async fn the_end_of_a_test_has_each_attempt_and_why_it_was_tried_again() {
    let site = Site::serve(in_turn(vec![(500, "down"), (429, "slow down"), (200, "up")])).await;
    let test = "- name: t
  retries: { max: 2, on: any }
  steps: [ { name: Open it, get: '${base}/', expect: [ { status: 200 }, { body: up } ] } ]";
    let end = site.run(test).await;
    assert_eq!((end.outcome, end.attempt), (Outcome::Flaky, 3));
    let outcomes: Vec<_> = end.earlier.iter().map(|attempt| (attempt.attempt, attempt.outcome)).collect();
    assert_eq!(outcomes, [(1, Outcome::Failed), (2, Outcome::Blocked)]);
    let [first, second] = &end.earlier[..] else { panic!("two attempts: {:?}", end.earlier) };
    assert_eq!(first.reason, "a check did not hold, and `retries` with `on: any` allowed 2 more attempts");
    assert_eq!(second.reason, "the site refused a request, and `retries` allowed 1 more attempt");
    let actual: Vec<_> = first.failures().into_iter().map(|failure| (failure.name, failure.result.actual)).collect();
    assert_eq!(actual, ["500", "\"down\""].map(|actual| ("Open it".to_owned(), Some(actual.to_owned()))));
    assert_eq!(second.steps[0].outcome, Some(Outcome::Blocked));
}

#[tokio::test]
async fn secrets_are_masked_in_earlier_attempts_too() {
    let pages = in_turn(vec![(500, "the token is hunter2"), (200, "up")]);
    let site = Site::serve(pages).await.with_secret("token", "hunter2");
    let test = "- { name: t, get: '${base}/', retries: { max: 1, on: any }, expect: [ { body: up } ] }";
    let end = site.run(test).await;
    let told = format!("{:?}", end.earlier);
    assert!(told.contains("the token is") && !told.contains("hunter2"), "{told}");
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

/// The host is left alone for as long as it asks, by every test.
#[tokio::test]
async fn a_host_that_asks_for_time_is_given_it() {
    let asked = Arc::new(AtomicUsize::new(0));
    let answer = move || {
        let status = if asked.fetch_add(1, Ordering::SeqCst) == 0 { 503 } else { 200 };
        std::future::ready((StatusCode::from_u16(status).expect("a status"), [("retry-after", "1")], "later"))
    };
    let site = Site::serve(Router::new().route("/", get(answer))).await;
    let test = "- { name: t, get: '${base}/', expect: [ { status: 200 } ] }";
    assert_eq!(site.run(test).await.outcome, Outcome::Failed);
    let started = Instant::now();
    assert_eq!(site.run(test).await.outcome, Outcome::Passed);
    assert!(started.elapsed() > Duration::from_millis(800), "{:?}", started.elapsed());
}

#[tokio::test]
async fn retries_end() {
    let site = Site::serve(in_turn(vec![(500, "down")])).await;
    let end =
        site.run("- { name: t, get: '${base}/', retries: { max: 1, on: any }, expect: [ { status: 200 } ] }").await;
    assert_eq!((end.outcome, end.attempt, end.earlier.len()), (Outcome::Failed, 2, 1));
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

/// Stops its test in the moment a step has begun.
#[derive(Default)]
struct StopsAtTheStep(CancellationToken);

impl Observer for StopsAtTheStep {
    fn attempt_started(&mut self, _: u32, _: &[EarlierAttempt]) {}

    fn step_started(&mut self, _: StepState) {
        self.0.cancel();
    }

    fn step_finished(&mut self, _: StepState) {}

    fn stopped(&self) -> CancellationToken {
        self.0.clone()
    }
}

#[tokio::test]
async fn a_cancelled_test_does_not_wait_for_its_turn_at_a_host_and_leaves_nothing_to_tear_down() {
    let site = Site::start().await;
    let suite = suite_with(
        &json!({ "host": { "interval": "1m" } }),
        "- name: t
  steps: [ { get: '${base}/', expect: [ { status: 200 } ] } ]
  teardown: [ { get: '${base}/' } ]",
    );
    let end = site.run_suite(&suite, &mut StopsAtTheStep::default()).await;
    let steps: Vec<_> = end.steps.iter().map(|step| (step.outcome, step.checks.len())).collect();
    assert_eq!((end.outcome, steps), (Outcome::Cancelled, vec![(Some(Outcome::Cancelled), 0)]));
}

#[tokio::test]
async fn a_request_that_was_sent_is_followed_to_its_end_and_torn_down() {
    let watcher = &mut Watcher::default();
    let stopped = watcher.stopped.clone();
    let created = axum::routing::post(move || async move {
        stopped.cancel();
        to(303, "/created")
    });
    let site = Site::serve(Router::new().route("/", created).route("/created", get(|| async { "created" }))).await;
    let suite = suite_with(
        &json!({ "host": { "interval": "10ms" } }),
        "- name: t
  steps: [ { post: '${base}/', expect: [ { status: 200 } ] }, { get: '${base}/created' } ]
  teardown: [ { get: '${base}/created' } ]",
    );
    let end = site.run_suite(&suite, watcher).await;
    let steps: Vec<_> = end.steps.iter().map(|step| step.outcome).collect();
    assert_eq!((end.outcome, steps), (Outcome::Cancelled, vec![Some(Outcome::Passed); 2]));
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
async fn a_skipped_test_sends_no_request() {
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
    let tests = stepcast_suite::Suite::parse(
        "{ suite: s, vars: { a: '${b}', b: '${a}' }, tests: [ { name: t, get: 'http://h/' } ] }",
    )
    .expect("a suite");
    let error = site.plan(&tests).await.expect_err("a circle");
    assert_eq!(error.message, "`vars` refer to each other in a circle: a -> b -> a");
}

/// What tests that share say of what they were asked, and how often the site was.
async fn asked_by(tests: &str) -> (Vec<Outcome>, usize) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = |status: u16, cookie: bool| {
        let asked = Arc::clone(&asked);
        get(move || {
            asked.fetch_add(1, Ordering::SeqCst);
            let cookie = cookie.then_some([("set-cookie", "visit=1")]);
            std::future::ready((
                StatusCode::from_u16(status).expect("a status"),
                cookie.unwrap_or([("x-no", "1")]),
                "ok",
            ))
        })
    };
    let router = Router::new()
        .route("/", count(200, false).post(|| async { "posted" }))
        .route("/cookie", count(200, true))
        .route("/gone", count(410, false));
    let site = Site::serve(router).await;
    let suite = suite(tests);
    let plan = site.plan(&suite).await.expect("a plan");
    let run = async |planned| {
        let run = site.test_run(&suite, planned);
        site.engine.run_test(run, &mut Watcher::default()).await.outcome
    };
    let outcomes = futures_util::future::join_all(plan.iter().map(run)).await;
    (outcomes, asked.load(Ordering::SeqCst))
}

#[tokio::test]
async fn tests_that_share_ask_once() {
    let each = "each: { n: [1, 2, 3, 4] }, expect: [ { body: ok } ]";
    for (test, times) in [
        ("share: true, get: '${base}/'", 1),
        ("get: '${base}/'", 4),
        ("share: true, get: '${base}/?${n}'", 4),
        ("share: true, get: '${base}/', headers: { x-n: '${n}' }", 4),
        ("share: true, get: '${base}/', setup: [ { get: '${base}/cookie' } ]", 8),
        ("share: true, get: '${base}/cookie'", 4),
        ("share: true, get: '${base}/gone'", 4),
    ] {
        let (outcomes, asked) = asked_by(&format!("- {{ name: t, {test}, {each} }}")).await;
        assert_eq!((outcomes, asked), (vec![Outcome::Passed; 4], times), "{test}");
    }
}

#[tokio::test]
async fn requests_with_captures_and_retries_are_not_shared() {
    let capturing = "- name: t
  share: true
  each: { n: [1, 2] }
  steps:
    - { get: '${base}/', capture: { word: { regex: 'ok()' } } }
    - { get: '${base}/?${word}', expect: [ { status: 200 } ] }";
    assert_eq!(asked_by(capturing).await, (vec![Outcome::Passed; 2], 3));
    let again = "- { name: t, share: true, get: '${base}/', retries: { max: 1, on: any }, expect: [ { body: no } ] }";
    assert_eq!(asked_by(again).await, (vec![Outcome::Failed], 2));
}

#[tokio::test]
async fn values_are_made_for_an_attempt() {
    let site = Site::start().await;
    let end = site
        .run(
            "- name: t
  steps:
    - post: ${base}/echo
      json: { id: '${new.uuid}', at: '${new.date}' }
      capture: { body: { json: $.body } }
      expect:
        - { json: $.body, matches: '\"id\":\"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\"' }
        - { json: $.body, filter: { json: $.at }, at_most: now }
    - post: ${base}/echo
      text: '{\"id\":\"${new.uuid}\",\"at\":\"${new.date}\"}'
      expect: [ { json: $.body, equals: '${body}' } ]",
        )
        .await;
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    assert_eq!(end.outcome, Outcome::Passed, "{report}");
}

#[tokio::test]
async fn the_next_attempt_has_other_values() {
    let site = Site::start().await;
    let get = "get: ${base}/echo?${new.uuid}";
    let test = suite(&format!("- name: t\n  retries: {{ max: 1, on: any }}\n  {get}\n  expect: [ {{ status: 404 }} ]"));
    let mut watcher = Watcher::default();
    site.run_suite(&test, &mut watcher).await;
    let report: Vec<_> = watcher.heard.iter().filter(|line| line.starts_with("started")).collect();
    assert!(report.len() == 2 && report[0] != report[1], "{report:?}");
}
