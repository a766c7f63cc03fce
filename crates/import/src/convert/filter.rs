//! Filters, which are applied to a value first.

use super::kind::{self, Kind};
use super::matcher::Matcher;
use super::same::first_text;
use super::subject::check_group;
use super::text;
use crate::hurl::{Argument, Filter};
use crate::notes::Unsaid;
use crate::yaml::Yaml;

/// The equivalent filters of a suite.
pub(super) fn convert(filters: &[Filter]) -> Result<Vec<Yaml>, Unsaid> {
    let mut made = Vec::new();
    let mut previous: Option<&Filter> = None;
    for (place, filter) in filters.iter().enumerate() {
        if matches!(filter.name, "daysAfterNow" | "daysBeforeNow") && place + 1 < filters.len() {
            return Unsaid::new(format!("a suite cannot apply another filter after `{}`", filter.name));
        }
        match previous.map(|previous| (previous.name, previous)) {
            // A decoded value is already text.
            Some(("base64Decode" | "base64UrlSafeDecode", _)) if is_utf8(filter) => {}
            Some(("toDate", date)) if is_format(filter) => {
                made.pop();
                made.push(reformatted(Some(date), filter)?);
            }
            _ => made.extend(one(filter)?),
        }
        previous = Some(filter);
    }
    Ok(made)
}

/// Hurl's name for ISO 8601.
const ISO_DATE: &str = "%+";
/// The forms of the numbers that Hurl reads: no other text may be beside them.
const INTEGER: &str = r"^[+-]?\d+$";
const FLOAT: &str = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$";

/// That a number is a whole one.
pub(super) fn integer() -> Matcher {
    ("matches", Yaml::text(INTEGER))
}

/// What Hurl requires of values before it puts them into a filter: the number of filters applied by then, and sets of
/// matchers, one of which has to hold.
pub(super) fn asked(filters: &[Filter], kind: Kind) -> Vec<(usize, Vec<Vec<Matcher>>)> {
    let (mut asked, mut kind) = (Vec::new(), kind);
    for (place, filter) in filters.iter().enumerate() {
        let matchers = asked_by(filter.name, kind);
        if filter.name == "toInt" && kind.is_json() {
            // A number loses its decimals.
            asked.push((place, vec![vec![("type", Yaml::text("number"))], matchers]));
        } else if !matchers.is_empty() {
            asked.push((place, vec![matchers]));
        }
        kind = after_one(filter, kind, filters.get(place + 1));
    }
    asked
}

/// The kind of value that the filters make.
pub(super) fn after(filters: &[Filter], kind: Kind) -> Kind {
    let next = |place: usize| filters.get(place + 1);
    filters.iter().enumerate().fold(kind, |kind, (place, filter)| after_one(filter, kind, next(place)))
}

fn asked_by(filter: &str, kind: Kind) -> Vec<Matcher> {
    let of_type = |name: &str| ("type", Yaml::text(name));
    let count = |bound: &str, number: u64| ("count", Yaml::one(bound, Yaml::Number(number.into())));
    let matches = |pattern: &str| ("matches", Yaml::text(pattern));
    let number = |pattern: &str| match kind {
        kind if kind.is_number() => Vec::new(),
        Kind::Header => vec![count("equals", 1), matches(pattern)],
        _ => vec![matches(pattern)],
    };
    match (filter, kind) {
        // A single value that a path leads to is not a list.
        ("count" | "first" | "last" | "nth", Kind::JsonList) | ("count", Kind::Header) => vec![count("at_least", 2)],
        ("count", Kind::Nodes | Kind::Bytes | Kind::List) | ("daysAfterNow" | "daysBeforeNow", Kind::Date) => {
            Vec::new()
        }
        ("count", Kind::Json) => vec![of_type("array")],
        // A text has nothing to count in Hurl.
        ("count", kind) if kind.is_text() => vec![of_type("array")],
        // Numbers and the like have a text; lists and objects do not.
        ("toString", kind) if kind.is_json() => vec![matches("^")],
        ("count" | "toString" | "first" | "last" | "nth" | "utf8Decode" | "decode" | "charsetDecode", _) => Vec::new(),
        ("toInt", kind) if kind.is_json() => vec![of_type("string"), matches(INTEGER)],
        ("toInt", _) => number(INTEGER),
        ("toFloat", _) => number(FLOAT),
        (_, kind) if kind.is_json() => vec![of_type("string")],
        (_, Kind::Header) => vec![count("equals", 1)],
        (_, kind) if kind.is_number() || matches!(kind, Kind::Truth | Kind::List) => {
            vec![super::matcher::never(Kind::Number)]
        }
        _ => Vec::new(),
    }
}

