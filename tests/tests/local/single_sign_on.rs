//! Identity tokens of a CI system start a run; anything that only looks like one does not.

use aws_lc_rs::hmac;
use serde_json::{Value, json};
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::issuer::{base64, unsigned};
use stepcast_tests::{Client, Issuer, Server, SigningKey, Site, stepcast};
use tokio_tungstenite::tungstenite::Error;

const MAIN: &str = "repo:acme/shop:ref:refs/heads/main";

async fn server(issuer: &Issuer) -> Server {
    let trusted = json!([{ "issuer": issuer.url, "audience": "stepcast", "subjects": [
        { "pattern": MAIN, "role": "runner" }, { "pattern": "repo:acme/shop:*", "role": "viewer" },
    ] }]);
    Server::start_with(&["--allow-private-targets", "--oidc-issuers", &trusted.to_string()]).await
}

/// Returns the status of the answer to a handshake with this token.
async fn status(server: &Server, token: &str) -> u16 {
    match Client::try_connect(&server.ws, &[("authorization", &format!("Bearer {token}"))]).await {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

#[tokio::test]
async fn an_identity_token_has_the_rights_of_its_subject() {
    let (rsa, site) = (SigningKey::rsa("1"), Site::start().await);
    let issuer = Issuer::start(&[&rsa]).await;
    let server = server(&issuer).await;
    let mut client = Client::connect(&server.ws, &rsa.sign(&issuer.claims(MAIN))).await;
    let welcome = client.ask(json!({ "action": "hello" })).await;
    let principal = format!("{}#{MAIN}", issuer.url);
    assert_eq!((&welcome["principal"], &welcome["role"]), (&json!(principal), &json!("runner")));
    let one_page = suite(&[page("Page", &format!("{}/page/x", site.base))]);
    let job = client.run(one_page.clone()).await;
    let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
    assert_eq!(finished["verdict"], "passed");

    let pull_request = rsa.sign(&issuer.claims("repo:acme/shop:pull_request"));
    let mut viewer = Client::connect(&server.ws, &pull_request).await;
    assert_eq!(viewer.ask(json!({ "action": "run", "suite": one_page })).await["code"], "forbidden");
    server.stop().await;
}

/// The same `sub` from another issuer, or in a token of the deployment itself, is another principal, which does not own
/// the job.
#[tokio::test]
async fn another_issuer_does_not_make_its_subjects_the_first_ones() {
    let (key, site) = (SigningKey::elliptic("1"), Site::start().await);
    let (first, second) = (Issuer::start(&[&key]).await, Issuer::start(&[&key]).await);
    let trusted = [&first, &second].map(|issuer| {
        json!({ "issuer": issuer.url, "audience": "stepcast", "subjects": [{ "pattern": "*", "role": "runner" }] })
    });
    let options = ["--allow-private-targets", "--oidc-issuers", &json!(trusted).to_string()];
    let server = Server::start_with(&options).await;
    let mut owner = Client::connect(&server.ws, &key.sign(&first.claims(MAIN))).await;
    let echo = json!({ "name": "Echo", "get": "${base}/page/x?${secret.word}", "expect": [{ "status": 200 }] });
    let run = json!({ "action": "run", "suite": suite(&[echo]), "vars": { "base": site.base },
        "secrets": { "word": "swordfish" }, "idempotency_key": "k" });
    let job = owner.ask(run.clone()).await["job"].as_str().expect("a job").to_owned();
    owner.until(is_end_of(&job)).await;

    let principal = format!("{}#{MAIN}", first.url);
    for (what, token) in [
        ("the same subject", key.sign(&second.claims(MAIN))),
        ("a subject like the principal", key.sign(&second.claims(&principal))),
        ("a token of our own", server.token_of(MAIN, "runner")),
        ("one like the principal", server.token_of(&principal, "runner")),
    ] {
        let mut stranger = Client::connect(&server.ws, &token).await;
        let vars = json!({ "base": format!("{}/status/404?", site.base) });
        let replay = json!({ "action": "replay", "job": job, "vars": vars });
        assert_eq!(stranger.ask(replay).await["code"], "forbidden", "{what}");
        assert_eq!(stranger.ask(json!({ "action": "share", "job": job })).await["code"], "forbidden", "{what}");
        let same_key = stranger.ask(run.clone()).await;
        assert_eq!(same_key["type"], "job.accepted", "{what}: {same_key}");
        assert_ne!(same_key["job"], json!(job), "{what}");
    }
    let again = owner.ask(json!({ "action": "replay", "job": job })).await;
    assert_eq!((&again["type"], &again["principal"]), (&json!("job.accepted"), &json!(principal)));
    server.stop().await;
}

#[tokio::test]
async fn forged_tokens_are_rejected() {
    let (key, stranger) = (SigningKey::elliptic("1"), SigningKey::elliptic("1"));
    let (issuer, other) = (Issuer::start(&[&key]).await, Issuer::start(&[&stranger]).await);
    let server = server(&issuer).await;
    let good = issuer.claims(MAIN);
    let public = key.published().to_string();
    let shared = unsigned(&json!({ "alg": "HS256", "kid": "1" }), &good);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), shared.as_bytes());
    let none = unsigned(&json!({ "alg": "none", "kid": "1" }), &good);
    for (what, token) in [
        ("another audience", key.sign(&with(good.clone(), "aud", json!("elsewhere")))),
        ("another subject", key.sign(&issuer.claims("repo:acme/shopping:ref:refs/heads/main"))),
        ("expired", key.sign(&with(good.clone(), "exp", json!(1_700_000_000)))),
        ("a key of another issuer", stranger.sign(&good)),
        ("an untrusted issuer", stranger.sign(&other.claims(MAIN))),
        ("no signature", format!("{none}.")),
        ("the public key as a shared secret", format!("{shared}.{}", base64(tag.as_ref()))),
    ] {
        assert_eq!(status(&server, &token).await, 401, "{what}");
    }
    assert_eq!(status(&server, &key.sign(&good)).await, 101);
    server.stop().await;
}

