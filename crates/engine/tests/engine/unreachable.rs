//! `error`: what must not be reachable.

use super::secure_site::Authority;
use super::site::{Site, engine, insecure_engine};
use axum::Router;
use axum::routing::get;
use stepcast_protocol::Outcome;
use tokio_util::sync::CancellationToken;

/// An address at which nothing listens.
async fn closed() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

async fn outcome(site: &Site, step: &str) -> (Outcome, String) {
    let end = site.run(&format!("- {{ name: t, retries: {{ max: 2, on: network }}, {step} }}")).await;
    (end.outcome, site.describe(&end.steps[0].checks))
}

#[tokio::test]
async fn a_request_that_fails_as_it_should_passes() {
    let site = Site::at(closed().await);
    for expect in ["connect", "[connect, timeout]", "[dns, tls, connect]"] {
        let test = format!("- {{ name: t, retries: 2, get: '${{base}}/', expect: [ {{ error: {expect} }} ] }}");
        let end = site.run(&test).await;
        let report = site.describe(&end.steps[0].checks);
        assert_eq!((end.outcome, end.attempt, end.checks), (Outcome::Passed, 1, 1), "{expect}: {report}");
    }
    let site = Site::start().await;
    let silent = "get: '${base}/silent', timeout: 100ms, expect: [ { error: timeout } ]";
    assert_eq!(outcome(&site, silent).await.0, Outcome::Passed);
    let unknown = "get: 'http://name.invalid/', expect: [ { error: dns } ]";
    assert_eq!(outcome(&site, unknown).await.0, Outcome::Passed);
    let untrusted = Authority::new("One").serve(Router::new()).await;
    assert_eq!(outcome(&untrusted, "get: '${base}/', expect: [ { error: tls } ]").await.0, Outcome::Passed);
}

#[tokio::test]
async fn any_answer_fails_an_error_check() {
    let site = Site::start().await;
    for page in ["", "none", "redirect/302", "away", "circle", "too-many", "endless", "big"] {
        let step = format!("get: '${{base}}/{page}', timeout: 500ms, expect: [ {{ error: [connect, timeout] }} ]");
        let (outcome, report) = outcome(&site, &step).await;
        assert_eq!(outcome, Outcome::Failed, "{page}: {report}");
    }
    insta::assert_snapshot!(outcome(&site, "get: '${base}/redirect/302', expect: [ { error: connect } ]").await.1, @r#"
    failed: error connect
      expected: no answer, because of connect
      actual: an answer: 302
    "#);
}

#[tokio::test]
async fn an_error_of_another_kind_is_errored() {
    let site = Site::at(closed().await);
    let (outcome, report) = outcome(&site, "get: '${base}/', expect: [ { error: [dns, tls] } ]").await;
    assert_eq!(outcome, Outcome::Errored);
    assert!(report.contains("hint: this is an error of the kind `connect`, which the check does not name"), "{report}");
}

/// Or a suite could find out which ports of the network inside are open.
#[tokio::test]
async fn a_target_that_is_refused_counts_as_no_error() {
    let mut site = Site::at(closed().await);
    site.engine = engine(false);
    let open = Site::start().await;
    let port = open.base.rsplit(':').next().expect("a port").to_owned();
    let all = "expect: [ { error: [dns, connect, tls, timeout] } ]";
    let mut report = Vec::new();
    for address in ["${base}/", "http://localhost/", &format!("http://127.0.0.1:{port}/"), "http://169.254.169.254/"] {
        let (outcome, text) = outcome(&site, &format!("get: '{address}', {all}")).await;
        assert_eq!(outcome, Outcome::Errored, "{address}: {text}");
        assert!(text.contains("--allow-private-targets"), "{address}: {text}");
        report.push(text);
    }
    assert_eq!(report[0], report[2], "an open port is reported as a closed one");
}

#[tokio::test]
async fn a_step_can_wait_until_something_is_gone() {
    let stopped = CancellationToken::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let site = Site::at(format!("http://{}", listener.local_addr().expect("an address")));
    let stop = stopped.clone();
    let page = get(move || {
        // The first answer is its last.
        stop.cancel();
        std::future::ready(([("connection", "close")], "bye"))
    });
    let server = axum::serve(listener, Router::new().route("/", page));
    tokio::spawn(async move { server.with_graceful_shutdown(stopped.cancelled_owned()).await });
    let (outcome, report) =
        outcome(&site, "get: '${base}/', until: { within: 20s, every: 100ms }, expect: [ { error: connect } ]").await;
    assert_eq!(outcome, Outcome::Passed, "{report}");
}

#[tokio::test]
async fn a_certificate_that_is_not_verified_is_no_tls_error() {
    let mut site = Authority::new("One").serve(Router::new()).await;
    site.engine = insecure_engine();
    let test = "- { name: t, get: '${base}/', expect: [ { error: tls } ] }";
    let end = site.run_with(&serde_json::json!({ "insecure": true }), test).await;
    assert_eq!(end.outcome, Outcome::Failed);
}
