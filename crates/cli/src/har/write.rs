//! Writes an archive while a run goes on.

use super::{
    CREATOR, Cache, Content, Creator, Entry, Own, Page, PageTimings, Pair, PostData, Request, Response, Timings,
    UNKNOWN, VERSION,
};
use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use stepcast_engine::{Bodies, Evidence};
use stepcast_protocol::exchange::{self, Answer, Exchange, ExchangeTimes, HeaderField, SentRequest};
use url::Url;

/// The text encodings of a HAR file besides plain text.
pub(super) const BASE64: &str = "base64";

/// Writes requests as they come. The file has its name only once it is complete, so a run that is killed leaves an
/// earlier one as it was.
pub(crate) struct ArchiveWriter {
    path: PathBuf,
    part: Part,
    out: BufWriter<File>,
    pages: Vec<Page>,
    is_first: bool,
    error: Option<io::Error>,
}

impl ArchiveWriter {
    /// Begins a file.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = Part(part.into());
        let mut out = BufWriter::new(File::create(&part.0)?);
        let creator = Creator { name: CREATOR.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
        write!(out, r#"{{"log":{{"version":"{VERSION}","creator":"#)?;
        serde_json::to_writer(&mut out, &creator)?;
        write!(out, r#","entries":["#)?;
        Ok(Self { path: path.to_owned(), part, out, pages: Vec::new(), is_first: true, error: None })
    }

    /// Begins a page, which groups the requests of a test, and returns its number.
    pub fn page(&mut self, title: &str) -> usize {
        let number = self.pages.len();
        self.pages.push(Page {
            started_date_time: String::new(),
            id: format!("page_{number}"),
            title: title.to_owned(),
            timings: PageTimings {},
        });
        number
    }

    /// Writes the requests of a step. The first error is reported by [`ArchiveWriter::finish`].
    pub fn write(&mut self, page: usize, step: &str, attempt: u32, evidence: &Evidence) {
        for exchange in &evidence.exchanges {
            let Some(page) = self.pages.get_mut(page) else { return };
            if page.started_date_time.is_empty() {
                page.started_date_time.clone_from(&exchange.at);
            }
            let entry = entry(&page.id, step, attempt, exchange, &evidence.bodies);
            if self.error.is_none() {
                self.error = self.write_entry(&entry).err();
            }
        }
    }

    fn write_entry(&mut self, entry: &Entry) -> io::Result<()> {
        if !std::mem::take(&mut self.is_first) {
            self.out.write_all(b",")?;
        }
        self.out.write_all(b"\n")?;
        Ok(serde_json::to_writer(&mut self.out, entry)?)
    }

    /// Completes the file.
    pub fn finish(mut self) -> anyhow::Result<()> {
        let written = self.error.take().map_or_else(|| self.write_end(), Err);
        let written = written.and_then(|()| fs::rename(&self.part.0, &self.path));
        written.with_context(|| format!("the recording `{}` could not be written", self.path.display()))
    }

    fn write_end(&mut self) -> io::Result<()> {
        self.pages.retain(|page| !page.started_date_time.is_empty());
        self.out.write_all(b"\n],\"pages\":")?;
        serde_json::to_writer(&mut self.out, &self.pages)?;
        self.out.write_all(b"}}\n")?;
        self.out.flush()
    }
}

/// The file until it is complete; it is removed if that never happens.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // It is gone if it was renamed.
        let _ = fs::remove_file(&self.0);
    }
}

fn entry(page: &str, step: &str, attempt: u32, exchange: &Exchange, bodies: &Bodies) -> Entry {
    let Exchange { at, request, answer, failure, remote, times, is_link: _ } = exchange;
    let certificate = answer.as_ref().and_then(|answer| answer.certificate.as_ref());
    let certificate = certificate.and_then(|sha256| bodies.get(sha256)).map(|der| STANDARD.encode(der));
    let left_out = |content: Option<&exchange::Content>| content.and_then(|content| content.left_out.clone());
    let own = Own {
        attempt,
        failure: failure.clone(),
        certificate,
        request_left_out: left_out(request.body.as_ref()),
        answer_left_out: left_out(answer.as_ref().and_then(|answer| answer.body.as_ref())),
    };
    let version = answer.as_ref().map_or_else(|| "HTTP/1.1".to_owned(), |answer| answer.version.clone());
    Entry {
        pageref: Some(page.to_owned()),
        started_date_time: at.clone(),
        time: milliseconds(times.waiting_us + times.total_us()),
        request: sent(request, version, bodies),
        response: answer.as_ref().map_or_else(
            || unanswered(failure.as_ref().map(|failure| failure.message.clone())),
            |answer| answered(answer, failure.as_ref().map(|failure| failure.message.clone()), bodies),
        ),
        cache: Cache {},
        timings: timings(*times),
        server_address: remote
            .as_deref()
            .and_then(|remote| remote.rsplit_once(':'))
            .map(|(ip, _)| ip.trim_matches(['[', ']']).to_owned()),
        comment: Some(step.to_owned()),
        own: Some(own),
    }
}

