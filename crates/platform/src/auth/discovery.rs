//! Fetches an issuer's signing keys (OpenID Connect Discovery 1.0, section 4).
//!
//! Requests go only to addresses that the operator listed, and to those that they name: nothing a client sends can
//! direct a request elsewhere.

use super::published::PublishedKey;
use super::trusted::{is_loopback, is_secure};
use crate::error::{Error, Result};
use crate::http_client::{HttpClient, cause};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Display;
use std::time::Duration;
use url::Url;

const SERVICE: &str = "OIDC issuer";

/// Timeout of each of the two requests. The client of `$connect` gets no answer after 29 seconds.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Largest response that is read. Issuers publish a few keys of about 2 KB with their certificates.
const ANSWER_BYTES: usize = 256 * 1024;

/// The HTTP client for requests to issuers.
#[derive(Debug)]
pub(super) struct Http(HttpClient);

impl Default for Http {
    fn default() -> Self {
        Self(HttpClient::new(TIMEOUT))
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

impl Http {
    /// Fetches the keys an issuer publishes now. Keys that are not for signatures are left out.
    pub async fn keys_of(&self, issuer: &str) -> Result<Vec<PublishedKey>> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let discovery: Discovery = self.get(&address).await?;
        if discovery.issuer != issuer {
            return Err(refused(&address, format!("it speaks for `{}`, not for `{issuer}`", discovery.issuer)));
        }
        if !may_have_keys(issuer, &discovery.jwks_uri) {
            return Err(refused(&address, format!("its keys are not at an https address: `{}`", discovery.jwks_uri)));
        }
        let keys: Keys = self.get(&discovery.jwks_uri).await?;
        Ok(keys.keys.into_iter().filter_map(PublishedKey::read).collect())
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T> {
        let client = self.0.get().map_err(|error| Error::Refused { service: "HTTP client", reason: cause(error) })?;
        let mut answer = client.get(address).send().await.map_err(|error| unavailable(address, cause(error)))?;
        match answer.status() {
            status if status.is_success() => {}
            status if status.is_server_error() || status.as_u16() == 429 => {
                return Err(unavailable(address, format!("it answered {status}")));
            }
            status => return Err(refused(address, format!("it answered {status}"))),
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| unavailable(address, cause(error)))? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                return Err(refused(address, format!("it answered with more than {ANSWER_BYTES} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|error| refused(address, error))
    }
}

/// Whether keys may be fetched from this address: over https, so that they cannot be changed on the way, or from this
/// machine if the issuer is on it as well.
fn may_have_keys(issuer: &str, address: &str) -> bool {
    let (Ok(issuer), Ok(address)) = (Url::parse(issuer), Url::parse(address)) else { return false };
    is_secure(&address) || (is_loopback(&issuer) && is_loopback(&address))
}

fn unavailable(address: &str, why: impl Display) -> Error {
    Error::Unavailable { service: SERVICE, reason: format!("`{address}`: {why}") }
}

fn refused(address: &str, why: impl Display) -> Error {
    Error::Refused { service: SERVICE, reason: format!("`{address}`: {why}") }
}