fn after_one(filter: &Filter, kind: Kind, next: Option<&Filter>) -> Kind {
    match filter.name {
        "toInt" if kind.is_json() => Kind::Truncated,
        "daysAfterNow" if kind == Kind::Date => Kind::DaysAfter,
        "daysBeforeNow" if kind == Kind::Date => Kind::DaysBefore,
        "count" | "toInt" | "daysAfterNow" | "daysBeforeNow" => Kind::Number,
        "toFloat" => Kind::Float,
        "split" => Kind::List,
        "toDate" => Kind::Date,
        // The pieces of a text are texts.
        "first" | "last" | "nth" if kind == Kind::List => Kind::Text,
        "first" | "last" | "nth" => Kind::Json,
        name if is_decoding(name) && !next.is_some_and(is_utf8) => Kind::Decoded,
        "jsonpath" => first_text(filter).map_or(Kind::Json, kind::of_json_path),
        "xpath" => first_text(filter).map_or(Kind::Nodes, kind::of_xpath),
        "toString" if kind.is_json() || kind.is_number() || kind == Kind::Truth => Kind::Spelt,
        _ => Kind::Text,
    }
}

/// Whether one of the filters is given a value that it never accepts: then the assert fails, even if there is no value.
pub(super) fn is_refused(filters: &[Filter], kind: Kind) -> bool {
    let mut kind = kind;
    filters.iter().enumerate().any(|(place, filter)| {
        // A decoded value is bytes, even if a suite has the text at once.
        let is_decoded = place.checked_sub(1).is_some_and(|before| is_decoding(filters[before].name));
        let is_bytes = is_decoded || matches!(kind, Kind::Bytes | Kind::Decoded | Kind::Digest);
        let is_refused = match filter.name {
            "toHex" | "base64Encode" | "base64UrlSafeEncode" | "utf8Decode" | "decode" | "charsetDecode" => !is_bytes,
            "daysAfterNow" | "daysBeforeNow" | "dateFormat" | "format" => kind != Kind::Date,
            _ => false,
        };
        kind = after_one(filter, kind, filters.get(place + 1));
        is_refused
    })
}

fn is_decoding(name: &str) -> bool {
    matches!(name, "base64Decode" | "base64UrlSafeDecode")
}

fn one(filter: &Filter) -> Result<Option<Yaml>, Unsaid> {
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
        ("toDate", [pattern]) if pattern == ISO_DATE => Yaml::text("date"),
        ("toDate", [pattern]) => Yaml::one("date", Yaml::text(pattern)),
        ("toInt" | "toFloat", _) => Yaml::text("number"),
        ("dateFormat" | "format", _) => reformatted(None, filter)?,
        ("jsonpath", [path]) => Yaml::one("json", Yaml::text(path)),
        ("xpath", [path]) => Yaml::one("xpath", Yaml::text(path)),
        ("urlQueryParam", [name]) => Yaml::one("url_param", Yaml::text(name)),
        ("regex", [pattern]) => {
            check_group(first_text(filter))?;
            let keys = vec![("pattern".to_owned(), Yaml::text(pattern)), ("group".to_owned(), Yaml::Number(1.into()))];
            Yaml::one("regex", Yaml::Map(keys))
        }
        ("replaceRegex", [pattern, with]) => {
            let keys = vec![("pattern".to_owned(), Yaml::text(pattern)), ("with".to_owned(), Yaml::text(with))];
            Yaml::one("replace", Yaml::Map(keys))
        }
        // A matcher that requires a text also accepts the text of a number and the like; days are compared as a date.
        ("toString" | "daysAfterNow" | "daysBeforeNow", _) => return Ok(None),
        (name, _) => return Unsaid::new(reason(name)),
    }))
}

fn is_format(filter: &Filter) -> bool {
    matches!(filter.name, "dateFormat" | "format")
}

/// A date in another form.
fn reformatted(date: Option<&Filter>, format: &Filter) -> Result<Yaml, Unsaid> {
    let pattern = |filter: &Filter| filter.arguments.iter().map(argument).next().transpose();
    let from = date.map(pattern).transpose()?.flatten().filter(|from| from != ISO_DATE);
    let from = from.map(|from| ("from".to_owned(), Yaml::Text(from)));
    let to = pattern(format)?.map(|to| ("to".to_owned(), Yaml::Text(to)));
    Ok(Yaml::one("date", Yaml::Map(from.into_iter().chain(to).collect())))
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
    let encoding = first_text(filter).unwrap_or_default();
    match filter.name {
        "utf8Decode" => true,
        "decode" | "charsetDecode" => encoding.eq_ignore_ascii_case("utf-8") || encoding.eq_ignore_ascii_case("utf8"),
        _ => false,
    }
}

/// Why a filter is left out, and what to do about it.
fn reason(name: &str) -> String {
    let instead = match name {
        "location" => "; look at `redirects` with `attr` and `nth`",
        _ => "",
    };
    format!("a suite has no filter like `{name}`{instead}")
}