fn sent(request: &SentRequest, http_version: String, bodies: &Bodies) -> Request {
    let SentRequest { method, url, headers, body } = request;
    let query = Url::parse(url).map(|url| url.query_pairs().into_owned().collect::<Vec<_>>()).unwrap_or_default();
    let body_size = body.as_ref().map_or(Some(0), |body| body.bytes.try_into().ok()).unwrap_or(UNKNOWN);
    let post_data = body.as_ref().map(|content| {
        let (text, encoding) = text(content, bodies);
        PostData { mime_type: header(headers, "content-type").to_owned(), text, params: Vec::new(), encoding }
    });
    Request {
        method: method.clone(),
        url: url.clone(),
        http_version,
        cookies: all(headers, "cookie").flat_map(|value| value.split(';')).filter_map(cookie).collect(),
        headers: pairs(headers),
        query_string: query.into_iter().map(|(name, value)| Pair { name, value }).collect(),
        post_data,
        headers_size: UNKNOWN,
        body_size,
    }
}

fn answered(answer: &Answer, error: Option<String>, bodies: &Bodies) -> Response {
    let Answer { status, version, headers, body, .. } = answer;
    let (text, encoding) = body.as_ref().map(|body| text(body, bodies)).unwrap_or_default();
    let reason = StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
    Response {
        status: (*status).into(),
        status_text: reason.unwrap_or_default().to_owned(),
        http_version: version.clone(),
        cookies: all(headers, "set-cookie").filter_map(|value| cookie(value.split(';').next()?)).collect(),
        headers: pairs(headers),
        content: Content {
            size: body.as_ref().map_or(Some(0), |body| body.bytes.try_into().ok()).unwrap_or(UNKNOWN),
            mime_type: header(headers, "content-type").to_owned(),
            text,
            encoding,
        },
        redirect_url: header(headers, "location").to_owned(),
        headers_size: UNKNOWN,
        body_size: UNKNOWN,
        error,
    }
}

fn unanswered(error: Option<String>) -> Response {
    Response {
        status: 0,
        status_text: String::new(),
        http_version: String::new(),
        cookies: Vec::new(),
        headers: Vec::new(),
        content: Content { mime_type: "x-unknown".to_owned(), ..Content::default() },
        redirect_url: String::new(),
        headers_size: UNKNOWN,
        body_size: UNKNOWN,
        error: error.or_else(|| Some("it was given up".to_owned())),
    }
}

/// A body as text if it is UTF-8, or else in Base64.
fn text(content: &exchange::Content, bodies: &Bodies) -> (Option<String>, Option<String>) {
    let Some(body) = content.sha256.as_ref().and_then(|sha256| bodies.get(sha256)) else { return (None, None) };
    match std::str::from_utf8(body) {
        Ok(text) => (Some(text.to_owned()), None),
        Err(_) => (Some(STANDARD.encode(body)), Some(BASE64.to_owned())),
    }
}

fn pairs(headers: &[HeaderField]) -> Vec<Pair> {
    headers.iter().map(|HeaderField { name, value }| Pair { name: name.clone(), value: value.clone() }).collect()
}

fn all<'h>(headers: &'h [HeaderField], name: &'static str) -> impl Iterator<Item = &'h str> {
    headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value.as_str())
}

fn header<'h>(headers: &'h [HeaderField], name: &'static str) -> &'h str {
    all(headers, name).next().unwrap_or_default()
}

fn cookie(text: &str) -> Option<Pair> {
    let (name, value) = text.trim().split_once('=')?;
    Some(Pair { name: name.to_owned(), value: value.to_owned() })
}

fn timings(times: ExchangeTimes) -> Timings {
    let ExchangeTimes { waiting_us, name_us, connect_us, tls_us, answer_us, body_us } = times;
    let or_unknown = |time: Option<u64>| time.map_or(-1.0, milliseconds);
    Timings {
        blocked: milliseconds(waiting_us),
        dns: or_unknown(name_us),
        // With the time of TLS, as the format wants it.
        connect: or_unknown(connect_us.map(|time| time + tls_us.unwrap_or_default())),
        ssl: or_unknown(tls_us),
        send: 0.0,
        wait: milliseconds(answer_us),
        receive: milliseconds(body_us),
    }
}

#[expect(clippy::cast_precision_loss, reason = "no request takes centuries")]
fn milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1000.0
}
