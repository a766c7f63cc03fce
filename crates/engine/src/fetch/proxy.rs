//! Separates the errors of a proxy from those behind it.

use super::network::Proxy;
use super::{FetchError, error};
use std::fmt;
use url::Url;

/// How a proxy refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It wants credentials, or rejects those it got
    Credentials,
    /// It made no connection to this host
    Connection(String),
    /// Its answer could not be understood
    Garbled,
}

impl Refusal {
    /// How to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Credentials => "check the user and the password in `defaults.proxy`",
            Self::Connection(_) => {
                "the proxy did not answer CONNECT with 200: it may not allow this host, or may be unable to reach it"
            }
            Self::Garbled => "check that `defaults.proxy` is the address of an HTTP proxy",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credentials => f.write_str("requires a user and a password, or rejects those it received (407)"),
            Self::Connection(host) => write!(f, "did not connect to `{host}`"),
            Self::Garbled => f.write_str("closed the connection, or gave an answer that cannot be read"),
        }
    }
}

/// Classifies an error of the HTTP client for a request through a proxy.
pub fn error(error: &reqwest::Error, url: &Url, proxy: &Proxy) -> FetchError {
    let refused = |refusal| FetchError::ProxyRefused { host: proxy.host(), refusal };
    match tunnel_error(error).as_deref() {
        Some("proxy authorization required") => refused(Refusal::Credentials),
        Some("unsuccessful") => refused(Refusal::Connection(url.host_str().unwrap_or_default().to_owned())),
        Some("failed to create underlying connection") => not_reached(error, proxy),
        Some(_) => refused(Refusal::Garbled),
        // Without encryption, the only connection is the one to the proxy.
        None if url.scheme() == "http" && error.is_connect() => not_reached(error, proxy),
        None => FetchError::from_client(error, url),
    }
}

/// Whether a proxy wants credentials for a plain request; a refused tunnel is an error of the client.
pub fn is_refusal(status: http::StatusCode, url: &Url) -> bool {
    status == http::StatusCode::PROXY_AUTHENTICATION_REQUIRED && url.scheme() == "http"
}

fn not_reached(error: &reqwest::Error, proxy: &Proxy) -> FetchError {
    FetchError::Proxy(Box::new(FetchError::from_client(error, &proxy.url)))
}

/// Recognises a tunnel error by its text, because the HTTP client keeps the type private.
fn tunnel_error(error: &reqwest::Error) -> Option<String> {
    error::causes(error).find_map(|cause| cause.to_string().strip_prefix("tunnel error: ").map(str::to_owned))
}
