//! One webhook, and the list of them that an operator writes. No message here quotes an address or a secret.

use crate::secret::Secret;
use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use stepcast_suite::wildcard;
use url::Url;

/// Most webhooks of a deployment: all are called at once when a suite changes.
const MOST: usize = 20;

/// Prefix of a signing key, and how many bytes the key has.
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#symmetric>
const KEY_PREFIX: &str = "whsec_";
const KEY_BYTES: RangeInclusive<usize> = 24..=64;

/// A receiver that is notified when a suite breaks or recovers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id: a fingerprint of its address
    pub id: String,
    /// The address to post to; for many receivers it is the only protection against strangers
    pub url: Secret,
    /// The host of the address, which may be shown
    pub host: String,
    /// What is posted
    pub format: WebhookFormat,
    suites: Vec<String>,
}

/// What is posted to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookFormat {
    /// A notification, signed
    Json {
        /// The key, in base64
        key: Secret,
    },
    /// A text in the format of Slack's and Mattermost's incoming webhooks
    Slack,
}

/// What is wrong with a list of webhooks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhooksError {
    /// The text is not a list in JSON
    #[error("not a list of webhooks in JSON")]
    NoList,
    /// The list is too long
    #[error("{0} webhooks, of at most {MOST}")]
    TooMany(usize),
    /// An entry is invalid
    #[error("entry {number}: {problem}")]
    Entry {
        /// The number of the entry, from 1
        number: usize,
        /// What is wrong with it
        problem: String,
    },
}

/// An entry with only its keys checked: an error of serde about a value quotes the value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    url: Value,
    #[serde(default)]
    format: Value,
    #[serde(default)]
    secret: Value,
    #[serde(default)]
    suites: Value,
}

/// Reads the JSON that an operator gives.
pub fn parse(json: &str) -> Result<Vec<Webhook>, WebhooksError> {
    let Ok(Value::Array(entries)) = serde_json::from_str(json) else { return Err(WebhooksError::NoList) };
    if entries.len() > MOST {
        return Err(WebhooksError::TooMany(entries.len()));
    }
    let (mut webhooks, mut known) = (Vec::new(), BTreeSet::new());
    for (number, entry) in (1..).zip(entries) {
        let wrong = |problem| WebhooksError::Entry { number, problem };
        let webhook = Webhook::read(entry).map_err(wrong)?;
        if !known.insert(webhook.id.clone()) {
            return Err(wrong("its `url` is listed before; put all of its `suites` there".to_owned()));
        }
        webhooks.push(webhook);
    }
    Ok(webhooks)
}

impl Webhook {
    fn read(entry: Value) -> Result<Self, String> {
        if !entry.is_object() {
            return Err("it is no object".to_owned());
        }
        let entry: Entry = serde_json::from_value(entry).map_err(|error| error.to_string())?;
        let url = read_url(&entry.url)?;
        Ok(Self {
            id: BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, url.as_str().as_bytes()).as_ref()[..12]),
            host: url.host_str().unwrap_or_default().to_owned(),
            url: Secret::new(url.as_str()),
            format: read_format(&entry.format, &entry.secret)?,
            suites: read_suites(&entry.suites)?,
        })
    }

    /// Whether it is notified of this suite.
    pub fn wants(&self, suite: &str) -> bool {
        self.suites.is_empty() || self.suites.iter().any(|pattern| wildcard::matches(pattern, suite))
    }
}

fn read_url(value: &Value) -> Result<Url, String> {
    let url = value.as_str().and_then(|text| Url::parse(text).ok());
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
    url.ok_or_else(|| "`url` is not an http or https address".to_owned())
}

fn read_format(format: &Value, secret: &Value) -> Result<WebhookFormat, String> {
    match (format.as_str().unwrap_or("json"), secret) {
        _ if !format.is_null() && !format.is_string() => Err("`format` is not `json` or `slack`".to_owned()),
        ("json", secret) => Ok(WebhookFormat::Json { key: read_key(secret)? }),
        ("slack", Value::Null) => Ok(WebhookFormat::Slack),
        ("slack", _) => Err("`secret` is set, but with the format `slack` nobody checks a signature".to_owned()),
        _ => Err("`format` is not `json` or `slack`".to_owned()),
    }
}

