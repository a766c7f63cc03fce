//! Looks up the value of a subject.

use super::filter;
use super::found::Found;
use super::json_path;
use super::xpath;
use crate::certificate::Certificate;
use crate::fetch::{Hop, Response};
use crate::page::{Document, JsonError, Page, Reader, Selector, inner_xml, written_name};
use crate::unclear::Unclear;
use ego_tree::NodeId;
use html5ever::QualName;
use http::Version;
use jiff::Timestamp;
use scraper::ElementRef;
use serde_json::Value;
use std::borrow::Cow;
use stepcast_suite::pattern::{Pattern, TooLong};
use stepcast_suite::selector::Prefixes;
use stepcast_suite::{CertificateProperty, CookieAttribute, CookieSource, HopAttribute, Property, Subject};

/// Most nodes that a selector visits to find out where a check looks.
const VISITS: usize = 2_000_000;
/// Most nodes that a check looks at, for [`nodes`].
const NODES: usize = 1_000;

/// The value of the subject in the page.
pub fn look<'p>(subject: &Subject, page: &'p Page) -> Result<Found<'p>, Unclear> {
    let response = page.response();
    Ok(match subject {
        Subject::Status => Found::Number(f64::from(response.status.as_u16())),
        Subject::HttpVersion => Found::Text(version(response.version).into()),
        Subject::Header(name) => Found::Fields(page.headers(name)),
        Subject::Cookie { name, attribute, from } => cookie(name, *attribute, *from, page),
        Subject::Certificate(property) => certificate(*property, page)?,
        Subject::Url => Found::Text(response.url.as_str().into()),
        Subject::Redirects => number(response.redirects.len()),
        Subject::Hops { attribute, nth } => hops(*attribute, *nth, response),
        Subject::Body => Found::Text(page.text().into()),
        Subject::BodyIn(charset) => match page.text_in(charset) {
            Some(text) => Found::Text(text.into()),
            None => return Err(Unclear(format!("`{charset}` is not a charset"))),
        },
        Subject::Bytes => Found::Text(page.bytes().into()),
        Subject::Sha256 => Found::Text(page.sha256().into()),
        Subject::Md5 => Found::Text(page.md5().into()),
        Subject::Size => number(response.body.len()),
        Subject::Time => Found::Number((response.elapsed.as_secs_f64() * 1_000.0).round()),
        Subject::Css { selector, property } => css(selector, property, page)?,
        Subject::XPath { path, property } => by_xpath(path, property, page)?,
        Subject::Json(path) => json(path, page)?,
        Subject::Regex { pattern: text, group } => first_match(text, *group, page)?,
    })
}

/// Whether the subject's text has its white space folded, so that the expected text is folded too.
pub fn folds_white_space(subject: &Subject) -> bool {
    match subject {
        Subject::Css { property, .. } => matches!(property, Property::Text | Property::Texts),
        Subject::XPath { .. } => true,
        _ => false,
    }
}

/// Parses a pattern again, because templates may have changed it.
pub fn pattern(text: &str) -> Result<Pattern, Unclear> {
    Pattern::new(text).map_err(|error| Unclear(format!("`{text}` is not a regular expression: {error}")))
}

/// Why a pattern cannot be matched.
pub fn too_long(pattern: &str, error: TooLong) -> Unclear {
    Unclear(format!("`{pattern}` {error}"))
}

/// Parses a selector again for this document, because templates may have changed it.
pub fn selector(text: &str, document: &Document) -> Result<Selector, Unclear> {
    let none = Prefixes::new();
    Selector::with_prefixes(text, document.prefixes.as_ref().unwrap_or(&none))
        .map_err(|error| Unclear(format!("`{text}` is not a CSS selector: {error}")))
}

/// Text as people see it: white space folded to single spaces, trimmed at both ends.
pub fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A version of HTTP, spelled as in its messages.
fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

