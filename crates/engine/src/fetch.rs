//! Makes HTTP requests: shared clients behind the guard, with redirects followed here so that every hop is checked.
//!
//! A request has one time budget for all its hops and the body. The wait for a turn at a busy host is not charged to
//! the page. All input is bounded. Every failure is a [`FetchError`] with advice for the user.

mod body;
mod clients;
mod decode;
mod digest;
mod error;
mod hosts;
mod network;
mod proxy;
mod redirect;
pub mod retry_after;
mod sent;
mod shared;
mod tls;
mod waiting;

pub use decode::{ACCEPTED, gunzip, unread_encoding};
pub use digest::Digest;
pub use error::{FetchError, Phase};
pub use hosts::{CommonHost, CommonHosts, Demand, Hosts, Part};
pub use network::{Network, Pem, Proxy};
pub use redirect::leave_origin;
pub use sent::Sent;
pub use waiting::Waiting;

use crate::address::Guard;
use bytes::Bytes;
use clients::Clients;
use cookie_store::{CookieStore, RawCookie};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use shared::Shared;
use std::sync::Arc;
use std::time::Duration;
use stepcast_suite::HostLimits;
use stepcast_suite::limits::REDIRECTS;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

/// A request with all templates filled in.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    /// The method
    pub method: Method,
    /// The address
    pub url: Url,
    /// Headers, without those the client adds
    pub headers: HeaderMap,
    /// Credentials for a digest challenge of the server
    pub digest: Option<Arc<Digest>>,
    /// The body
    pub body: Option<Bytes>,
    /// Time for all of it, redirects and body included
    pub timeout: Duration,
    /// Largest body that is read, decompressed; the default is the fetcher's own limit
    pub body_bytes: Option<usize>,
    /// How many redirects are followed before the answer is returned; the default is all
    pub follow: Option<u32>,
    /// How it reaches the network
    pub network: Network,
    /// Ends the wait for a turn at the host; a request that was sent goes on
    pub called_off: CancellationToken,
    /// Counts the requests that are sent
    pub sent: Sent,
    /// Notes the host at which it waits for its turn
    pub waiting: Waiting,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code
    pub status: StatusCode,
    /// The version of HTTP of the answer
    pub version: Version,
    /// The header fields as they were sent, `content-encoding` included
    pub headers: HeaderMap,
    /// The address after redirects
    pub url: Url,
    /// The redirects that were followed, at most [`REDIRECTS`]
    pub redirects: Vec<Hop>,
    /// The body, decompressed
    pub body: Bytes,
    /// From sending the first request to the last byte of the body, without the wait for a turn at a host
    pub elapsed: Duration,
    /// The server's certificate in DER, if there is one; a proxy hides it
    pub certificate: Option<Bytes>,
}

/// A redirect that was followed.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The status of the redirect
    pub status: StatusCode,
    /// Its target
    pub location: Url,
}

/// The shared HTTP clients, with the state of each host.
pub struct Fetcher {
    clients: Clients,
    guard: Arc<Guard>,
    hosts: Hosts,
    shared: Shared,
    body_bytes: usize,
}

impl Fetcher {
    /// A client behind `guard`, which shares the limits of `hosts` with other processes.
    pub fn new(guard: Arc<Guard>, user_agent: &str, body_bytes: usize, hosts: Hosts) -> Result<Self, reqwest::Error> {
        let clients = Clients::new(Arc::clone(&guard), user_agent)?;
        Ok(Self { clients, guard, hosts, shared: Shared::default(), body_bytes })
    }

    /// Gives back what this process holds of hosts that it does not need now.
    pub async fn give_back_hosts(&self) {
        self.hosts.give_back().await;
    }

    /// Makes a request and follows its redirects. Cookies are sent from and kept in `jar`.
    pub async fn fetch(
        &self,
        mut request: FetchRequest,
        jar: &mut CookieStore,
        limits: HostLimits,
    ) -> Result<Response, FetchError> {
        let mut budget = Budget { limit: request.timeout, left: request.timeout };
        let mut redirects: Vec<Hop> = Vec::new();
        let mut is_challenged = false;
        loop {
            self.guard.check_url(&request.url)?;
            request.network.check(&self.guard)?;
            let client = self.clients.get(&request.network).await?;
            let host = request.network.host(&request.url);
            let turn = self.hosts.turn(&host, limits, &request.called_off);
            let turn = request.waiting.during(request.url.host_str().unwrap_or_default(), turn).await;
            let _turn = turn.ok_or(FetchError::CalledOff)?;
            request.sent.add();
            let answer = budget.spend(Phase::Answer, send(&client, &request, jar)).await?;
            if let Some(wait) = retry_after::asked_for(answer.status(), answer.headers()) {
                self.hosts.rest(&host, wait).await;
            }
            keep_cookies(jar, &answer, &request.url);
            if answer.status() == StatusCode::UNAUTHORIZED
                && !is_challenged
                && let Some(authorization) =
                    request.digest.as_ref().and_then(|own| own.meet(&request, answer.headers()))
            {
                is_challenged = true;
                request.headers.insert(AUTHORIZATION, authorization);
                request.called_off = CancellationToken::new();
                continue;
            }
            let is_followed = request.follow.is_none_or(|most| redirects.len() < most as usize);
            if is_followed && let Some(next) = redirect::next(&request, answer.status(), answer.headers())? {
                if redirects.len() == REDIRECTS as usize {
                    return Err(FetchError::TooManyRedirects { limit: REDIRECTS, last: next.url.into() });
                }
                redirects.push(Hop { status: answer.status(), location: next.url.clone() });
                // A request that has started is finished, wherever it leads.
                request = FetchRequest { called_off: CancellationToken::new(), ..next };
                if request.digest.is_some() && is_challenged {
                    // The response to a challenge is valid for one address only.
                    request.headers.remove(AUTHORIZATION);
                }
                is_challenged = false;
                continue;
            }
            return self.read(&request, answer, redirects, budget).await;
        }
    }

