//! The keys an issuer publishes (RFC 7517), kept for a while.

use super::discovery::Http;
use crate::clock::Clock;
use crate::error::{Error, Result};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use stepcast_suite::duration::millis;

/// How long keys are used before they are fetched again, and so how long a withdrawn key may still be accepted.
const FRESH: Duration = Duration::from_hours(1);

/// Shortest time between two requests for an unknown key. Issuers publish a key before they sign with it, but an
/// attacker can make one up with every token.
const ASK_AGAIN: Duration = Duration::from_mins(1);

/// How long to wait after a failed request before the issuer is asked again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// A signing key, and the algorithm it is for.
#[derive(Debug)]
pub(super) struct PublishedKey {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    key: DecodingKey,
}

/// The keys of one issuer.
#[derive(Debug)]
pub(super) struct PublishedKeys {
    issuer: String,
    http: Arc<Http>,
    clock: Clock,
    known: Mutex<Option<Known>>,
    reading: tokio::sync::Mutex<Reading>,
}

#[derive(Debug, Clone)]
struct Known {
    keys: Arc<[PublishedKey]>,
    read_at: u64,
}

/// Times of earlier requests, in milliseconds since 1970.
#[derive(Debug, Default)]
struct Reading {
    answered_again_at: Option<u64>,
    failed: Option<(u64, Error)>,
}

impl PublishedKeys {
    pub fn new(issuer: &str, http: Arc<Http>, clock: Clock) -> Self {
        Self { issuer: issuer.to_owned(), http, clock, known: Mutex::default(), reading: tokio::sync::Mutex::default() }
    }

    /// Returns the key that a token names, or `None` if the issuer has no such key. While the issuer is being asked,
    /// calls for known keys do not wait, and the others share the answer.
    pub async fn find(&self, header: &Header) -> Result<Option<DecodingKey>> {
        if let Some(key) = self.known().and_then(|known| choose(&known.keys, header)) {
            return Ok(Some(key));
        }
        let mut reading = self.reading.lock().await;
        let Some(known) = self.known() else {
            return Ok(choose(&self.read(&mut reading).await?, header));
        };
        let key = choose(&known.keys, header);
        if key.is_some() || !self.may_ask_again(&reading) {
            return Ok(key);
        }
        let keys = self.read(&mut reading).await?;
        reading.answered_again_at = Some(self.clock.now_ms());
        Ok(choose(&keys, header))
    }

    fn known(&self) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone().filter(|known| self.clock.now_ms().saturating_sub(known.read_at) < millis(FRESH))
    }

    /// Whether an unknown key may cause another request. Only answered requests count: until there is an answer, the
    /// issuer may have the key.
    fn may_ask_again(&self, reading: &Reading) -> bool {
        let is_long_ago = |at: u64| self.clock.now_ms().saturating_sub(at) >= millis(ASK_AGAIN);
        reading.answered_again_at.is_none_or(is_long_ago)
    }

    async fn read(&self, reading: &mut Reading) -> Result<Arc<[PublishedKey]>> {
        if let Some((at, error)) = &reading.failed
            && self.clock.now_ms().saturating_sub(*at) < millis(AFTER_FAILURE)
        {
            return Err(error.clone());
        }
        let read = self.http.keys_of(&self.issuer).await;
        let now = self.clock.now_ms();
        reading.failed = read.as_ref().err().map(|error| (now, error.clone()));
        let keys: Arc<[PublishedKey]> = read?.into();
        let known = Known { keys: keys.clone(), read_at: now };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(keys)
    }
}

/// The key with the token's `kid`, if it is for the token's `alg`. A token without a `kid` is accepted only if the
/// issuer has exactly one key for that `alg`.
fn choose(keys: &[PublishedKey], header: &Header) -> Option<DecodingKey> {
    let mut fitting = keys.iter().filter(|known| known.signs_with(header.alg));
    match &header.kid {
        Some(id) => fitting.find(|known| known.id.as_ref() == Some(id)).map(|known| known.key.clone()),
        None => fitting.next().filter(|_| fitting.next().is_none()).map(|known| known.key.clone()),
    }
}

impl PublishedKey {
    /// Reads one key. Returns `None` for a key that is not for signatures or that this version cannot use, and for a
    /// shared secret: anyone can read what is published.
    pub fn read(jwk: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        let is_secret = matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_));
        if is_secret || jwk.common.public_key_use.as_ref().is_some_and(|known| *known != PublicKeyUse::Signature) {
            return None;
        }
        let algorithm = match jwk.common.key_algorithm {
            Some(algorithm) => Some(Algorithm::try_from(algorithm).ok()?),
            None => None,
        };
        Some(Self { key: DecodingKey::from_jwk(&jwk).ok()?, id: jwk.common.key_id, algorithm })
    }

    fn signs_with(&self, algorithm: Algorithm) -> bool {
        self.key.family() == algorithm.family() && self.algorithm.is_none_or(|own| own == algorithm)
    }
}
