//! Certificates that say who asks.

use super::secure_site::{Authority, Certified};
use super::site::{Site, Watcher, html, suite_with, to};
use axum::Router;
use axum::routing::get;
use rcgen::KeyPair;
use serde_json::{Value, json};
use stepcast_protocol::Outcome;

fn page() -> Router {
    Router::new().route("/", get(|| async { "ok" }))
}

fn showing(authority: &Authority, client: &Certified) -> Value {
    json!({
        "ca": authority.pem(),
        "client_certificate": { "certificate": client.certificate.pem(), "key": "${secret.key}" },
    })
}

/// A site that knows its clients, and one of them.
async fn known() -> (Authority, Site, Certified) {
    let authority = Authority::new("One");
    let client = authority.certify(&["ada.example"], |_| ());
    let site = authority.serve_known(page()).await.with_secret("key", &client.key.serialize_pem());
    (authority, site, client)
}

fn without_address(site: &Site, report: &str) -> String {
    report.replace(site.base.trim_start_matches("https://"), "site")
}

#[tokio::test]
async fn a_client_with_a_certificate_is_accepted() {
    let (authority, site, client) = known().await;
    let status = "- status: 200";
    assert_eq!(site.report_with(&showing(&authority, &client), status).await, "passed: status equals 200\n");
    // The connection of who was let in does not serve who would not be.
    let report = site.report_with(&json!({ "ca": authority.pem() }), status).await;
    insta::assert_snapshot!(without_address(&site, &report), @r#"
    errored: request
      actual: no secure connection to `site`: the server asks for a client certificate
      hint: provide one with `client_certificate` in `defaults`, and name the server in the step: after a redirect to another origin, Stepcast sends no client certificate
    "#);
}

#[tokio::test]
async fn a_certificate_the_server_does_not_trust_is_reported() {
    let (authority, mut site, _) = known().await;
    let stranger = Authority::new("Another").certify(&["eve.example"], |_| ());
    site.secrets.insert("key".into(), stranger.key.serialize_pem());
    let report = site.report_with(&showing(&authority, &stranger), "- status: 200").await;
    insta::assert_snapshot!(without_address(&site, &report), @r#"
    errored: request
      actual: no secure connection to `site`: the server did not accept the client certificate (UnknownCA)
      hint: check `client_certificate` in `defaults`: whether it has expired, and whether its issuer is trusted there
    "#);
}

/// What was shown to one origin is not shown to another that asks for it too.
#[tokio::test]
async fn it_is_not_shown_behind_a_redirect() {
    let (authority, site, client) = known().await;
    let target = site.base.clone();
    let redirecting = Router::new()
        .route("/", get(move || async move { to(302, &target) }))
        .route("/own", get(|| async { to(302, "/known") }))
        .route("/known", get(|| async { "ok" }));
    let mut first = authority.serve_known(redirecting).await;
    first.secrets.clone_from(&site.secrets);
    let showing = showing(&authority, &client);
    let report = first.report_with(&showing, "- status: 200").await;
    assert!(report.contains("the server asks for a client certificate"), "{report}");
    let own = "- { name: t, get: '${base}/own', expect: [ { status: 200 } ] }";
    assert_eq!(first.run_with(&showing, own).await.outcome, Outcome::Passed);
}

#[tokio::test]
async fn links_and_pages_of_the_same_origin_get_it() {
    let (authority, other, client) = known().await;
    let away = format!("<a href=/page>a</a><a href=\"{}/\">b</a>", other.base);
    let router = Router::new()
        .route("/", get(|| async { html("<a href=/page>a</a>") }))
        .route("/page", get(|| async { "ok" }))
        .route("/away", get(move || async move { ([("content-type", "text/html")], away) }));
    let mut site = authority.serve_known(router).await;
    site.secrets.clone_from(&other.secrets);
    let showing = showing(&authority, &client);
    assert_eq!(site.report_with(&showing, "- links:").await, "passed: links to the same host\n");
    let test = "- { name: t, get: '${base}/away', expect: [ { links: { scope: all } } ] }";
    let report = site.describe(&site.run_with(&showing, test).await.steps[0].checks);
    assert!(report.contains("asks for a client certificate") && !report.contains("/page`"), "{report}");
    let discovering = "- { name: t, discover: { links: '${base}/' }, expect: [ { status: 200 } ] }";
    let plan = site.plan(&suite_with(&showing, discovering)).await.expect("a plan");
    assert_eq!(plan.len(), 2);
}

/// Of the sitemaps of an index, those of another origin are read as by anybody.
#[tokio::test]
async fn sitemaps_elsewhere_do_not_get_it() {
    let (authority, other, client) = known().await;
    let index = |base: &str| format!("<sitemapindex><sitemap><loc>{base}/</loc></sitemap></sitemapindex>");
    let away = index(&other.base);
    let router = Router::new().route("/sitemap.xml", get(move || async move { away }));
    let mut site = authority.serve_known(router).await;
    site.secrets.clone_from(&other.secrets);
    let tests = "- { name: t, discover: { sitemap: '${base}/sitemap.xml', robots: ignore } }";
    let error = site.plan(&suite_with(&showing(&authority, &client), tests)).await.expect_err("not let in");
    assert!(error.message.contains(&other.base), "{error}");
    assert!(error.message.ends_with("the server asks for a client certificate"), "{error}");
}

/// It speaks TLS with the client that has the certificate, and could ask for it.
#[tokio::test]
async fn a_proxy_that_could_ask_for_it_is_refused() {
    let (authority, mut site, client) = known().await;
    site.vars.insert("proxy".into(), "https://127.0.0.1:1".into());
    let mut showing = showing(&authority, &client);
    showing["proxy"] = "${proxy}".into();
    let error = site.plan(&suite_with(&showing, "- { name: t, get: '${base}/' }")).await.expect_err("not together");
    assert!(error.message.ends_with("which is meant for the site only"), "{error}");
}

#[tokio::test]
async fn an_unusable_key_is_reported_without_its_content() {
    let (authority, mut site, client) = known().await;
    let suite = suite_with(&showing(&authority, &client), "- { name: t, get: '${base}/' }");
    let other = KeyPair::generate().expect("a key").serialize_pem();
    for (key, expected) in [
        (
            "not-a-key-at-all",
            "the network settings of `defaults` cannot be used: the `key` of `client_certificate` contains no readable private key: it must be PEM, and not encrypted",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nnot-a-key-at-all\n-----END PRIVATE KEY-----",
            "the network settings of `defaults` cannot be used: the `key` of `client_certificate` contains no readable private key: it must be PEM, and not encrypted",
        ),
        (&other, "the `key` of `client_certificate` does not belong to its `certificate`"),
        (
            "-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5IGF0IGFsbA==\n-----END PRIVATE KEY-----",
            "the suite's `ca` or `client_certificate` cannot be used: ",
        ),
    ] {
        site.secrets.insert("key".into(), key.to_owned());
        let report = match site.plan(&suite).await {
            Err(error) => error.to_string(),
            Ok(plan) => {
                let run = site.test_run(&suite, &plan[0]);
                let end = site.engine.run_test(run, &mut Watcher::default()).await;
                assert_eq!((end.outcome, end.attempt), (Outcome::Errored, 1));
                end.steps[0].checks[0].actual.clone().expect("a reason")
            }
        };
        assert!(report.starts_with(expected), "{report}");
        assert!(!key.lines().any(|line| report.contains(line)), "{report}");
    }
}

/// A page that says back what only the key's owner should know, which a test could have sent by mistake.
#[tokio::test]
async fn a_key_that_is_echoed_does_not_show() {
    let (authority, known, client) = known().await;
    let echo = |body: String| async move { format!("got {body}") };
    let mut site = authority.serve(Router::new().route("/", axum::routing::post(echo))).await;
    site.secrets.clone_from(&known.secrets);
    let mut watcher = Watcher::default();
    let test = "- { name: t, post: '${base}/', text: '${secret.key}', expect: [ { body: { equals: x } } ] }";
    let suite = suite_with(&showing(&authority, &client), test);
    let plan = site.plan(&suite).await.expect("a plan");
    let run = site.test_run(&suite, &plan[0]);
    let end = site.engine.run_test(run, &mut watcher).await;
    let report = site.describe(&end.steps[0].checks) + &watcher.heard.concat();
    assert!(report.contains("got ***") && !report.contains("PRIVATE KEY"), "{report}");
}
