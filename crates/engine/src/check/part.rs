//! Tells whether what was made of an answer is a part of a secret that stands in it.
//!
//! A group of a pattern, a filter or a function of `XPath` can take half of a secret, and no mask finds a half. So a
//! value is taken for a part of one if it was made of a text with a secret in it, and what it has beside whole secrets
//! is not in what is left of that text without them.

use super::found::Found;
use super::look;
use crate::mask::{Mask, Rest};
use crate::page::Page;
use serde_json::Value;
use std::borrow::Cow;
use stepcast_suite::number;
use stepcast_suite::{Filter, Subject};

/// What is shown in place of such a value.
pub const SHOWN: &str = "\"***\"";
/// The functions of `XPath` that take a text apart.
const TAKING_APART: [&str; 2] = ["substring", "translate"];
/// How many texts of a list are looked for. A longer list that was made of a secret is one as a whole.
const TEXTS: usize = 32;

/// Whether what was found is a part of a secret.
pub fn is_part(found: &Found, subject: &Subject, filters: &[Filter], page: &Page, mask: &Mask) -> bool {
    // How many there are is no part of any.
    if !mask.has_secrets() || matches!(filters, [.., Filter::Count]) {
        return false;
    }
    let is_in = |rest: &Rest| {
        let mut texts = Vec::new();
        collect(found, &mut texts);
        texts.len() <= TEXTS && texts.iter().all(|text| rest.has(&mask.hide(text)))
    };
    source(subject, filters, page, mask).is_some_and(|rest| !is_in(&rest))
}

/// The same of a text on the way.
pub fn is_part_text(text: &str, subject: &Subject, filters: &[Filter], page: &Page, mask: &Mask) -> bool {
    mask.has_secrets() && source(subject, filters, page, mask).is_some_and(|rest| !rest.has(&mask.hide(text)))
}

/// What is left of the text a value was taken from, if that has a secret in it and was taken apart.
fn source<'p>(subject: &Subject, filters: &[Filter], page: &'p Page, mask: &Mask) -> Option<Cow<'p, Rest>> {
    let takes_apart = match subject {
        Subject::Regex { .. } => true,
        Subject::XPath { path, .. } => TAKING_APART.iter().any(|function| path.contains(function)),
        _ => false,
    };
    if takes_apart || (*subject == Subject::Body && !filters.is_empty()) {
        return page.rest(mask).map(Cow::Borrowed);
    }
    if filters.is_empty() {
        return None;
    }
    let mut texts = Vec::new();
    collect(&look::look(subject, page).ok()?, &mut texts);
    mask.rest(&texts.join("\n")).map(Cow::Owned)
}

fn collect(found: &Found, texts: &mut Vec<String>) {
    match found {
        Found::Nothing => {}
        Found::Text(text) => texts.push(text.clone().into_owned()),
        Found::Number(number) => texts.push(number.to_string()),
        Found::Fields(values) => texts.extend(values.iter().cloned()),
        Found::Json(value) => collect_value(value, texts),
        Found::List(values) => values.iter().for_each(|value| collect_value(value, texts)),
    }
}

fn collect_value(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_value(item, texts)),
        Value::Object(members) if !number::is_number(value) => members.iter().for_each(|(name, member)| {
            texts.push(name.clone());
            collect_value(member, texts);
        }),
        other => texts.push(number::to_text(other)),
    }
}
