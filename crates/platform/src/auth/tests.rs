//! Tests tokens of every kind against an issuer on this machine and a fixed clock.

use super::*;
use crate::secret::SecretSource;
use aws_config::SdkConfig;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::future::join_all;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

const NOON: u64 = 1_800_000_000;

/// An issuer, a deployment that trusts it, and their clock.
struct World {
    issuer: Issuer,
    clock: Arc<AtomicU64>,
    authenticator: Authenticator,
}

#[derive(Clone)]
struct Issuer {
    url: String,
    keys: Arc<Mutex<Vec<Value>>>,
    /// What it answers instead of its keys
    fault: Arc<Mutex<Option<Fault>>>,
    asked: Arc<AtomicU64>,
}

#[derive(Clone, Copy)]
enum Fault {
    Down,
    Elsewhere,
    Endless,
}

/// A signing key and its published form.
struct Key {
    header: Header,
    signs: EncodingKey,
    jwk: Value,
}

impl Key {
    fn new(id: &str, algorithm: Algorithm) -> Self {
        let key = if algorithm == Algorithm::EdDSA {
            EncodingKey::from_ed_der(Ed25519KeyPair::generate().unwrap().to_pkcs8v1().unwrap().as_ref())
        } else {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
            EncodingKey::from_ec_der(pair.to_pkcs8v1().unwrap().as_ref())
        };
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&key, algorithm).unwrap()).unwrap();
        jwk["kid"] = json!(id);
        Self { header: Header { kid: Some(id.to_owned()), ..Header::new(algorithm) }, signs: key, jwk }
    }

    fn sign(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&self.header, claims, &self.signs).unwrap()
    }
}

impl Issuer {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let issuer = Self { url, keys: Arc::default(), fault: Arc::default(), asked: Arc::default() };
        let (discovery, keys) = (issuer.clone(), issuer.clone());
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(|| async move { discovery.discovery() }))
            .route("/keys", get(|| async move { keys.publish() }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    fn discovery(&self) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        axum::Json(json!({ "issuer": self.url, "jwks_uri": format!("{}/keys", self.url) })).into_response()
    }

    fn publish(&self) -> Response {
        match *self.fault.lock().unwrap() {
            None => axum::Json(json!({ "keys": *self.keys.lock().unwrap() })).into_response(),
            Some(Fault::Down) => StatusCode::BAD_GATEWAY.into_response(),
            Some(Fault::Elsewhere) => Redirect::temporary("/.well-known/openid-configuration").into_response(),
            Some(Fault::Endless) => " ".repeat(1024 * 1024).into_response(),
        }
    }

    fn claims(&self) -> Value {
        json!({ "iss": self.url, "sub": "repo:acme/shop:ref:refs/heads/main", "aud": "stepcast", "exp": NOON + 300,
            "iat": NOON - 5, "nbf": NOON - 5 })
    }
}

impl World {
    async fn new(keys: &[&Key]) -> Self {
        let issuer = Issuer::start().await;
        *issuer.keys.lock().unwrap() = keys.iter().map(|key| key.jwk.clone()).collect();
        let trusted = json!([{ "issuer": issuer.url, "audience": "stepcast",
            "subjects": [{ "pattern": "repo:acme/shop:*", "role": "runner" }] }]);
        let now = Arc::new(AtomicU64::new(NOON));
        let clock = Clock::from_fn({
            let now = now.clone();
            move || now.load(Ordering::SeqCst) * 1_000
        });
        let source = SecretSource::Given(Secret::new("s"));
        let authenticator = Authenticator {
            keys: Keys::new(&SdkConfig::builder().build(), &source, clock.clone()),
            issuers: Issuers::new(&TrustedIssuers::parse(&trusted.to_string()).unwrap(), &clock),
            admin_token: Some(Secret::new("the-admin")),
        };
        Self { issuer, clock: now, authenticator }
    }

