//! Answers requests with what was kept of an earlier run, or with what a browser saved. Nothing is fetched.
//!
//! A request gets the answer that was kept for the same method, address and body, secrets hidden in both. A test that
//! makes the same request again gets the next answer that was kept for it, and the last one from then on: so a test
//! that was flaky is flaky again.

mod differences;

use super::connecting::Connecting;
use super::evidence::{Bodies, address};
use super::fetch::{Answers, FetchError, FetchRequest, Head, Played, Times};
use super::mask::Mask;
use bytes::Bytes;
use differences::{Asked, difference};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_protocol::exchange::{Answer, Content, Exchange, ExchangeTimes, HeaderField, LinkAnswer};
use url::Url;

/// Answers that were kept, by what was asked for.
#[derive(Debug, Default)]
pub struct Recording {
    kept: Vec<Kept<Exchange>>,
    bodies: Bodies,
    by_request: HashMap<(String, String), Vec<usize>>,
    /// What links answered in each step that asked them, or nothing if their requests are kept
    links: HashMap<String, Vec<Kept<Option<LinkAnswer>>>>,
    /// Whether the headers of requests were made by Stepcast too, so that they must be the same
    is_own: bool,
}

/// Something with the test that it is kept of.
#[derive(Debug)]
struct Kept<T> {
    test: Option<Arc<str>>,
    what: T,
}

/// What is kept of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptStep {
    /// The name of its test, if it is known
    pub test: Option<String>,
    /// Requests with their answers
    pub exchanges: Vec<Exchange>,
    /// What links answered whose requests are not kept
    pub links: Vec<LinkAnswer>,
}

impl Recording {
    /// Keeps what Stepcast itself has recorded, in the order of the requests.
    pub fn own(steps: Vec<KeptStep>, bodies: Bodies) -> Self {
        Self { is_own: true, ..Self::of_browser(steps, bodies) }
    }

    /// Keeps what a browser or another tool has recorded. Its requests have other headers than those of Stepcast, so
    /// these may differ.
    pub fn of_browser(steps: Vec<KeptStep>, bodies: Bodies) -> Self {
        let mut recording = Self { bodies, ..Self::default() };
        for step in steps {
            recording.add(step);
        }
        recording
    }

    fn add(&mut self, KeptStep { test, exchanges, links }: KeptStep) {
        let test: Option<Arc<str>> = test.map(Into::into);
        let mut answered: HashMap<String, Option<LinkAnswer>> = HashMap::new();
        answered.extend(links.into_iter().map(|link| (link.url.clone(), Some(link))));
        for exchange in exchanges {
            let url = exchange.request.url.split('#').next().unwrap_or_default().to_owned();
            // A link that is not dead may also be where a dead one led.
            if exchange.is_link {
                answered.entry(url.clone()).or_insert(None);
            }
            self.by_request.entry((exchange.request.method.clone(), url)).or_default().push(self.kept.len());
            self.kept.push(Kept { test: test.clone(), what: exchange });
        }
        for (url, what) in answered {
            self.links.entry(url).or_default().push(Kept { test: test.clone(), what });
        }
    }
}

/// Plays the answers of a recording back to one test. Clones share how far it is.
#[derive(Clone)]
pub struct Playback {
    recording: Arc<Recording>,
    test: Arc<str>,
    mask: Arc<Mask>,
    given: Arc<Mutex<Given>>,
}

/// How many answers were given.
#[derive(Default)]
struct Given {
    /// To each kind of request, by the place of the first
    requests: HashMap<usize, usize>,
    /// To each link, by its address
    links: HashMap<String, usize>,
}

impl fmt::Debug for Playback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Playback").field("test", &self.test).finish_non_exhaustive()
    }
}

impl Playback {
    /// Plays back to the test of this name.
    pub(super) fn new(recording: Arc<Recording>, test: &str) -> Self {
        Self { recording, test: test.into(), mask: Arc::default(), given: Arc::default() }
    }

    /// The same playback, for requests with these secrets.
    pub(super) fn hiding(&self, mask: &Arc<Mask>) -> Arc<dyn Answers> {
        Arc::new(Self { mask: Arc::clone(mask), ..self.clone() })
    }

    /// The places of the answers for this method and address: those of the test itself, if there are any.
    fn candidates(&self, request: &FetchRequest, url: &str) -> Vec<usize> {
        let Recording { kept, by_request, .. } = &*self.recording;
        let method = request.method.as_str().to_owned();
        // A browser's recording has the address with its secrets.
        let urls = [url.to_owned(), address(&request.url, &Mask::default())];
        let places = urls.into_iter().find_map(|url| by_request.get(&(method.clone(), url)));
        let places = places.map(Vec::as_slice).unwrap_or_default();
        let own: Vec<usize> = places.iter().copied().filter(|place| self.is_own(&kept[*place])).collect();
        if own.is_empty() { places.to_vec() } else { own }
    }

    fn is_own<T>(&self, kept: &Kept<T>) -> bool {
        kept.test.as_deref() == Some(&*self.test)
    }

