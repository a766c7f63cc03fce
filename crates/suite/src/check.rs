//! The check language: what is looked at (a [`Subject`]), how it is prepared ([`Filter`]s) and what has to hold for it
//! ([`Matcher`]s); alone or in groups.

use super::filter::Filter;
use super::matcher::Matcher;
use super::subject::Subject;
use crate::template::{self, Lookup, UndefinedVariable};
use serde::{Deserialize, Serialize};

/// Something that has to hold for an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// One thing is looked at
    One(ValueCheck),
    /// At least one of these holds; never empty
    Any(Vec<Check>),
    /// All of these hold; never empty
    All(Vec<Check>),
    /// This does not hold
    Not(Box<Check>),
    /// Every link of the page answers; never in a group
    Links(Links),
    /// The request fails in one of these ways; never empty; alone in its step
    Error(Vec<ErrorKind>),
}

/// A way in which a request gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The name has no address
    Dns,
    /// No connection is established
    Connect,
    /// No secure connection is established, or the certificate is not trusted
    Tls,
    /// Nothing is answered within the step's `timeout`
    Timeout,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Dns, Self::Connect, Self::Tls, Self::Timeout];

    /// The name a suite writes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
        }
    }
}

/// Which links to request, and which answers to accept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// Which of them
    pub scope: LinkScope,
    /// From the first to the second status, both included
    pub accept: Vec<(u16, u16)>,
    /// Whether fragments have to be in the pages
    pub fragments: bool,
    /// Maximum number of addresses to request
    pub limit: u32,
    /// Patterns of addresses to leave out
    pub ignore: Vec<String>,
}

/// Which links of a page to request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkScope {
    /// Those to the page's own host
    SameHost,
    /// Those to it and to names below it
    Internal,
    /// All
    All,
}

impl Default for Links {
    fn default() -> Self {
        Self { scope: LinkScope::SameHost, accept: vec![(200, 399)], fragments: true, limit: 100, ignore: Vec::new() }
    }
}

impl Links {
    /// The same with every template filled in.
    pub fn render(&self, variables: &impl Lookup) -> Result<Self, UndefinedVariable> {
        let ignore = self.ignore.iter().map(|pattern| template::render(pattern, variables));
        Ok(Self { ignore: ignore.collect::<Result<_, _>>()?, ..self.clone() })
    }
}

/// A check of one thing. All its matchers have to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueCheck {
    /// The subject
    pub subject: Subject,
    /// The filters that are applied first
    pub filters: Vec<Filter>,
    /// The matchers that must hold for it; never empty
    pub matchers: Vec<Matcher>,
}

impl Check {
    /// The number of single checks in it.
    pub fn size(&self) -> usize {
        match self {
            Self::One(_) | Self::Links(_) | Self::Error(_) => 1,
            Self::Any(checks) | Self::All(checks) => checks.iter().map(Self::size).sum(),
            Self::Not(check) => check.size(),
        }
    }
}
