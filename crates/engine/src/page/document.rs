//! A body as elements: a page of HTML, or XML.

use super::index::Index;
use super::{html, xml};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use scraper::Html;
use std::time::Duration;
use stepcast_suite::Markup;
use stepcast_suite::selector::Prefixes;

/// The elements of a body.
pub struct Document {
    /// The tree. XML uses the same kind of tree, with its own names and namespaces
    pub html: Html,
    /// The namespaces of prefixes, if it is XML
    pub prefixes: Option<Prefixes>,
    /// Its elements by name, id and class
    pub index: Index,
}

/// Why a body has no elements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It exceeds a bound of time or memory
    #[error("{0}")]
    TooMuch(String),
    /// It should be XML and is not well-formed, which is the page's fault
    #[error("the body is not well-formed XML: {0}")]
    Malformed(String),
}

impl Document {
    /// Parses a text. The prefixes in `given` take precedence over those that the document declares.
    pub fn parse(text: &str, markup: Markup, given: &Prefixes) -> Result<Self, DocumentError> {
        Self::parse_within(text, markup, given, html::PARSING_TIME, html::PARTS)
    }

    /// The same with a time limit and a most of nodes and attributes for HTML.
    pub fn parse_within(
        text: &str,
        markup: Markup,
        given: &Prefixes,
        limit: Duration,
        parts: usize,
    ) -> Result<Self, DocumentError> {
        match markup {
            Markup::Html => {
                let html = html::parse_within(text, limit, parts).map_err(DocumentError::TooMuch)?;
                Ok(Self { html, prefixes: None, index: Index::default() })
            }
            Markup::Xml => {
                let (html, mut prefixes) = xml::parse(text)?;
                prefixes.extend(given.clone());
                Ok(Self { html, prefixes: Some(prefixes), index: Index::default() })
            }
        }
    }

    /// A page of HTML, for tests.
    #[cfg(test)]
    pub fn of_html(text: &str) -> Self {
        Self { html: Html::parse_document(text), prefixes: None, index: Index::default() }
    }

    /// The prefix for a namespace, if there is one.
    pub fn prefix_of(&self, namespace: &str) -> Option<&str> {
        let known = self.prefixes.iter().flatten().find(|(_, known)| *known == namespace);
        known.map(|(prefix, _)| prefix.as_str())
    }
}

/// The markup of a body by its media type; if that does not decide, by its beginning. Browsers treat `text/html` as
/// HTML, whatever its beginning (RFC 7303 for `+xml`).
pub fn markup_of(headers: &HeaderMap, text: &str) -> Markup {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_xml = match media_type.as_str() {
        "application/xml" | "text/xml" => true,
        "text/html" => false,
        other => other.ends_with("+xml") || text.trim_start_matches('\u{feff}').starts_with("<?xml"),
    };
    if is_xml { Markup::Xml } else { Markup::Html }
}
