//! Prepares values before they are judged or captured.

mod dates;
mod language;

use super::found::Found;
use super::{json_path, look, part, xpath};
use crate::excerpt::{beginning, excerpt};
use crate::fetch;
use crate::mask::Mask;
use crate::page::{DocumentError, Page};
use crate::unclear::Unclear;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use dates::date;
use language::Problem;
use percent_encoding::percent_decode_str;
use scraper::Html;
use serde_json::Value;
use std::borrow::Cow;
use stepcast_protocol::Outcome;
use stepcast_suite::number::{self, Decimal};
use stepcast_suite::selector::Prefixes;
use stepcast_suite::{Bound, Encoding, Filter, Subject};

/// Most bytes a filter may produce: `replace` can make a page thousands of times longer.
const MADE_BYTES: usize = 16 * 1024 * 1024;
/// How much of a value a message quotes, in characters.
const QUOTED: usize = 60;

/// Why a value could not be prepared. This is the page's fault, unlike [`Unclear`].
#[derive(Debug, PartialEq, Eq)]
pub struct Unfit {
    found: String,
    is_text: bool,
    reason: String,
    /// Whether the filter could not decide
    is_unclear: bool,
    /// Whether the body itself cannot be read
    is_of_page: bool,
}

impl Unfit {
    /// Reports a body that could not be unpacked, or that should be XML and is not. No check of such a body holds.
    pub fn of_page(subject: &Subject, page: &Page) -> Option<Self> {
        if subject.is_of_body()
            && let Some(encoding) = page.unread_encoding()
        {
            let found = format!("a body encoded as `{encoding}`");
            let reason = format!("which is not known; known are {}", fetch::ACCEPTED);
            return Some(Self { found, is_text: false, reason, is_unclear: false, is_of_page: true });
        }
        if !matches!(subject, Subject::Css { .. } | Subject::XPath { .. }) {
            return None;
        }
        match page.document() {
            Err(error @ DocumentError::Malformed(_)) => {
                let (found, reason) = (page.text().to_owned(), error.to_string());
                Some(Self { found, is_text: true, reason, is_unclear: false, is_of_page: true })
            }
            _ => None,
        }
    }

    /// Whether the body itself cannot be read, so that the opposite of a check does not hold either.
    pub fn is_of_page(&self) -> bool {
        self.is_of_page
    }

    /// The outcome of a check of this value.
    pub fn outcome(&self) -> Outcome {
        if self.is_unclear { Outcome::Errored } else { Outcome::Failed }
    }

    /// Describes the value and the filter that could not use it; the other arguments say where the value is from.
    pub fn describe_in_page(&self, subject: &Subject, filters: &[Filter], page: &Page, mask: &Mask) -> String {
        if part::is_part_text(&self.found, subject, filters, page, mask) {
            return format!("{}, {}", part::SHOWN, self.reason);
        }
        self.describe(mask)
    }

    fn describe(&self, mask: &Mask) -> String {
        let found = beginning(&self.found, QUOTED, mask);
        let quote = if self.is_text { "\"" } else { "" };
        excerpt(&format!("{quote}{found}{quote}, {}", self.reason), mask)
    }
}

/// Applies the filters to a value. A missing value stays missing. `namespaces` are those of the suite.
pub fn apply<'p>(found: Found<'p>, filters: &[Filter], namespaces: &Prefixes) -> Result<Found<'p>, Unfit> {
    filters.iter().try_fold(found, |found, filter| step(found, filter, namespaces))
}

/// Checks the filters once their templates are filled in; a template cannot be checked earlier.
pub fn check(filters: &[Filter]) -> Result<(), Unclear> {
    for filter in filters {
        match filter {
            Filter::Split(text) | Filter::Replace(text, _) if text.is_empty() => {
                return Err(Unclear(format!("`{}` has nothing to search for", filter.name())));
            }
            Filter::Regex { pattern, .. } | Filter::ReplacePattern { pattern, .. } => drop(look::pattern(pattern)?),
            Filter::Json(path) => drop(json_path::parse(path)?),
            Filter::XPath(path) => drop(xpath::parse(path)?),
            _ => {}
        }
    }
    Ok(())
}

