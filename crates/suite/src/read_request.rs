//! Reads requests: method and address, headers, credentials, body.

use super::reader::{At, Fields};
use super::{Auth, Body, Defaults, Part, Request};
use crate::document::Kind;
use crate::limits;
use crate::template;
use serde_json::Value;
use std::time::Duration;

/// The longest one request may take: a worker on Lambda has 15 minutes for all its tests.
pub(super) const LONGEST_TIMEOUT: Duration = Duration::from_mins(2);
/// The methods of a request, as a suite writes them.
pub(super) const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];
/// The keys for the body of a request.
pub(super) const BODIES: [&str; 4] = ["form", "json", "text", "multipart"];
/// Headers that control how the bytes are transferred, which the client sets.
const OF_THE_CONNECTION: [&str; 4] = ["connection", "content-length", "transfer-encoding", "upgrade"];
/// The keys for credentials, as a suite writes them.
pub(super) const ASKERS: [&str; 3] = ["basic", "bearer", "digest"];
/// The keys of `basic` and `digest`.
pub(super) const BASIC_KEYS: [&str; 2] = ["user", "password"];
/// The keys of a file in `multipart`.
pub(super) const FILE_KEYS: [&str; 3] = ["name", "content", "type"];
/// The keys of a step that make its request.
pub(super) const REQUEST_KEYS: [&str; 18] = [
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "headers",
    "basic",
    "bearer",
    "digest",
    "user_agent",
    "form",
    "json",
    "text",
    "multipart",
    "timeout",
    "follow",
];

pub(super) fn read_request(fields: &Fields, defaults: &Defaults, page: Option<String>) -> Option<Request> {
    // Everything is read before a missing key is reported, so that all problems are reported at once.
    let target = read_target(fields, page);
    let own = read_headers(fields);
    let auth = read_auth(fields);
    let body = read_body(fields, target.as_ref().map_or("post", |(method, _)| method));
    let timeout = fields.get("timeout").map_or(Some(defaults.timeout), |at| read_timeout(&at));
    let follow = fields.get("follow").map_or(Some(defaults.follow), |at| read_follow(&at));
    let ((method, url), own) = (target?, own?);
    let names_asker = own.iter().any(|(name, _)| name == "authorization");
    let auth = auth?.or_else(|| defaults.auth.clone().filter(|_| !names_asker));
    let headers = over_defaults(own, &defaults.headers, auth.is_some());
    // The suite contains the defaults once, and again in each of its steps once it is read.
    let bytes = headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    fields.at().inherit(bytes + auth.as_ref().map_or(0, Auth::size))?;
    Some(Request {
        method: method.to_ascii_uppercase(),
        url,
        headers,
        auth,
        body: body?,
        timeout: timeout?,
        follow: follow?,
    })
}

/// How many redirects are followed: none, a number, or all.
#[expect(clippy::option_option, reason = "outside: could it be read, inside: is there a number")]
pub(super) fn read_follow(at: &At) -> Option<Option<u32>> {
    match at.scalar() {
        Some(Value::Bool(false)) => Some(Some(0)),
        Some(Value::Bool(true)) => Some(None),
        Some(Value::Number(_)) => at.whole_number(0, limits::REDIRECTS).map(Some),
        _ => at.expected_value("`false`, or how many redirects are followed"),
    }
}

pub(super) fn read_timeout(at: &At) -> Option<Duration> {
    let timeout = at.duration(LONGEST_TIMEOUT)?;
    if timeout.is_zero() {
        at.problem("a timeout must be longer than 0");
        return None;
    }
    Some(timeout)
}

/// A step's own headers replace those of the defaults with the same name.
fn over_defaults(own: Vec<(String, String)>, defaults: &[(String, String)], has_auth: bool) -> Vec<(String, String)> {
    let is_own = |name: &str| own.iter().any(|(other, _)| other == name) || (has_auth && name == "authorization");
    let kept = defaults.iter().filter(|(name, _)| !is_own(name)).cloned();
    kept.collect::<Vec<_>>().into_iter().chain(own).collect()
}

