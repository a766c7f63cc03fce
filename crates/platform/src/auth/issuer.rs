//! Identity tokens (OpenID Connect Core 1.0, section 3.1.3.7): JWTs of an issuer the operator trusts.

use super::discovery::Http;
use super::header::unknown_extension;
use super::principal;
use super::published::PublishedKeys;
use super::trusted::{TrustedIssuer, TrustedIssuers};
use super::{AuthError, Identity, TokenError};
use crate::clock::Clock;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use stepcast_suite::duration::millis;
use stepcast_suite::limits::NAME_BYTES;

/// How far apart an issuer's clock and ours may be.
const SKEW: Duration = Duration::from_mins(1);

/// Longest reason that is logged for a rejected token: room for the longest `sub`.
const REASON_CHARACTERS: usize = 612;

/// Algorithms an issuer may sign with. None of them uses a shared secret: the issuer's key is public, so anyone could
/// sign with it.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The issuers of a deployment. Clones share the keys that were fetched.
#[derive(Debug, Clone)]
pub(super) struct Issuers(Arc<[Issuer]>);

#[derive(Debug)]
pub(super) struct Issuer {
    trusted: TrustedIssuer,
    keys: PublishedKeys,
    clock: Clock,
}

/// The issuer that a token names, before the token is checked.
#[derive(Deserialize)]
struct Claim {
    iss: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    jti: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Issuers {
    pub fn new(trusted: &TrustedIssuers, clock: &Clock) -> Self {
        let http = Arc::<Http>::default();
        let issuer = |trusted: &TrustedIssuer| Issuer {
            keys: PublishedKeys::new(&trusted.issuer, http.clone(), clock.clone()),
            trusted: trusted.clone(),
            clock: clock.clone(),
        };
        Self(trusted.iter().map(issuer).collect())
    }

    /// Returns the trusted issuer that a token names, if there is one. [`Issuer::identify`] checks whether the token
    /// really is from it.
    pub fn claimed_by(&self, token: &str) -> Option<&Issuer> {
        if self.0.is_empty() {
            return None;
        }
        let claim: Claim = jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?;
        self.0.iter().find(|issuer| Some(&issuer.trusted.issuer) == claim.iss.as_ref())
    }
}

impl Issuer {
    /// Checks everything in a token and returns the identity it belongs to.
    pub async fn identify(&self, token: &str) -> Result<Identity, AuthError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(self.refusal(format!("it is signed with {:?}", header.alg)));
        }
        if let Some(extension) = unknown_extension(&header) {
            return Err(self.refusal(format!("its header has `{extension}`")));
        }
        let Some(key) = self.keys.find(&header).await? else {
            return Err(self.refusal("it is signed with a key that the issuer does not publish"));
        };
        Ok(self.check(&self.claims(token, &header, &key)?)?)
    }

    fn claims(&self, token: &str, header: &Header, key: &DecodingKey) -> Result<Claims, TokenError> {
        let mut validation = Validation::new(header.alg);
        // Checked afterwards, with reasons that can be logged, against the clock that was passed in.
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        let decoded = jsonwebtoken::decode(token, key, &validation);
        decoded.map(|token| token.claims).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => self.flaw("its signature is not the issuer's"),
            _ => self.flaw(format!("it cannot be read: {error}")),
        })
    }

    fn check(&self, claims: &Claims) -> Result<Identity, TokenError> {
        let TrustedIssuer { audience, .. } = &self.trusted;
        let (now, skew) = (self.clock.now_ms(), millis(SKEW));
        let is_later = |time: f64| at(time) > now.saturating_add(skew);
        if at(claims.exp).saturating_add(skew) <= now {
            return Err(TokenError::Expired);
        }
        if claims.nbf.is_some_and(is_later) || claims.iat.is_some_and(is_later) {
            return Err(self.flaw("its time has not come"));
        }
        if !claims.aud.contains(audience) {
            return Err(self.flaw(format!("it was not made for `{audience}`")));
        }
        let subject = &claims.sub;
        if !principal::is_name(subject) {
            return Err(self.flaw("its `sub` is not a valid name"));
        }
        let Some(role) = self.trusted.role_of(subject) else {
            return Err(self.flaw(format!("no pattern fits `{subject}`")));
        };
        let principal = principal::of_issuer(&self.trusted.issuer, subject);
        Ok(Identity { principal, role, token: claims.token_id(), job: None, without_evidence: false })
    }

    /// Makes the error, with a reason short enough for a log: some reasons quote the token.
    fn flaw(&self, reason: impl Into<String>) -> TokenError {
        let reason = reason.into().chars().take(REASON_CHARACTERS).collect();
        TokenError::NotAccepted { issuer: self.trusted.issuer.clone(), reason }
    }

    fn refusal(&self, reason: impl Into<String>) -> AuthError {
        self.flaw(reason).into()
    }
}

impl Claims {
    /// Returns the id by which the token can be revoked, if it has a usable one (RFC 7519, section 4.1.7).
    fn token_id(&self) -> Option<String> {
        let id = self.jti.as_ref()?.as_str()?;
        (1..=NAME_BYTES).contains(&id.len()).then(|| id.to_owned())
    }
}

impl Audience {
    fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

/// Converts seconds since 1970 as JWTs have them, fractions included (RFC 7519, section 2), to milliseconds. A time
/// before 1970 becomes 0, which is long over. A time that is too large to represent becomes `u64::MAX`, which is never
/// reached.
fn at(seconds: f64) -> u64 {
    let never = if seconds > 0.0 { u64::MAX } else { 0 };
    Duration::try_from_secs_f64(seconds).map_or(never, millis)
}
