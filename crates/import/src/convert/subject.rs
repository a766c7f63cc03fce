//! The part of an answer that is looked at.

use super::encoding;
use super::kind::{self, Kind};
use super::same::first_text;
use super::text;
use crate::hurl::{Argument, Filter, Query, Template};
use crate::notes::Unsaid;
use crate::yaml::Yaml;
use stepcast_suite::pattern::Pattern;

/// Headers that occur once in an answer: their values are not lists (RFC 9110).
const SINGLE_HEADERS: [&str; 9] =
    ["age", "content-length", "content-type", "date", "etag", "expires", "last-modified", "location", "retry-after"];

/// A subject of a check.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// Its key with its value, and the keys beside it; a value is left out if matchers take its place
    pub keys: Vec<(&'static str, Option<Yaml>)>,
    pub kind: Kind,
}

impl Subject {
    fn bare(key: &'static str, kind: Kind) -> Self {
        Self { keys: vec![(key, None)], kind }
    }

    fn named(key: &'static str, name: String, kind: Kind) -> Self {
        Self { keys: vec![(key, Some(Yaml::Text(name)))], kind }
    }

    /// Whether its value may be missing.
    pub fn is_optional(&self) -> bool {
        self.keys.iter().all(|(_, value)| value.is_some())
    }

    /// The subject of a query, and the filters that remain: some say no more than a subject does.
    pub fn of<'f>(query: &Query, filters: &'f [Filter]) -> Result<(Self, &'f [Filter]), Unsaid> {
        if let (Query::Body, [first, rest @ ..]) = (query, filters)
            && let Some(subject) = of_body_filter(first)?
        {
            return Ok((subject, rest));
        }
        if let (Query::Redirects, [which, location, rest @ ..]) = (query, filters)
            && let Some(nth) = place_of(which)
            && location.name == "location"
        {
            return Ok((hop(nth), rest));
        }
        if let (Query::Bytes, [first, rest @ ..]) = (query, filters)
            && encoding::charset(first).is_some()
        {
            return Ok((body_in(first), rest));
        }
        if let (Query::Bytes | Query::Sha256 | Query::Md5, [first, ..]) = (query, filters)
            && (first.name != "count" || !matches!(query, Query::Bytes))
        {
            return Unsaid::new(format!("a suite has no filter like `{}` for bytes", first.name));
        }
        let names: Vec<&str> = filters.iter().map(|filter| filter.name).collect();
        match (query, names.as_slice()) {
            (Query::Bytes, ["count"]) => return Ok((Self::bare("size", Kind::Number), &[])),
            (Query::Redirects, ["count"]) => return Ok((Self::bare("redirects", Kind::Number), &[])),
            (Query::Certificate(field), ["daysAfterNow"]) if field == "Expire-Date" => {
                return Ok((certificate("days_left", Kind::Number), &[]));
            }
            _ => {}
        }
        Ok((of_query(query)?, filters))
    }
}

fn of_query(query: &Query) -> Result<Subject, Unsaid> {
    Ok(match query {
        Query::Status => Subject::bare("status", Kind::Number),
        Query::Version => Subject::bare("http_version", Kind::Text),
        Query::Url => Subject::bare("url", Kind::Text),
        Query::Body => Subject::bare("body", Kind::Text),
        Query::Duration => Subject::bare("time", Kind::Time),
        Query::Sha256 => Subject::bare("sha256", Kind::Digest),
        Query::Md5 => Subject::bare("md5", Kind::Digest),
        Query::Bytes => Subject::bare("bytes", Kind::Bytes),
        Query::Header(name) => header(text::name(name)?),
        Query::Cookie { name, attribute } => cookie(text::name(name)?, attribute.as_deref()),
        Query::XPath(path) => xpath(path)?,
        Query::JsonPath(path) => json(path)?,
        Query::Regex(pattern) => regex(pattern)?,
        Query::Certificate(field) => match field.as_str() {
            "Subject" => certificate("subject", Kind::CertificateName),
            "Issuer" => certificate("issuer", Kind::CertificateName),
            "Expire-Date" => certificate("expires", Kind::Date),
            "Subject-Alt-Name" => return Unsaid::new("check `cert: names`, a list of names without `DNS:`"),
            _ => {
                return Unsaid::new(
                    "a suite sees these fields of a certificate: `subject`, `issuer`, `expires`, `days_left`, `names`",
                );
            }
        },
        Query::RawBytes => return Unsaid::new("a suite sees the body unpacked; check `size` or `sha256`"),
        Query::Ip => return Unsaid::new("a suite does not see addresses of servers"),
        Query::Redirects => {
            return Unsaid::new("a suite sees the number of redirects, and `attr` and `nth` of each");
        }
        Query::Variable(_) => {
            return Unsaid::new("a check looks at the answer; check the value in the step that captures it");
        }
    })
}

