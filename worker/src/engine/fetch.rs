//! Speaks HTTP: one shared client behind the guard, redirects followed by hand so that every hop is checked.
//!
//! A request has one budget of time for all its hops and the body; waiting for one's turn at a busy host is not
//! charged to the page. Everything read is bounded. What goes wrong is a [`FetchError`] a person can act on.

mod body;
mod decode;
mod error;
mod hosts;
mod redirect;
mod retry_after;
mod shared;
mod tls;

pub use decode::gunzip;
pub use error::{FetchError, Phase};

use crate::engine::address::{Guard, GuardedResolver};
use bytes::Bytes;
use cookie_store::{CookieStore, RawCookie};
use hosts::Hosts;
use http::header::{ACCEPT_ENCODING, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use shared::Shared;
use std::sync::Arc;
use std::time::Duration;
use stepcast_protocol::suite::HostLimits;
use tokio::time::Instant;
use url::Url;

/// As many hops as curl and reqwest follow by default; browsers take 20.
const MAX_REDIRECTS: u32 = 10;
/// Most header fields of an answer; hyper bounds their size in bytes.
const MAX_HEADERS: usize = 256;
/// Most bytes of HTTP/2 header fields.
const MAX_HEADER_BYTES: u32 = 64 * 1024;
/// Shorter than what servers keep, so that a connection is rarely found dead when it is used again.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// A request with everything filled in.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    /// The method
    pub method: Method,
    /// The address
    pub url: Url,
    /// Headers, without those the client adds
    pub headers: HeaderMap,
    /// What is sent
    pub body: Option<Bytes>,
    /// Time for all of it, redirects and body included
    pub timeout: Duration,
    /// Largest body that is read, decompressed; the fetcher's own limit where there is none
    pub body_bytes: Option<usize>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code
    pub status: StatusCode,
    /// The header fields as they were sent, `content-encoding` included
    pub headers: HeaderMap,
    /// The address after redirects
    pub url: Url,
    /// How many redirects were followed
    pub redirects: u32,
    /// The body, decompressed
    pub body: Bytes,
    /// From sending the first request to the last byte of the body, without waiting for one's turn at a host
    pub elapsed: Duration,
}

/// The shared HTTP client with what it knows of hosts.
pub struct Fetcher {
    client: reqwest::Client,
    guard: Arc<Guard>,
    hosts: Hosts,
    shared: Shared,
    body_bytes: usize,
}

impl Fetcher {
    /// A client behind `guard`. It decompresses itself: the client's own way hides `content-encoding` from checks.
    pub fn new(guard: Arc<Guard>, user_agent: &str, body_bytes: usize) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .dns_resolver(GuardedResolver(Arc::clone(&guard)))
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would connect on our behalf, past the guard.
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .referer(false)
            .user_agent(user_agent)
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            .pool_idle_timeout(IDLE_CONNECTION)
            .build()?;
        Ok(Self { client, guard, hosts: Hosts::default(), shared: Shared::default(), body_bytes })
    }

    /// Makes a request and follows its redirects. Cookies are sent from and kept in `jar`.
    pub async fn fetch(
        &self,
        mut request: FetchRequest,
        jar: &mut CookieStore,
        limits: HostLimits,
    ) -> Result<Response, FetchError> {
        let mut budget = Budget { limit: request.timeout, left: request.timeout };
        let mut redirects = 0;
        loop {
            self.guard.check_url(&request.url)?;
            let host = request.url.host_str().unwrap_or_default();
            let _turn = self.hosts.turn(host, limits).await;
            let answer = budget.spend(Phase::Answer, self.send(&request, jar)).await?;
            if let Some(wait) = retry_after::asked_for(answer.status(), answer.headers()) {
                self.hosts.rest(host, wait);
            }
            keep_cookies(jar, &answer, &request.url);
            if let Some(next) = redirect::next(&request, answer.status(), answer.headers())? {
                if redirects == MAX_REDIRECTS {
                    return Err(FetchError::TooManyRedirects { limit: MAX_REDIRECTS, last: next.url.into() });
                }
                redirects += 1;
                request = next;
                continue;
            }
            return self.read(&request, answer, redirects, budget).await;
        }
    }

    /// The same, where the answer another test of `job` got to the same request will do. Cookies make a visit its own,
    /// so whoever has one asks for himself, and so does everybody where the answer sets one.
    pub async fn fetch_shared(
        &self,
        job: &str,
        request: FetchRequest,
        jar: &mut CookieStore,
        limits: HostLimits,
    ) -> Result<Response, FetchError> {
        if jar.iter_any().next().is_some() {
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

    async fn send(&self, request: &FetchRequest, jar: &CookieStore) -> Result<reqwest::Response, FetchError> {
        let mut headers = request.headers.clone();
        headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static(decode::ACCEPTED));
        add_cookies(&mut headers, jar, &request.url);
        let mut builder = self.client.request(request.method.clone(), request.url.clone()).headers(headers);
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        builder.send().await.map_err(|error| FetchError::from_client(&error, &request.url))
    }

    async fn read(
        &self,
        request: &FetchRequest,
        answer: reqwest::Response,
        redirects: u32,
        mut budget: Budget,
    ) -> Result<Response, FetchError> {
        let limit = request.body_bytes.unwrap_or(self.body_bytes);
        let (status, headers) = (answer.status(), answer.headers().clone());
        let raw = budget.spend(Phase::Body, body::read(answer, limit, &request.url)).await?;
        let elapsed = budget.spent();
        let body = decode::decode(&headers, raw, limit).await?;
        Ok(Response { status, headers, url: request.url.clone(), redirects, body, elapsed })
    }
}

/// The time a request has, less what it has used.
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

/// Cookies of the jar stand behind those the suite sends itself.
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
