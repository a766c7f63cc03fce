//! Decides whether a value taken from an answer is a part of a secret in that answer.
//!
//! A group of a pattern, a filter or a function of `XPath` can take half of a secret, and no mask finds a half. So a
//! value counts as a part of a secret if it comes from a text with a secret in it, and if what it has besides whole
//! secrets does not occur in the rest of that text.

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
/// The functions of `XPath` that can cut a text into parts.
const TAKING_APART: [&str; 2] = ["substring", "translate"];
/// How many texts of a list are searched for. A longer list that comes from a text with a secret counts as a part as a
/// whole.
const TEXTS: usize = 32;

/// Whether the value is a part of a secret.
pub fn is_part(found: &Found, subject: &Subject, filters: &[Filter], page: &Page, mask: &Mask) -> bool {
    // A count is never a part of a secret.
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

/// Whether a text between two filters is a part of a secret.
pub fn is_part_text(text: &str, subject: &Subject, filters: &[Filter], page: &Page, mask: &Mask) -> bool {
    mask.has_secrets() && source(subject, filters, page, mask).is_some_and(|rest| !rest.has(&mask.hide(text)))
}

/// The text that the value was cut from, without its secrets, if it has any.
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