    /// Makes a request like [`Fetcher::fetch`], or returns the answer that another test of `job` got to the same
    /// request. Cookies and digest credentials make an answer personal: it is not shared if the test has any of them,
    /// or if the answer sets a cookie.
    pub async fn fetch_shared(
        &self,
        job: &str,
        request: FetchRequest,
        jar: &mut CookieStore,
        limits: HostLimits,
    ) -> Result<Response, FetchError> {
        if jar.iter_any().next().is_some() || request.digest.is_some() {
            return self.fetch(request, jar, limits).await;
        }
        let (place, mut own) = (self.shared.place(job, &request), None);
        let kept = place.get_or_init(|| async {
            let answer = self.fetch(request.clone(), jar, limits).await;
            let is_own = jar.iter_any().next().is_some();
            let kept = answer.as_ref().ok().filter(|answer| !is_own && shared::may_be_kept(answer)).cloned();
            own = Some(answer);
            kept
        });
        let kept = kept.await.clone();
        match (own, kept) {
            (Some(own), _) => {
                self.shared.count(&place);
                own
            }
            (None, Some(answer)) => Ok(answer),
            (None, None) => self.fetch(request, jar, limits).await,
        }
    }

    async fn read(
        &self,
        request: &FetchRequest,
        answer: reqwest::Response,
        redirects: Vec<Hop>,
        mut budget: Budget,
    ) -> Result<Response, FetchError> {
        let limit = request.body_bytes.unwrap_or(self.body_bytes);
        let (status, version) = (answer.status(), answer.version());
        let (headers, certificate) = (answer.headers().clone(), certificate(&answer));
        let raw = budget.spend(Phase::Body, body::read(answer, limit, &request.url)).await?;
        let elapsed = budget.spent();
        let body = decode::decode(&headers, raw, limit).await?;
        Ok(Response { status, version, headers, url: request.url.clone(), redirects, body, elapsed, certificate })
    }
}

async fn send(
    client: &reqwest::Client,
    request: &FetchRequest,
    jar: &CookieStore,
) -> Result<reqwest::Response, FetchError> {
    let mut headers = request.headers.clone();
    headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static(ACCEPTED));
    add_cookies(&mut headers, jar, &request.url);
    let mut builder = client.request(request.method.clone(), request.url.clone()).headers(headers);
    if let Some(body) = &request.body {
        builder = builder.body(body.clone());
    }
    let sent = builder.send().await;
    let Some(proxy) = &request.network.proxy else {
        return sent.map_err(|error| FetchError::from_client(&error, &request.url));
    };
    match sent {
        Ok(answer) if proxy::is_refusal(answer.status(), &request.url) => {
            Err(FetchError::ProxyRefused { host: proxy.host(), refusal: proxy::Refusal::Credentials })
        }
        sent => sent.map_err(|error| proxy::error(&error, &request.url, proxy)),
    }
}

/// The certificate of the server that answered.
fn certificate(answer: &reqwest::Response) -> Option<Bytes> {
    let info = answer.extensions().get::<reqwest::tls::TlsInfo>()?;
    info.peer_certificate().map(Bytes::copy_from_slice)
}

/// The remaining time of a request.
struct Budget {
    limit: Duration,
    left: Duration,
}

impl Budget {
    async fn spend<T>(
        &mut self,
        phase: Phase,
        work: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<T, FetchError> {
        let started = Instant::now();
        let result = tokio::time::timeout(self.left, work).await;
        self.left = self.left.saturating_sub(started.elapsed());
        result.unwrap_or(Err(FetchError::Timeout { phase, limit: self.limit }))
    }

    fn spent(&self) -> Duration {
        self.limit.saturating_sub(self.left)
    }
}

/// Adds the cookies of the jar after those that the suite sends itself.
fn add_cookies(headers: &mut HeaderMap, jar: &CookieStore, url: &Url) {
    let own = headers.get(COOKIE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let kept = jar.get_request_values(url).map(|(name, value)| format!("{name}={value}"));
    let all: Vec<String> = own.into_iter().chain(kept).collect();
    if let (false, Ok(value)) = (all.is_empty(), HeaderValue::from_str(&all.join("; "))) {
        headers.insert(COOKIE, value);
    }
}

fn keep_cookies(jar: &mut CookieStore, answer: &reqwest::Response, url: &Url) {
    let sent = answer.headers().get_all(SET_COOKIE).iter();
    let cookies = sent.filter_map(|value| RawCookie::parse(value.to_str().ok()?.to_owned()).ok());
    jar.store_response_cookies(cookies, url);
}
