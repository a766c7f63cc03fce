//! The network inside is not reachable.

use super::site::{Site, engine, to};
use axum::Router;
use axum::routing::get;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use stepcast_engine::{Engine, EngineConfig};
use stepcast_protocol::Outcome;

/// A site that would notice a visit, behind an engine that must not pay one.
async fn guarded() -> (Site, Arc<AtomicBool>) {
    let visited = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&visited);
    let visit = move || {
        seen.store(true, Ordering::SeqCst);
        async { "inside" }
    };
    let mut site = Site::serve(Router::new().route("/", get(visit))).await;
    site.engine = engine(false);
    (site, visited)
}

#[tokio::test]
async fn loopback_addresses_are_rejected_in_every_notation() {
    let (mut site, visited) = guarded().await;
    let port = site.base.rsplit(':').next().expect("a port").to_owned();
    site.vars.insert("port".into(), port.clone());
    let mut report = String::new();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.01",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "localhost",
        "LOCALHOST",
    ] {
        let end = site.run(&format!("- {{ name: t, get: 'http://{host}:${{port}}/', retries: 3 }}")).await;
        assert_eq!((end.outcome, end.attempt), (Outcome::Errored, 1), "{host}");
        report.push_str(&site.describe(&end.steps[0].checks));
    }
    assert!(!visited.load(Ordering::SeqCst), "a request reached the site");
    insta::assert_snapshot!(report, @r#"
    errored: request
      actual: `127.0.0.1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: `127.0.0.1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: `127.0.0.1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: `127.0.0.1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: `127.0.0.1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: `0.0.0.0` is an unspecified address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: `::1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: `::ffff:127.0.0.1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: `64:ff9b::7f00:1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: `localhost` resolves to a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: `localhost` resolves to a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    "#);
}

#[tokio::test]
async fn disguised_loopback_addresses_are_rejected() {
    let (mut site, visited) = guarded().await;
    let port = site.base.rsplit(':').next().expect("a port").to_owned();
    site.vars.insert("port".into(), port);
    for host in [
        "127.0.0.1.",
        "public@127.0.0.1",
        "1.1.1.1:80@127.0.0.1",
        "%31%32%37.0.0.1",
        "１２７.０.０.１",
        "127。0。0。1",
        "[::127.0.0.1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
    ] {
        let report = site.report(&format!("http://{host}:${{port}}/"), "- status: 200").await;
        assert!(report.contains("is a loopback address"), "{host}: {report}");
    }
    assert!(!visited.load(Ordering::SeqCst), "a request reached the site");
}

#[tokio::test]
async fn a_redirect_does_not_lead_inside() {
    // The first hop has to be allowed to be made, so what is refused here is refused on any setting.
    let inside = Site::start().await;
    let port = inside.base.rsplit(':').next().expect("a port").to_owned();
    let mut site = Site::serve(
        Router::new()
            .route(
                "/address",
                get(|| async { to(302, "http://169.254.100.1:9001/2018-06-01/runtime/invocation/next") }),
            )
            .route("/name", get(move || async move { to(302, &format!("http://runtime.internal:{port}/")) })),
    )
    .await;
    let forbidden_hosts = vec!["169.254.100.1:9001".into(), "runtime.internal".into()];
    let config = EngineConfig { allow_private_targets: true, forbidden_hosts, ..EngineConfig::default() };
    site.engine = Engine::new(config).expect("an engine");
    let report =
        site.report("${base}/address", "- status: 200").await + &site.report("${base}/name", "- status: 200").await;
    insta::assert_snapshot!(report, @r#"
    errored: request
      actual: `169.254.100.1` belongs to the machine Stepcast runs on
      hint: it is never fetched, even if private targets are allowed
    errored: request
      actual: `runtime.internal` belongs to the machine Stepcast runs on
      hint: it is never fetched, even if private targets are allowed
    "#);
}

#[tokio::test]
async fn sitemaps_are_fetched_behind_the_same_guard() {
    let (site, visited) = guarded().await;
    let tests = super::site::suite("- { name: t, discover: { sitemap: '${base}/' }, expect: [ { status: 200 } ] }");
    let error = site.plan(&tests).await.expect_err("refused");
    assert_eq!(
        error.message.replace(&site.base, "http://site"),
        "test `t`: `http://site/` could not be fetched: `127.0.0.1` is a loopback address"
    );
    assert_eq!(error.hint.as_deref(), Some("private targets are refused; allow them with `--allow-private-targets`"));
    assert!(!error.temporary);
    assert!(!visited.load(Ordering::SeqCst), "a request reached the site");
}

#[tokio::test]
async fn links_and_robots_are_fetched_behind_the_same_guard() {
    let (site, visited) = guarded().await;
    for discover in ["{ links: '${base}/' }", "{ links: '${base}/', robots: ignore }", "{ sitemap: '${base}/' }"] {
        let tests = format!("- {{ name: t, discover: {discover}, expect: [ {{ status: 200 }} ] }}");
        let error = site.plan(&super::site::suite(&tests)).await.expect_err("refused");
        assert!(error.message.ends_with("`127.0.0.1` is a loopback address"), "{discover}: {}", error.message);
    }
    assert!(!visited.load(Ordering::SeqCst), "a request reached the site");
}
