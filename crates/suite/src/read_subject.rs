//! Reads what a check or a capture looks at.

use super::check::{CertificateProperty, CookieAttribute, CookieSource, HopAttribute, Property, Subject};
use super::matcher::MATCHERS;
use super::patterns::{check_json_path, check_selector, check_xpath};
use super::reader::{At, Fields};
use crate::template;
use crate::xpath::{Gives, XPath};
use encoding_rs::Encoding;
use serde_json::Value;

const XPATH_PROPERTIES: [&str; 4] = ["text", "texts", "count", "exists"];
const CSS_PROPERTIES: [&str; 6] = ["text", "texts", "html", "attr", "count", "exists"];

/// The keys that may stand beside a subject's own.
pub(super) fn keys_of(subject: &str) -> &'static [&'static str] {
    match subject {
        "css" => &CSS_PROPERTIES,
        "xpath" => &XPATH_PROPERTIES,
        "cookie" => &["attr", "from"],
        "redirects" => &["attr", "nth"],
        "regex" => &["group"],
        "body" => &["charset"],
        _ => &[],
    }
}

pub(super) fn read_subject(fields: &Fields, key: &str) -> Option<Subject> {
    let at = fields.get(key)?;
    Some(match key {
        "status" => Subject::Status,
        "http_version" => Subject::HttpVersion,
        "url" => Subject::Url,
        "redirects" => read_redirects(fields)?,
        "body" => read_body(fields)?,
        "bytes" => Subject::Bytes,
        "sha256" => Subject::Sha256,
        "md5" => Subject::Md5,
        "size" => Subject::Size,
        "time" => Subject::Time,
        "header" => Subject::Header(at.text_not_empty()?.to_ascii_lowercase()),
        "cookie" => read_cookie(fields, &at)?,
        "cert" => Subject::Certificate(read_certificate_property(&at)?),
        "xpath" => read_xpath(fields, &at)?,
        "json" => Subject::Json(at.pattern(check_json_path)?),
        "regex" => read_regex(fields, &at)?,
        _ => Subject::Css { selector: read_selector(&at)?, property: read_css_property(fields)? },
    })
}

fn read_body(fields: &Fields) -> Option<Subject> {
    let Some(at) = fields.get("charset") else { return Some(Subject::Body) };
    let label = at.text_not_empty()?;
    if Encoding::for_label(label.as_bytes()).is_none() {
        at.problem_with_hint(
            format!("`{label}` is not a charset"),
            "browsers know these names: https://encoding.spec.whatwg.org/#names-and-labels",
        );
        return None;
    }
    Some(Subject::BodyIn(label))
}

/// `#main` is a comment to YAML and `[name=q]` a list.
fn read_selector(at: &At) -> Option<String> {
    if at.scalar().is_none_or(Value::is_null) {
        let message = format!("expected a selector, found {}", at.node.describe());
        at.problem_with_hint(message, "a selector that begins with `#` or `[` needs quotes, like `css: '#main'`");
        return None;
    }
    at.pattern(check_selector)
}

fn read_cookie(fields: &Fields, at: &At) -> Option<Subject> {
    let attribute = match fields.get("attr") {
        Some(at) => Some(read_cookie_attribute(&at)?),
        None => None,
    };
    let from = match fields.get("from") {
        Some(at) => Some(CookieSource::ALL[at.choice(&CookieSource::ALL.map(CookieSource::name))?]),
        None => None,
    };
    Some(Subject::Cookie { name: at.text_not_empty()?, attribute, from })
}

/// How many there were, or what of them is meant.
fn read_redirects(fields: &Fields) -> Option<Subject> {
    let nth = fields.get("nth").map(|at| at.place());
    let Some(at) = fields.get("attr") else {
        if nth.is_some() {
            let hint = "add `attr: status` or `attr: location`".to_owned();
            fields.problem_at_key("nth", "this does not say what of the redirect is meant", Some(hint));
            return None;
        }
        return Some(Subject::Redirects);
    };
    let attribute = HopAttribute::ALL[at.choice(&HopAttribute::ALL.map(HopAttribute::name))?];
    Some(Subject::Hops { attribute, nth: nth.map_or(Some(None), |nth| nth.map(Some))? })
}

fn read_cookie_attribute(at: &At) -> Option<CookieAttribute> {
    at.choice(&CookieAttribute::ALL.map(CookieAttribute::name)).map(|place| CookieAttribute::ALL[place])
}

fn read_certificate_property(at: &At) -> Option<CertificateProperty> {
    let names = CertificateProperty::ALL.map(CertificateProperty::name);
    at.choice(&names).map(|place| CertificateProperty::ALL[place])
}

fn read_regex(fields: &Fields, at: &At) -> Option<Subject> {
    let (pattern, groups) = at.regex()?;
    let group = fields.get("group").map_or(Some(None), |at| at.pattern_group(groups).map(Some))?;
    Some(Subject::Regex { pattern, group })
}

/// Text, numbers and booleans have nothing of which there could be several.
fn read_xpath(fields: &Fields, at: &At) -> Option<Subject> {
    let path = at.pattern(check_xpath)?;
    let gives = XPath::parse(&path).map_or(Gives::Nodes, |xpath| xpath.expression.gives());
    if template::is_template(&path) || gives == Gives::Nodes {
        return Some(Subject::XPath { path, property: read_property(fields, &XPATH_PROPERTIES)? });
    }
    if let Some(key) = ["texts", "order"].into_iter().find(|key| fields.has(key)) {
        fields.problem_at_key(key, "this XPath gives a value, not nodes", None);
        return None;
    }
    Some(Subject::XPath { path, property: Property::Text })
}

fn read_css_property(fields: &Fields) -> Option<Property> {
    read_property(fields, &CSS_PROPERTIES)
}

fn read_property(fields: &Fields, known: &[&'static str]) -> Option<Property> {
    let given: Vec<&str> = known.iter().copied().filter(|key| fields.has(key)).collect();
    match given.as_slice() {
        // One text has no order.
        [] if fields.has("order") => Some(Property::Texts),
        [] if has_value_matcher(fields) => Some(Property::Text),
        ["text"] => Some(Property::Text),
        ["texts"] | ["texts", "count"] => Some(Property::Texts),
        ["html"] => Some(Property::Html),
        ["count"] => Some(Property::Count),
        [] | ["exists"] => Some(Property::Exists),
        // `attr` with `exists` says that the attribute should be there.
        ["attr"] | ["attr", "exists"] => fields.get("attr")?.text_not_empty().map(Property::Attribute),
        [first, second, ..] => {
            fields.problem_at_key(
                second,
                format!("a check looks at one of `{first}` and `{second}`"),
                Some("make it two checks".into()),
            );
            None
        }
        [other] => {
            fields.problem_at_key(other, format!("unknown key `{other}`"), None);
            None
        }
    }
}

fn has_value_matcher(fields: &Fields) -> bool {
    fields.entries().any(|(key, _)| MATCHERS.contains(&key) || key == "filter")
}
