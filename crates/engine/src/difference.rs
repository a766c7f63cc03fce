//! What changed in the answer of a step since its test last passed.
//!
//! Both answers come from evidence, so they are without secrets and bounded. Status, redirects, headers and bodies are
//! compared part by part: JSON by path (`json`), HTML and XML by element (`elements`), other text by line (`lines`). A
//! difference that has the same words in many places is reported once. Places where passing answers differ from each
//! other too are noise: this is learnt from them (`learn`), and some of it shows in the values (`fresh`).
//!
//! Nothing here decides about a result, and nothing is fetched.

mod aligned;
mod collected;
mod elements;
mod exchanged;
mod fresh;
mod json;
mod learnt;
mod lines;
mod outline;
mod words;

pub use learnt::learn;

use super::evidence::Bodies;
use super::page::{Document, charset, json_structure, markup_of};
use bytes::Bytes;
use collected::{Collector, Found};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use std::time::Duration;
use stepcast_protocol::difference::{Difference, DifferenceKind};
use stepcast_protocol::exchange::{Answer, Content, Exchange, StepNoise};
use stepcast_suite::selector::Prefixes;
use stepcast_suite::{Markup, Property, Subject};

/// How long one page may take to parse. A difference takes two of them.
const PARSING_TIME: Duration = Duration::from_secs(1);
/// Most nodes and attributes of a page that is compared by element; another one is compared by line. Both pages are in
/// memory at once, and each node takes some hundred bytes.
const PARTS: usize = 200_000;

/// What a step sent and received.
#[derive(Debug, Clone, Copy)]
pub struct Exchanged<'a> {
    /// The requests of the step itself with their answers, redirects included; not those of its links
    pub exchanges: &'a [Exchange],
    /// The contents that they name
    pub bodies: &'a Bodies,
}

/// The differences between two answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// The most telling first, and noise last
    pub differences: Vec<Difference>,
    /// How many more there are, noise not counted
    pub left_out: u32,
}

/// Compares what a step received with what it received `before`. `looked_at` has what its failing checks looked at:
/// differences there come first. This takes time proportional to the answers.
pub fn compare(
    before: Exchanged<'_>,
    now: Exchanged<'_>,
    looked_at: &[Subject],
    noise: Option<&StepNoise>,
) -> Differences {
    let mut collector = Collector::new(noise, looked_at);
    collect(before, now, looked_at, &mut collector);
    let counts =
        |subject: &Subject| matches!(subject, Subject::Css { property: Property::Count | Property::Exists, .. });
    collector.finish(looked_at.iter().any(counts))
}

fn collect(before: Exchanged<'_>, now: Exchanged<'_>, looked_at: &[Subject], collector: &mut Collector<'_>) {
    exchanged::compare(before.exchanges, now.exchanges, looked_at, collector);
    if let (Some(before), Some(now)) = (Body::of(before), Body::of(now)) {
        bodies(before, now, looked_at, collector);
    }
}

/// The body of a step's last answer.
#[derive(Clone, Copy)]
struct Body<'a> {
    content: &'a Content,
    bytes: Option<&'a Bytes>,
    content_type: Option<&'a str>,
}

impl<'a> Body<'a> {
    fn of(exchanged: Exchanged<'a>) -> Option<Self> {
        let answer = exchanged.exchanges.last()?.answer.as_ref()?;
        let content = answer.body.as_ref()?;
        let bytes = content.sha256.as_ref().and_then(|sha256| exchanged.bodies.get(sha256));
        Some(Self { content, bytes, content_type: header(answer, CONTENT_TYPE.as_str()) })
    }

    fn headers(&self) -> HeaderMap {
        let content_type = self.content_type.and_then(|text| HeaderValue::from_str(text).ok());
        content_type.map(|value| (CONTENT_TYPE, value)).into_iter().collect()
    }

    /// The body as text, if it is text.
    fn text(&self) -> Option<String> {
        let text = charset::decode(&self.headers(), self.bytes?);
        (!text.contains('\0')).then_some(text)
    }
}

fn bodies(before: Body<'_>, now: Body<'_>, looked_at: &[Subject], collector: &mut Collector<'_>) {
    if before.content.sha256.is_some() && before.content.sha256 == now.content.sha256 {
        return;
    }
    if let (Some(old), Some(new)) = (before.text(), now.text()) {
        if let (Some(old), Some(new)) = (json_structure(&old), json_structure(&new)) {
            return json::compare(&old, &new, looked_at, collector);
        }
        let markups = (markup_of(&before.headers(), &old), markup_of(&now.headers(), &new));
        if is_markup(&before, &old)
            && is_markup(&now, &new)
            && let (Some(old), Some(new)) = (parse(&old, markups.0), parse(&new, markups.1))
        {
            return elements::compare(&old, &new, looked_at, collector);
        }
        return lines::compare(&old, &new, collector);
    }
    if before.content.bytes != now.content.bytes || before.bytes.is_some() && now.bytes.is_some() {
        let size = |body: Body<'_>| format!("{} bytes", body.content.bytes);
        collector.add(Found {
            kind: DifferenceKind::Body,
            place: String::new(),
            before: Some(size(before)),
            after: Some(size(now)),
            text: if before.content.bytes == now.content.bytes {
                "the body is another one of the same size".to_owned()
            } else {
                format!("the body has {}, and had {} before", size(now), size(before))
            },
            is_near: looked_at.iter().any(looks_at_body),
            is_fresh: false,
        });
    }
}

fn is_markup(body: &Body<'_>, text: &str) -> bool {
    let is_named = body.content_type.is_some_and(|name| name.contains("html") || name.contains("xml"));
    is_named || text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

fn parse(text: &str, markup: Markup) -> Option<Document> {
    Document::parse_within(text, markup, &Prefixes::new(), PARSING_TIME, PARTS).ok()
}

fn looks_at_body(subject: &Subject) -> bool {
    matches!(
        subject,
        Subject::Body
            | Subject::BodyIn(_)
            | Subject::Bytes
            | Subject::Sha256
            | Subject::Md5
            | Subject::Size
            | Subject::Regex { .. }
    )
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let field = answer.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    field.map(|field| field.value.as_str())
}
