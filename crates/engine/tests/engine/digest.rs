//! Digest authentication: challenges are met, once, and only those of the site the suite names.

use super::site::{Site, to};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http_auth::digest::DigestClient;
use http_auth::{PasswordParams, parse_challenges};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stepcast_protocol::Outcome;

const MD5: &str = r#"Digest realm="shop", nonce="n1", qop="auth", opaque="o""#;
const SHA256: &str = r#"Digest realm="shop", nonce="n2", qop="auth, auth-int", algorithm=SHA-256"#;
const OLD: &str = r#"Digest realm="shop", nonce="n3""#;
const SIGNED: &str = r#"Digest realm="shop", nonce="n5", qop="auth-int", algorithm=SHA-256"#;
const SEVERAL: &str =
    r#"Negotiate, Digest realm="shop", nonce="n4", qop="auth", algorithm=SHA-256, Basic realm="shop""#;

/// Whether a header is what a client that knows the password says to the challenge.
fn is_right(challenge: &str, said: &str, method: &Method, uri: &Uri, body: &Bytes) -> bool {
    let cnonce =
        said.split_once("cnonce=\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(cnonce, _)| cnonce);
    let challenges = parse_challenges(challenge).expect("challenges");
    let mut client = challenges.iter().find_map(|challenge| DigestClient::try_from(challenge).ok()).expect("a digest");
    let uri = uri.to_string();
    let parameters =
        PasswordParams { username: "ada", password: "love lace", uri: &uri, method: method.as_str(), body: None };
    let with_body = PasswordParams { body: Some(body), ..parameters };
    let right = client.respond_with_testing_cnonce(&parameters, cnonce);
    let right = right.or_else(|_| client.respond_with_testing_cnonce(&with_body, cnonce));
    right.is_ok_and(|right| right == said)
}

/// Pages that ask who it is, and the number of requests they have seen.
fn guarded(challenge: &'static str) -> (Router, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let answer = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        count.fetch_add(1, Ordering::SeqCst);
        let said = headers.get("authorization").and_then(|value| value.to_str().ok());
        let is_in = said.is_some_and(|said| is_right(challenge, said, &method, &uri, &body));
        let response: Response = if is_in {
            "in".into_response()
        } else {
            (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)], "out").into_response()
        };
        std::future::ready(response)
    };
    let router = Router::new().route("/in", any(answer)).route("/old", get(|| async { to(302, "/in?from=old") }));
    (router, asked)
}

async fn run(site: &Site, step: &str) -> (Outcome, String) {
    let end = site.run(&format!("- {{ name: t, {step} }}")).await;
    (end.outcome, site.describe(&end.steps[0].checks))
}

const ADA: &str = "digest: { user: ada, password: '${secret.pass}' }";

#[tokio::test]
async fn a_challenge_is_met() {
    for challenge in [MD5, SHA256, OLD, SIGNED, SEVERAL] {
        let (router, asked) = guarded(challenge);
        let site = Site::serve(router).await.with_secret("pass", "love lace");
        for step in ["get: '${base}/in?a=b%20c'", "post: '${base}/in', text: hello"] {
            let (outcome, report) =
                run(&site, &format!("{step}, {ADA}, expect: [ {{ status: 200 }}, {{ body: in }} ]")).await;
            assert_eq!(outcome, Outcome::Passed, "{challenge} {step}: {report}");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 4, "{challenge}");
    }
}

#[tokio::test]
async fn a_challenge_that_cannot_be_met_is_the_answer() {
    let (router, asked) = guarded(MD5);
    let site = Site::serve(router).await;
    let wrong = "get: '${base}/in', digest: { user: ada, password: wrong }, expect: [ { status: 401 }, { body: out } ]";
    assert_eq!(run(&site, wrong).await.0, Outcome::Passed);
    assert_eq!(asked.load(Ordering::SeqCst), 2, "it is met once");
    let answer =
        || async { (StatusCode::UNAUTHORIZED, [("www-authenticate", "Digest realm=\"shop\", algorithm=MD4")]) };
    let site = Site::serve(Router::new().route("/in", get(answer))).await;
    let unknown = "get: '${base}/in', digest: { user: ada, password: x }, expect: [ { status: 401 } ]";
    assert_eq!(run(&site, unknown).await.0, Outcome::Passed);
}

#[tokio::test]
async fn a_redirect_authenticates_anew_but_not_at_another_site() {
    let (router, asked) = guarded(MD5);
    let site = Site::serve(router).await.with_secret("pass", "love lace");
    let follow = format!("get: '${{base}}/old', {ADA}, expect: [ {{ status: 200 }}, {{ redirects: 1 }} ]");
    let (outcome, report) = run(&site, &follow).await;
    assert_eq!((outcome, asked.load(Ordering::SeqCst)), (Outcome::Passed, 2), "{report}");

    let (other, asked) = guarded(SHA256);
    let elsewhere = format!("{}/in", Site::serve(other).await.base);
    let away = Router::new().route("/away", get(move || async move { to(302, &elsewhere) }));
    let site = Site::serve(away).await.with_secret("pass", "love lace");
    let (outcome, report) = run(&site, &format!("get: '${{base}}/away', {ADA}, expect: [ {{ status: 401 }} ]")).await;
    assert_eq!((outcome, asked.load(Ordering::SeqCst)), (Outcome::Passed, 1), "{report}");
}

#[tokio::test]
async fn a_step_overrides_the_digest_credentials_of_the_defaults() {
    let (router, _) = guarded(MD5);
    let site = Site::serve(router).await.with_secret("pass", "love lace");
    let defaults = serde_json::json!({ "digest": { "user": "ada", "password": "${secret.pass}" } });
    for (step, status) in [("get: '${base}/in'", 200), ("get: '${base}/in', bearer: t", 401)] {
        let test = format!("- {{ name: t, {step}, expect: [ {{ status: {status} }} ] }}");
        assert_eq!(site.run_with(&defaults, &test).await.outcome, Outcome::Passed, "{step}");
    }
}
