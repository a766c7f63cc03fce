//! What becomes of a step under way whose job is stopped.

use super::site::{Site, Watcher, html};
use axum::Router;
use axum::routing::get;
use stepcast_protocol::Outcome;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn links_that_are_asked_are_not_waited_for_once_the_job_stops() {
    let token = CancellationToken::new();
    let stop = token.clone();
    // It would be waited for as long as its step has time.
    let silent = move || {
        stop.cancel();
        std::future::pending::<&'static str>()
    };
    let router = Router::new()
        .route("/", get(|| async { html("<!doctype html><a href=/silent>silent</a>") }))
        .route("/silent", get(silent))
        .route("/undo", get(|| async { "undone" }));
    let site = Site::serve(router).await;
    let test = "- name: t
  steps: [ { get: '${base}/', timeout: 2m, expect: [ { links: } ] } ]
  teardown: [ { name: Undo, get: '${base}/undo', expect: [ { status: 200 } ] } ]";
    let end = site.run_watched(test, &mut Watcher::stopped_by(token)).await;
    let steps: Vec<_> = end.steps.iter().map(|step| step.outcome).collect();
    assert_eq!((end.outcome, steps), (Outcome::Cancelled, vec![Some(Outcome::Cancelled), Some(Outcome::Passed)]));
}