/// `headers` and `user_agent`, of a step or of the defaults.
pub(super) fn read_headers(fields: &Fields) -> Option<Vec<(String, String)>> {
    let agent = fields.get("user_agent").map(|at| read_header_value(&at, at.text_not_empty()?));
    let mut headers = fields.get("headers").map_or_else(|| Some(Vec::new()), |at| read_header_fields(&at))?;
    if let Some(agent) = agent {
        if headers.iter().any(|(name, _)| name == "user-agent") {
            fields.problem_at_key("user_agent", "`headers` has a `user-agent` as well; keep one of them", None);
        }
        headers.push(("user-agent".to_owned(), agent?));
    }
    Some(headers)
}

fn read_header_fields(at: &At) -> Option<Vec<(String, String)>> {
    let fields = at.open_fields()?;
    let count = fields.entries().count();
    if count > limits::HEADERS {
        at.problem(format!("a request may have at most {} headers; this one has {count}", limits::HEADERS));
        return None;
    }
    let mut headers = Vec::new();
    for (name, value) in fields.entries() {
        let is_template = template::is_template(name);
        if !is_template && !is_header_name(name) {
            let hint = "use letters, digits and characters like `-` and `_`".to_owned();
            fields.problem_at_key(name, format!("`{name}` cannot be the name of a header"), Some(hint));
            continue;
        }
        if OF_THE_CONNECTION.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            let hint = "remove it; Stepcast sets it as the request needs it".to_owned();
            fields.problem_at_key(
                name,
                format!("`{name}` controls how the bytes are transferred and cannot be set"),
                Some(hint),
            );
            continue;
        }
        if let Some(value) = value.text().and_then(|text| read_header_value(&value, text)) {
            // Names of variables are case-sensitive.
            let name = if is_template { name.to_owned() } else { name.to_ascii_lowercase() };
            headers.push((name, value));
        }
    }
    Some(headers)
}

/// A token (RFC 9110, section 5.1).
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// White space around a value is not sent; other control characters cannot be (RFC 9110, section 5.5).
fn read_header_value(at: &At, text: String) -> Option<String> {
    if text.trim().contains(|c: char| c.is_ascii_control() && c != '\t') {
        at.problem("the value of a header is one line without control characters");
        return None;
    }
    Some(text)
}

/// `basic`, `bearer` or `digest`, of a step or of the defaults.
#[expect(clippy::option_option, reason = "outside: could it be read, inside: is there one")]
pub(super) fn read_auth(fields: &Fields) -> Option<Option<Auth>> {
    let given: Vec<&str> = ASKERS.into_iter().filter(|key| fields.has(key)).collect();
    if let [first, second, ..] = given.as_slice() {
        fields.problem_at_key(
            second,
            format!("a request authenticates in one way; keep `{first}` or `{second}`"),
            None,
        );
    }
    let Some(key) = given.first().copied() else { return Some(None) };
    let at = fields.get(key)?;
    if has_authorization(fields) {
        fields.problem_at_key(key, format!("`headers` has an `authorization` as well; keep it or `{key}`"), None);
    }
    if key == "bearer" {
        return Some(Some(Auth::Bearer(read_header_value(&at, at.text_not_empty()?)?)));
    }
    let parts = at.fields(&BASIC_KEYS)?;
    let (user, password) = (parts.require("user"), parts.require("password"));
    if key == "digest" {
        let user = user.and_then(|at| at.text_not_empty());
        return Some(Some(Auth::Digest { password: password?.text()?, user: user? }));
    }
    let user = user.and_then(|at| read_user(&at));
    Some(Some(Auth::Basic { password: password?.text()?, user: user? }))
}

fn has_authorization(fields: &Fields) -> bool {
    let headers = fields.get("headers").and_then(|at| match &at.node.kind {
        Kind::Mapping(entries) => Some(entries),
        _ => None,
    });
    headers.is_some_and(|entries| entries.iter().any(|entry| entry.key.eq_ignore_ascii_case("authorization")))
}

