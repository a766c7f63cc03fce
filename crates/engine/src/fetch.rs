//! Makes HTTP requests: shared clients behind the guard, with redirects followed here so that every hop is checked.
//!
//! A request has one time budget for all its hops and the body. The wait for a turn at a busy host is not charged to
//! the page. All input is bounded. Every failure is a [`FetchError`] with advice for the user.

mod answers;
mod body;
mod clients;
mod decode;
mod digest;
mod error;
mod hosts;
mod network;
mod proxy;
mod redirect;
mod request_log;
pub mod retry_after;
mod sent;
mod shared;
mod tls;
mod traceparent;
mod waiting;

pub use answers::{Answers, Played};
pub use decode::{ACCEPTED, gunzip, unread_encoding};
pub use digest::Digest;
pub use error::{FetchError, Phase};
pub use hosts::{CommonHost, CommonHosts, Demand, Hosts, Part};
pub use network::{Network, Pem, Proxy};
pub use redirect::leave_origin;
pub use request_log::{Body, Bounds, Noted, NotedLink, RequestLog, Taken, Times};
pub use sent::Sent;
pub use traceparent::Traceparent;
pub use waiting::Waiting;

use crate::address::Guard;
use crate::connecting;
use bytes::Bytes;
use clients::Clients;
use cookie_store::{CookieStore, RawCookie};
use hosts::Turn;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, COOKIE, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use request_log::Underway;
use shared::Shared;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use stepcast_protocol::TraceContext;
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
    /// Notes what is sent and received
    pub log: RequestLog,
    /// The trace context that it carries
    pub traceparent: Traceparent,
    /// Answers in place of the network
    pub playback: Option<Arc<dyn Answers>>,
}

impl FetchRequest {
    /// A request without headers and body, over the default network.
    pub fn new(method: Method, url: Url, timeout: Duration) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            digest: None,
            body: None,
            timeout,
            body_bytes: None,
            follow: None,
            network: Network::default(),
            called_off: CancellationToken::new(),
            sent: Sent::default(),
            waiting: Waiting::default(),
            log: RequestLog::default(),
            traceparent: Traceparent::default(),
            playback: None,
        }
    }
}

/// What an answer begins with.
#[derive(Debug, Clone)]
pub struct Head {
    /// The status code
    pub status: StatusCode,
    /// The version of HTTP
    pub version: Version,
    /// The header fields as they were sent
    pub headers: HeaderMap,
    /// The server's certificate in DER, if there is one; a proxy hides it
    pub certificate: Option<Bytes>,
    /// The address that answered: the server's, or the proxy's
    pub remote: Option<SocketAddr>,
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
    /// The requests that led to it, if they were noted and the answer is shared
    pub requests: Arc<[Noted]>,
    /// The trace context that a request to it carried
    pub traceparent: Option<TraceContext>,
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
    user_agent: HeaderValue,
}

impl Fetcher {
    /// A client behind `guard`, which shares the limits of `hosts` with other processes.
    pub fn new(guard: Arc<Guard>, user_agent: &str, body_bytes: usize, hosts: Hosts) -> Result<Self, reqwest::Error> {
        let clients = Clients::new(Arc::clone(&guard), user_agent)?;
        // The clients accept it as a header too.
        let user_agent = HeaderValue::from_str(user_agent).unwrap_or(HeaderValue::from_static("stepcast"));
        Ok(Self { clients, guard, hosts, shared: Shared::default(), body_bytes, user_agent })
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
            let answer = self.ask(&request, jar, limits, &mut budget).await?;
            let Head { status, headers, .. } = &answer.head;
            keep_cookies(jar, headers, &request.url);
            if *status == StatusCode::UNAUTHORIZED
                && !is_challenged
                && let Some(authorization) = request.digest.as_ref().and_then(|own| own.meet(&request, headers))
            {
                is_challenged = true;
                request.headers.insert(AUTHORIZATION, authorization);
                request.called_off = CancellationToken::new();
                continue;
            }
            let is_followed = request.follow.is_none_or(|most| redirects.len() < most as usize);
            if is_followed && let Some(next) = redirect::next(&request, *status, headers)? {
                if redirects.len() == REDIRECTS as usize {
                    return Err(FetchError::TooManyRedirects { limit: REDIRECTS, last: next.url.into() });
                }
                redirects.push(Hop { status: *status, location: next.url.clone() });
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

    /// Sends a request once its turn has come, and returns the answer before its body is read.
    async fn ask(
        &self,
        request: &FetchRequest,
        jar: &CookieStore,
        limits: HostLimits,
        budget: &mut Budget,
    ) -> Result<Arrived, FetchError> {
        if let Some(playback) = &request.playback {
            let headers = self.headers_of(request, jar);
            return play(playback.as_ref(), request, &headers, budget);
        }
        self.guard.check_url(&request.url)?;
        request.network.check(&self.guard)?;
        let client = self.clients.get(&request.network).await?;
        let host = request.network.host(&request.url);
        let queued = Instant::now();
        let turn = self.hosts.turn(&host, limits, &request.called_off);
        let turn = request.waiting.during(request.url.host_str().unwrap_or_default(), turn).await;
        let turn = turn.ok_or(FetchError::CalledOff)?;
        request.sent.add();
        let mut headers = self.headers_of(request, jar);
        request.traceparent.add_to(&mut headers, &request.url);
        let mut underway = request.log.begin(request, &headers, queued.elapsed());
        let started = Instant::now();
        let sending = connecting::measured(budget.spend(Phase::Answer, send(&client, request, headers)));
        let (answer, connecting) = sending.await;
        underway.note(|noted| (noted.times.connecting, noted.times.answer) = (connecting, started.elapsed()));
        let answer = answer.map_err(|error| underway.failed(error))?;
        if let Some(wait) = retry_after::asked_for(answer.status(), answer.headers()) {
            self.hosts.rest(&host, wait).await;
        }
        let head = Head {
            status: answer.status(),
            version: answer.version(),
            headers: answer.headers().clone(),
            certificate: certificate(&answer),
            remote: answer.remote_addr(),
        };
        underway.note(|noted| noted.answer = Some(head.clone()));
        Ok(Arrived { head, body: Unread::OnTheWay(answer), underway, _turn: Some(turn) })
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
            kept.map(|answer: Response| Response { requests: request.log.so_far().into(), ..answer })
        });
        let kept = kept.await.clone();
        match (own, kept) {
            (Some(own), _) => {
                self.shared.count(&place);
                own
            }
            (None, Some(answer)) => {
                request.log.extend(&answer.requests);
                request.traceparent.share(answer.traceparent);
                Ok(answer)
            }
            (None, None) => self.fetch(request, jar, limits).await,
        }
    }

