//! How a request differs from one that was kept.

use crate::evidence::{Bodies, address, fields, masked_body};
use crate::excerpt::{excerpt, quote};
use crate::fetch::FetchRequest;
use crate::mask::Mask;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use memchr::memmem;
use std::collections::BTreeMap;
use stepcast_protocol::exchange::{HeaderField, SentRequest};
use url::form_urlencoded;

/// Headers that may differ: the client's name changes with its version, cookies expire, and each job is a trace of its
/// own.
const MAY_DIFFER: [&str; 3] = ["user-agent", "cookie", "traceparent"];
/// What the generated boundary of a form is replaced with.
const BOUNDARY: &str = "boundary";

/// A request, with secrets hidden and ready to be compared.
pub struct Asked<'a> {
    method: &'a str,
    /// The address
    pub url: String,
    headers: Vec<HeaderField>,
    body: Option<&'a Bytes>,
    hidden_body: Option<Bytes>,
}

impl<'a> Asked<'a> {
    /// A request that is sent with these headers.
    pub fn new(request: &'a FetchRequest, headers: &HeaderMap, mask: &Mask) -> Self {
        let body = request.body.as_ref();
        Self {
            method: request.method.as_str(),
            url: address(&request.url, mask),
            headers: fields(headers, mask),
            body,
            hidden_body: body.and_then(|body| masked_body(headers, body, body.len(), mask)),
        }
    }

    /// How an error names it.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.url)
    }
}

/// What differs between a request and a kept one to the same address. The headers are compared if both are
/// Stepcast's own.
pub fn difference(asked: &Asked<'_>, kept: &SentRequest, bodies: &Bodies, compares_headers: bool) -> Option<String> {
    if compares_headers && let Some(difference) = header_difference(&asked.headers, &kept.headers) {
        return Some(difference);
    }
    let kept_body = match &kept.body {
        None => None,
        Some(content) => match content.sha256.as_ref().and_then(|sha256| bodies.get(sha256)) {
            Some(body) => Some(body),
            None => return Some("the body of the kept request was not kept".to_owned()),
        },
    };
    let now = [asked.body, asked.hidden_body.as_ref()];
    let is_same = match kept_body {
        None => asked.body.is_none_or(Bytes::is_empty),
        Some(kept_body) => {
            let kept_boundary = boundary(&kept.headers);
            let kept_body = without(kept_body, kept_boundary);
            let is_same = |body: &Bytes| {
                let body = without(body, boundary(&asked.headers));
                body == kept_body || (!compares_headers && is_same_form(&asked.headers, &body, &kept_body))
            };
            now.into_iter().flatten().any(is_same)
        }
    };
    (!is_same).then(|| body_difference(asked, kept_body))
}

fn body_difference(asked: &Asked<'_>, kept: Option<&Bytes>) -> String {
    let shown = |body: Option<&Bytes>| match body.map(|body| std::str::from_utf8(body)) {
        None => "none".to_owned(),
        Some(Ok(text)) => quote(text, &Mask::default()),
        Some(Err(_)) => "bytes that are not text".to_owned(),
    };
    // What is shown of the present body has its secrets hidden; the kept one has none, or is the user's own file.
    let now = if asked.body.is_some() && asked.hidden_body.is_none() {
        "bytes that are not text".to_owned()
    } else {
        shown(asked.hidden_body.as_ref())
    };
    format!("with another body: {} then, {now} now", shown(kept))
}

/// Whether two forms have the same fields. A browser sends them in the order of the page.
fn is_same_form(headers: &[HeaderField], one: &[u8], other: &[u8]) -> bool {
    let is_form = |field: &HeaderField| {
        field.name.eq_ignore_ascii_case(CONTENT_TYPE.as_str())
            && field.value.starts_with("application/x-www-form-urlencoded")
    };
    let fields = |body| {
        let mut fields: Vec<_> = form_urlencoded::parse(body).collect();
        fields.sort();
        fields
    };
    headers.iter().any(is_form) && fields(one) == fields(other)
}

fn header_difference(asked: &[HeaderField], kept: &[HeaderField]) -> Option<String> {
    let (asked, kept) = (by_name(asked), by_name(kept));
    let names = asked.keys().chain(kept.keys());
    let name = names.into_iter().find(|name| asked.get(*name) != kept.get(*name))?;
    let shown = |values: Option<&Vec<String>>| {
        values.map_or_else(
            || "none".to_owned(),
            |values| excerpt(&format!("`{}`", values.join("`, `")), &Mask::default()),
        )
    };
    Some(format!("with another header `{name}`: {} then, {} now", shown(kept.get(name)), shown(asked.get(name))))
}

fn by_name(fields: &[HeaderField]) -> BTreeMap<String, Vec<String>> {
    let own_boundary = boundary(fields);
    let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for HeaderField { name, value } in fields {
        let name = name.to_ascii_lowercase();
        let value = own_boundary.map_or_else(|| value.clone(), |boundary| value.replace(boundary, BOUNDARY));
        if !MAY_DIFFER.contains(&name.as_str()) {
            by_name.entry(name).or_default().push(value);
        }
    }
    by_name
}

/// The boundary of a form, which is new in every request.
fn boundary(fields: &[HeaderField]) -> Option<&str> {
    let content_type = fields.iter().find(|field| field.name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()))?;
    let (kind, rest) = content_type.value.split_once(';')?;
    let boundary = rest.trim().strip_prefix("boundary=").filter(|_| kind.trim() == "multipart/form-data")?;
    Some(boundary.trim_matches('"')).filter(|boundary| !boundary.is_empty())
}

/// A body with its boundary replaced.
fn without(body: &[u8], boundary: Option<&str>) -> Vec<u8> {
    let Some(boundary) = boundary else { return body.to_vec() };
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    for found in memmem::find_iter(body, boundary.as_bytes()) {
        out.extend_from_slice(&body[at..found]);
        out.extend_from_slice(BOUNDARY.as_bytes());
        at = found + boundary.len();
    }
    out.extend_from_slice(&body[at..]);
    out
}
