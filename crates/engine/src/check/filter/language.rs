//! Filters that query a value in a language of its own: patterns, JSONPath, `XPath`, CSS.

use super::super::{json_path, look};
use super::Found;
use crate::page::{self, Document, DocumentError};
use crate::unclear::Unclear;
use serde_json::Value;
use std::borrow::Cow;
use stepcast_suite::selector::Prefixes;
use stepcast_suite::{Filter, Markup, Property};
use url::Url;

/// Why a filter gives no value.
pub enum Problem {
    /// The filter cannot use the value
    Unfit(String),
    /// The filter could not decide
    Unclear(String),
}

impl From<Unclear> for Problem {
    fn from(error: Unclear) -> Self {
        Self::Unclear(error.to_string())
    }
}

/// The first match of a pattern.
pub fn regex(text: &str, pattern: &str, group: Option<u32>) -> Result<Found<'static>, Problem> {
    let found = look::pattern(pattern)?.find(text, group).map_err(|error| look::too_long(pattern, error))?;
    Ok(found.map_or(Found::Nothing, |found| Found::Text(found.to_owned().into())))
}

/// Replaces every match of a pattern; gives nothing if the text becomes longer than `most`.
pub fn replace(text: &str, pattern: &str, with: &str, most: usize) -> Result<Option<String>, Problem> {
    let replaced = look::pattern(pattern)?.replace_all(text, with, most);
    Ok(replaced.map_err(|error| look::too_long(pattern, error))?)
}

/// The value at a path in a text that is JSON.
pub fn json(text: &str, path: &str) -> Result<Found<'static>, Problem> {
    let value = page::parse_json(text).map_err(|_| Problem::Unfit("is not JSON".to_owned()))?;
    json_value(&value, path)
}

/// The value at a path in a JSON value.
pub fn json_value(value: &Value, path: &str) -> Result<Found<'static>, Problem> {
    let path = json_path::parse(path)?;
    let values = json_path::evaluate(&path, value)?;
    let owned = |value: &Value| Cow::Owned(value.clone());
    if !path.is_singular() {
        return Ok(Found::List(values.into_iter().map(owned).collect()));
    }
    Ok(values.first().map_or(Found::Nothing, |value| Found::Json(owned(value))))
}

/// What an `XPath` or a selector finds in a text that is HTML, or XML if it begins with `<?xml`.
pub fn elements(text: &str, filter: &Filter, namespaces: &Prefixes) -> Result<Found<'static>, Problem> {
    let is_xml = text.trim_start_matches('\u{feff}').trim_start().starts_with("<?xml");
    let document = Document::parse(text.trim_start(), if is_xml { Markup::Xml } else { Markup::Html }, namespaces);
    let document = document.map_err(|error| match error {
        DocumentError::Malformed(_) => Problem::Unfit("is not well-formed XML".to_owned()),
        DocumentError::TooMuch(problem) => Problem::Unclear(problem),
    })?;
    let found = match filter {
        Filter::XPath(path) => look::by_xpath_in(path, &Property::Text, &document)?,
        Filter::Css(selector) => look::css_in(selector, &Property::Text, &document)?,
        _ => Found::Nothing,
    };
    Ok(found.into_owned())
}

/// The first value of a query parameter in an address, which may be relative.
pub fn url_param(text: &str, name: &str) -> Result<Found<'static>, Problem> {
    let base = Url::parse("http://relative.invalid/").ok();
    let url = Url::options().base_url(base.as_ref()).parse(text.trim());
    let url = url.map_err(|_| Problem::Unfit("is not an address".to_owned()))?;
    let value = url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    Ok(value.map_or(Found::Nothing, |value| Found::Text(value.into())))
}
