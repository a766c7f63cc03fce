//! Where the links of a page lead.

use super::site::{Site, html, to};
use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stepcast_engine::{Engine, EngineConfig};
use stepcast_protocol::Outcome;

const PAGE: &str = r##"<a href="/ok">a</a><a href="/ok#there">b</a><a href="/ok#gone">c</a><a href="#own">d</a><a href="#none">e</a>
<h2 id=own></h2><a href="mailto:a@b.c">f</a><a href="javascript:x()">g</a><img src="/moved"><a href="/gone">h</a>
<a href="/get-only">i</a><link rel="preconnect" href="/never"><script src="/ignored/x.js"></script><a href="#top">j</a>
<a href="#/cart">m</a><a href="/ok#!/cart">n</a>
<a href="http://[bad">k</a><a href="http://other.invalid/">l</a><a href="/ok">again</a>"##;

async fn site() -> (Site, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let ok = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async { html("<p id=there>") }
    };
    let get_only = |method: Method| async move {
        if method == Method::GET { StatusCode::OK } else { StatusCode::METHOD_NOT_ALLOWED }
    };
    let private = |headers: HeaderMap| async move {
        if headers.contains_key("x-key") { StatusCode::OK } else { StatusCode::FORBIDDEN }
    };
    let router = Router::new()
        .route("/", get(|| async { html(PAGE) }))
        .route("/ok", get(ok))
        .route("/moved", get(|| async { to(301, "/ok") }))
        .route("/get-only", any(get_only))
        .route("/private", get(private))
        .route("/to-private", get(|| async { html("<a href=/private>x</a>") }))
        .route("/to-busy", get(|| async { html("<a href=/busy>x</a>") }))
        .route("/busy", get(|| async { StatusCode::TOO_MANY_REQUESTS }))
        .route("/to-silent", get(|| async { html("<a href=/silent>x</a>") }))
        .route("/silent", get(|| async { std::future::pending::<()>().await }))
        .route("/good", get(|| async { html("<base href=/dir/><a href=../ok>x</a>") }))
        .route("/none", get(|| async { "no page".into_response() }));
    (Site::serve(router).await, asked)
}

#[tokio::test]
async fn dead_links_are_reported() {
    let (site, asked) = site().await;
    let report = site.report("${base}/", "- links: { ignore: '/ignored/' }\n- status: 200").await;
    insta::assert_snapshot!(report, @r#"
    failed: links to the same host
      expected: every one of 4 links to answer 200-399
      actual: `http://[bad` is not an address: invalid IPv6 address; the page has no `#none`; `http://site/ok` has no `#gone`; `http://site/gone` answered 404
      hint: correct it, or leave it out with `ignore`
    passed: status equals 200
    "#);
    // HEAD for the picture's redirect, GET for the fragments; the address is not asked again for its second link.
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_checked_links_can_be_chosen() {
    let (site, _) = site().await;
    let report = site
        .report(
            "${base}/",
            "- links: { ignore: ['/ignored/', '/gone$', 'bad'], fragments: false, accept: [2xx, 404], limit: 1 }
- links: { scope: all, fragments: false, limit: 1000 }",
        )
        .await;
    insta::assert_snapshot!(report, @r#"
    passed: links to the same host, 1 of 3
    failed: links to anywhere
      expected: every one of 6 links to answer 200-399
      actual: `http://[bad` is not an address: invalid IPv6 address; `http://site/gone` answered 404; `http://site/ignored/x.js` answered 404; `http://other.invalid/`: `other.invalid` could not be resolved: name or service not known
      hint: correct it, or leave it out with `ignore`
    "#);
}

#[tokio::test]
async fn good_ones_pass() {
    let (site, _) = site().await;
    assert_eq!(site.report("${base}/good", "- links:").await, "passed: links to the same host\n");
    assert_eq!(site.report("${base}/none", "- links:").await, "passed: links to the same host\n");
}

#[tokio::test]
async fn own_headers_go_to_the_own_origin() {
    let (site, _) = site().await;
    let test = "- { name: t, get: '${base}/to-private', headers: { x-key: k }, expect: [ { links: } ] }";
    assert_eq!(site.run(test).await.outcome.as_str(), "passed");
    let report = site.report("${base}/to-private", "- links:").await;
    assert!(report.contains("/private` answered 403"), "{report}");
}

#[tokio::test]
async fn links_that_could_not_be_checked_are_errored() {
    let (site, _) = site().await;
    let report = site.report("${base}/to-busy", "- links:").await;
    assert!(report.starts_with("errored: links to the same host"), "{report}");
    let slow = "- name: Slow\n  get: ${base}/to-silent\n  timeout: 300ms\n  expect: [ links: ]\n";
    let end = site.run(slow).await;
    assert_eq!((end.outcome, end.steps[0].checks[0].outcome), (Outcome::Errored, Outcome::Errored), "{:?}", end.steps);
}

/// The page may be asked for; what it links to may not.
#[tokio::test]
async fn a_link_does_not_lead_inside() {
    let mut site = Site::serve(Router::new().route(
        "/",
        get(|| async {
            html("<a href='http://169.254.100.1:9001/next'>x</a><a href='http://runtime.internal/'>y</a>")
        }),
    ))
    .await;
    let forbidden_hosts = vec!["169.254.100.1:9001".into(), "runtime.internal".into()];
    let config = EngineConfig { allow_private_targets: true, forbidden_hosts, ..EngineConfig::default() };
    site.engine = Engine::new(config).expect("an engine");
    insta::assert_snapshot!(site.report("${base}/", "- links: { scope: all }").await, @r#"
    errored: links to anywhere
      expected: every one of 2 links to answer 200-399
      actual: `http://169.254.100.1:9001/next`: `169.254.100.1` belongs to the machine Stepcast runs on; `http://runtime.internal/`: `runtime.internal` belongs to the machine Stepcast runs on
      hint: it is never fetched, even if private targets are allowed
    "#);
}

/// A redirect leads to another origin, whose own links get nothing that was meant for the first.
#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_its_links() {
    let has_key = |headers: HeaderMap| async move {
        if headers.contains_key("authorization") { StatusCode::FORBIDDEN } else { StatusCode::OK }
    };
    let router = Router::new().route("/", get(|| async { html("<a href=/key>x</a>") })).route("/key", get(has_key));
    let other = Site::serve(router).await;
    let target = other.base.clone();
    let site = Site::serve(Router::new().route("/", get(move || async move { to(302, &target) }))).await;
    let test = "- { name: t, get: '${base}/', bearer: s3cr3t, expect: [ { links: } ] }";
    assert_eq!(site.run(test).await.outcome, Outcome::Passed);
}