    fn wait(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    fn asked(&self) -> u64 {
        self.issuer.asked.load(Ordering::SeqCst)
    }

    /// The claims of a valid token, changed in one place.
    fn with(&self, name: &str, value: impl Into<Value>) -> Value {
        let mut claims = self.issuer.claims();
        claims[name] = value.into();
        claims
    }

    async fn verify(&self, token: &str) -> Result<String, String> {
        let identity = self.authenticator.verify(token).await;
        let shown = |text: String| text.replace(&self.issuer.url, "ISSUER");
        identity.map(|who| shown(format!("{} {}", who.role.as_str(), who.principal))).map_err(|error| {
            let said = shown(error.to_string());
            if matches!(error, AuthError::Unchecked(_)) { format!("503 {said}") } else { said }
        })
    }
}

const ALLOWED: &str = "runner ISSUER#repo:acme/shop:ref:refs/heads/main";

#[tokio::test]
async fn an_identity_token_says_who_and_a_pattern_what_they_may() {
    let (elliptic, edwards) = (Key::new("1", Algorithm::ES256), Key::new("2", Algorithm::EdDSA));
    let world = World::new(&[&elliptic, &edwards]).await;
    for key in [&elliptic, &edwards] {
        assert_eq!(world.verify(&key.sign(&world.issuer.claims())).await.as_deref(), Ok(ALLOWED));
    }
    let many = world.with("aud", json!(["other", "stepcast"]));
    assert_eq!(world.verify(&elliptic.sign(&many)).await.as_deref(), Ok(ALLOWED));
    assert_eq!(world.asked(), 1, "keys are kept");
}

#[tokio::test]
async fn an_identity_token_can_be_revoked_where_it_has_an_id() {
    let key = Key::new("1", Algorithm::ES256);
    let world = World::new(&[&key]).await;
    let id = async |jti: Value| world.authenticator.verify(&key.sign(&world.with("jti", jti))).await.unwrap().token;
    assert_eq!(id(json!("b6a1")).await.as_deref(), Some("b6a1"));
    for none in [json!(null), json!(7), json!(""), json!("x".repeat(257))] {
        assert_eq!(id(none).await, None);
    }
}

#[tokio::test]
async fn other_tokens_stay_what_they_were() {
    let world = World::new(&[]).await;
    let own = world.authenticator.keys.signer().await.unwrap().issue("ci", Role::Viewer, Duration::from_mins(1)).token;
    assert_eq!(world.verify(&own).await.as_deref(), Ok("viewer ci"));
    assert_eq!(world.verify("the-admin").await.as_deref(), Ok("admin admin"));
    assert_eq!(world.verify("the-admi").await.unwrap_err(), "the token is not valid here");
    let stranger = Key::new("1", Algorithm::ES256).sign(&world.with("iss", "https://evil.example"));
    assert_eq!(world.verify(&stranger).await.unwrap_err(), "the token is not valid here");
    assert_eq!(world.asked(), 0, "only trusted issuers are asked, for tokens that say they are theirs");
}

/// A `sub` that imitates another principal's name, at an issuer or with the deployment's own secret, is a different
/// principal.
#[tokio::test]
async fn the_same_subject_of_two_issuers_is_two_principals() {
    let key = Key::new("1", Algorithm::ES256);
    let (world, other) = (World::new(&[&key]).await, Issuer::start().await);
    *other.keys.lock().unwrap() = vec![key.jwk.clone()];
    let everybody = |issuer: &Issuer| json!({ "issuer": issuer.url, "audience": "stepcast", "subjects": [{ "pattern": "*", "role": "runner" }] });
    let trusted = json!([everybody(&world.issuer), everybody(&other)]);
    let clock = Clock::from_fn(|| NOON * 1_000);
    let issuers = Issuers::new(&TrustedIssuers::parse(&trusted.to_string()).unwrap(), &clock);
    let authenticator = Authenticator { issuers, ..world.authenticator.clone() };
    let signer = authenticator.keys.signer().await.unwrap();
    let own = |name: &str| signer.issue(name, Role::Runner, Duration::from_mins(1)).token;
    let principal = async |token: String| authenticator.verify(&token).await.unwrap().principal;
    let of = async |issuer: &Issuer, subject: &str| {
        let mut claims = issuer.claims();
        claims["sub"] = json!(subject);
        principal(key.sign(&claims)).await
    };

    let first = of(&world.issuer, "admin").await;
    assert_eq!(first, format!("{}#admin", world.issuer.url));
    let others = [
        of(&other, "admin").await,
        of(&other, &first).await,
        of(&other, &format!("#{first}")).await,
        principal("the-admin".to_owned()).await,
        principal(own("admin")).await,
        principal(own(&first)).await,
        principal(own(&format!("local#{first}"))).await,
    ];
    assert!(!others.contains(&first), "{others:?}");
    assert_eq!((others[3].as_str(), others[4].as_str()), ("admin", "admin"), "a local principal keeps its plain name");
    let mut different: Vec<_> = others[..5].iter().filter(|name| *name != "admin").chain(&others[5..]).collect();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 5, "{others:?}");
}