    /// The headers of a request, with those that are the same for all and with the cookies of the jar.
    fn headers_of(&self, request: &FetchRequest, jar: &CookieStore) -> HeaderMap {
        let mut headers = request.headers.clone();
        headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        headers.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static(ACCEPTED));
        add_cookies(&mut headers, jar, &request.url);
        headers
    }

    async fn read(
        &self,
        request: &FetchRequest,
        answer: Arrived,
        redirects: Vec<Hop>,
        mut budget: Budget,
    ) -> Result<Response, FetchError> {
        let Arrived { head, body, mut underway, _turn } = answer;
        let limit = request.body_bytes.unwrap_or(self.body_bytes);
        let started = Instant::now();
        let body = match body {
            Unread::OnTheWay(answer) => {
                let raw = budget.spend(Phase::Body, body::read(answer, limit, &request.url)).await;
                underway.note(|noted| noted.times.body = started.elapsed());
                let raw = raw.map_err(|error| underway.failed(error))?;
                decode::decode(&head.headers, raw, limit).await.map_err(|error| underway.failed(error))?
            }
            Unread::Recorded(body) => body.map_err(|error| underway.failed(error))?,
        };
        underway.note(|noted| noted.answer_body = Some(Body::whole(body.clone())));
        let (elapsed, requests) = (budget.spent(), Arc::default());
        let Head { status, version, headers, certificate, .. } = head;
        Ok(Response {
            status,
            version,
            headers,
            url: request.url.clone(),
            redirects,
            body,
            elapsed,
            certificate,
            requests,
            traceparent: request.traceparent.carried(),
        })
    }
}

/// An answer whose body was not read.
struct Arrived {
    head: Head,
    body: Unread,
    underway: Underway,
    /// Other requests to the host may wait until the body is read
    _turn: Option<Turn>,
}

enum Unread {
    OnTheWay(reqwest::Response),
    /// A recorded body, decompressed, or why it cannot be used
    Recorded(Result<Bytes, FetchError>),
}

/// Answers a request from a recording. What is played back is noted like any other answer.
fn play(
    playback: &dyn Answers,
    request: &FetchRequest,
    headers: &HeaderMap,
    budget: &mut Budget,
) -> Result<Arrived, FetchError> {
    let mut underway = request.log.begin(request, headers, Duration::ZERO);
    let played = playback.answer(request, headers).map_err(|error| underway.failed(error))?;
    underway.note(|noted| noted.times = played.times);
    let head = played.head.map_err(|error| underway.failed(error))?;
    underway.note(|noted| noted.answer = Some(head.clone()));
    for (phase, time) in [(Phase::Answer, played.times.answer), (Phase::Body, played.times.body)] {
        budget.charge(phase, time).map_err(|error| underway.failed(error))?;
    }
    Ok(Arrived { head, body: Unread::Recorded(played.body), underway, _turn: None })
}

async fn send(
    client: &reqwest::Client,
    request: &FetchRequest,
    headers: HeaderMap,
) -> Result<reqwest::Response, FetchError> {
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

    /// Takes the time that an answer took when it was recorded.
    fn charge(&mut self, phase: Phase, time: Duration) -> Result<(), FetchError> {
        let limit = self.limit;
        self.left = self.left.checked_sub(time).ok_or(FetchError::Timeout { phase, limit })?;
        Ok(())
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

fn keep_cookies(jar: &mut CookieStore, headers: &HeaderMap, url: &Url) {
    let sent = headers.get_all(SET_COOKIE).iter();
    let cookies = sent.filter_map(|value| RawCookie::parse(value.to_str().ok()?.to_owned()).ok());
    jar.store_response_cookies(cookies, url);
}
