//! Who somebody is: tokens, and what they say.

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

/// Who somebody is and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who, as it is stored and shown: the issuer and the subject in one text, so that no two are the same
    pub principal: String,
    /// What it may do
    pub role: Role,
    /// The id of the token that says so, by which it can be revoked
    pub token: Option<String>,
    /// The one job it is shown, where it was shared with a link
    pub job: Option<String>,
}

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The token is not good: the same one will never be
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Whether it is good could not be told: what is needed to check it was not to be had
    #[error("the token could not be checked: {0}")]
    Unchecked(#[from] Error),
}

/// What is wrong with a token. For the log; a client is told no more than that it is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There was none
    #[error("no token; send `Authorization: Bearer TOKEN` or the subprotocol `stepcast.token.TOKEN`")]
    Missing,
    /// Its time is over
    #[error("the token has expired; get another, for example with `stepcast token new`")]
    Expired,
    /// An admin took it back
    #[error("the token was revoked; get another")]
    Revoked,
    /// It is not a token of this deployment
    #[error("the token is not valid here")]
    Invalid,
    /// It is of an issuer we trust, and still not for here
    #[error("the token of `{issuer}` is not accepted: {reason}")]
    NotAccepted {
        /// Whose it is, or says it is
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

    /// Who a token belongs to.
    pub async fn verify(&self, token: &str) -> Result<Identity, AuthError> {
        if self.admin_token.as_ref().is_some_and(|admin| is_same(admin.reveal(), token)) {
            return Ok(Identity { principal: principal::local("admin"), role: Role::Admin, token: None, job: None });
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