#[tokio::test]
async fn everything_in_a_token_has_to_be_right() {
    let key = Key::new("1", Algorithm::ES256);
    let world = World::new(&[&key]).await;
    for (name, value, said) in [
        ("aud", json!("other"), "the token of `ISSUER` is not accepted: it was not made for `stepcast`"),
        ("aud", json!([]), "the token of `ISSUER` is not accepted: it was not made for `stepcast`"),
        (
            "sub",
            json!("repo:acme/shopping:x"),
            "the token of `ISSUER` is not accepted: no pattern fits `repo:acme/shopping:x`",
        ),
        ("sub", json!("repo:acme/shop:\n"), "the token of `ISSUER` is not accepted: its `sub` is not a valid name"),
        (
            "sub",
            json!(format!("repo:acme/shop:{}", "x".repeat(512))),
            "the token of `ISSUER` is not accepted: its `sub` is not a valid name",
        ),
        ("exp", json!(NOON - 60), "the token has expired; get another, for example with `stepcast token new`"),
        ("nbf", json!(NOON + 61), "the token of `ISSUER` is not accepted: its time has not come"),
        ("iat", json!(1e300), "the token of `ISSUER` is not accepted: its time has not come"),
        (
            "exp",
            Value::Null,
            "the token of `ISSUER` is not accepted: it cannot be read: JSON error: invalid type: null, expected f64 at line 1 column 102",
        ),
    ] {
        assert_eq!(world.verify(&key.sign(&world.with(name, value))).await.unwrap_err(), said);
    }
    for (name, value) in [("exp", json!(1_799_999_940.5)), ("nbf", json!(NOON + 60)), ("nbf", Value::Null)] {
        assert_eq!(world.verify(&key.sign(&world.with(name, value))).await.as_deref(), Ok(ALLOWED), "{name}");
    }
    let critical = Header { crit: Some(vec!["exp".to_owned()]), ..key.header.clone() };
    let critical = jsonwebtoken::encode(&critical, &world.issuer.claims(), &key.signs).unwrap();
    assert!(world.verify(&critical).await.unwrap_err().ends_with("its header has `crit`"));
    let mut bare = key.header.clone();
    bare.extras.insert("b64", false);
    let bare = jsonwebtoken::encode(&bare, &world.issuer.claims(), &key.signs).unwrap();
    assert!(world.verify(&bare).await.unwrap_err().ends_with("its header has `b64`"));
    let mut forged = key.sign(&world.issuer.claims());
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    assert!(world.verify(&forged).await.unwrap_err().ends_with("its signature is not the issuer's"));
}

#[tokio::test]
async fn what_is_published_signs_nothing_by_itself() {
    let key = Key::new("1", Algorithm::ES256);
    let world = World::new(&[&key]).await;
    let shared = EncodingKey::from_secret(b"everybody reads this");
    let secret = json!({ "kty": "oct", "kid": "shared", "k": "ZXZlcnlib2R5IHJlYWRzIHRoaXM" });
    let mut encrypts = key.jwk.clone();
    (encrypts["kid"], encrypts["use"]) = (json!("encrypts"), json!("enc"));
    world.issuer.keys.lock().unwrap().extend([secret, encrypts, json!({ "kty": "new" }), json!("no key")]);
    for (algorithm, id) in [(Algorithm::HS256, "shared"), (Algorithm::HS256, "1"), (Algorithm::HS512, "shared")] {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(algorithm) };
        let token = jsonwebtoken::encode(&header, &world.issuer.claims(), &shared).unwrap();
        assert!(world.verify(&token).await.unwrap_err().contains("it is signed with HS"), "{algorithm:?}");
    }
    let encrypting = Key { header: Header { kid: Some("encrypts".to_owned()), ..key.header.clone() }, ..key };
    let said = world.verify(&encrypting.sign(&world.issuer.claims())).await.unwrap_err();
    assert!(said.ends_with("it is signed with a key that the issuer does not publish"), "{said}");
}

