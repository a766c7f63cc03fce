//! Requests through a proxy.

use super::forward_proxy::{ForwardProxy, Manner};
use super::secure_site::{Authority, serve, server};
use super::site::{Site, Watcher, echo, engine, html, suite_with};
use axum::Router;
use axum::routing::{any, get};
use serde_json::{Value, json};
use stepcast_engine::{Engine, EngineConfig};
use stepcast_protocol::Outcome;

fn through(proxy: &ForwardProxy) -> Value {
    json!({ "proxy": format!("http://{}", proxy.address) })
}

fn without_address(proxy: &ForwardProxy, report: &str) -> String {
    report.replace(&proxy.address, "proxy")
}

/// The name is one only the proxy knows.
#[tokio::test]
async fn plain_requests_go_through_it() {
    let mut site = Site::start().await;
    let proxy = ForwardProxy::to(&site.base).await;
    site.vars.insert("base".into(), "http://shop.invalid".into());
    assert_eq!(site.report_with(&through(&proxy), "- status: 200").await, "passed: status equals 200\n");
    assert_eq!(proxy.asked(), ["GET http://shop.invalid/"]);
}

#[tokio::test]
async fn encrypted_requests_go_through_a_tunnel() {
    let authority = Authority::new("One");
    let certified = authority.certify(&["shop.invalid"], |_| ());
    let mut site = serve(Router::new().route("/", get(|| async { "ok" })), server(&certified, None)).await;
    let proxy = ForwardProxy::to(&site.base).await;
    site.vars.insert("base".into(), "https://shop.invalid".into());
    let mut defaults = through(&proxy);
    defaults["ca"] = authority.pem().into();
    let report = site.report_with(&defaults, "- status: 200\n- { cert: days_left, above: 0 }").await;
    insta::assert_snapshot!(report, @r#"
    passed: status equals 200
    failed: cert days_left above 0
      expected: above 0
      actual: nothing
      hint: the certificate is not visible through a proxy; check it in a suite without `proxy`
    "#);
    assert_eq!(proxy.asked(), ["CONNECT shop.invalid:443"]);
    // What is wrong behind the tunnel is the site's, not the proxy's.
    let report = site.report_with(&through(&proxy), "- status: 200").await;
    assert!(
        report.contains("no secure connection to `shop.invalid:443`: the certificate's issuer is unknown"),
        "{report}"
    );
}

/// What goes to the proxy is encrypted as well, and the proxy has to be who it says.
#[tokio::test]
async fn an_encrypted_proxy_takes_plain_requests_and_tunnels() {
    let authority = Authority::new("One");
    let certified = authority.certify(&["shop.invalid"], |_| ());
    let secure = serve(Router::new().route("/", get(|| async { "ok" })), server(&certified, None)).await;
    let plain = Site::start().await;
    for (base, site, asked) in [
        ("http://shop.invalid", plain, "GET http://shop.invalid/ Basic YWRhOmwwdmVsYWNl"),
        ("https://shop.invalid", secure, "CONNECT shop.invalid:443 Basic YWRhOmwwdmVsYWNl"),
    ] {
        let config = server(&authority.certify(&["127.0.0.1"], |_| ()), None);
        let proxy = ForwardProxy::secure_to(&site.base, config).await;
        let mut site = site.with_secret("pass", "l0velace");
        site.vars.insert("base".into(), base.into());
        let mut defaults = json!({ "proxy": format!("https://ada:${{secret.pass}}@{}", proxy.address) });
        let report = without_address(&proxy, &site.report_with(&defaults, "- status: 200").await);
        assert!(
            report.contains(
                "the proxy cannot be used: no secure connection to `proxy`: the certificate's issuer is unknown"
            ),
            "{base}: {report}"
        );
        assert_eq!(proxy.asked(), [""; 0], "the password was not sent");
        defaults["ca"] = authority.pem().into();
        assert_eq!(site.report_with(&defaults, "- status: 200").await, "passed: status equals 200\n", "{base}");
        assert_eq!(proxy.asked(), [asked]);
    }
}

#[tokio::test]
async fn sitemaps_robots_and_links_go_through_it() {
    let router =
        Router::new().route("/", get(|| async { html("<a href=/page>a</a>") })).route("/page", get(|| async { "ok" }));
    let mut site = Site::serve(router).await;
    let proxy = ForwardProxy::to(&site.base).await;
    site.vars.insert("base".into(), "http://shop.invalid".into());
    let tests = "- { name: t, discover: { links: '${base}/', exclude: page }, expect: [ { links: } ] }";
    assert_eq!(site.run_with(&through(&proxy), tests).await.outcome, Outcome::Passed);
    let mut asked = proxy.asked();
    asked.dedup();
    insta::assert_snapshot!(asked.join("\n"), @r#"
    GET http://shop.invalid/robots.txt
    GET http://shop.invalid/
    HEAD http://shop.invalid/page
    "#);
}

/// Values are put into the address so that what they hold cannot end the password.
#[tokio::test]
async fn a_user_and_a_password_are_sent_and_hidden() {
    let mut site = Site::serve(Router::new().route("/", any(echo))).await.with_secret("pass", "p@ss/w:rd#1");
    let proxy = ForwardProxy::to(&site.base).await;
    site.vars.insert("base".into(), "http://shop.invalid".into());
    let defaults = json!({ "proxy": format!("http://ada:${{secret.pass}}@{}", proxy.address) });
    let sent = "YWRhOnBAc3MvdzpyZCMx";
    let test = format!("- {{ name: t, get: '${{base}}/?q={sent}', expect: [ {{ body: {{ equals: x }} }} ] }}");
    let report = site.describe(&site.run_with(&defaults, &test).await.steps[0].checks);
    assert_eq!(proxy.asked(), [format!("GET http://shop.invalid/?q={sent} Basic {sent}")]);
    assert!(report.contains("?q=***") && !report.contains(sent) && !report.contains("p@ss"), "{report}");
}

/// A password that is no secret of the run is one nevertheless.
#[tokio::test]
async fn a_password_in_a_variable_is_hidden() {
    let page = Router::new().route("/", get(|| async { "the password is l0velace!" }));
    let mut site = Site::serve(page).await;
    let proxy = ForwardProxy::to(&site.base).await;
    site.vars.insert("proxy".into(), format!("http://ada:l0velace%21@{}", proxy.address));
    let report = site.report_with(&json!({ "proxy": "${proxy}" }), "- body: x").await;
    assert!(report.contains("the password is ***") && !report.contains("l0velace"), "{report}");
    assert_eq!(proxy.asked().len(), 1);
    assert!(proxy.asked()[0].ends_with(" Basic YWRhOmwwdmVsYWNlIQ=="), "{:?}", proxy.asked());
}

#[tokio::test]
async fn an_empty_address_is_no_proxy() {
    let mut site = Site::start().await;
    site.vars.insert("proxy".into(), String::new());
    assert_eq!(site.report_with(&json!({ "proxy": "${proxy}" }), "- status: 200").await, "passed: status equals 200\n");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_reported() {
    let mut report = String::new();
    for (says, base) in [
        ("HTTP/1.1 407 Who are you\r\ncontent-length: 0\r\n\r\n", "https://shop.invalid"),
        ("HTTP/1.1 407 Who are you\r\ncontent-length: 0\r\n\r\n", "http://shop.invalid"),
        ("HTTP/1.1 502 No\r\ncontent-length: 0\r\n\r\n", "https://shop.invalid"),
        ("SSH-2.0\r\n", "https://shop.invalid"),
        ("", "https://shop.invalid"),
    ] {
        let proxy = ForwardProxy::start(Manner::Says(says)).await;
        let mut site = Site::at(base.to_owned()).with_secret("pass", "l0velace");
        site.vars.insert("base".into(), base.into());
        let defaults = json!({ "proxy": format!("http://ada:${{secret.pass}}@{}", proxy.address) });
        report += &without_address(&proxy, &site.report_with(&defaults, "- status: 200").await);
    }
    insta::assert_snapshot!(report, @r#"
    errored: request
      actual: the proxy `proxy` requires a user and a password, or rejects those it received (407)
      hint: check the user and the password in `defaults.proxy`
    errored: request
      actual: the proxy `proxy` requires a user and a password, or rejects those it received (407)
      hint: check the user and the password in `defaults.proxy`
    errored: request
      actual: the proxy `proxy` did not connect to `shop.invalid`
      hint: the proxy did not answer CONNECT with 200: it may not allow this host, or may be unable to reach it
    errored: request
      actual: the proxy `proxy` did not connect to `shop.invalid`
      hint: the proxy did not answer CONNECT with 200: it may not allow this host, or may be unable to reach it
    errored: request
      actual: the proxy `proxy` closed the connection, or gave an answer that cannot be read
      hint: check that `defaults.proxy` is the address of an HTTP proxy
    "#);
}

#[tokio::test]
async fn an_unreachable_proxy_is_reported() {
    let mut report = String::new();
    for base in ["http://shop.invalid", "https://shop.invalid"] {
        for proxy in ["http://127.0.0.1:1", "http://proxy.invalid:3128"] {
            let site = Site::at(base.to_owned());
            report += &site.report_with(&json!({ "proxy": proxy }), "- status: 200").await;
        }
    }
    insta::assert_snapshot!(report, @r#"
    errored: request
      actual: the proxy cannot be used: could not connect to `127.0.0.1:1`: nothing listens there
      hint: check `defaults.proxy`, and whether Stepcast can reach the proxy from where it runs
    errored: request
      actual: the proxy cannot be used: `proxy.invalid` could not be resolved: name or service not known
      hint: check `defaults.proxy`, and whether Stepcast can reach the proxy from where it runs
    errored: request
      actual: the proxy cannot be used: could not connect to `127.0.0.1:1`: nothing listens there
      hint: check `defaults.proxy`, and whether Stepcast can reach the proxy from where it runs
    errored: request
      actual: the proxy cannot be used: `proxy.invalid` could not be resolved: name or service not known
      hint: check `defaults.proxy`, and whether Stepcast can reach the proxy from where it runs
    "#);
}

#[tokio::test]
async fn a_proxy_is_no_way_inside() {
    let mut site = Site::start().await;
    let proxy = ForwardProxy::to(&site.base).await;
    let port = proxy.address.rsplit(':').next().expect("a port").to_owned();
    site.engine = engine(false);
    let mut report = String::new();
    for base in ["http://1.1.1.1", "https://1.1.1.1"] {
        site.vars.insert("base".into(), base.into());
        for host in ["127.0.0.1", "2130706433", "[::1]", "localhost"] {
            let defaults = json!({ "proxy": format!("http://{host}:{port}") });
            report += &site.report_with(&defaults, "- status: 200").await;
        }
    }
    assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
    insta::assert_snapshot!(report, @r#"
    errored: request
      actual: the proxy cannot be used: `127.0.0.1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: the proxy cannot be used: `127.0.0.1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: the proxy cannot be used: `::1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: the proxy cannot be used: `localhost` resolves to a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: the proxy cannot be used: `127.0.0.1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: the proxy cannot be used: `127.0.0.1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: the proxy cannot be used: `::1` is a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    errored: request
      actual: the proxy cannot be used: `localhost` resolves to a loopback address
      hint: private targets are refused; allow them with `--allow-private-targets`
    "#);
}

/// Through a proxy that may be asked, literal addresses inside and forbidden names are refused as ever.
#[tokio::test]
async fn targets_behind_a_proxy_are_refused_as_ever() {
    let mut site = Site::start().await;
    let proxy = ForwardProxy::to(&site.base).await;
    let forbidden_hosts = vec!["169.254.100.1:9001".into(), "runtime.internal".into()];
    let config = EngineConfig { allow_private_targets: true, forbidden_hosts, ..EngineConfig::default() };
    site.engine = Engine::new(config).expect("an engine");
    for base in ["http://169.254.100.1:9001", "https://runtime.internal"] {
        site.vars.insert("base".into(), base.into());
        let report = site.report_with(&through(&proxy), "- status: 200").await;
        assert!(report.contains("belongs to the machine Stepcast runs on"), "{report}");
    }
    assert!(proxy.asked().is_empty(), "{:?}", proxy.asked());
}

#[tokio::test]
async fn an_invalid_address_is_reported_without_its_value() {
    let mut site = Site::start().await;
    for (proxy, expected) in [
        ("socks5://ada:l0velace@127.0.0.1", "`socks5:` proxies are not supported; use http or https"),
        (
            "http://ada:l0v/elace@127.0.0.1",
            "this is not the address of a proxy: invalid port number; in a password `/`, `?` and `#` are written `%2F`, `%3F` and `%23`",
        ),
        (
            "http://127.0.0.1/l0velace",
            "a proxy address has a host and a port, and nothing after them; in a password `/`, `?` and `#` are written `%2F`, `%3F` and `%23`",
        ),
        (
            "ada:l0velace@127.0.0.1",
            "the address of a proxy begins with `http://` or `https://`; write it like `http://proxy.example:3128`",
        ),
    ] {
        site.vars.insert("proxy".into(), proxy.into());
        let suite = suite_with(&json!({ "proxy": "${proxy}" }), "- { name: t, get: '${base}/' }");
        let error = site.plan(&suite).await.expect_err("no proxy");
        assert_eq!(error.message, format!("the network settings of `defaults` cannot be used: `proxy`: {expected}"));
    }
}

/// Requests that go different ways are not the same, so they do not share an answer.
#[tokio::test]
async fn answers_are_not_shared_between_networks() {
    let site = Site::start().await;
    let proxy = ForwardProxy::to(&site.base).await;
    let test = "- { name: t, get: '${base}/', share: true, expect: [ { status: 200 } ] }";
    for defaults in [json!({}), through(&proxy)] {
        let suite = suite_with(&defaults, test);
        let plan = site.plan(&suite).await.expect("a plan");
        let run = site.test_run(&suite, &plan[0]);
        assert_eq!(site.engine.run_test(run, &mut Watcher::default()).await.outcome, Outcome::Passed);
    }
    assert_eq!(proxy.asked().len(), 1);
}
