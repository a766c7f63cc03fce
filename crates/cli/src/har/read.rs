//! Reads an archive as a recording.

use super::write::BASE64;
use super::{CREATOR, Content, Document, Entry, Pair, PostData, Timings};
use crate::files;
use crate::usage_error::UsageError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;
use std::path::Path;
use stepcast_engine::{Bodies, KeptStep, Recording, content_digest};
use stepcast_protocol::exchange::{
    self, Answer, Exchange, ExchangeFailure, ExchangeTimes, FailureKind, HeaderField, SentRequest,
};
use url::form_urlencoded;

/// Largest archive that is read, in bytes.
const MOST_BYTES: usize = 256 * 1024 * 1024;
/// Marks a body as UTF-8, whatever its headers say: a browser has decoded it.
const UTF_8_MARK: &str = "\u{feff}";

/// Reads an archive that Stepcast has recorded or a browser has saved.
pub(crate) fn read(path: &Path) -> Result<Recording, UsageError> {
    let text = files::read_named(path, MOST_BYTES).map_err(UsageError::new)?;
    let invalid = |problem: String| UsageError::new(format!("`{}` is not an HTTP archive: {problem}", path.display()));
    let text = text.trim_start_matches('\u{feff}');
    let Document { log } = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
    let is_own = log.creator.name == CREATOR;
    let titles: HashMap<String, String> = log.pages.into_iter().map(|page| (page.id, page.title)).collect();
    let mut reader = Reader { is_own, bodies: Bodies::new() };
    let mut kept = Vec::new();
    for (number, entry) in (1..).zip(log.entries) {
        if !entry.request.url.starts_with("http://") && !entry.request.url.starts_with("https://") {
            continue;
        }
        let test = entry.pageref.as_ref().and_then(|page| titles.get(page)).filter(|_| is_own).cloned();
        let exchange = reader.exchange(entry).map_err(|problem| invalid(format!("entry {number}: {problem}")))?;
        kept.push(KeptStep { test, exchanges: vec![exchange], links: Vec::new() });
    }
    if kept.is_empty() {
        return Err(UsageError::new(format!("`{}` has no request in it", path.display())));
    }
    Ok(if is_own { Recording::own(kept, reader.bodies) } else { Recording::of_browser(kept, reader.bodies) })
}

struct Reader {
    is_own: bool,
    bodies: Bodies,
}

impl Reader {
    fn exchange(&mut self, entry: Entry) -> Result<Exchange, String> {
        let Entry { started_date_time, request, response, timings, server_address, own, .. } = entry;
        let own = own.unwrap_or_default();
        let body = request.post_data.map(|body| self.sent_body(body, own.request_left_out)).transpose()?;
        let headers = fields(&response.headers);
        let failed = || ExchangeFailure {
            kind: FailureKind::Other,
            message: response.error.unwrap_or_else(|| "the browser got no answer".to_owned()),
            is_permanent: true,
        };
        let has_answer = response.status != 0;
        let answer = if has_answer {
            let status = u16::try_from(response.status).map_err(|_| format!("{} is not a status", response.status))?;
            let may_have_body = request.method != "HEAD" && !matches!(status, 204 | 300..=399);
            let body = self.answer_body(response.content, &headers, may_have_body, own.answer_left_out)?;
            let certificate = own.certificate.map(|der| decode(&der)).transpose()?.map(|der| self.keep(der));
            Some(Answer { status, version: response.http_version, headers, body, certificate })
        } else {
            None
        };
        let failure = own.failure.or_else(|| (!has_answer).then(failed));
        Ok(Exchange {
            at: started_date_time,
            request: SentRequest { method: request.method, url: request.url, headers: fields(&request.headers), body },
            answer,
            failure,
            remote: server_address,
            times: times(&timings),
            is_link: false,
        })
    }

    fn sent_body(&mut self, body: PostData, left_out: Option<String>) -> Result<exchange::Content, String> {
        let PostData { text, params, encoding, .. } = body;
        let bytes = match text {
            Some(text) => content(text, encoding.as_deref())?,
            None if params.is_empty() => Vec::new(),
            None => {
                let pairs = params.iter().map(|Pair { name, value }| (name, value));
                form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
            }
        };
        let size = bytes.len() as u64;
        Ok(exchange::Content { bytes: size, sha256: Some(self.keep(bytes)), left_out })
    }

    fn answer_body(
        &mut self,
        body: Content,
        headers: &[HeaderField],
        may_have_body: bool,
        left_out: Option<String>,
    ) -> Result<Option<exchange::Content>, String> {
        let Content { size, text, encoding, .. } = body;
        let bytes = u64::try_from(size).unwrap_or_default();
        let Some(text) = text else {
            let left_out = left_out.or_else(|| {
                let advice = "the file has no body for it; save it with content, while the page is open";
                (may_have_body && size != 0).then(|| advice.to_owned())
            });
            return Ok(left_out.map(|left_out| exchange::Content { bytes, sha256: None, left_out: Some(left_out) }));
        };
        let was_decoded = !self.is_own && encoding.is_none() && !text.is_ascii() && !says_utf8(headers);
        let text = if was_decoded { format!("{UTF_8_MARK}{text}") } else { text };
        let sha256 = Some(self.keep(content(text, encoding.as_deref())?));
        Ok(Some(exchange::Content { bytes, sha256, left_out }))
    }

    fn keep(&mut self, bytes: Vec<u8>) -> String {
        let sha256 = content_digest(&bytes);
        self.bodies.entry(sha256.clone()).or_insert_with(|| bytes.into());
        sha256
    }
}

fn content(text: String, encoding: Option<&str>) -> Result<Vec<u8>, String> {
    match encoding {
        Some(BASE64) => decode(&text),
        _ => Ok(text.into_bytes()),
    }
}

fn decode(base64: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(base64.trim()).map_err(|error| format!("a body is not Base64: {error}"))
}

fn says_utf8(headers: &[HeaderField]) -> bool {
    let content_type = headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-type"));
    content_type.is_some_and(|field| field.value.to_ascii_lowercase().contains("utf-8"))
}

/// Header fields. Browsers list the parts of HTTP/2 that are no headers, like `:authority`, among them, and Chromium
/// writes the values of several fields of one name as lines.
fn fields(pairs: &[Pair]) -> Vec<HeaderField> {
    let fields = pairs.iter().filter(|pair| !pair.name.starts_with(':'));
    let lines = fields.flat_map(|Pair { name, value }| value.split('\n').map(move |value| (name, value)));
    lines.map(|(name, value)| HeaderField { name: name.clone(), value: value.trim().to_owned() }).collect()
}

fn times(timings: &Timings) -> ExchangeTimes {
    let Timings { blocked, dns, connect, ssl, send, wait, receive } = timings;
    let tls = microseconds(*ssl);
    ExchangeTimes {
        waiting_us: microseconds(*blocked).unwrap_or_default(),
        name_us: microseconds(*dns),
        // The time of the connection includes that of TLS.
        connect_us: microseconds(*connect).map(|time| time.saturating_sub(tls.unwrap_or_default())),
        tls_us: tls,
        answer_us: microseconds(*send).unwrap_or_default() + microseconds(*wait).unwrap_or_default(),
        body_us: microseconds(*receive).unwrap_or_default(),
    }
}

/// Nothing for a time that is not known, and at most a day.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and a day")]
fn microseconds(milliseconds: f64) -> Option<u64> {
    const DAY: f64 = 86_400_000.0;
    (milliseconds >= 0.0).then(|| (milliseconds.min(DAY) * 1000.0).round() as u64)
}