/// The nodes that a subject looks at in a document, as far as they are found at once.
pub fn nodes(subject: &Subject, document: &Document) -> Vec<NodeId> {
    match subject {
        Subject::Css { selector: text, .. } => {
            let found = selector(text, document).ok().and_then(|found| found.within(document, VISITS, NODES).ok());
            found.unwrap_or_default().into_iter().map(|element| element.id()).collect()
        }
        Subject::XPath { path, .. } => match xpath::parse(path).and_then(|path| xpath::evaluate(&path, document)) {
            Ok(xpath::Value::Nodes(nodes)) => nodes.iter().take(NODES).map(xpath::Node::id).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn css<'p>(text: &str, property: &Property, page: &'p Page) -> Result<Found<'p>, Unclear> {
    let document = document(page)?;
    css_in(text, property, document)
}

/// The elements of a body, or why it has none.
fn document(page: &Page) -> Result<&Document, Unclear> {
    page.document().map_err(|error| Unclear(error.to_string()))
}

/// What a selector finds in a document.
pub fn css_in<'p>(text: &str, property: &Property, document: &'p Document) -> Result<Found<'p>, Unclear> {
    let selector = selector(text, document)?;
    if *property == Property::Count {
        return Ok(number(selector.all(document)?.len()));
    }
    if *property == Property::Texts {
        let mut reader = Reader::default();
        let texts = selector.all(document)?.into_iter().map(|element| reader.text(element));
        return Ok(list(&texts.collect::<Result<Vec<_>, _>>()?));
    }
    let Some(first) = selector.first(document)? else { return Ok(Found::Nothing) };
    Ok(match property {
        Property::Html if document.prefixes.is_some() => Found::Text(inner_xml(first).into()),
        Property::Html => Found::Text(first.inner_html().into()),
        Property::Attribute(name) => attribute(first, name).map_or(Found::Nothing, |value| Found::Text(value.into())),
        _ => Found::Text(fold(&Reader::default().text(first)?).into()),
    })
}

/// An attribute by its name, which may have a prefix in XML.
pub fn attribute<'p>(element: ElementRef<'p>, name: &str) -> Option<&'p str> {
    let (attributes, element) = (&element.value().attrs, element.value());
    element.attr(name).or_else(|| {
        let is_meant = |own: &QualName| own.prefix.is_some() && written_name(own) == name;
        attributes.iter().find(|(own, _)| is_meant(own)).map(|(_, value)| &**value)
    })
}

fn list(texts: &[String]) -> Found<'static> {
    Found::List(texts.iter().map(|text| Cow::Owned(Value::String(fold(text)))).collect())
}

fn by_xpath<'p>(path: &str, property: &Property, page: &'p Page) -> Result<Found<'p>, Unclear> {
    by_xpath_in(path, property, document(page)?)
}

/// What an `XPath` finds in a document.
pub fn by_xpath_in<'p>(path: &str, property: &Property, document: &'p Document) -> Result<Found<'p>, Unclear> {
    let nodes = match (xpath::evaluate(&xpath::parse(path)?, document)?, property) {
        (xpath::Value::Nodes(nodes), _) => nodes,
        (xpath::Value::Text(text), Property::Text) => return Ok(Found::Text(fold(&text).into())),
        // Adding zero turns minus zero into zero.
        (xpath::Value::Number(number), Property::Text) => return Ok(Found::Number(number + 0.0)),
        (xpath::Value::Boolean(boolean), Property::Text) => return Ok(Found::Json(Cow::Owned(boolean.into()))),
        _ => return Err(Unclear(format!("`{path}` gives a value, not nodes"))),
    };
    let first = &nodes[..nodes.len().min(1)];
    Ok(match property {
        Property::Count => number(nodes.len()),
        Property::Texts => list(&xpath::texts(&nodes)?),
        _ => xpath::texts(first)?.pop().map_or(Found::Nothing, |text| Found::Text(fold(&text).into())),
    })
}