    fn next_of(&self, places: &[usize]) -> Option<usize> {
        next(self.given().requests.entry(*places.first()?).or_default(), places).copied()
    }

    fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next of the answers to one question, or the last one from then on.
fn next<'a, T>(given: &mut usize, answers: &'a [T]) -> Option<&'a T> {
    let answer = answers.get(*given).or_else(|| answers.last());
    *given += 1;
    answer
}

impl Answers for Playback {
    fn answer(&self, request: &FetchRequest, headers: &HeaderMap) -> Result<Played, FetchError> {
        let asked = Asked::new(request, headers, &self.mask);
        let same_address = self.candidates(request, &asked.url);
        let Some(first) = same_address.first() else {
            return Err(FetchError::NotRecorded { request: asked.name(), difference: None });
        };
        let differs = |place: &usize| {
            let kept = &self.recording.kept[*place].what.request;
            difference(&asked, kept, &self.recording.bodies, self.recording.is_own)
        };
        let same: Vec<usize> = same_address.iter().copied().filter(|place| differs(place).is_none()).collect();
        let Some(place) = self.next_of(&same) else {
            return Err(FetchError::NotRecorded { request: asked.name(), difference: differs(first) });
        };
        Ok(self.recording.play(place))
    }

    fn link(&self, url: &Url) -> Option<LinkAnswer> {
        let url = address(url, &self.mask);
        let kept = self.recording.links.get(&url)?;
        let own: Vec<&Kept<_>> = kept.iter().filter(|kept| self.is_own(kept)).collect();
        let kept = if own.is_empty() { kept.iter().collect() } else { own };
        next(self.given().links.entry(url).or_default(), &kept)?.what.clone()
    }
}

impl Recording {
    fn play(&self, place: usize) -> Played {
        let Exchange { request, answer, failure, times, .. } = &self.kept[place].what;
        let failed = failure.as_ref().map(|failure| FetchError::Recorded {
            kind: failure.kind,
            message: failure.message.clone(),
            is_permanent: failure.is_permanent,
        });
        let unusable = |reason: &str| FetchError::NotRecorded {
            request: format!("{} {}", request.method, request.url),
            difference: Some(reason.to_owned()),
        };
        let given_up = || failed.clone().unwrap_or_else(|| unusable("it was given up before an answer came"));
        let head = answer.as_ref().ok_or_else(given_up).and_then(head);
        let body = match failed.clone() {
            Some(error) => Err(error),
            None => {
                self.body(answer.as_ref().and_then(|answer| answer.body.as_ref())).map_err(|reason| unusable(&reason))
            }
        };
        let certificate = answer.as_ref().and_then(|answer| answer.certificate.as_ref());
        let certificate = certificate.and_then(|sha256| self.bodies.get(sha256)).cloned();
        Played { head: head.map(|head| Head { certificate, ..head }), body, times: durations(*times) }
    }

    fn body(&self, body: Option<&Content>) -> Result<Bytes, String> {
        let Some(Content { sha256, left_out, .. }) = body else { return Ok(Bytes::new()) };
        if let Some(reason) = left_out {
            return Err(format!("its body was not kept whole: {reason}"));
        }
        let kept = sha256.as_ref().and_then(|sha256| self.bodies.get(sha256));
        kept.cloned().ok_or_else(|| "its body was not kept".to_owned())
    }
}

fn head(answer: &Answer) -> Result<Head, FetchError> {
    let invalid = |what: &str| FetchError::Protocol(format!("the answer that was recorded has an invalid {what}"));
    let mut headers = HeaderMap::new();
    for HeaderField { name, value } in &answer.headers {
        let what = format!("header `{name}`");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid(&what))?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).map_err(|_| invalid(&what))?);
    }
    let status = StatusCode::from_u16(answer.status).map_err(|_| invalid("status"))?;
    Ok(Head { status, version: version(&answer.version), headers, certificate: None, remote: None })
}

/// The version of HTTP that is written like this. Browsers write `h2` and `http/2.0`.
fn version(name: &str) -> Version {
    match name.to_ascii_lowercase().as_str() {
        "http/0.9" => Version::HTTP_09,
        "http/1.0" => Version::HTTP_10,
        "http/2" | "http/2.0" | "h2" => Version::HTTP_2,
        "http/3" | "http/3.0" | "h3" => Version::HTTP_3,
        _ => Version::HTTP_11,
    }
}

fn durations(times: ExchangeTimes) -> Times {
    let ExchangeTimes { name_us, connect_us, tls_us, answer_us, body_us, .. } = times;
    let parts = [name_us, connect_us, tls_us];
    let before = parts.into_iter().flatten().map(Duration::from_micros).fold(Duration::ZERO, Duration::saturating_add);
    let connecting = Connecting {
        name: name_us.map(Duration::from_micros),
        tls: tls_us.map(Duration::from_micros),
        whole: parts.iter().any(Option::is_some).then_some(before),
    };
    Times {
        waiting: Duration::ZERO,
        connecting,
        answer: before.saturating_add(Duration::from_micros(answer_us)),
        body: Duration::from_micros(body_us),
    }
}
