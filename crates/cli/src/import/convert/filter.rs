//! What is made of a value first.

use super::subject::Kind;
use super::text;
use crate::import::hurl::{Argument, Filter};
use crate::import::notes::Unsaid;
use crate::import::yaml::Yaml;

/// The filters of a suite that do the same.
pub(super) fn convert(filters: &[Filter], kind: Kind) -> Result<Vec<Yaml>, Unsaid> {
    let mut made = Vec::new();
    let mut previous = "";
    for filter in filters {
        // What is decoded is text already.
        let is_decoding = previous == "base64Decode" || previous == "base64UrlSafeDecode";
        if !(is_decoding && is_utf8(filter)) {
            made.extend(one(filter, kind)?);
        }
        previous = filter.name;
    }
    Ok(made)
}

fn one(filter: &Filter, kind: Kind) -> Result<Option<Yaml>, Unsaid> {
    let texts: Result<Vec<String>, Unsaid> = filter.arguments.iter().map(argument).collect();
    let texts = texts?;
    Ok(Some(match (filter.name, texts.as_slice()) {
        ("base64Decode" | "base64UrlSafeDecode", _) => Yaml::one("decode", Yaml::text("base64")),
        ("urlDecode", _) => Yaml::one("decode", Yaml::text("url")),
        ("htmlUnescape", _) => Yaml::one("decode", Yaml::text("html")),
        ("count", _) => Yaml::text("count"),
        ("first", _) => nth(0),
        ("last", _) => nth(-1),
        ("nth", _) => match filter.arguments.first() {
            Some(Argument::Integer(place)) => nth(*place),
            _ => return Unsaid::new("`nth` takes a number, not a variable"),
        },
        ("split", [separator]) => Yaml::one("split", Yaml::text(separator)),
        ("replace", [from, to]) => Yaml::one("replace", Yaml::List(vec![Yaml::text(from), Yaml::text(to)])),
        ("toDate", [pattern]) => Yaml::one("date", Yaml::text(pattern)),
        ("toInt" | "toFloat", _) => Yaml::text("number"),
        // What is text stays what it is.
        ("toString", _) if kind == Kind::Text => return Ok(None),
        (name, _) => return Unsaid::new(reason(name)),
    }))
}

fn nth(place: i64) -> Yaml {
    Yaml::one("nth", Yaml::Number(place.into()))
}

fn argument(argument: &Argument) -> Result<String, Unsaid> {
    match argument {
        Argument::Text(template) => text::text(template),
        Argument::Integer(number) => Ok(number.to_string()),
    }
}

fn is_utf8(filter: &Filter) -> bool {
    let encoding = match filter.arguments.first() {
        Some(Argument::Text(template)) => template.literal().unwrap_or_default(),
        _ => "",
    };
    match filter.name {
        "utf8Decode" => true,
        "decode" | "charsetDecode" => encoding.eq_ignore_ascii_case("utf-8") || encoding.eq_ignore_ascii_case("utf8"),
        _ => false,
    }
}

/// Why a filter stays out, and what to do about it.
fn reason(name: &str) -> String {
    let instead = match name {
        "daysAfterNow" | "daysBeforeNow" => "; compare with a date given by `--var`",
        "jsonpath" | "regex" | "xpath" | "location" | "urlQueryParam" => {
            "; look at it by the subject, or match a pattern"
        }
        "replaceRegex" => "; `replace` takes texts",
        "toString" => "; compare with the value itself, without quotes",
        _ => "",
    };
    format!("a suite has no filter like `{name}`{instead}")
}
