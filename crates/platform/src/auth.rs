//! Tokens: JWTs (RFC 7519) signed HS256 with a key made from the deployment's secret.

use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::seal::derive_key;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use stepcast_protocol::event::Role;

/// Who somebody is and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// A name
    pub principal: String,
    /// What it may do
    pub role: Role,
}

/// Why a token was not accepted. What a client is told says no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There was none
    #[error("no token; send `Authorization: Bearer TOKEN` or the subprotocol `stepcast.token.TOKEN`")]
    Missing,
    /// Its time is over
    #[error("the token has expired; make another with `stepcast token new`")]
    Expired,
    /// It is not a token of this deployment
    #[error("the token is not valid here")]
    Invalid,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    role: Role,
    iat: u64,
    exp: u64,
    jti: String,
}

/// Makes and checks tokens.
#[derive(Clone)]
pub struct Authenticator {
    key: Arc<[u8; 32]>,
    admin_token: Option<Secret>,
    clock: Clock,
}

impl Authenticator {
    /// With the deployment's keys.
    pub fn new(config: &Config, clock: Clock) -> Self {
        Self::with_secret(&config.secret, config.admin_token.clone(), clock)
    }

    /// With a secret alone, for making tokens where there is no deployment at hand.
    pub fn with_secret(secret: &Secret, admin_token: Option<Secret>, clock: Clock) -> Self {
        Self { key: Arc::new(derive_key(secret, b"stepcast token v1")), admin_token, clock }
    }

    /// A token for `principal` with `role` that is good for `lifetime`.
    pub fn issue(&self, principal: &str, role: Role, lifetime: Duration) -> String {
        let now = self.clock.now_ms() / 1_000;
        let jti = uuid::Uuid::now_v7().to_string();
        let claims = Claims { sub: principal.to_owned(), role, iat: now, exp: now + lifetime.as_secs(), jti };
        jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(self.key.as_ref()))
            .expect("HS256 signs any claims")
    }

    /// Who a token belongs to.
    pub fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        if self.admin_token.as_ref().is_some_and(|admin| is_same(admin.reveal(), token)) {
            return Ok(Identity { principal: "admin".to_owned(), role: Role::Admin });
        }
        let mut validation = Validation::new(Algorithm::HS256);
        // Checked below against the clock that was passed in.
        validation.validate_exp = false;
        let key = DecodingKey::from_secret(self.key.as_ref());
        let claims: Claims = jsonwebtoken::decode(token, &key, &validation).map_err(|_| TokenError::Invalid)?.claims;
        if claims.exp * 1_000 <= self.clock.now_ms() {
            return Err(TokenError::Expired);
        }
        Ok(Identity { principal: claims.sub, role: claims.role })
    }
}

fn is_same(expected: &str, given: &str) -> bool {
    verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_ok()
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authenticator(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Authenticator {
        let admin = Some(Secret::new("the-admin"));
        Authenticator::with_secret(&Secret::new("s"), admin, Clock::from_fn(move || seconds * 1_000))
    }

    #[test]
    fn a_token_says_who_until_it_expires() {
        let token = at(1_000).issue("ci", Role::Runner, Duration::from_mins(1));
        let ci = Identity { principal: "ci".into(), role: Role::Runner };
        assert_eq!(at(1_059).verify(&token), Ok(ci));
        assert_eq!(at(1_060).verify(&token), Err(TokenError::Expired));
    }

    #[test]
    fn tokens_of_others_are_refused() {
        let other = Authenticator::with_secret(&Secret::new("t"), None, Clock::from_fn(|| 0));
        let token = other.issue("ci", Role::Admin, Duration::from_mins(1));
        assert_eq!(at(0).verify(&token), Err(TokenError::Invalid));
        assert_eq!(at(0).verify("nonsense"), Err(TokenError::Invalid));
        // `alg: none`, with the claims of an admin
        let unsigned =
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4Iiwicm9sZSI6ImFkbWluIiwiaWF0IjowLCJleHAiOjk5OTk5OTk5OTksImp0aSI6IngifQ.";
        assert_eq!(at(0).verify(unsigned), Err(TokenError::Invalid));
    }

    #[test]
    fn the_fixed_admin_token_is_an_admin() {
        assert_eq!(at(0).verify("the-admin").map(|identity| identity.role), Ok(Role::Admin));
        assert_eq!(at(0).verify("the-admi"), Err(TokenError::Invalid));
    }
}
