//! Looks up what a subject names.

use super::Unclear;
use super::found::Found;
use super::json_path;
use crate::engine::page::Page;
use regex::{Regex, RegexBuilder};
use scraper::{ElementRef, Selector};
use std::borrow::Cow;
use stepcast_protocol::suite::{Property, Subject};

/// Most memory a compiled pattern may take, in bytes: what it takes when suites are validated.
const PATTERN_BYTES: usize = 10 * 1024 * 1024;

/// What the page has there.
pub fn look<'p>(subject: &Subject, page: &'p Page) -> Result<Found<'p>, Unclear> {
    let response = page.response();
    Ok(match subject {
        Subject::Status => Found::Number(f64::from(response.status.as_u16())),
        Subject::Header(name) => page.header(name).map_or(Found::Nothing, |value| Found::Text(value.into())),
        Subject::Url => Found::Text(response.url.as_str().into()),
        Subject::Redirects => Found::Number(f64::from(response.redirects)),
        Subject::Body => Found::Text(page.text().into()),
        Subject::Size => number(response.body.len()),
        Subject::Time => Found::Number((response.elapsed.as_secs_f64() * 1_000.0).round()),
        Subject::Css { selector, property } => css(selector, property, page)?,
        Subject::Json(path) => json(path, page)?,
        Subject::Regex(text) => first_match(&pattern(text)?, page.text()),
    })
}

/// Whether the subject's text has its white space folded, so that what is expected of it is folded too.
pub fn folds_white_space(subject: &Subject) -> bool {
    matches!(subject, Subject::Css { property: Property::Text, .. })
}

/// A pattern within bounds; matching takes time linear in the text whatever the pattern.
pub fn pattern(text: &str) -> Result<Regex, Unclear> {
    RegexBuilder::new(text).size_limit(PATTERN_BYTES).build().map_err(|error| {
        // The message is several lines, of which the last says what is wrong.
        let message = error.to_string();
        let reason = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Unclear(format!("`{text}` is not a regular expression: {reason}"))
    })
}

/// A selector, read again because templates may have changed it.
pub fn selector(text: &str) -> Result<Selector, Unclear> {
    Selector::parse(text).map_err(|error| Unclear(format!("`{text}` is not a CSS selector: {error}")))
}

/// Text as people see it: white space folded to single spaces, none at the ends.
pub fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn css<'p>(text: &str, property: &Property, page: &'p Page) -> Result<Found<'p>, Unclear> {
    let selector = selector(text)?;
    let html = page.html().map_err(|error| Unclear(error.to_owned()))?;
    let mut elements = html.select(&selector);
    if *property == Property::Count {
        return Ok(number(elements.count()));
    }
    let Some(first) = elements.next() else { return Ok(Found::Nothing) };
    Ok(match property {
        Property::Html => Found::Text(first.inner_html().into()),
        Property::Attribute(name) => first.attr(name).map_or(Found::Nothing, |value| Found::Text(value.into())),
        _ => Found::Text(text_of(first).into()),
    })
}

fn text_of(element: ElementRef) -> String {
    fold(&element.text().collect::<String>())
}

fn json<'p>(path: &str, page: &'p Page) -> Result<Found<'p>, Unclear> {
    let query = json_path::parse(path)?;
    let Ok(value) = page.json() else { return Ok(Found::Nothing) };
    let values = query.query(value).all();
    if !json_path::is_singular(path) {
        return Ok(Found::List(values));
    }
    Ok(values.first().map_or(Found::Nothing, |value| Found::Json(value)))
}

fn first_match<'p>(pattern: &Regex, text: &'p str) -> Found<'p> {
    let group = |captures: regex::Captures<'p>| captures.get(1).or_else(|| captures.get(0));
    let found = pattern.captures(text).and_then(group);
    found.map_or(Found::Nothing, |found| Found::Text(Cow::Borrowed(found.as_str())))
}

#[expect(clippy::cast_precision_loss, reason = "bodies and pages are far smaller than 2^53")]
fn number(count: usize) -> Found<'static> {
    Found::Number(count as f64)
}
