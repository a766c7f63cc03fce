//! How a suite's requests reach the network.

use serde::{Deserialize, Serialize};

/// Through what connections are made and who is trusted, with templates still in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Address of the proxy all requests go through; none if it is empty once it is filled in
    pub proxy: Option<String>,
    /// Certificates of authorities that are trusted in addition to those of the system, in PEM
    pub ca: Option<String>,
    /// The client certificate for servers that request one
    pub client_certificate: Option<ClientCertificate>,
    /// Whether server certificates are accepted without verification
    pub insecure: bool,
}

/// The key of [`Network::insecure`], and what a step's result says it by.
pub const INSECURE: &str = "insecure";

/// The keys of `defaults` that say how requests reach the network.
pub(super) const NETWORK_KEYS: [&str; 4] = ["proxy", "ca", "client_certificate", INSECURE];

/// A certificate that identifies the client, and its private key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// The certificate and those that vouch for it, in PEM
    pub certificate: String,
    /// The template of a secret that holds the key in PEM
    pub key: String,
}

impl Network {
    /// All templates with their places in `defaults`.
    pub fn templates(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let client = self.client_certificate.as_ref();
        let certificate = client.map(|client| ("client_certificate.certificate", client.certificate.as_str()));
        let key = client.map(|client| ("client_certificate.key", client.key.as_str()));
        let proxy = self.proxy.as_deref().map(|proxy| ("proxy", proxy));
        let ca = self.ca.as_deref().map(|ca| ("ca", ca));
        [proxy, ca, certificate, key].into_iter().flatten()
    }
}

/// Why a client certificate and a proxy that speaks TLS do not go together: one client serves both connections.
pub const SHOWN_TO_PROXY: &str =
    "an `https:` proxy could ask for the client certificate, which is meant for the site only";

const ENCODED: &str = "in a password `/`, `?` and `#` are written `%2F`, `%3F` and `%23`";

/// Whether this can be the address of a proxy. The message does not quote it: there may be a password in it.
pub fn check_proxy(text: &str) -> Result<url::Url, String> {
    let example = "write it like `http://proxy.example:3128`";
    let without_scheme = || format!("the address of a proxy begins with `http://` or `https://`; {example}");
    let url = url::Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => without_scheme(),
        _ if text.contains('@') => format!("this is not the address of a proxy: {error}; {ENCODED}"),
        _ => format!("this is not the address of a proxy: {error}; {example}"),
    })?;
    match url.scheme() {
        "http" | "https" if !url.has_host() => Err(format!("the address of the proxy has no host; {example}")),
        "http" | "https" if url.path() != "/" || url.query().is_some() || url.fragment().is_some() => {
            Err(format!("a proxy address has a host and a port, and nothing after them; {ENCODED}"))
        }
        "http" | "https" => Ok(url),
        scheme if scheme.starts_with("socks") => {
            Err(format!("`{scheme}:` proxies are not supported; use http or https"))
        }
        // Not quoted: in `user:password` it is a user's name.
        _ => Err(without_scheme()),
    }
}
