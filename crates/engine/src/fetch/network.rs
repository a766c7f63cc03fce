//! Through what a request reaches the network, and whom it trusts there.

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
    /// The proxy all requests go through
    pub proxy: Option<Arc<Proxy>>,
    /// Certificates in PEM that are trusted besides those of the system
    pub authorities: Option<Arc<Pem>>,
    /// Certificate and private key that are shown to servers that ask for them, of the origin that is addressed
    pub identity: Option<Arc<Pem>>,
    /// Whether certificates of servers are not verified
    pub insecure: bool,
}

impl Network {
    /// Tells settings apart without holding anything of them; nothing for the default.
    pub fn key(&self) -> Option<String> {
        let Self { proxy, authorities, identity, insecure } = self;
        if proxy.is_none() && authorities.is_none() && identity.is_none() && !insecure {
            return None;
        }
        let proxy = proxy.as_ref().map(|proxy| proxy.digest.as_str());
        let [authorities, identity] = [authorities, identity].map(|pem| pem.as_ref().map(|pem| pem.digest.as_str()));
        Some(digest::sha256(format!("{proxy:?} {authorities:?} {identity:?} {insecure}").as_bytes()))
    }

    /// Checks whether it may be insecure, and what can be told of the proxy's address without resolving it.
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

/// PEM that was found good.
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

/// A proxy, and who asks it.
pub struct Proxy {
    /// Its address, without who asks
    pub url: Url,
    user: String,
    password: String,
    digest: String,
}

impl Proxy {
    /// The proxy at an address, which may have a user and a password before its host.
    pub fn new(mut url: Url) -> Self {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, password) = (decode(url.username()), decode(url.password().unwrap_or_default()));
        let digest = digest::sha256(url.as_str().as_bytes());
        // An address with a host can have them set.
        let _ = (url.set_username(""), url.set_password(None));
        Self { url, user, password, digest }
    }

    /// Its host with its port.
    pub fn host(&self) -> String {
        let (host, port) = (self.url.host_str().unwrap_or_default(), self.url.port_or_known_default());
        format!("{host}:{}", port.unwrap_or_default())
    }

    /// The `proxy-authorization` it gets, if the address says who asks.
    pub fn authorization(&self) -> Option<HeaderValue> {
        if self.user.is_empty() && self.password.is_empty() {
            return None;
        }
        let mut value = HeaderValue::from_str(&format!("Basic {}", self.encoded())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// What must not be shown: the password, and how it is sent.
    pub fn credentials(&self) -> Vec<String> {
        if self.password.is_empty() { Vec::new() } else { vec![self.password.clone(), self.encoded()] }
    }

    fn encoded(&self) -> String {
        STANDARD.encode(format!("{}:{}", self.user, self.password))
    }
}
