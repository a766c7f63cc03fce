//! What a step sent and received, with secrets hidden.
//!
//! Text is kept with its secrets replaced. A body that is not text may hide a secret where nothing finds it, so it is
//! kept only if the run has no secrets.

use super::connecting::Connecting;
use super::digest;
use super::excerpt::excerpt;
use super::fetch::{Body, Bounds, Head, Noted, NotedLink, RequestLog, Taken, Times};
use super::mask::{MASKED, Mask};
use super::page::{charset, header_text};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use stepcast_protocol::exchange::{
    Answer, Content, Exchange, ExchangeFailure, ExchangeTimes, HeaderField, LinkAnswer, SentRequest,
};
use stepcast_suite::Subject;
use url::Url;

/// Most bytes of bodies that a step holds in memory if everything is kept: a check of links reads many.
const EVERYTHING_BYTES: usize = 64 * 1024 * 1024;

/// Marks a body as UTF-8, whatever its headers say.
const UTF_8_MARK: &str = "\u{feff}";

/// Bodies and certificates, by their SHA-256 in hexadecimal.
pub type Bodies = BTreeMap<String, Bytes>;

/// The requests of a step in the order they were sent, and the contents that they name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The requests with their answers, redirects included
    pub exchanges: Vec<Exchange>,
    /// What links answered whose requests are not among them
    pub links: Vec<LinkAnswer>,
    /// The contents that they name
    pub bodies: Bodies,
}

/// What is kept of a test's requests and answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keeping {
    /// Nothing
    #[default]
    Nothing,
    /// The requests of steps in their last try, and those of dead links
    Steps {
        /// Most bytes of bodies that a step holds in memory
        bytes: usize,
    },
    /// The requests of steps, in every try, and those of all links
    Everything,
}

impl Keeping {
    /// The log of a step.
    pub(super) fn log(self) -> RequestLog {
        match self {
            Self::Nothing => RequestLog::default(),
            Self::Steps { bytes } => RequestLog::on(Bounds { each: bytes, all: bytes }),
            Self::Everything => RequestLog::on(Bounds { each: usize::MAX, all: EVERYTHING_BYTES }),
        }
    }
}

/// The requests of a step with their secrets, which only [`StepRequests::evidence`] lets out, without them.
#[derive(Clone)]
pub struct StepRequests {
    noted: Taken,
    looked_at: Vec<Subject>,
    mask: Arc<Mask>,
}

impl StepRequests {
    pub(super) fn new(noted: Taken, mask: Arc<Mask>) -> Self {
        Self { noted, looked_at: Vec::new(), mask }
    }

    /// The same with what the checks looked at that did not hold.
    #[must_use]
    pub(super) fn looking_at(self, looked_at: Vec<Subject>) -> Self {
        Self { looked_at, ..self }
    }

    /// What the checks looked at that did not hold. Values of secrets may be in it.
    pub fn looked_at(&self) -> &[Subject] {
        &self.looked_at
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.noted.requests.is_empty()
    }

    /// Hides the secrets of this run in what an earlier one kept: for that run, they may not have been secrets. A body that
    /// is not text is left out if the run has secrets.
    pub fn hide_in(&self, kept: Evidence) -> Evidence {
        if !self.mask.has_secrets() {
            return kept;
        }
        let Evidence { mut exchanges, mut links, bodies } = kept;
        let headers: HashMap<String, HeaderMap> = exchanges.iter().filter_map(content_type).collect();
        for exchange in &mut exchanges {
            let Exchange { request, answer, .. } = exchange;
            request.url = self.mask.hide(&request.url);
            let answer_headers = answer.as_mut().map(|answer| &mut answer.headers);
            for field in request.headers.iter_mut().chain(answer_headers.into_iter().flatten()) {
                field.name = self.mask.hide(&field.name);
                field.value = self.mask.hide(&field.value);
            }
        }
        for link in &mut links {
            let LinkAnswer { url, fragments, missing, status: _ } = link;
            for text in [url].into_iter().chain(fragments).chain(missing) {
                *text = self.mask.hide(text);
            }
        }
        let hidden = |(sha256, body): (String, Bytes)| {
            let headers = headers.get(&sha256).cloned().unwrap_or_default();
            masked_body(&headers, &body, body.len(), &self.mask).map(|body| (sha256, body))
        };
        Evidence { exchanges, links, bodies: bodies.into_iter().filter_map(hidden).collect() }
    }

