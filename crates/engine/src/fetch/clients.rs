//! Manages HTTP clients: a shared one, and one for each network with settings of its own.
//!
//! A client has its own connections. So a connection that uses a client certificate or a proxy, or that does not verify
//! the server's certificate, never serves a request without these settings. Few clients are kept and the oldest is
//! dropped first; using it again costs a new connection.

use super::network::{Network, Pem};
use super::{FetchError, error};
use crate::address::{Guard, GuardedResolver};
use crate::connecting;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tower::util::MapFutureLayer;

/// Most clients that are kept in addition to the shared one.
const KEPT: usize = 16;
/// Most header fields of an answer; hyper bounds their size in bytes.
const MAX_HEADERS: usize = 256;
/// Most bytes of HTTP/2 header fields.
const MAX_HEADER_BYTES: u32 = 64 * 1024;
/// Shorter than what servers keep, so that a connection is rarely found dead when it is used again.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

type Place = Arc<OnceCell<reqwest::Client>>;

/// All clients, by their settings.
pub struct Clients {
    recipe: Recipe,
    plain: reqwest::Client,
    /// Oldest first
    others: Mutex<VecDeque<(String, Place)>>,
}

/// The settings that all clients share.
#[derive(Clone)]
struct Recipe {
    guard: Arc<Guard>,
    user_agent: String,
}

impl Clients {
    /// Creates the shared client.
    pub fn new(guard: Arc<Guard>, user_agent: &str) -> Result<Self, reqwest::Error> {
        let recipe = Recipe { guard, user_agent: user_agent.to_owned() };
        Ok(Self { plain: recipe.client(&Network::default())?, recipe, others: Mutex::default() })
    }

    /// The client for this network.
    pub async fn get(&self, network: &Network) -> Result<reqwest::Client, FetchError> {
        let Some(key) = network.key() else { return Ok(self.plain.clone()) };
        let make = || async {
            let (recipe, network) = (self.recipe.clone(), network.clone());
            // The system's certificates are read from files.
            let made = tokio::task::spawn_blocking(move || recipe.client(&network)).await;
            let made = made.map_err(|error| FetchError::InvalidRequest(error.to_string()))?;
            made.map_err(|error| FetchError::InvalidRequest(unusable(&error)))
        };
        self.place(key).get_or_try_init(make).await.cloned()
    }

    fn place(&self, key: String) -> Place {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, place)) = others.iter().find(|(known, _)| *known == key) {
            return Arc::clone(place);
        }
        if others.len() == KEPT {
            others.pop_front();
        }
        let place = Place::default();
        others.push_back((key, Arc::clone(&place)));
        place
    }
}

impl Recipe {
    /// Builds a client that does not decompress: the library's own way hides `content-encoding` from checks.
    fn client(&self, network: &Network) -> Result<reqwest::Client, reqwest::Error> {
        connecting::note_handshakes();
        let mut builder = reqwest::Client::builder()
            .dns_resolver(GuardedResolver(Arc::clone(&self.guard)))
            .redirect(reqwest::redirect::Policy::none())
            // A proxy from the environment would connect on our behalf, past the guard.
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .referer(false)
            .tls_info(true)
            .user_agent(&self.user_agent)
            .connector_layer(MapFutureLayer::new(connecting::whole))
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            .pool_idle_timeout(IDLE_CONNECTION);
        if let Some(proxy) = &network.proxy {
            let route = reqwest::Proxy::all(proxy.url.clone())?;
            builder = builder.proxy(match proxy.authorization() {
                Some(authorization) => route.custom_http_auth(authorization),
                None => route,
            });
        }
        if let Some(Pem { text, .. }) = network.authorities.as_deref() {
            builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(text.as_bytes())?);
        }
        if network.insecure {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        if let Some(Pem { text, .. }) = network.identity.as_deref() {
            builder = builder.identity(reqwest::Identity::from_pem(text.as_bytes())?);
        }
        builder.build()
    }
}

/// Explains why there is no client, although each certificate was valid by itself.
fn unusable(error: &reqwest::Error) -> String {
    match error::find::<rustls::Error>(error) {
        Some(rustls::Error::InconsistentKeys(_)) => {
            "the `key` of `client_certificate` does not belong to its `certificate`".to_owned()
        }
        _ => format!("the suite's `ca` or `client_certificate` cannot be used: {}", error::deepest(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::SystemLookup;
    use crate::fetch::network::Proxy;

    fn network(number: usize) -> Network {
        let url = format!("http://proxy.example:{}", number + 1).parse().expect("an address");
        Network { proxy: Some(Arc::new(Proxy::new(url))), ..Network::default() }
    }

    #[tokio::test]
    async fn few_are_kept_and_the_oldest_goes_first() {
        let guard = Guard::new(false, Vec::new(), Arc::new(SystemLookup));
        let clients = Clients::new(Arc::new(guard), "t").expect("a client");
        clients.get(&Network::default()).await.expect("a client");
        for number in 0..=KEPT {
            clients.get(&network(number)).await.expect("a client");
            clients.get(&network(number)).await.expect("the same client");
        }
        let kept = clients.others.lock().expect("nobody panicked");
        let keys: Vec<_> = kept.iter().map(|(key, _)| key.clone()).collect();
        let expected: Vec<_> = (1..=KEPT).filter_map(|number| network(number).key()).collect();
        assert_eq!(keys, expected);
    }
}