#[tokio::test]
async fn a_new_key_of_the_issuer_is_learned() {
    let (first, second, stranger) = (SigningKey::elliptic("1"), SigningKey::elliptic("2"), SigningKey::elliptic("3"));
    let issuer = Issuer::start(&[&first]).await;
    let server = server(&issuer).await;
    assert_eq!(status(&server, &first.sign(&issuer.claims(MAIN))).await, 101);
    issuer.publish(&[&second]);
    assert_eq!(status(&server, &second.sign(&issuer.claims(MAIN))).await, 101);
    assert_eq!(status(&server, &first.sign(&issuer.claims(MAIN))).await, 401, "it was withdrawn");
    assert_eq!(status(&server, &stranger.sign(&issuer.claims(MAIN))).await, 401);
    server.stop().await;
}

#[tokio::test]
async fn no_token_is_called_bad_while_the_issuer_is_unreachable() {
    let key = SigningKey::elliptic("1");
    let mut issuer = Issuer::start(&[&key]).await;
    let server = server(&issuer).await;
    issuer.stop().await;
    assert_eq!(status(&server, &key.sign(&issuer.claims(MAIN))).await, 503);
    assert_eq!(status(&server, &server.token).await, 101, "others are not held up");
    server.stop().await;
}

#[tokio::test]
async fn a_mistake_in_the_list_is_named_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("issuers.json");
    std::fs::write(&file, r#"[{ "issuer": "http://ci.example", "audience": "stepcast", "subjects": [] }]"#)
        .expect("a file");
    let data_dir = folder.path().join("data").display().to_string();
    let ran = stepcast(&["up", "--data-dir", &data_dir, "--oidc-issuers", &format!("@{}", file.display())]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let said = "entry 1: `issuer` is not an https address: `http://ci.example`";
    assert!(ran.stderr.contains(said) && ran.stderr.contains("--oidc-issuers"), "{}", ran.stderr);
}
