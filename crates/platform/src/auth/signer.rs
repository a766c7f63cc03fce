//! The deployment's own tokens: JWTs (RFC 7519) signed HS256 with a key derived from its secret.

use super::header::unknown_extension;
use super::{Identity, TokenError, principal};
use crate::clock::Clock;
use crate::seal::derive_key;
use crate::secret::Secret;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use stepcast_protocol::event::Role;
use stepcast_protocol::id::JobId;
use stepcast_protocol::limits::TOKEN_LIFETIME;

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    role: Role,
    iat: u64,
    exp: u64,
    jti: String,
    /// The only job a shared link shows
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<JobId>,
    /// Whether the shared link shows no evidence
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    without_evidence: bool,
}

/// A new token, with its id and expiry.
pub struct IssuedToken {
    /// The token itself; do not log it
    pub token: String,
    /// The id by which it can be revoked
    pub id: String,
    /// When it expires, in milliseconds since 1970
    pub expires_at: u64,
}

/// Issues and checks tokens with one secret.
#[derive(Clone)]
pub struct Signer {
    key: Arc<[u8; 32]>,
    clock: Clock,
}

impl Signer {
    /// Derives the key.
    pub fn new(secret: &Secret, clock: Clock) -> Self {
        Self { key: Arc::new(derive_key(secret, b"stepcast token v1")), clock }
    }

    /// Issues a token for `principal` with `role` that is valid for `lifetime`.
    pub fn issue(&self, principal: &str, role: Role, lifetime: Duration) -> IssuedToken {
        let id = token_id();
        self.sign(
            Claims { sub: principal.to_owned(), role, iat: 0, exp: 0, jti: id, job: None, without_evidence: false },
            lifetime,
        )
    }

    /// Issues a token that shows one job for `lifetime` to anyone who has it. Each such token is a separate principal,
    /// so that its use does not count as that of the principal that shared the job.
    pub fn share(&self, job: &JobId, lifetime: Duration, without_evidence: bool) -> IssuedToken {
        let (id, job) = (token_id(), Some(job.to_owned()));
        let (sub, role) = (format!("share/{id}"), Role::Viewer);
        self.sign(Claims { sub, role, iat: 0, exp: 0, jti: id, job, without_evidence }, lifetime)
    }

    fn sign(&self, claims: Claims, lifetime: Duration) -> IssuedToken {
        let iat = self.clock.now_ms() / 1_000;
        let claims = Claims { iat, exp: iat + lifetime.min(TOKEN_LIFETIME).as_secs(), ..claims };
        let token = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(self.key.as_ref()))
            .expect("HS256 signs any claims");
        IssuedToken { token, id: claims.jti, expires_at: claims.exp * 1_000 }
    }

    /// Checks a token and returns the identity it belongs to.
    pub fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        // Checked below against the clock that was passed in.
        validation.validate_exp = false;
        let key = DecodingKey::from_secret(self.key.as_ref());
        let decoded = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| TokenError::Invalid)?;
        if unknown_extension(&decoded.header).is_some() || !principal::is_name(&decoded.claims.sub) {
            return Err(TokenError::Invalid);
        }
        let claims = decoded.claims;
        // A token with a longer lifetime would outlive the record of its revocation.
        let exp = claims.exp.min(claims.iat.saturating_add(TOKEN_LIFETIME.as_secs()));
        if exp.saturating_mul(1_000) <= self.clock.now_ms() {
            return Err(TokenError::Expired);
        }
        let principal = principal::local(&claims.sub);
        let Claims { role, jti, job, without_evidence, .. } = claims;
        Ok(Identity { principal, role, token: Some(jti), job, without_evidence })
    }
}

fn token_id() -> String {
    uuid::Uuid::now_v7().to_string()
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
        let issued = at(1_000).issue("ci", Role::Runner, Duration::from_mins(1));
        let ci = Identity {
            principal: "ci".into(),
            role: Role::Runner,
            token: Some(issued.id),
            job: None,
            without_evidence: false,
        };
        assert_eq!(issued.expires_at, 1_060_000);
        assert_eq!(at(1_059).verify(&issued.token), Ok(ci));
        assert_eq!(at(1_060).verify(&issued.token), Err(TokenError::Expired));
    }

    #[test]
    fn a_shared_token_shows_one_job_to_a_principal_of_its_own() {
        let job: JobId = "job-1".parse().expect("an id");
        let issued = at(1_000).share(&job, Duration::from_mins(1), false);
        let shown = at(1_059).verify(&issued.token).expect("a good token");
        assert_eq!((shown.role, shown.job), (Role::Viewer, Some(job)));
        assert_eq!(shown.principal, format!("share/{}", issued.id));
        assert_eq!(at(1_060).verify(&issued.token), Err(TokenError::Expired));
    }

    #[test]
    fn no_token_outlives_the_memory_of_its_revocation() {
        let year = TOKEN_LIFETIME.as_secs();
        let issued = at(0).issue("ci", Role::Runner, TOKEN_LIFETIME * 2);
        assert_eq!(issued.expires_at, year * 1_000);
        let claims = |exp| Claims {
            sub: "ci".into(),
            role: Role::Runner,
            iat: 0,
            exp,
            jti: "x".into(),
            job: None,
            without_evidence: false,
        };
        let key = EncodingKey::from_secret(at(0).key.as_ref());
        let older = jsonwebtoken::encode(&Header::default(), &claims(year * 2), &key).expect("signed");
        assert!(at(year - 1).verify(&older).is_ok());
        assert_eq!(at(year).verify(&older), Err(TokenError::Expired));
    }

    #[test]
    fn an_extension_that_is_not_understood_is_refused() {
        let (sub, jti) = ("ci".into(), "x".into());
        let claims = Claims { sub, role: Role::Runner, iat: 0, exp: 60, jti, job: None, without_evidence: false };
        let key = EncodingKey::from_secret(at(0).key.as_ref());
        let with = |header: &Header| jsonwebtoken::encode(header, &claims, &key).expect("signed");
        assert!(at(0).verify(&with(&Header::default())).is_ok());
        let critical = Header { crit: Some(vec!["exp".to_owned()]), ..Header::default() };
        assert_eq!(at(0).verify(&with(&critical)), Err(TokenError::Invalid));
        let mut bare = Header::default();
        bare.extras.insert("b64", false);
        assert_eq!(at(0).verify(&with(&bare)), Err(TokenError::Invalid));
    }

    #[test]
    fn a_principal_has_a_name_that_can_be_shown() {
        let verify = |name: &str| at(0).verify(&at(0).issue(name, Role::Runner, Duration::from_mins(1)).token);
        assert!(verify(&"x".repeat(512)).is_ok());
        for name in ["", "ci\u{1b}[2J", "ci\n::error::x", "ci\u{202e}", &"x".repeat(513)] {
            assert_eq!(verify(name), Err(TokenError::Invalid), "{name:?}");
        }
    }

    #[test]
    fn tokens_of_others_are_refused() {
        let other = Signer::new(&Secret::new("t"), Clock::from_fn(|| 0));
        let token = other.issue("ci", Role::Admin, Duration::from_mins(1)).token;
        assert_eq!(at(0).verify(&token), Err(TokenError::Invalid));
        assert_eq!(at(0).verify("nonsense"), Err(TokenError::Invalid));
        // `alg: none`, with the claims of an admin
        let unsigned =
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4Iiwicm9sZSI6ImFkbWluIiwiaWF0IjowLCJleHAiOjk5OTk5OTk5OTksImp0aSI6IngifQ.";
        assert_eq!(at(0).verify(unsigned), Err(TokenError::Invalid));
    }
}
