//! OIDC issuers whose identity tokens are accepted, as an operator lists them.

use super::principal::ADDRESS_STARTS;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use stepcast_protocol::event::Role;
use stepcast_suite::wildcard;
use url::{Host, Url};

/// Longest address of an issuer. With the longest `sub` it has to fit into a key of the table, of 2,048 bytes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys>
const ISSUER_BYTES: usize = 512;

/// The issuers that a deployment trusts. The jobs of a CI system get tokens from it and need no stored secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedIssuers(Vec<TrustedIssuer>);

/// One issuer, and which of its subjects are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustedIssuer {
    /// Its exact `iss`; its keys are discovered under this address
    pub issuer: String,
    /// The value that a token's `aud` must contain, which shows that the token was issued for this deployment
    pub audience: String,
    /// The roles of its subjects; the first rule that matches decides
    pub subjects: Vec<SubjectRule>,
}

/// The role of the subjects that match a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectRule {
    /// A `sub` in which `*` matches any text, including an empty one
    pub pattern: String,
    /// The role of these subjects
    pub role: Role,
}

/// What is wrong with a list of issuers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustedIssuersError {
    /// The text is not a list in JSON
    #[error("not a list of issuers in JSON: {0}")]
    NoList(String),
    /// An entry is invalid
    #[error("entry {number}: {problem}")]
    Entry {
        /// The number of the entry, from 1
        number: usize,
        /// What is wrong with it
        problem: String,
    },
}

impl TrustedIssuers {
    /// Reads the JSON that an operator gives.
    pub fn parse(json: &str) -> Result<Self, TrustedIssuersError> {
        let entries: Vec<Value> =
            serde_json::from_str(json).map_err(|error| TrustedIssuersError::NoList(error.to_string()))?;
        let (mut issuers, mut known) = (Vec::new(), BTreeSet::new());
        for (number, entry) in (1..).zip(entries) {
            let wrong = |problem| TrustedIssuersError::Entry { number, problem };
            let entry: TrustedIssuer = serde_json::from_value(entry).map_err(|error| wrong(error.to_string()))?;
            entry.check().map_err(wrong)?;
            if !known.insert(entry.issuer.clone()) {
                return Err(wrong(format!("`{}` is listed before; put all of its subjects there", entry.issuer)));
            }
            issuers.push(entry);
        }
        Ok(Self(issuers))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &TrustedIssuer> {
        self.0.iter()
    }
}

impl TrustedIssuer {
    fn check(&self) -> Result<(), String> {
        let issuer = &self.issuer;
        if issuer.len() > ISSUER_BYTES || issuer.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(format!("`issuer` has blanks in it, or more than {ISSUER_BYTES} bytes"));
        }
        match Url::parse(issuer) {
            Ok(url) if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() => {
                return Err(format!("`issuer` has more than a host and a path: `{issuer}`"));
            }
            // In lower case, since the beginning of the issuer distinguishes principals.
            Ok(url) if ADDRESS_STARTS.iter().any(|start| issuer.starts_with(start)) && is_trusted(&url) => {}
            _ => return Err(format!("`issuer` is not an https address: `{issuer}`")),
        }
        if self.audience.is_empty() {
            return Err("`audience` is empty, so tokens made for anybody would do".to_owned());
        }
        if self.subjects.is_empty() {
            return Err("`subjects` is empty, so nobody would be let in".to_owned());
        }
        if self.subjects.iter().any(|subject| subject.pattern.is_empty()) {
            return Err("a `pattern` is empty, so it fits nobody".to_owned());
        }
        Ok(())
    }

    /// Returns the role of a subject, or `None` if no rule matches.
    pub fn role_of(&self, subject: &str) -> Option<Role> {
        self.subjects.iter().find(|rule| wildcard::matches(&rule.pattern, subject)).map(|rule| rule.role)
    }
}

fn is_trusted(url: &Url) -> bool {
    is_secure(url) || is_loopback(url)
}

/// Whether the server at an address has to prove its identity, which https requires.
pub(super) fn is_secure(url: &Url) -> bool {
    url.scheme() == "https"
}

/// Whether an address is on this machine, so that no one can intercept the connection.
pub(super) fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GITHUB: &str = r#"{"issuer":"https://token.actions.githubusercontent.com","audience":"stepcast",
        "subjects":[{"pattern":"repo:acme/shop:ref:refs/heads/main","role":"admin"},
                    {"pattern":"repo:acme/*","role":"runner"},{"pattern":"repo:acme/shop:*","role":"viewer"}]}"#;

    #[test]
    fn the_first_pattern_that_fits_decides() {
        let issuers = TrustedIssuers::parse(&format!("[{GITHUB}]")).expect("a list");
        let github = issuers.iter().next().expect("an issuer");
        assert_eq!(github.role_of("repo:acme/shop:ref:refs/heads/main"), Some(Role::Admin));
        assert_eq!(github.role_of("repo:acme/shop:pull_request"), Some(Role::Runner));
        assert_eq!(github.role_of("repo:acme-evil/shop:pull_request"), None);
        assert_eq!(github.role_of("prefix repo:acme/shop:pull_request"), None);
    }

    #[test]
    fn a_mistake_is_named_with_its_entry() {
        let problem =
            |entry: &str| TrustedIssuers::parse(&format!("[{GITHUB},{entry}]")).expect_err("a mistake").to_string();
        let entry = |issuer: &str, audience: &str, subjects: &str| {
            problem(&format!(r#"{{"issuer":"{issuer}","audience":"{audience}","subjects":{subjects}}}"#))
        };
        let subjects = r#"[{"pattern":"x","role":"viewer"}]"#;
        assert_eq!(problem("{}"), "entry 2: missing field `issuer`");
        assert_eq!(
            entry("https://a.example", "x", r#"[{"pattern":"x","role":"root"}]"#),
            "entry 2: unknown variant `root`, expected one of `viewer`, `runner`, `admin`"
        );
        assert_eq!(
            entry("http://a.example", "x", subjects),
            "entry 2: `issuer` is not an https address: `http://a.example`"
        );
        assert!(entry("HTTPS://a.example", "x", subjects).contains("is not an https address"));
        assert!(entry(" https://a.example", "x", subjects).contains("has blanks in it"));
        assert!(entry("https://a.example/#", "x", subjects).contains("more than a host"));
        assert!(entry(&format!("https://a.example/{}", "x".repeat(500)), "x", subjects).contains("512 bytes"));
        assert!(entry("https://a.example/?x", "x", subjects).contains("more than a host"));
        assert!(entry("https://a.example", "", subjects).contains("`audience` is empty"));
        assert!(entry("https://a.example", "x", "[]").contains("`subjects` is empty"));
        assert!(entry("https://a.example", "x", r#"[{"pattern":"","role":"viewer"}]"#).contains("`pattern` is empty"));
        assert!(entry("https://token.actions.githubusercontent.com", "x", subjects).contains("listed before"));
        assert!(TrustedIssuers::parse("{}").expect_err("no list").to_string().starts_with("not a list of issuers"));
        for good in ["http://127.0.0.1:8080", "http://localhost:8080/realm", "http://[::1]:80"] {
            let entry = format!(r#"[{{"issuer":"{good}","audience":"x","subjects":{subjects}}}]"#);
            assert!(TrustedIssuers::parse(&entry).is_ok(), "{good}");
        }
    }
}