    /// How many bytes it holds of bodies, and of the addresses of links.
    pub fn bytes(&self) -> usize {
        let bodies = self.noted.requests.iter().flat_map(|request| [&request.body, &request.answer_body]).flatten();
        let bodies: usize = bodies.map(|body| body.noted.as_ref().map_or(0, Bytes::len)).sum();
        bodies + self.noted.links.iter().map(NotedLink::bytes).sum::<usize>()
    }

    /// Drops these.
    pub fn drop_bodies_and_links(&mut self) {
        self.noted.links = Vec::new();
        for request in &mut self.noted.requests {
            for body in [&mut request.body, &mut request.answer_body].into_iter().flatten() {
                body.noted = None;
            }
        }
    }

    /// Hides the secrets. At most `body_bytes` of each body are kept. This takes time proportional to the bodies.
    pub fn evidence(&self, body_bytes: usize) -> Evidence {
        let mut writer = Writer { mask: &self.mask, body_bytes, bodies: Bodies::new() };
        let exchanges = self.noted.requests.iter().map(|request| writer.exchange(request)).collect();
        let links = self.noted.links.iter().map(|link| link_answer(link, &self.mask)).collect();
        Evidence { exchanges, links, bodies: writer.bodies }
    }
}

/// The requests of a step that runs, as [`StepRequests`] has them of one that has ended.
#[derive(Clone)]
pub struct RunningRequests {
    log: RequestLog,
    mask: Arc<Mask>,
}

impl RunningRequests {
    pub(super) fn new(log: RequestLog, mask: Arc<Mask>) -> Self {
        Self { log, mask }
    }

    /// Takes the requests so far. Those that are under way are noted when the step is dropped.
    pub fn take(self) -> StepRequests {
        StepRequests::new(self.log.take(), self.mask)
    }
}

/// The digest by which a content is named.
pub fn content_digest(bytes: &[u8]) -> String {
    digest::sha256(bytes)
}

/// The media type of the body of an answer, by the body's digest.
fn content_type(exchange: &Exchange) -> Option<(String, HeaderMap)> {
    let answer = exchange.answer.as_ref()?;
    let field = answer.headers.iter().find(|field| field.name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()))?;
    let headers = [(CONTENT_TYPE, HeaderValue::from_str(&field.value).ok()?)].into_iter().collect();
    Some((answer.body.as_ref()?.sha256.clone()?, headers))
}

struct Writer<'m> {
    mask: &'m Mask,
    body_bytes: usize,
    bodies: Bodies,
}

