//! An OIDC issuer on loopback, such as a CI system has. It signs tokens with its own code, so that a fault in the
//! library with which the server checks tokens is not hidden by the same fault here.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::RsaPublicKeyComponents;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// An issuer that publishes keys.
pub struct Issuer {
    /// Its name in tokens
    pub url: String,
    published: Published,
    serving: JoinHandle<()>,
}

type Published = Arc<Mutex<Vec<Value>>>;

/// A key that signs tokens.
pub struct SigningKey {
    id: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Elliptic(EcdsaKeyPair),
}

impl Issuer {
    /// Starts an issuer that publishes these keys.
    pub async fn start(keys: &[&SigningKey]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let discovery = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") });
        let published = Published::default();
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(|| async { Json(discovery) }))
            .route("/keys", get(keys_of))
            .with_state(published.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("the issuer is served") });
        let issuer = Self { url, published, serving };
        issuer.publish(keys);
        issuer
    }

    /// Publishes only these keys.
    pub fn publish(&self, keys: &[&SigningKey]) {
        let keys = keys.iter().map(|key| key.published()).collect();
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// Stops answering.
    pub async fn stop(&mut self) {
        self.serving.abort();
        // The error only reports that the task was aborted.
        let _ = (&mut self.serving).await;
    }

    /// Returns the claims of a token of `subject` for the audience `stepcast`, valid for five minutes.
    pub fn claims(&self, subject: &str) -> Value {
        let now = now();
        json!({ "iss": self.url, "sub": subject, "aud": "stepcast", "iat": now, "nbf": now, "exp": now + 300 })
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl SigningKey {
    /// A key that signs RS256, as GitHub Actions and GitLab do.
    pub fn rsa(id: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        Self { id: id.to_owned(), pair: Pair::Rsa(Box::new(pair)) }
    }

    /// A key that signs ES256.
    pub fn elliptic(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Self { id: id.to_owned(), pair: Pair::Elliptic(pair) }
    }

    /// Returns a signed token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let algorithm = match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Elliptic(_) => "ES256",
        };
        let signed = unsigned(&json!({ "typ": "JWT", "alg": algorithm, "kid": self.id }), claims);
        format!("{signed}.{}", base64(&self.signature(signed.as_bytes())))
    }

    /// Returns the public key as it is published for everyone.
    pub fn published(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let components = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.id,
                    "n": base64(&components.n), "e": base64(&components.e) })
            }
            Pair::Elliptic(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "use": "sig", "crv": "P-256", "kid": self.id, "x": base64(x), "y": base64(y) })
            }
        }
    }

    fn signature(&self, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature).expect("a signature");
                signature
            }
            Pair::Elliptic(pair) => pair.sign(&random, text).expect("a signature").as_ref().to_vec(),
        }
    }
}

/// Returns the header and the claims of a token, without the signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()))
}

/// Encodes bytes in the base64 of tokens.
pub fn base64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

async fn keys_of(State(published): State<Published>) -> Json<Value> {
    Json(json!({ "keys": *published.lock().unwrap_or_else(PoisonError::into_inner) }))
}