fn step<'p>(found: Found<'p>, filter: &Filter, namespaces: &Prefixes) -> Result<Found<'p>, Unfit> {
    match (found, filter) {
        (Found::Fields(mut values), _) if values.len() == 1 => {
            step(Found::Text(values.remove(0).into()), filter, namespaces)
        }
        (Found::Fields(values), _) => {
            let values = values.into_iter().map(|value| Cow::Owned(Value::String(value)));
            step(Found::List(values.collect()), filter, namespaces)
        }
        (Found::List(values), Filter::Count) => Ok(count(values.len())),
        (Found::Nothing, _) => Ok(Found::Nothing),
        (found, Filter::Count) => found.count().map(count).ok_or_else(|| unfit(filter, &found, "cannot be counted")),
        (found, Filter::Nth(place)) => nth(found, *place, filter),
        (Found::List(values), Filter::Split(_)) if values.len() != 1 => {
            Err(unfit(filter, &Found::List(values), "is a list already"))
        }
        (found, Filter::Split(separator)) => split(&found, separator, filter),
        (Found::Json(value), Filter::Json(path)) if value.is_array() || value.is_object() => {
            language::json_value(&value, path).map_err(|problem| unfit_for(filter, &Found::Json(value), problem))
        }
        (Found::List(values), _) => {
            let made = values.iter().map(|value| of_value(value, filter, namespaces).map(Cow::Owned));
            made.collect::<Result<_, _>>().map(Found::List)
        }
        (found, _) => match found.as_value() {
            Some(Value::Array(items)) => {
                let made = items.iter().map(|item| of_value(item, filter, namespaces));
                made.collect::<Result<_, _>>().map(|items| Found::Json(Cow::Owned(Value::Array(items))))
            }
            _ => of_text(&text_of(&found, filter)?, filter, namespaces),
        },
    }
}

fn of_value(value: &Value, filter: &Filter, namespaces: &Prefixes) -> Result<Value, Unfit> {
    let found = Found::Json(Cow::Borrowed(value));
    if let Filter::Json(path) = filter
        && !value.is_string()
    {
        let made = language::json_value(value, path).map_err(|problem| unfit_for(filter, &found, problem))?;
        return Ok(made.to_single().unwrap_or(Value::Null));
    }
    Ok(match of_text(&text_of(&found, filter)?, filter, namespaces)? {
        Found::Number(number) => serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number),
        made @ (Found::Json(_) | Found::List(_)) => made.to_single().unwrap_or(Value::Null),
        made => made.as_text().map_or(Value::Null, |text| Value::String(text.to_owned())),
    })
}

fn text_of(found: &Found, filter: &Filter) -> Result<String, Unfit> {
    let text = super::matcher::text(found).map(Cow::into_owned);
    text.ok_or_else(|| unfit(filter, found, "is not text"))
}

fn of_text(text: &str, filter: &Filter, namespaces: &Prefixes) -> Result<Found<'static>, Unfit> {
    let fails = |why: &str| unfit(filter, &Found::Text(text.into()), why);
    let cannot = |problem: Problem| unfit_for(filter, &Found::Text(text.into()), problem);
    Ok(Found::Text(match filter {
        Filter::Trim => text.trim().to_owned().into(),
        Filter::Lower => text.to_lowercase().into(),
        Filter::Upper => text.to_uppercase().into(),
        Filter::Replace(from, to) => replace(text, from, to).ok_or_else(|| fails("becomes too long"))?.into(),
        Filter::Decode(encoding) => decode(text, *encoding).map_err(|why| fails(&why))?.into(),
        Filter::Date { from, to } => date(text, from.as_deref(), to.as_deref()).map_err(|why| fails(&why))?.into(),
        Filter::ReplacePattern { pattern, with } => {
            let replaced = language::replace(text, pattern, with, MADE_BYTES).map_err(cannot)?;
            replaced.ok_or_else(|| fails("becomes too long"))?.into()
        }
        Filter::Regex { pattern, group } => return language::regex(text, pattern, *group).map_err(cannot),
        Filter::Json(path) => return language::json(text, path).map_err(cannot),
        Filter::XPath(_) | Filter::Css(_) => return language::elements(text, filter, namespaces).map_err(cannot),
        Filter::UrlParam(name) => return language::url_param(text, name).map_err(cannot),
        Filter::Number { decimal } => return number(text, *decimal).map(|text| found_number(&text)).map_err(fails),
        // These filters work on lists and were applied before.
        Filter::Split(_) | Filter::Count | Filter::Nth(_) => text.to_owned().into(),
    }))
}

