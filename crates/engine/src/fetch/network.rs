//! How a request reaches the network, and whom it trusts there.

use super::FetchError;
use crate::address::Guard;
use crate::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// Settings that need connections of their own; the default needs none.
#[derive(Clone, Default)]
pub struct Network {
    /// The proxy for all requests
    pub proxy: Option<Arc<Proxy>>,
    /// Certificates in PEM that are trusted in addition to those of the system
    pub authorities: Option<Arc<Pem>>,
    /// Certificate and private key for servers that ask for them, only at the origin of the request
    pub identity: Option<Arc<Pem>>,
    /// Whether the certificates of servers are not verified
    pub insecure: bool,
}

impl Network {
    /// A key that identifies the settings without containing them; nothing for the default.
    pub fn key(&self) -> Option<String> {
        let Self { proxy, authorities, identity, insecure } = self;
        if proxy.is_none() && authorities.is_none() && identity.is_none() && !insecure {
            return None;
        }
        let proxy = proxy.as_ref().map(|proxy| proxy.digest.as_str());
        let [authorities, identity] = [authorities, identity].map(|pem| pem.as_ref().map(|pem| pem.digest.as_str()));
        Some(digest::sha256(format!("{proxy:?} {authorities:?} {identity:?} {insecure}").as_bytes()))
    }

    /// The name under which a host's limits hold. A proxy may answer in place of the host, and a pause that it asks for
    /// must not hold for those who reach the host itself.
    pub fn host(&self, url: &Url) -> String {
        let host = url.host_str().unwrap_or_default();
        self.proxy.as_ref().map_or_else(|| host.to_owned(), |proxy| format!("{host} {}", proxy.digest))
    }

    /// Checks whether insecure requests are allowed, and the proxy's address as far as that needs no resolver.
    pub fn check(&self, guard: &Guard) -> Result<(), FetchError> {
        if self.insecure && !guard.allows_insecure() {
            return Err(FetchError::Insecure);
        }
        let Some(proxy) = &self.proxy else { return Ok(()) };
        guard.check_url(&proxy.url).map_err(|refused| FetchError::Proxy(Box::new(refused.into())))
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Network").field(&self.key()).finish()
    }
}

/// Valid PEM.
pub struct Pem {
    /// The text, which may hold a private key
    pub text: String,
    digest: String,
}

impl Pem {
    /// Keeps a text with its digest.
    pub fn new(text: String) -> Self {
        Self { digest: digest::sha256(text.as_bytes()), text }
    }
}

/// A proxy with its credentials.
pub struct Proxy {
    /// Its address, without credentials
    pub url: Url,
    user: String,
    password: String,
    digest: String,
}

impl Proxy {
    /// Creates a proxy from an address, which may have a user and a password before its host.
    pub fn new(mut url: Url) -> Self {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, password) = (decode(url.username()), decode(url.password().unwrap_or_default()));
        let digest = digest::sha256(url.as_str().as_bytes());
        // Both calls succeed, because the address has a host.
        let _ = (url.set_username(""), url.set_password(None));
        Self { url, user, password, digest }
    }

    /// The proxy's host with its port.
    pub fn host(&self) -> String {
        let (host, port) = (self.url.host_str().unwrap_or_default(), self.url.port_or_known_default());
        format!("{host}:{}", port.unwrap_or_default())
    }

    /// The `proxy-authorization` header, if the address has credentials.
    pub fn authorization(&self) -> Option<HeaderValue> {
        if self.user.is_empty() && self.password.is_empty() {
            return None;
        }
        let mut value = HeaderValue::from_str(&format!("Basic {}", self.encoded())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The values to hide: the password, and its encoded form.
    pub fn credentials(&self) -> Vec<String> {
        if self.password.is_empty() { Vec::new() } else { vec![self.password.clone(), self.encoded()] }
    }

    fn encoded(&self) -> String {
        STANDARD.encode(format!("{}:{}", self.user, self.password))
    }
}
