//! How many redirects a step follows, and what it sees of them.

use super::site::{Site, hold, indent, to};
use axum::Router;
use axum::routing::get;
use serde_json::json;
use stepcast_protocol::Outcome;

/// `/1` leads to `/2` and so on, up to a page that answers.
fn chain() -> Router {
    Router::new()
        .route("/1", get(|| async { to(301, "/2") }))
        .route("/2", get(|| async { to(302, "3?a=b") }))
        .route("/3", get(|| async { to(307, "/end") }))
        .route("/end", get(|| async { "here" }))
        .route("/created", get(|| async { to(201, "/end") }))
        .route("/nowhere", get(|| async { to(302, "ftp://elsewhere.example/") }))
}

/// Runs a test whose only step gets `/1` and says this of redirects.
async fn report(follow: &str, expect: &str) -> String {
    let site = Site::serve(chain()).await;
    let test = format!("- name: t\n  get: ${{base}}/1\n  {follow}\n  expect:\n{}", indent(expect));
    site.describe(&site.run(&test).await.steps[0].checks)
}

#[tokio::test]
async fn a_step_follows_as_many_redirects_as_it_says() {
    for (follow, expect) in [
        ("follow: false", "{ status: 301 }, { header: location, equals: /2 }, { redirects: 0 }"),
        ("follow: 0", "{ status: 301 }, { redirects: 0 }"),
        (
            "follow: 2",
            "{ status: 307 }, { header: location, equals: /end }, { redirects: 2 }, { url: { ends_with: '/3?a=b' } }",
        ),
        ("follow: 3", "{ status: 200 }, { body: here }, { redirects: 3 }"),
        ("follow: true", "{ status: 200 }, { redirects: 3 }"),
        ("slow_over: 1m", "{ status: 200 }, { redirects: 3 }"),
    ] {
        let site = Site::serve(chain()).await;
        let end = site.run(&format!("- name: t\n  get: ${{base}}/1\n  {follow}\n  expect: [ {expect} ]")).await;
        assert_eq!(end.outcome, Outcome::Passed, "{follow}: {}", site.describe(&end.steps[0].checks));
    }
}

#[tokio::test]
async fn a_step_says_otherwise_than_the_defaults() {
    let site = Site::serve(chain()).await;
    for (follow, status) in [("", 301), ("follow: true", 200), ("follow: 1", 302)] {
        let test = format!("- name: t\n  get: ${{base}}/1\n  {follow}\n  expect: [ {{ status: {status} }} ]");
        let end = site.run_with(&json!({ "follow": false }), &test).await;
        assert_eq!(end.outcome, Outcome::Passed, "{follow}: {}", site.describe(&end.steps[0].checks));
    }
}

#[tokio::test]
async fn a_redirect_that_is_not_followed_may_lead_anywhere_and_is_captured() {
    let site = Site::serve(chain()).await;
    let test = "- name: t
  steps:
    - get: ${base}/nowhere
      follow: false
      capture: { to: { header: location } }
      expect: [ { status: 302 }, { header: location, equals: '${to}' } ]
    - get: ${base}/1
      capture: { first: { redirects: , attr: status, nth: 0 }, last: { redirects: , attr: location, nth: -1 } }
      expect: [ { url: '${last}' }, { body: { not_contains: '${first}' } } ]
    - get: ${base}/3?${first}
      follow: false
      expect: [ { url: { ends_with: '?301' } } ]";
    let end = site.run(test).await;
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    assert_eq!((end.outcome, end.checks), (Outcome::Passed, 5), "{report}");
}

#[tokio::test]
async fn each_redirect_that_was_followed_is_seen() {
    insta::assert_snapshot!(report("follow: 2", "- { redirects: , attr: status, nth: 0, equals: 301 }
- { redirects: 3xx, attr: status, nth: 1 }
- { redirects: , attr: status, nth: -1, one_of: [302, 303] }
- { redirects: , attr: location, nth: 0, ends_with: /2 }
- { redirects: { ends_with: '/3?a=b' }, attr: location, nth: -1 }
- { redirects: , attr: status, equals: [301, 302] }
- { redirects: , attr: location, count: 2 }
- { redirects: , attr: location, filter: { nth: 0 }, ends_with: /2 }
- { redirects: , attr: status, nth: 2, exists: false }
- { redirects: , attr: status, nth: 2 }
- { redirects: , attr: location, nth: 0, equals: /2 }").await, @r#"
    passed: redirects nth 0 status equals 301
    passed: redirects nth 1 status equals "3xx"
    passed: redirects nth -1 status one_of 302, 303
    passed: redirects nth 0 location ends_with "/2"
    passed: redirects nth -1 location ends_with "/3?a=b"
    passed: redirects status equals [301,302]
    passed: redirects location count equals 2
    passed: redirects location, nth 0, ends_with "/2"
    passed: redirects nth 2 status does not exist
    failed: redirects nth 2 status exists
      expected: something
      actual: nothing
      hint: the step followed 2 redirects, and `nth` counts from 0
    failed: redirects nth 0 location equals "/2"
      expected: "/2"
      actual: "http://site/2"
    "#);
    insta::assert_snapshot!(report("follow: false", "- { redirects: , attr: location }
- { redirects: , attr: location, nth: 0, equals: /2 }").await, @r#"
    failed: redirects location exists
      expected: something
      actual: nothing
      hint: no redirect was followed
    failed: redirects nth 0 location equals "/2"
      expected: "/2"
      actual: nothing
      hint: no redirect was followed
    "#);
}

#[tokio::test]
async fn cookies_are_looked_for_where_the_check_says() {
    hold(
        "${base}/login",
        &[
            "cookie: session, from: answer, equals: s1",
            "cookie: session, from: jar, equals: s1",
            "cookie: session, from: answer, attr: http_only",
            "no cookie: basket, from: answer",
            "no cookie: basket, from: jar",
        ],
    )
    .await;
    let site = Site::start().await;
    let signed_in = "- name: t
  steps:
    - get: ${base}/login
      capture: { sid: { cookie: session, from: answer } }
    - get: ${base}/
      expect:
        - { cookie: session, equals: '${sid}' }
        - { cookie: session, from: jar, equals: '${sid}' }
        - { cookie: session, from: answer, exists: false }
        - { cookie: session, from: answer }
        - { cookie: sesion, from: jar }";
    let end = site.run(signed_in).await;
    insta::assert_snapshot!(site.describe(&end.steps[1].checks), @r#"
    passed: cookie session equals "s1"
    passed: cookie session from jar equals "s1"
    passed: cookie session from answer does not exist
    failed: cookie session from answer exists
      expected: something
      actual: nothing
      hint: the answer sets no cookie
    failed: cookie sesion from jar exists
      expected: something
      actual: nothing
      hint: there is `session`
    "#);
}

#[tokio::test]
async fn following_and_not_following_do_not_share_an_answer() {
    let site = Site::serve(chain()).await;
    let suite = super::site::suite_with(
        &json!({ "share": true }),
        "- { name: one, get: '${base}/1', expect: [ { status: 200 } ] }
- { name: other, get: '${base}/1', follow: false, expect: [ { status: 301 } ] }",
    );
    for planned in &site.plan(&suite).await.expect("a plan") {
        let run = site.test_run(&suite, planned);
        let end = site.engine.run_test(run, &mut super::site::Watcher::default()).await;
        assert_eq!(end.outcome, Outcome::Passed, "{}: {}", planned.name, site.describe(&end.steps[0].checks));
    }
}