#[expect(clippy::cast_precision_loss, reason = "pages are far smaller than 2^53")]
fn count(count: usize) -> Found<'static> {
    Found::Number(count as f64)
}

fn nth<'p>(found: Found<'p>, place: i32, filter: &Filter) -> Result<Found<'p>, Unfit> {
    let items = match found {
        Found::List(values) => values,
        Found::Json(Cow::Borrowed(Value::Array(items))) => items.iter().map(Cow::Borrowed).collect(),
        Found::Json(Cow::Owned(Value::Array(items))) => items.into_iter().map(Cow::Owned).collect(),
        other => return Err(unfit(filter, &other, "is not a list")),
    };
    // A missing item is nothing, as anywhere else.
    Ok(index_of(place, items.len()).and_then(|index| items.into_iter().nth(index)).map_or(Found::Nothing, Found::Json))
}

/// The index of a place, which counts from the end if it is negative.
pub fn index_of(place: i32, count: usize) -> Option<usize> {
    let distance = place.unsigned_abs() as usize;
    if place < 0 { count.checked_sub(distance) } else { Some(distance) }
}

fn split(found: &Found, separator: &str, filter: &Filter) -> Result<Found<'static>, Unfit> {
    let text = text_of(found, filter)?;
    Ok(Found::List(text.split(separator).map(|piece| Cow::Owned(Value::String(piece.to_owned()))).collect()))
}

fn replace(text: &str, from: &str, to: &str) -> Option<String> {
    let times = text.matches(from).count();
    (text.len().saturating_add(times.saturating_mul(to.len())) <= MADE_BYTES).then(|| text.replace(from, to))
}

/// A number as it is written, or as a float if that is the same.
fn found_number(text: &str) -> Found<'static> {
    match Bound::of_number(text) {
        Bound::Number(number) => Found::Number(number),
        Bound::Text(_) => number::of_text(text).map_or(Found::Nothing, |number| Found::Json(Cow::Owned(number))),
    }
}

/// The only number in a text, whatever surrounds it. Digits in groups of three may have a separator between them.
fn number(text: &str, decimal: char) -> Result<String, &'static str> {
    let separator = if decimal == ',' { '.' } else { ',' };
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’' | '\u{a0}' | '\u{202f}');
    let mut pieces = text.split(|c| !is_part(c)).filter(|piece| piece.contains(|c: char| c.is_ascii_digit()));
    let (Some(piece), None) = (pieces.next(), pieces.next()) else {
        let has_digits = text.contains(|c: char| c.is_ascii_digit());
        return Err(if has_digits { "has several numbers" } else { "has no number" });
    };
    let piece = piece.trim_matches(|c: char| !c.is_ascii_digit() && c != decimal).trim_end_matches(decimal);
    let (whole, fraction) = piece.split_once(decimal).map_or((piece, None), |(whole, rest)| (whole, Some(rest)));
    let groups: Vec<&str> = whole.split([separator, '\'', '’', '\u{a0}', '\u{202f}']).collect();
    let is_grouped = groups.iter().skip(1).all(|group| group.len() == 3) && groups[0].len() <= 3;
    if groups.len() > 1 && !is_grouped {
        return Err("has a number whose digits are not in groups of three");
    }
    let whole = groups.concat();
    let whole = if whole.is_empty() { "0" } else { whole.trim_start_matches('0') };
    let whole = if whole.is_empty() { "0" } else { whole };
    let number = fraction.map_or_else(|| whole.to_owned(), |fraction| format!("{whole}.{fraction}"));
    Decimal::parse(&number).ok_or("has no readable number")?;
    let before =
        text.split(piece).next().unwrap_or_default().trim_end_matches(|c: char| !is_sign(c) && !c.is_ascii_digit());
    let is_negative = before.ends_with(is_sign) && !before.trim_end_matches(is_sign).ends_with(char::is_alphanumeric);
    Ok(if is_negative { format!("-{number}") } else { number })
}

