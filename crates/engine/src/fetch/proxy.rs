//! What goes wrong at a proxy, apart from what goes wrong behind it.

use super::network::Proxy;
use super::{FetchError, error};
use std::fmt;
use url::Url;

/// How a proxy says no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It asks who we are, or does not like the answer
    Credentials,
    /// It made no connection to this host
    Connection(String),
    /// It said nothing that could be understood
    Garbled,
}

impl Refusal {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Credentials => "check the user and the password in `defaults.proxy`",
            Self::Connection(_) => {
                "the proxy answered CONNECT with something else than 200: it may not be allowed to go there, or not \
                 find the way"
            }
            Self::Garbled => "check that `defaults.proxy` is the address of an HTTP proxy",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credentials => f.write_str("asks for a user and a password, or does not accept them (407)"),
            Self::Connection(host) => write!(f, "did not connect to `{host}`"),
            Self::Garbled => f.write_str("broke off, or gave an answer that cannot be read"),
        }
    }
}

/// What an error of the HTTP client is about where a request goes through a proxy.
pub fn error(error: &reqwest::Error, url: &Url, proxy: &Proxy) -> FetchError {
    let refused = |refusal| FetchError::ProxyRefused { host: proxy.host(), refusal };
    match tunnel_error(error).as_deref() {
        Some("proxy authorization required") => refused(Refusal::Credentials),
        Some("unsuccessful") => refused(Refusal::Connection(url.host_str().unwrap_or_default().to_owned())),
        Some("failed to create underlying connection") => not_reached(error, proxy),
        Some(_) => refused(Refusal::Garbled),
        // Without encryption nothing is connected to but the proxy.
        None if url.scheme() == "http" && error.is_connect() => not_reached(error, proxy),
        None => FetchError::from_client(error, url),
    }
}

/// A proxy that asks who we are where it was asked for a page and not for a connection.
pub fn is_refusal(status: http::StatusCode, url: &Url) -> bool {
    status == http::StatusCode::PROXY_AUTHENTICATION_REQUIRED && url.scheme() == "http"
}

fn not_reached(error: &reqwest::Error, proxy: &Proxy) -> FetchError {
    FetchError::Proxy(Box::new(FetchError::from_client(error, &proxy.url)))
}

/// The HTTP client keeps the type of this error to itself, so it is known by its text.
fn tunnel_error(error: &reqwest::Error) -> Option<String> {
    error::causes(error).find_map(|cause| cause.to_string().strip_prefix("tunnel error: ").map(str::to_owned))
}
