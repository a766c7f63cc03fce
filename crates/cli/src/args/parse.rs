//! Parses the values of arguments.

use std::path::Path;
use std::time::Duration;
use stepcast_platform::Clock;
use stepcast_platform::auth::{TrustedIssuers, is_principal_name};
use stepcast_platform::origin::Origin;
use stepcast_protocol::limits::TOKEN_LIFETIME;
use stepcast_protocol::moment::Moment;
use stepcast_protocol::state::AnswersFrom;
use stepcast_suite::Evidence;
use stepcast_suite::duration;
use stepcast_suite::limits::JOB_TIME;
use url::Url;

/// Largest file an argument is taken from.
const FILE_BYTES: usize = 1024 * 1024;

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    duration::parse(text)
}

pub(super) fn parse_issuers(text: &str) -> Result<TrustedIssuers, String> {
    TrustedIssuers::parse(&text_or_file(text)?).map_err(|error| error.to_string())
}

/// The text itself, or what is in the file that `@FILE` names.
pub(crate) fn text_or_file(text: &str) -> Result<String, String> {
    match text.strip_prefix('@') {
        Some(file) => crate::files::read_named(Path::new(file), FILE_BYTES),
        None => Ok(text.to_owned()),
    }
}

pub(super) fn parse_origin(text: &str) -> Result<Origin, String> {
    Origin::parse(text).map_err(|error| error.to_string())
}

pub(super) fn parse_lease(text: &str) -> Result<Duration, String> {
    let lease = parse_duration(text)?;
    if lease < Duration::from_secs(1) { Err("a lease must be at least one second".to_owned()) } else { Ok(lease) }
}

/// In seconds, which is how a server counts it.
pub(super) fn parse_time_limit(text: &str) -> Result<u32, String> {
    let limit = whole_seconds("a time limit", text, JOB_TIME, "24h")?;
    u32::try_from(limit.as_secs()).map_err(|error| error.to_string())
}

/// A moment, or how long ago it was.
pub(super) fn parse_moment(text: &str) -> Result<Moment, String> {
    match parse_duration(text) {
        Ok(ago) => Ok(Moment::from_ms(Clock::system().now_ms().saturating_sub(duration::millis(ago)))),
        Err(_) => text.parse().map_err(|error| format!("{error}, or how long ago it was, like `24h`")),
    }
}

/// What is kept of requests and answers.
pub(super) fn parse_evidence(text: &str) -> Result<Evidence, String> {
    Evidence::named(text).ok_or_else(|| "expected `none`, `failed`, `changes` or `all`".to_owned())
}

/// What judged answers come from.
pub(super) fn parse_answers_from(text: &str) -> Result<AnswersFrom, String> {
    if text == "evidence" { Ok(AnswersFrom::Evidence) } else { Err("expected `evidence`".to_owned()) }
}

/// The principal that a token belongs to.
pub(super) fn parse_principal(text: &str) -> Result<String, String> {
    if is_principal_name(text) {
        return Ok(text.to_owned());
    }
    Err("a principal has 1 to 512 bytes, on one line and without invisible characters".to_owned())
}

pub(super) fn parse_token_lifetime(text: &str) -> Result<Duration, String> {
    whole_seconds("a token's lifetime", text, TOKEN_LIFETIME, "365d")
}

fn whole_seconds(what: &str, text: &str, most: Duration, written: &str) -> Result<Duration, String> {
    let duration = parse_duration(text)?;
    if duration.subsec_nanos() > 0 || duration.is_zero() || duration > most {
        return Err(format!("{what} must be a number of whole seconds, from `1s` to `{written}`"));
    }
    Ok(duration)
}

pub(super) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not like `name=value`")),
    }
}

/// Reads an address as a person types it, as browsers do: without a scheme it is `https`, on this machine `http`.
pub(super) fn parse_address(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let is_local = ["localhost", "127.", "[::1]"].iter().any(|name| text.starts_with(name));
    let whole = match text.contains("://") {
        true => text.to_owned(),
        false if is_local => format!("http://{text}"),
        false => format!("https://{text}"),
    };
    let url = Url::parse(&whole).map_err(|error| format!("it is not an address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("an address begins with `https://` or `http://`".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a password does not belong into an address; use a secret in the suite".to_owned());
    }
    Ok(url)
}

pub(super) fn parse_secret(text: &str) -> Result<(String, String), String> {
    if text.contains('=') {
        // The value must not appear in a message.
        return parse_pair(text).map_err(|_| "expected `name=value`".to_owned());
    }
    let value = std::env::var(text).map_err(|_| format!("there is no environment variable `{text}`"))?;
    Ok((text.to_owned(), value))
}
