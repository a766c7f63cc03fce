//! Notes what a step sends and receives, request by request.

use super::{FetchError, FetchRequest, Head};
use crate::connecting::Connecting;
use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_suite::limits::VARIABLE_BYTES;
use url::Url;

/// How many more bytes of a body are noted than are wanted: a secret that begins in the wanted part has to be found whole,
/// and a page may write each of its bytes with six characters, as in `\u0041`.
const BEYOND: usize = 6 * VARIABLE_BYTES;
/// Most requests that one log holds: a check of links makes thousands.
const REQUESTS: usize = 10_000;
/// From how many requests of dead links on no more are held, unless all are. A check names fewer.
const DEAD_LINKS: usize = 20;
/// Most bytes of addresses and fragments that are noted of the other links. A page chooses how long these are.
const LINK_BYTES: usize = 256 * 1024;

/// The requests of a step, and what came back. Clones share it; the default notes nothing and costs nothing.
#[derive(Debug, Clone, Default)]
pub struct RequestLog(Option<Arc<Mutex<Notes>>>);

#[derive(Debug)]
struct Notes {
    taken: Taken,
    bytes: usize,
    link_bytes: usize,
    bounds: Bounds,
}

/// What a log noted.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// The requests, those of links last
    pub requests: Vec<Noted>,
    /// The links whose requests are not among them
    pub links: Vec<NotedLink>,
}

/// What a link answered. Nothing in it is masked.
#[derive(Debug, Clone)]
pub struct NotedLink {
    /// The address, without a fragment
    pub url: Url,
    /// The status
    pub status: u16,
    /// The fragments that the page has, of those that were looked for
    pub fragments: Vec<String>,
    /// The fragments that the page does not have, of those that were looked for
    pub missing: Vec<String>,
}

/// How much of bodies a log notes, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Of each body; what is longer is cut
    pub each: usize,
    /// Of all bodies together; the bodies after that are left out
    pub all: usize,
}

/// A body, as far as it was noted.
#[derive(Debug, Clone)]
pub struct Body {
    /// Its beginning, or all of it; missing if there was no room for it
    pub noted: Option<Bytes>,
    /// How long it was
    pub bytes: usize,
}

/// One request as it was sent, and its answer, as far as it came. Nothing in it is masked.
#[derive(Debug, Clone)]
pub struct Noted {
    /// When it was sent
    pub at: Timestamp,
    /// The method
    pub method: Method,
    /// The address
    pub url: Url,
    /// The headers, without those that are about the connection
    pub headers: HeaderMap,
    /// The body
    pub body: Option<Body>,
    /// What came back before the body
    pub answer: Option<Head>,
    /// The body of the answer, decompressed; the body of a redirect is not read
    pub answer_body: Option<Body>,
    /// Why there is no answer, or only a part of one
    pub error: Option<FetchError>,
    /// How long each part took
    pub times: Times,
    /// Whether it was sent for a check of links
    pub is_link: bool,
}

/// How long the parts of a request took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// The wait for a turn at the host
    pub waiting: Duration,
    /// The time for a new connection, if it needed one
    pub connecting: Connecting,
    /// From the request to the headers of the answer, with the time for the connection
    pub answer: Duration,
    /// The body
    pub body: Duration,
}

impl RequestLog {
    /// A log that notes requests.
    pub fn on(bounds: Bounds) -> Self {
        Self(Some(Arc::new(Mutex::new(Notes { taken: Taken::default(), bytes: 0, link_bytes: 0, bounds }))))
    }

    /// Takes what was noted.
    pub fn take(&self) -> Taken {
        let Some(mut notes) = self.lock() else { return Taken::default() };
        (notes.bytes, notes.link_bytes) = (0, 0);
        mem::take(&mut notes.taken)
    }

    /// The same requests, which another step has made for this one as well.
    pub(super) fn extend(&self, requests: &[Noted]) {
        for request in requests {
            self.note(request.clone());
        }
    }