#[tokio::test]
async fn a_new_key_is_asked_for_once_a_minute() {
    let (first, second) = (Key::new("1", Algorithm::ES256), Key::new("2", Algorithm::ES256));
    let world = World::new(&[&first]).await;
    let claims = world.with("exp", NOON + 100_000);
    let tokens = [first.sign(&claims), second.sign(&claims)];
    assert_eq!(world.verify(&tokens[0]).await.as_deref(), Ok(ALLOWED));

    // The issuer has another key by now.
    *world.issuer.keys.lock().unwrap() = vec![second.jwk.clone()];
    let verified = join_all((0..8).map(|_| world.verify(&tokens[1]))).await;
    assert!(verified.iter().all(|identity| identity.as_deref() == Ok(ALLOWED)), "{verified:?}");
    assert_eq!(world.asked(), 2, "those who came at once shared the answer");

    for _ in 0..8 {
        assert!(world.verify(&tokens[0]).await.unwrap_err().ends_with("does not publish"));
    }
    assert_eq!(world.asked(), 2, "made-up keys do not make us ask");
    world.wait(60);
    assert!(world.verify(&tokens[0]).await.is_err());
    assert_eq!(world.asked(), 3);
    world.wait(3_600);
    assert_eq!(world.verify(&tokens[1]).await.as_deref(), Ok(ALLOWED));
    assert_eq!(world.asked(), 4, "after an hour all keys are read again");
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_a_fault_of_the_moment() {
    let (first, second) = (Key::new("1", Algorithm::ES256), Key::new("2", Algorithm::ES256));
    let world = World::new(&[&first]).await;
    let tokens = [first.sign(&world.issuer.claims()), second.sign(&world.issuer.claims())];
    let fault = |fault| *world.issuer.fault.lock().unwrap() = fault;
    for (known, said) in [
        (
            Fault::Down,
            "503 the token could not be checked: OIDC issuer did not answer: `ISSUER/keys`: it answered 502 Bad Gateway",
        ),
        (
            Fault::Elsewhere,
            "503 the token could not be checked: OIDC issuer refused: `ISSUER/keys`: it answered 307 Temporary Redirect",
        ),
        (
            Fault::Endless,
            "503 the token could not be checked: OIDC issuer refused: `ISSUER/keys`: it answered with more than 262144 bytes",
        ),
    ] {
        fault(Some(known));
        assert_eq!(world.verify(&tokens[0]).await.unwrap_err(), said);
        world.wait(5);
    }
    let asked = world.asked();
    assert!(world.verify(&tokens[0]).await.is_err());
    assert!(world.verify(&tokens[0]).await.is_err());
    assert_eq!(world.asked(), asked + 1, "it is left alone for a while");
    fault(None);
    world.wait(5);
    assert_eq!(world.verify(&tokens[0]).await.as_deref(), Ok(ALLOWED));

    // The key may be new and the issuer is unavailable: whether the issuer has the key stays unknown, however often it
    // is asked.
    fault(Some(Fault::Down));
    for _ in 0..3 {
        assert!(world.verify(&tokens[1]).await.unwrap_err().starts_with("503"));
        world.wait(5);
    }
    assert_eq!(world.verify(&tokens[0]).await.as_deref(), Ok(ALLOWED), "known keys go on to be known");
}

#[tokio::test]
async fn an_issuer_speaks_for_itself_only() {
    let key = Key::new("1", Algorithm::ES256);
    let world = World::new(&[&key]).await;
    let other = Issuer::start().await;
    let trusted = json!([{ "issuer": format!("{}/", other.url), "audience": "stepcast",
        "subjects": [{ "pattern": "*", "role": "admin" }] }]);
    let issuers = Issuers::new(&TrustedIssuers::parse(&trusted.to_string()).unwrap(), &Clock::from_fn(|| 0));
    let token = key.sign(&world.with("iss", format!("{}/", other.url)));
    let error = issuers.claimed_by(&token).expect("the issuer").identify(&token).await.unwrap_err();
    assert!(matches!(error, AuthError::Unchecked(_)) && error.to_string().contains("it speaks for"), "{error}");
}
