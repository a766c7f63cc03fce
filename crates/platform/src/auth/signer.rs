//! The deployment's own tokens: JWTs (RFC 7519) signed HS256 with a key made from its secret.

use super::{Identity, TokenError};
use crate::clock::Clock;
use crate::config::Secret;
use crate::seal::derive_key;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use stepcast_protocol::event::Role;

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    role: Role,
    iat: u64,
    exp: u64,
    jti: String,
}

/// Makes and checks tokens with one secret.
#[derive(Clone)]
pub struct Signer {
    key: Arc<[u8; 32]>,
    clock: Clock,
}

impl Signer {
    /// Makes the key.
    pub fn new(secret: &Secret, clock: Clock) -> Self {
        Self { key: Arc::new(derive_key(secret, b"stepcast token v1")), clock }
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

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Signer {
        Signer::new(&Secret::new("s"), Clock::from_fn(move || seconds * 1_000))
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
        let other = Signer::new(&Secret::new("t"), Clock::from_fn(|| 0));
        let token = other.issue("ci", Role::Admin, Duration::from_mins(1));
        assert_eq!(at(0).verify(&token), Err(TokenError::Invalid));
        assert_eq!(at(0).verify("nonsense"), Err(TokenError::Invalid));
        // `alg: none`, with the claims of an admin
        let unsigned =
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4Iiwicm9sZSI6ImFkbWluIiwiaWF0IjowLCJleHAiOjk5OTk5OTk5OTksImp0aSI6IngifQ.";
        assert_eq!(at(0).verify(unsigned), Err(TokenError::Invalid));
    }
}
