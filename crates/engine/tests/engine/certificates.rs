//! The certificate of a server, and which of them are trusted.

use super::secure_site::{Authority, serve, serve_http2, server};
use super::site::{Site, insecure_engine, to};
use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use stepcast_protocol::Outcome;
use stepcast_protocol::state::CheckKind;
use time::{Duration, OffsetDateTime};

fn page() -> Router {
    Router::new().route("/", get(|| async { "ok" }))
}

fn trusting(authority: &Authority) -> Value {
    json!({ "ca": authority.pem() })
}

#[tokio::test]
async fn the_fields_of_a_certificate_can_be_checked() {
    let authority = Authority::new("One");
    let now = OffsetDateTime::now_utc();
    let certified = authority.certify(&["shop.example", "127.0.0.1"], |params| {
        params.not_after = now + Duration::days(30) + Duration::hours(12);
    });
    let site = serve(page(), server(&certified, None)).await;
    let report = site
        .report_with(
            &trusting(&authority),
            "- { cert: days_left, above: 14 }
- { cert: days_left, equals: 30 }
- { cert: days_left, below: 30 }
- { cert: issuer, contains: O=Stepcast tests }
- { cert: issuer, starts_with: 'CN=One, O=' }
- { cert: subject, equals: CN=shop.example }
- { cert: subject, filter: lower, equals: cn=shop.example }
- { cert: subject }
- { cert: names, contains: shop.example }
- { cert: names, contains: 127.0.0.1, count: 2 }
- { cert: names, equals: [shop.example] }
- { cert: names, not_contains: other.example }
- { cert: expires, above: 2026-01-01 }
- { cert: expires, type: string, ends_with: Z }
- { cert: sha256, matches: '^[0-9a-f]{64}$' }
- { any: [ { cert: issuer, contains: nobody }, { cert: issuer, exists: true } ] }",
        )
        .await;
    insta::assert_snapshot!(report, @r#"
    passed: cert days_left above 14
    passed: cert days_left equals 30
    failed: cert days_left below 30
      expected: below 30
      actual: 30
    passed: cert issuer contains "O=Stepcast tests"
    passed: cert issuer starts_with "CN=One, O="
    passed: cert subject equals "CN=shop.example"
    passed: cert subject, lower, equals "cn=shop.example"
    passed: cert subject exists
    passed: cert names contains "shop.example"
    passed: cert names contains "127.0.0.1" and count equals 2
    failed: cert names equals ["shop.example"]
      expected: ["shop.example"]
      actual: ["shop.example","127.0.0.1"]
    passed: cert names not_contains "other.example"
    passed: cert expires above 2026-01-01
    passed: cert expires type string and ends_with "Z"
    passed: cert sha256 matches `^[0-9a-f]{64}$`
    passed: any of (cert issuer contains "nobody") or (cert issuer exists)
    "#);
}

#[tokio::test]
async fn the_version_of_http_is_the_one_that_was_agreed_on() {
    let authority = Authority::new("One");
    let certified = authority.certify(&["127.0.0.1"], |_| ());
    let newer = serve_http2(page(), server(&certified, None)).await;
    let older = serve(page(), server(&certified, None)).await;
    for (site, version) in [(newer, "2"), (older, "1.1")] {
        let report = site.report_with(&trusting(&authority), &format!("- http_version: {version}")).await;
        assert_eq!(report, format!("passed: http_version equals {version}\n"));
    }
}

#[tokio::test]
async fn it_can_be_captured() {
    let authority = Authority::new("One");
    let site = authority.serve(page()).await;
    let test = "- { name: t, get: '${base}/', capture: { names: { cert: names } }, expect: [ { cert: names, contains: '${names}' } ] }";
    assert_eq!(site.run_with(&trusting(&authority), test).await.outcome, Outcome::Passed);
}

#[tokio::test]
async fn plain_http_has_no_certificate() {
    let report = Site::start()
        .await
        .report("${base}/", "- { cert: days_left, above: 14 }\n- { cert: issuer, exists: false }")
        .await;
    insta::assert_snapshot!(report, @r#"
    failed: cert days_left above 14
      expected: above 14
      actual: nothing
      hint: the answer came over plain http, which has no certificate
    passed: cert issuer does not exist
    "#);
}

/// The answer is what is looked at, and so is who sent it.
#[tokio::test]
async fn it_is_that_of_the_last_answer() {
    let (authority, other) = (Authority::new("One"), Authority::new("Another"));
    let certified = other.certify(&["127.0.0.1", "last.example"], |_| ());
    let last = serve(page(), server(&certified, None)).await;
    let target = last.base.clone();
    let first = authority.serve(Router::new().route("/", get(move || async move { to(302, &target) }))).await;
    let both = json!({ "ca": authority.pem() + &other.pem() });
    let report = first.report_with(&both, "- { cert: names, contains: last.example }\n- redirects: 1").await;
    assert_eq!(report, "passed: cert names contains \"last.example\"\npassed: redirects equals 1\n");
}

#[tokio::test]
async fn a_shared_answer_keeps_it() {
    let authority = Authority::new("One");
    let site = authority.serve(page()).await;
    let mut defaults = trusting(&authority);
    defaults["share"] = true.into();
    for _ in 0..2 {
        let report = site.report_with(&defaults, "- { cert: names, contains: 127.0.0.1 }").await;
        assert_eq!(report, "passed: cert names contains \"127.0.0.1\"\n");
    }
}

#[tokio::test]
async fn many_names_are_reported_briefly() {
    let authority = Authority::new("One");
    let names: Vec<String> = (0..4_000).map(|n| format!("n{n}.x")).chain(["127.0.0.1".to_owned()]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let site = serve(page(), server(&authority.certify(&names, |_| ()), None)).await;
    let report = site
        .report_with(&trusting(&authority), "- { cert: names, count: 4001 }\n- { cert: names, contains: m.x }")
        .await;
    assert!(report.starts_with("passed: cert names count equals 4001\nfailed:") && report.len() < 500, "{report}");
}

#[tokio::test]
async fn a_private_authority_is_trusted_only_if_the_suite_names_it() {
    let authority = Authority::new("One");
    let site = authority.serve(page()).await;
    let status = "- status: 200";
    assert_eq!(site.report_with(&trusting(&authority), status).await, "passed: status equals 200\n");
    // A client with more trusted authorities is not used for other suites.
    let without = site.report_with(&json!({}), status).await;
    assert_eq!(site.report_with(&trusting(&Authority::new("Another")), status).await, without);
    insta::assert_snapshot!(without.replace(site.base.trim_start_matches("https://"), "site"), @r#"
    errored: request
      actual: no secure connection to `site`: the certificate's issuer is unknown; an intermediate certificate may be missing
      hint: configure the server to send the whole chain, or trust your own authority with `ca` in `defaults`
    "#);
}

#[tokio::test]
async fn certificate_errors_are_explained() {
    let authority = Authority::new("One");
    let expired = authority.certify(&["127.0.0.1"], |params| {
        params.not_before = OffsetDateTime::UNIX_EPOCH;
        params.not_after = OffsetDateTime::UNIX_EPOCH + Duration::days(1);
    });
    let wrong_name = authority.certify(&["shop.example"], |_| ());
    let mut report = String::new();
    for certified in [expired, wrong_name] {
        let site = serve(page(), server(&certified, None)).await;
        let of_site = site.report_with(&trusting(&authority), "- { cert: days_left, above: 14 }").await;
        report += &of_site.replace(site.base.trim_start_matches("https://"), "site");
    }
    insta::assert_snapshot!(report, @r#"
    errored: request
      actual: no secure connection to `site`: the certificate has expired
      hint: check the server's certificate, its chain and its date, and that this port speaks TLS
    errored: request
      actual: no secure connection to `site`: the certificate is for another name
      hint: check the server's certificate, its chain and its date, and that this port speaks TLS
    "#);
}

#[tokio::test]
async fn invalid_certificates_end_the_planning() {
    let site = Site::start().await;
    let good = Authority::new("One").pem();
    for (ca, expected) in [
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1 of `ca` cannot be read"),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "certificate 1 of `ca` cannot be read"),
        ("${base}", "`ca` contains no certificate in PEM once it is filled in"),
    ] {
        let broken = super::site::suite_with(&json!({ "ca": ca }), "- { name: t, get: '${base}/' }");
        let error = site.plan(&broken).await.expect_err("no certificate");
        assert_eq!(error.message, format!("the network settings of `defaults` cannot be used: {expected}"));
        assert!(!error.temporary);
    }
    let second = good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let broken = super::site::suite_with(&json!({ "ca": second }), "- { name: t, get: '${base}/' }");
    let error = site.plan(&broken).await.expect_err("no certificate");
    assert!(error.message.ends_with("certificate 2 of `ca` cannot be read"), "{error}");
}

#[tokio::test]
async fn an_insecure_suite_takes_any_certificate_and_says_so() {
    let authority = Authority::new("One");
    let expired = authority.certify(&["shop.example"], |params| {
        params.not_before = OffsetDateTime::UNIX_EPOCH;
        params.not_after = OffsetDateTime::UNIX_EPOCH + Duration::days(1);
    });
    let mut site = serve(page(), server(&expired, None)).await;
    site.engine = insecure_engine();
    let checks = "- { status: 200 }
- { cert: days_left, below: 0 }
- { cert: names, contains: shop.example }";
    let report = site.report_with(&json!({ "insecure": true }), checks).await;
    insta::assert_snapshot!(report, @r#"
    passed: status equals 200
    passed: cert days_left below 0
    passed: cert names contains "shop.example"
    passed: insecure
      actual: the certificate of `127.0.0.1` was not verified
    "#);
    let test = "- { name: t, get: '${base}/', expect: [ { status: 200 } ] }";
    let end = site.run_with(&json!({ "insecure": true }), test).await;
    let kinds: Vec<_> = end.steps[0].checks.iter().map(|check| check.kind).collect();
    assert_eq!(kinds, [CheckKind::Check, CheckKind::Insecure]);
    // The connection it has left open is not used for requests that verify the certificate.
    for defaults in [json!({}), json!({ "insecure": false }), json!({ "ca": authority.pem() })] {
        assert_eq!(site.run_with(&defaults, test).await.outcome, Outcome::Errored, "{defaults}");
    }
}

#[tokio::test]
async fn an_insecure_suite_is_refused_where_that_is_not_allowed() {
    let site = Authority::new("One").serve(page()).await;
    let report = site.report_with(&json!({ "insecure": true }), "- { status: 200 }").await;
    insta::assert_snapshot!(report, @"
    errored: request
      actual: the suite is `insecure`: it turns off the verification of certificates, which is not allowed here
      hint: trust the issuer of the certificate with `ca` in `defaults`, or have the server started with `--allow-insecure-targets`
    ");
    let plain = Site::start().await;
    let test = "- { name: t, get: '${base}/', retries: 3, expect: [ { status: 200 } ] }";
    let end = plain.run_with(&json!({ "insecure": true }), test).await;
    assert_eq!((end.outcome, end.attempt), (Outcome::Errored, 1), "nor is it asked for over plain http");
}
