//! Authentication: checks tokens and reads the identities in them.

mod discovery;
mod header;
mod issuer;
pub mod keys;
mod principal;
mod published;
mod signer;
mod trusted;

pub use principal::is_name as is_principal_name;
pub use signer::{IssuedToken, Signer};
pub use trusted::{TrustedIssuers, TrustedIssuersError};

use crate::clock::Clock;
use crate::error::Error;
use crate::secret::Secret;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use issuer::Issuers;
use keys::Keys;
use std::fmt;
use stepcast_protocol::event::Role;
use stepcast_protocol::id::JobId;

/// A client's identity and permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The principal as it is stored and shown: issuer and subject in one text, unique to that pair
    pub principal: String,
    /// What the principal may do
    pub role: Role,
    /// The id of the token, by which it can be revoked
    pub token: Option<String>,
    /// The only job it may see, if the token is of a shared link
    pub job: Option<JobId>,
    /// Whether the shared link shows no evidence
    pub without_evidence: bool,
}

/// Why a client is not authenticated.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The token is rejected, and retrying with the same one does not help
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token could not be checked, because the keys to check it with were unavailable
    #[error("the token could not be checked: {0}")]
    Unchecked(#[from] Error),
}

/// What is wrong with a token. This is only logged; the client learns no more than that the token is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No token was sent
    #[error("no token; send `Authorization: Bearer TOKEN` or the subprotocol `stepcast.token.TOKEN`")]
    Missing,
    /// The token has expired
    #[error("the token has expired; get another, for example with `stepcast token new`")]
    Expired,
    /// An admin revoked the token
    #[error("the token was revoked; get another")]
    Revoked,
    /// The token is not one of this deployment
    #[error("the token is not valid here")]
    Invalid,
    /// The token names a trusted issuer, but is not accepted
    #[error("the token of `{issuer}` is not accepted: {reason}")]
    NotAccepted {
        /// The issuer that the token names
        issuer: String,
        /// What is wrong with it
        reason: String,
    },
}

/// Checks tokens.
#[derive(Clone)]
pub struct Authenticator {
    keys: Keys,
    issuers: Issuers,
    admin_token: Option<Secret>,
}

impl Authenticator {
    pub(crate) fn new(keys: Keys, trusted: &TrustedIssuers, admin_token: Option<Secret>, clock: &Clock) -> Self {
        Self { keys, issuers: Issuers::new(trusted, clock), admin_token }
    }

    /// Checks a token and returns the identity it belongs to.
    pub async fn verify(&self, token: &str) -> Result<Identity, AuthError> {
        if self.admin_token.as_ref().is_some_and(|admin| is_same(admin.reveal(), token)) {
            return Ok(Identity {
                principal: principal::local("admin"),
                role: Role::Admin,
                token: None,
                job: None,
                without_evidence: false,
            });
        }
        match self.issuers.claimed_by(token) {
            Some(issuer) => issuer.identify(token).await,
            None => Ok(self.keys.signer().await?.verify(token)?),
        }
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
mod tests;
