//! Values as they are typed.

use std::time::Duration;
use stepcast_platform::auth::TrustedIssuers;
use stepcast_platform::origin::Origin;
use stepcast_protocol::duration;
use stepcast_protocol::limits::{JOB_TIME, TOKEN_LIFETIME};

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    duration::parse(text)
}

pub(super) fn parse_issuers(text: &str) -> Result<TrustedIssuers, String> {
    let json = match text.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("`{file}` cannot be read: {error}"))?,
        None => text.to_owned(),
    };
    TrustedIssuers::parse(&json).map_err(|error| error.to_string())
}

pub(super) fn parse_origin(text: &str) -> Result<Origin, String> {
    Origin::parse(text).map_err(|error| error.to_string())
}

pub(super) fn parse_lease(text: &str) -> Result<Duration, String> {
    let lease = parse_duration(text)?;
    if lease < Duration::from_secs(1) { Err("a lease is at least a second".to_owned()) } else { Ok(lease) }
}

/// In seconds, which is how a server counts it.
pub(super) fn parse_time_limit(text: &str) -> Result<u32, String> {
    let limit = whole_seconds("a time limit", text, JOB_TIME, "24h")?;
    u32::try_from(limit.as_secs()).map_err(|error| error.to_string())
}

pub(super) fn parse_token_lifetime(text: &str) -> Result<Duration, String> {
    whole_seconds("a token's life", text, TOKEN_LIFETIME, "365d")
}

fn whole_seconds(what: &str, text: &str, most: Duration, written: &str) -> Result<Duration, String> {
    let duration = parse_duration(text)?;
    if duration.subsec_nanos() > 0 || duration.is_zero() || duration > most {
        return Err(format!("{what} has whole seconds, from `1s` to `{written}`"));
    }
    Ok(duration)
}

pub(super) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not like `name=value`")),
    }
}

pub(super) fn parse_secret(text: &str) -> Result<(String, String), String> {
    if text.contains('=') {
        // The value must not stand in a message.
        return parse_pair(text).map_err(|_| "expected `name=value`".to_owned());
    }
    let value = std::env::var(text).map_err(|_| format!("there is no environment variable `{text}`"))?;
    Ok((text.to_owned(), value))
}