    /// A log for a link of the page: what is worth it is added to this one.
    pub fn of_link(&self) -> Self {
        self.lock().map(|notes| Self::on(notes.bounds)).unwrap_or_default()
    }

    /// Adds the requests of a link. Those of dead ones are held, at most some, unless `all` are. Of the others the answer
    /// is noted, if there is one.
    pub fn add_link(&self, link: &Self, answer: Option<NotedLink>, is_dead: bool, all: bool) {
        let held = |notes: MutexGuard<'_, Notes>| notes.taken.requests.iter().filter(|request| request.is_link).count();
        if all || (is_dead && self.lock().map_or(0, held) < DEAD_LINKS) {
            for request in link.take().requests {
                self.note(Noted { is_link: true, ..request });
            }
        } else if let (Some(answer), Some(mut notes)) = (answer, self.lock()) {
            let bytes = notes.link_bytes.saturating_add(answer.bytes());
            if bytes <= LINK_BYTES {
                notes.link_bytes = bytes;
                notes.taken.links.push(answer);
            }
        }
    }

    /// The requests that were noted so far.
    pub(super) fn so_far(&self) -> Vec<Noted> {
        self.lock().map(|notes| notes.taken.requests.clone()).unwrap_or_default()
    }

    /// Notes the start of a request with these headers.
    pub(super) fn begin(&self, request: &FetchRequest, headers: &HeaderMap, waiting: Duration) -> Underway {
        let noted = self.0.as_ref().map(|_| Noted {
            at: Timestamp::now(),
            method: request.method.clone(),
            url: request.url.clone(),
            headers: headers.clone(),
            body: request.body.clone().map(Body::whole),
            answer: None,
            answer_body: None,
            error: None,
            times: Times { waiting, ..Times::default() },
            is_link: false,
        });
        Underway { noted, log: self.clone() }
    }

    fn note(&self, mut request: Noted) {
        let Some(mut notes) = self.lock() else { return };
        if notes.taken.requests.len() == REQUESTS {
            return;
        }
        let Bounds { each, all } = notes.bounds;
        for body in [&mut request.body, &mut request.answer_body].into_iter().flatten() {
            body.cut(each.saturating_add(BEYOND));
            let bytes = notes.bytes + body.noted.as_ref().map_or(0, Bytes::len);
            if bytes > all.saturating_add(BEYOND) {
                body.noted = None;
            } else {
                notes.bytes = bytes;
            }
        }
        notes.taken.requests.push(request);
    }

    fn lock(&self) -> Option<MutexGuard<'_, Notes>> {
        self.0.as_ref().map(|notes| notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl NotedLink {
    /// How many bytes its address and its fragments have.
    pub fn bytes(&self) -> usize {
        self.fragments.iter().chain(&self.missing).map(String::len).sum::<usize>() + self.url.as_str().len()
    }
}

impl Body {
    /// A body of which nothing is left out yet.
    pub fn whole(body: Bytes) -> Self {
        Self { bytes: body.len(), noted: Some(body) }
    }

    /// Leaves out what is beyond so many bytes, and frees it.
    fn cut(&mut self, bytes: usize) {
        if let Some(noted) = &mut self.noted
            && noted.len() > bytes
        {
            *noted = Bytes::copy_from_slice(&noted[..bytes]);
        }
    }
}

/// A request under way. It is noted once this is dropped, so a request that is given up is noted too.
pub(super) struct Underway {
    noted: Option<Noted>,
    log: RequestLog,
}

impl Underway {
    /// Notes something about the request, if it is noted at all.
    pub fn note(&mut self, note: impl FnOnce(&mut Noted)) {
        if let Some(noted) = &mut self.noted {
            note(noted);
        }
    }

    /// Notes why the request failed, and returns that.
    pub fn failed(&mut self, error: FetchError) -> FetchError {
        self.note(|noted| noted.error = Some(error.clone()));
        error
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if let Some(noted) = self.noted.take() {
            self.log.note(noted);
        }
    }
}