fn read_user(at: &At) -> Option<String> {
    let user = at.text_not_empty()?;
    if !user.contains("${") && user.contains(':') {
        at.problem("the name cannot contain a colon, which separates it from the password");
        return None;
    }
    Some(user)
}

/// The method and the address.
fn read_target(fields: &Fields, page: Option<String>) -> Option<(&'static str, String)> {
    let methods: Vec<&'static str> = METHODS.into_iter().filter(|method| fields.has(method)).collect();
    match (methods.as_slice(), page) {
        ([], Some(page)) => Some(("get", page)),
        ([method], Some(_)) => {
            fields.problem_at_key(method, "`discover` chooses the pages to request; remove this", None);
            None
        }
        ([method], None) => Some((*method, read_url(&fields.get(method)?)?)),
        ([], None) if METHODS.iter().any(|method| fields.is_meant(method)) => None,
        ([], None) => {
            fields.at().problem_with_hint("there is no request here", "add one, like `get: https://example.com/`");
            None
        }
        ([_, second, ..], _) => {
            fields.problem_at_key(
                second,
                "this would be a second request; a step makes only one",
                Some("use `steps`".into()),
            );
            None
        }
    }
}

#[expect(clippy::option_option, reason = "outside: could it be read, inside: is there one")]
fn read_body(fields: &Fields, method: &str) -> Option<Option<Body>> {
    let given: Vec<&str> = BODIES.into_iter().filter(|key| fields.has(key)).collect();
    let [key] = given.as_slice() else {
        if let [_, second, ..] = given.as_slice() {
            let hint = format!("keep one of {}", given.join(", "));
            fields.problem_at_key(second, "a request has one body", Some(hint));
        }
        return Some(None);
    };
    if matches!(method, "get" | "head") {
        let hint = "send it with `post`, `put` or `patch`".to_owned();
        fields.problem_at_key(key, format!("a {} request has no body", method.to_uppercase()), Some(hint));
    }
    let at = fields.get(key)?;
    Some(Some(match *key {
        "form" => Body::Form(at.text_pairs()?),
        "json" => Body::Json(at.node.to_json()),
        "multipart" => Body::Multipart(read_parts(&at)?),
        _ => Body::Text(at.text()?),
    }))
}

/// Fields and files by the name of their field; several of one name are a list.
fn read_parts(at: &At) -> Option<Vec<Part>> {
    let fields = at.open_fields()?;
    let mut parts = Vec::new();
    for (name, value) in fields.entries() {
        let values = if matches!(value.node.kind, Kind::List(_)) { value.items()? } else { vec![value] };
        parts.extend(values.iter().filter_map(|at| read_part(name, at)));
    }
    Some(parts)
}

fn read_part(name: &str, at: &At) -> Option<Part> {
    let name = name.to_owned();
    if let Kind::Scalar(_) = at.node.kind {
        return Some(Part { name, content: at.text()?, file: None, content_type: None });
    }
    let fields = at.fields(&FILE_KEYS)?;
    let (file, content) = (fields.require("name"), fields.require("content"));
    let (file, content) = (file.and_then(|at| at.text_not_empty()), content.and_then(|at| at.text()));
    let content_type = fields.get("type").map_or(Some(None), |at| read_content_type(&at).map(Some));
    Some(Part { name, file: Some(file?), content: content?, content_type: content_type? })
}

fn read_content_type(at: &At) -> Option<String> {
    at.pattern(|text| match text.split_once('/') {
        Some((kind, rest)) if !kind.is_empty() && !rest.is_empty() && !text.contains(['\r', '\n']) => Ok(()),
        _ => Err(format!("`{text}` is not a media type; write it like `image/svg+xml`")),
    })
}

pub(super) fn read_url(at: &At) -> Option<String> {
    at.pattern(|url| match url::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(()),
        Ok(parsed) => Err(format!("`{}:` addresses cannot be fetched; use http or https", parsed.scheme())),
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            Err(format!("`{url}` is not an absolute address; write it like `https://example.com/` or `${{base}}/`"))
        }
        Err(error) => Err(format!("`{url}` is not an address: {error}")),
    })
}