/// The body, decoded with a charset.
fn body_in(decode: &Filter) -> Subject {
    let label = first_text(decode).unwrap_or("utf-8");
    Subject { keys: vec![("body", None), ("charset", Some(Yaml::text(label)))], kind: Kind::Text }
}

/// A header, which most answers have once and some several times.
fn header(name: String) -> Subject {
    let is_single = SINGLE_HEADERS.iter().any(|single| name.eq_ignore_ascii_case(single));
    Subject::named("header", name, if is_single { Kind::Text } else { Kind::Header })
}

fn xpath(path: &Template) -> Result<Subject, Unsaid> {
    let path = text::text(path)?;
    let kind = kind::of_xpath(&path);
    Ok(Subject::named("xpath", path, kind))
}

fn json(path: &Template) -> Result<Subject, Unsaid> {
    let path = text::text(path)?;
    let kind = kind::of_json_path(&path);
    Ok(Subject::named("json", path, kind))
}

/// The first group of a pattern, and nothing else.
fn regex(pattern: &Template) -> Result<Subject, Unsaid> {
    check_group(pattern.literal())?;
    let mut subject = Subject::named("regex", text::text(pattern)?, Kind::Text);
    subject.keys.push(("group", Some(Yaml::Number(1.into()))));
    Ok(subject)
}

/// Makes sure that a pattern has a group, if it is known: without one Hurl finds nothing.
pub(super) fn check_group(pattern: Option<&str>) -> Result<(), Unsaid> {
    let lacks_group = |text: &str| Pattern::new(text).is_ok_and(|pattern| pattern.groups() == 0);
    if pattern.is_some_and(lacks_group) {
        return Unsaid::new(
            "the pattern has no group, so it gives nothing in Hurl; put `(` and `)` around the part you mean",
        );
    }
    Ok(())
}

fn certificate(field: &str, kind: Kind) -> Subject {
    Subject { keys: vec![("cert", Some(Yaml::text(field)))], kind }
}

/// The place a filter takes from a list.
fn place_of(filter: &Filter) -> Option<i64> {
    match (filter.name, filter.arguments.as_slice()) {
        ("first", _) => Some(0),
        ("last", _) => Some(-1),
        ("nth", [Argument::Integer(place)]) => Some(*place),
        _ => None,
    }
}

/// The target of a redirect.
fn hop(nth: i64) -> Subject {
    let nth = Yaml::Number(nth.into());
    let keys = vec![("redirects", Some(Yaml::Null)), ("attr", Some(Yaml::text("location"))), ("nth", Some(nth))];
    Subject { keys, kind: Kind::Text }
}

/// A cookie that the answer sets; Hurl ignores those that were set before.
fn cookie(name: String, attribute: Option<&str>) -> Subject {
    let mut subject = Subject::named("cookie", name, Kind::Text);
    subject.keys.push(("from", Some(Yaml::text("answer"))));
    let (attribute, kind) = match attribute {
        None | Some("value") => return subject,
        Some("secure") => ("secure", Kind::Flag),
        Some("httponly") => ("http_only", Kind::Flag),
        Some("max-age") => ("max_age", Kind::Number),
        Some("samesite") => ("same_site", Kind::Text),
        Some("expires") => ("expires", Kind::Date),
        Some("domain") => ("domain", Kind::Text),
        Some(_) => ("path", Kind::Text),
    };
    subject.keys.push(("attr", Some(Yaml::text(attribute))));
    subject.kind = kind;
    subject
}

/// `body jsonpath "$.a"` is `jsonpath "$.a"`.
fn of_body_filter(filter: &Filter) -> Result<Option<Subject>, Unsaid> {
    let [Argument::Text(argument)] = filter.arguments.as_slice() else { return Ok(None) };
    Ok(Some(match filter.name {
        "jsonpath" => json(argument)?,
        "xpath" => xpath(argument)?,
        "regex" => regex(argument)?,
        _ => return Ok(None),
    }))
}