fn read_key(secret: &Value) -> Result<Secret, String> {
    let encoded = secret.as_str().and_then(|text| text.strip_prefix(KEY_PREFIX));
    let bytes = encoded.and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    match (encoded, bytes) {
        (Some(encoded), Some(bytes)) if KEY_BYTES.contains(&bytes.len()) => Ok(Secret::new(encoded)),
        _ => Err(format!(
            "`secret` is not `{KEY_PREFIX}` and {} to {} bytes in base64; `openssl rand -base64 32` makes some",
            KEY_BYTES.start(),
            KEY_BYTES.end()
        )),
    }
}

fn read_suites(value: &Value) -> Result<Vec<String>, String> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    let read = |pattern: &Value| pattern.as_str().filter(|pattern| !pattern.is_empty()).map(str::to_owned);
    let patterns = value.as_array().and_then(|patterns| patterns.iter().map(read).collect::<Option<Vec<_>>>());
    patterns
        .filter(|patterns| !patterns.is_empty())
        .ok_or_else(|| "`suites` is not a list of names, in which `*` stands for anything".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn good() -> String {
        format!(r#"{{"url":"https://hooks.example/T0/hunter2","secret":"{SECRET}","suites":["Shop *","Docs"]}}"#)
    }

    #[test]
    fn a_list_is_read() {
        let slack = r#"{"url":"http://127.0.0.1:9/x","format":"slack"}"#;
        let webhooks = parse(&format!("[{},{slack}]", good())).expect("a list");
        assert_eq!(webhooks[0].host, "hooks.example");
        assert_eq!(webhooks[0].format, WebhookFormat::Json { key: Secret::new(&SECRET[6..]) });
        assert!(["Shop smoke", "Docs"].iter().all(|suite| webhooks[0].wants(suite)));
        assert!(!webhooks[0].wants("Docs 2") && webhooks[1].wants("Docs 2"));
        assert_eq!(webhooks[1].format, WebhookFormat::Slack);
        assert_ne!(webhooks[0].id, webhooks[1].id);
        let shown = format!("{webhooks:?}");
        assert!(!shown.contains("hunter2") && !shown.contains(&SECRET[6..]), "{shown}");
    }

    #[test]
    fn a_mistake_is_named_with_its_entry_and_never_quoted() {
        let problem = |entry: &str| parse(&format!("[{},{entry}]", good())).expect_err("a mistake").to_string();
        let key = format!(r#""secret":"{SECRET}""#);
        assert_eq!(parse("\"hunter2\"").expect_err("no list").to_string(), "not a list of webhooks in JSON");
        assert_eq!(parse(&format!("[{}]", ["{}"; 21].join(","))), Err(WebhooksError::TooMany(21)));
        for (entry, expected) in [
            ("\"hunter2\"".to_owned(), "entry 2: it is no object"),
            ("{}".to_owned(), "entry 2: missing field `url`"),
            (good(), "entry 2: its `url` is listed before; put all of its `suites` there"),
            (format!(r#"{{"url":"hunter2",{key}}}"#), "entry 2: `url` is not an http or https address"),
            (format!(r#"{{"url":["hunter2"],{key}}}"#), "entry 2: `url` is not an http or https address"),
            (r#"{"url":"http://a","format":"hunter2"}"#.to_owned(), "entry 2: `format` is not `json` or `slack`"),
            (r#"{"url":"http://a","format":7}"#.to_owned(), "entry 2: `format` is not `json` or `slack`"),
            (
                r#"{"url":"http://a","format":"slack","secret":"hunter2"}"#.to_owned(),
                "entry 2: `secret` is set, but with the format `slack` nobody checks a signature",
            ),
            (
                r#"{"url":"http://a","secret":"hunter2"}"#.to_owned(),
                "entry 2: `secret` is not `whsec_` and 24 to 64 bytes in base64; `openssl rand -base64 32` makes some",
            ),
            (
                format!(r#"{{"url":"http://a","suites":"hunter2",{key}}}"#),
                "entry 2: `suites` is not a list of names, in which `*` stands for anything",
            ),
        ] {
            assert_eq!(problem(&entry), expected);
        }
        let unknown = problem(&format!(r#"{{"url":"http://a",{key},"suite":"hunter2"}}"#));
        assert!(unknown.starts_with("entry 2: unknown field `suite`") && !unknown.contains("hunter2"), "{unknown}");
    }
}