fn is_sign(c: char) -> bool {
    matches!(c, '-' | '−')
}

fn decode(text: &str, encoding: Encoding) -> Result<String, String> {
    let no_text = || "contains bytes that are not UTF-8 text".to_owned();
    match encoding {
        Encoding::Base64 => {
            let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
            let plain: String = text.split_whitespace().collect::<String>().replace('-', "+").replace('_', "/");
            let bytes = GeneralPurpose::new(&alphabet::STANDARD, config).decode(plain);
            String::from_utf8(bytes.map_err(|_| "is not Base64".to_owned())?).map_err(|_| no_text())
        }
        Encoding::Url => percent_decode_str(text).decode_utf8().map(Cow::into_owned).map_err(|_| no_text()),
        Encoding::Html => {
            // Without a `<` the parser finds only character references.
            let html = Html::parse_fragment(&text.replace('<', "&lt;"));
            Ok(html.root_element().text().collect())
        }
    }
}

fn unfit(filter: &Filter, found: &Found, why: &str) -> Unfit {
    let reason = format!("which `{}` cannot use: it {why}", filter.name());
    if let Some(text) = found.as_text() {
        return Unfit { found: text.to_owned(), is_text: true, reason, is_unclear: false, is_of_page: false };
    }
    let found = found.to_value().map(|value| number::to_text(&value)).unwrap_or_default();
    Unfit { found, is_text: false, reason, is_unclear: false, is_of_page: false }
}

fn unfit_for(filter: &Filter, found: &Found, problem: Problem) -> Unfit {
    match problem {
        Problem::Unfit(why) => unfit(filter, found, &why),
        Problem::Unclear(reason) => Unfit { is_unclear: true, reason, ..unfit(filter, found, "") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_what_stands_around_them() {
        for (text, decimal, expected) in [
            ("42", '.', Ok(42.0)),
            ("€ 1,299.50 incl. VAT", '.', Ok(1299.5)),
            ("1.299,50 €", ',', Ok(1299.5)),
            ("CHF 1'299.-", '.', Ok(1299.0)),
            ("1\u{a0}299\u{a0}kr", ',', Ok(1299.0)),
            ("-3.5 °C", '.', Ok(-3.5)),
            ("-$5", '.', Ok(-5.0)),
            ("− 5", '.', Ok(-5.0)),
            ("v-5", '.', Ok(5.0)),
            (".5", '.', Ok(0.5)),
            ("Total: 7.", '.', Ok(7.0)),
            ("free", '.', Err("has no number")),
            ("3 of 10", '.', Err("has several numbers")),
            ("1,29", '.', Err("has a number whose digits are not in groups of three")),
        ] {
            assert_eq!(number(text, decimal).map(|number| number.parse()), expected.map(Ok), "{text}");
        }
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        for (text, encoding, expected) in [
            ("w7xiZXI", Encoding::Base64, "über"),
            ("w7xi\n ZXI=", Encoding::Base64, "über"),
            ("Pz8_", Encoding::Base64, "???"),
            ("a%20b%C3%BC", Encoding::Url, "a bü"),
            ("&lt;b&gt; &amp; &uuml;&#33; <i>", Encoding::Html, "<b> & ü! <i>"),
            ("  a\n", Encoding::Html, "  a\n"),
        ] {
            assert_eq!(decode(text, encoding).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(decode("%ff", Encoding::Url), Err("contains bytes that are not UTF-8 text".into()));
        assert_eq!(decode("?", Encoding::Base64), Err("is not Base64".into()));
    }

    #[test]
    fn a_page_cannot_be_made_endless() {
        assert_eq!(replace("aa", "a", &"b".repeat(MADE_BYTES)), None);
        assert_eq!(replace("aa", "a", "bc").as_deref(), Some("bcbc"));
    }
}
