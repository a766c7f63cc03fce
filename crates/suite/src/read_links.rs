//! Reads the requirements on a page's links.

use super::check::{LinkScope, Links};
use super::matcher::status_class;
use super::reader::At;
use crate::document::Kind;
use crate::limits;
use serde_json::Value;

/// The keys of `links`.
pub(super) const LINKS_KEYS: [&str; 5] = ["scope", "accept", "fragments", "limit", "ignore"];
/// Which links to request, as a suite writes it.
pub(super) const LINK_SCOPES: [(&str, LinkScope); 3] =
    [("same_host", LinkScope::SameHost), ("internal", LinkScope::Internal), ("all", LinkScope::All)];

pub(super) fn read_links(at: &At) -> Option<Links> {
    let mut links = Links::default();
    if let Kind::Scalar(Value::Null) = &at.node.kind {
        return Some(links);
    }
    let fields = at.fields(&LINKS_KEYS)?;
    if let Some(at) = fields.get("scope") {
        links.scope = LINK_SCOPES[at.choice(&LINK_SCOPES.map(|(name, _)| name))?].1;
    }
    if let Some(at) = fields.get("accept") {
        links.accept = at.items()?.iter().map(read_statuses).collect::<Option<_>>()?;
    }
    if let Some(at) = fields.get("fragments") {
        links.fragments = at.boolean()?;
    }
    if let Some(at) = fields.get("limit") {
        links.limit = at.whole_number(1, limits::LINKS_PER_CHECK)?;
    }
    if let Some(at) = fields.get("ignore") {
        let patterns = if matches!(at.node.kind, Kind::List(_)) { at.items()? } else { vec![at] };
        links.ignore = patterns.iter().map(|at| at.regex().map(|(text, _)| text)).collect::<Option<_>>()?;
    }
    Some(links)
}

/// `200`, `2xx` or `200-399`.
fn read_statuses(at: &At) -> Option<(u16, u16)> {
    let text = at.text()?;
    let code = |text: &str| text.trim().parse().ok().filter(|code| (100..=599).contains(code));
    let range = match text.split_once('-') {
        Some((low, high)) => code(low).zip(code(high)).filter(|(low, high)| low <= high),
        None => {
            status_class(&text).map(|class| (*class.start(), *class.end())).or(code(&text).map(|code| (code, code)))
        }
    };
    if range.is_none() { at.expected_value("status codes, like `200`, `2xx` or `200-399`") } else { range }
}