fn json<'p>(path: &str, page: &'p Page) -> Result<Found<'p>, Unclear> {
    let path = json_path::parse(path)?;
    let value = match page.json() {
        Ok(value) => value,
        Err(error @ JsonError::TooMany) => return Err(Unclear(error.to_string())),
        Err(JsonError::Invalid(_)) => return Ok(Found::Nothing),
    };
    let values = json_path::evaluate(&path, value.with_exact_numbers())?;
    if !path.is_singular() {
        return Ok(Found::List(values.into_iter().map(Cow::Borrowed).collect()));
    }
    Ok(values.first().map_or(Found::Nothing, |value| Found::Json(Cow::Borrowed(*value))))
}

fn first_match<'p>(text: &str, group: Option<u32>, page: &'p Page) -> Result<Found<'p>, Unclear> {
    let found = pattern(text)?.find(page.text(), group).map_err(|error| too_long(text, error))?;
    Ok(found.map_or(Found::Nothing, |found| Found::Text(found.into())))
}

fn hops(attribute: HopAttribute, nth: Option<i32>, response: &Response) -> Found<'static> {
    let hops = &response.redirects;
    let Some(nth) = nth else {
        let value = |hop: &Hop| match attribute {
            HopAttribute::Status => Value::from(hop.status.as_u16()),
            HopAttribute::Location => Value::from(hop.location.as_str()),
        };
        return Found::List(hops.iter().map(|hop| Cow::Owned(value(hop))).collect());
    };
    match (filter::index_of(nth, hops.len()).and_then(|index| hops.get(index)), attribute) {
        (None, _) => Found::Nothing,
        (Some(hop), HopAttribute::Status) => Found::Number(f64::from(hop.status.as_u16())),
        (Some(hop), HopAttribute::Location) => Found::Text(hop.location.to_string().into()),
    }
}

fn cookie(name: &str, attribute: Option<CookieAttribute>, from: Option<CookieSource>, page: &Page) -> Found<'static> {
    let Some(cookie) = page.cookie(name, from) else { return Found::Nothing };
    let Some(attribute) = attribute else { return Found::Text(cookie.value().to_owned().into()) };
    let text = |text: &str| Found::Text(text.to_owned().into());
    let flag = |flag: Option<bool>| Found::Json(Cow::Owned(Value::Bool(flag.unwrap_or_default())));
    let found = match attribute {
        CookieAttribute::Path => cookie.path().map(text),
        CookieAttribute::Domain => cookie.domain().map(text),
        CookieAttribute::SameSite => cookie.same_site().map(|policy| text(&policy.to_string())),
        CookieAttribute::MaxAge => cookie.max_age().map(|age| Found::Number(age.as_seconds_f64())),
        CookieAttribute::Expires => cookie
            .expires_datetime()
            .and_then(|time| Timestamp::from_second(time.unix_timestamp()).ok())
            .map(|time| text(&time.to_string())),
        CookieAttribute::Secure => Some(flag(cookie.secure())),
        CookieAttribute::HttpOnly => Some(flag(cookie.http_only())),
    };
    found.unwrap_or(Found::Nothing)
}

fn certificate(property: CertificateProperty, page: &Page) -> Result<Found<'static>, Unclear> {
    let Some(der) = &page.response().certificate else { return Ok(Found::Nothing) };
    let certificate = Certificate::read(der).map_err(|error| Unclear(error.to_string()))?;
    Ok(match property {
        CertificateProperty::DaysLeft => days(certificate.days_left(Timestamp::now())),
        CertificateProperty::Expires => {
            certificate.expires().map_or(Found::Nothing, |expires| Found::Text(expires.into()))
        }
        CertificateProperty::Issuer => Found::Text(certificate.issuer().into()),
        CertificateProperty::Subject => Found::Text(certificate.subject().into()),
        CertificateProperty::Names => {
            Found::List(certificate.names().into_iter().map(|name| Cow::Owned(Value::String(name))).collect())
        }
        CertificateProperty::Sha256 => Found::Text(certificate.sha256().into()),
    })
}

#[expect(clippy::cast_precision_loss, reason = "certificates end before the year 10,000")]
fn days(days: i64) -> Found<'static> {
    Found::Number(days as f64)
}

#[expect(clippy::cast_precision_loss, reason = "bodies and pages are far smaller than 2^53")]
fn number(count: usize) -> Found<'static> {
    Found::Number(count as f64)
}