impl Writer<'_> {
    fn exchange(&mut self, noted: &Noted) -> Exchange {
        let Noted { at, method, url, headers, body, answer, answer_body, error, times, is_link } = noted;
        Exchange {
            at: format!("{at:.3}"),
            request: SentRequest {
                method: self.mask.hide(method.as_str()),
                url: address(url, self.mask),
                headers: fields(headers, self.mask),
                body: body.as_ref().map(|body| self.content(headers, body)),
            },
            answer: answer.as_ref().map(|head| self.answer(head, answer_body.as_ref())),
            failure: error.as_ref().map(|error| ExchangeFailure {
                kind: error.kind(),
                message: excerpt(&error.to_string(), self.mask),
                is_permanent: error.is_permanent(),
            }),
            remote: answer.as_ref().and_then(|head| head.remote).map(|remote| remote.to_string()),
            times: in_microseconds(*times),
            is_link: *is_link,
        }
    }

    fn answer(&mut self, head: &Head, body: Option<&Body>) -> Answer {
        Answer {
            status: head.status.as_u16(),
            version: format!("{:?}", head.version),
            headers: fields(&head.headers, self.mask),
            body: body.map(|body| self.content(&head.headers, body)),
            certificate: head.certificate.as_ref().map(|der| self.keep(der.clone())),
        }
    }

    fn content(&mut self, headers: &HeaderMap, body: &Body) -> Content {
        let bytes = body.bytes as u64;
        let nothing = |why: &str| Content { bytes, sha256: None, left_out: Some(why.to_owned()) };
        let Some(noted) = &body.noted else { return nothing("there was no room for it") };
        let Some(mut kept) = masked_body(headers, noted, self.body_bytes, self.mask) else {
            return nothing("it is not text, so a secret of the run could be in it unseen");
        };
        let is_cut = kept.len() > self.body_bytes || body.bytes > self.body_bytes;
        kept.truncate(self.body_bytes);
        let left_out = is_cut.then(|| format!("only its first {} bytes are kept", kept.len()));
        Content { bytes, sha256: Some(self.keep(kept)), left_out }
    }

    fn keep(&mut self, bytes: Bytes) -> String {
        let sha256 = content_digest(&bytes);
        self.bodies.entry(sha256.clone()).or_insert(bytes);
        sha256
    }
}

/// A body whose first `bytes` are without secrets, or nothing if a secret could be in it unseen.
pub fn masked_body(headers: &HeaderMap, body: &Bytes, bytes: usize, mask: &Mask) -> Option<Bytes> {
    if !mask.has_secrets() {
        return Some(body.clone());
    }
    let text = charset::decode(headers, body);
    if text.contains(|c: char| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let hidden = mask.hide_start(&text, bytes);
    if text.starts_with(&hidden) && text.as_bytes() == body.as_ref() {
        return Some(body.clone());
    }
    let is_utf8 = std::str::from_utf8(body).is_ok_and(|own| own == text);
    Some(if is_utf8 { hidden } else { format!("{UTF_8_MARK}{hidden}") }.into())
}

fn link_answer(link: &NotedLink, mask: &Mask) -> LinkAnswer {
    let hidden = |fragments: &[String]| fragments.iter().map(|fragment| mask.hide(fragment)).collect();
    LinkAnswer {
        url: address(&link.url, mask),
        status: link.status,
        fragments: hidden(&link.fragments),
        missing: hidden(&link.missing),
    }
}

/// An address without its password, and without secrets.
pub fn address(url: &Url, mask: &Mask) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    if url.password().is_some() {
        // The address has a host, so it can have a password.
        let _ = url.set_password(Some(MASKED));
    }
    mask.hide(url.as_str())
}

/// Header fields without secrets and credentials.
pub fn fields(headers: &HeaderMap, mask: &Mask) -> Vec<HeaderField> {
    let field = |(name, value): (&HeaderName, &HeaderValue)| HeaderField {
        name: mask.hide(name.as_str()),
        value: if name == AUTHORIZATION || name == PROXY_AUTHORIZATION {
            MASKED.to_owned()
        } else {
            mask.hide(&header_text(value))
        },
    };
    headers.iter().map(field).collect()
}

fn in_microseconds(times: Times) -> ExchangeTimes {
    let Times { waiting, connecting, answer, body } = times;
    let Connecting { name, tls, whole } = connecting;
    let apart = name.unwrap_or_default() + tls.unwrap_or_default();
    let connect = whole.map(|whole| whole.saturating_sub(apart));
    let answer = answer.saturating_sub(whole.unwrap_or_default());
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    ExchangeTimes {
        waiting_us: micros(waiting),
        name_us: name.map(micros),
        connect_us: connect.map(micros),
        tls_us: tls.map(micros),
        answer_us: micros(answer),
        body_us: micros(body),
    }
}
