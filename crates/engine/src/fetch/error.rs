//! The errors of a request, with advice on what to do next.

use super::proxy::Refusal;
use super::tls;
use crate::address::RefusedTarget;
use std::error::Error;
use std::io;
use std::iter;
use std::time::Duration;
use stepcast_protocol::exchange::FailureKind;
use stepcast_suite::duration;
use url::Url;

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address, a header or the body cannot be sent
    #[error("{0}")]
    InvalidRequest(String),
    /// The guard refused the host
    #[error(transparent)]
    Refused(#[from] RefusedTarget),
    /// The suite disables the verification of certificates, which is not allowed here
    #[error("the suite is `insecure`: it turns off the verification of certificates, which is not allowed here")]
    Insecure,
    /// The name could not be resolved
    #[error("`{host}` could not be resolved: {reason}")]
    Dns {
        /// The name
        host: String,
        /// The resolver's reason
        reason: String,
    },
    /// The connection could not be made
    #[error("could not connect to `{host}`: {reason}")]
    Connect {
        /// The host with its port
        host: String,
        /// The system's reason
        reason: String,
    },
    /// The server could not be trusted, or no encryption could be agreed on
    #[error("no secure connection to `{host}`: {reason}")]
    Tls {
        /// The host with its port
        host: String,
        /// The problem
        reason: String,
        /// How to fix it
        hint: &'static str,
    },
    /// The proxy could not be reached, or is not allowed
    #[error("the proxy cannot be used: {0}")]
    Proxy(Box<FetchError>),
    /// The proxy refused
    #[error("the proxy `{host}` {refusal}")]
    ProxyRefused {
        /// The proxy's host with its port
        host: String,
        /// How it refused
        refusal: Refusal,
    },
    /// The request was called off while it waited for its turn at the host
    #[error("it was cancelled before it was sent")]
    CalledOff,
    /// The time was up
    #[error("{phase} within {}", duration::format(*limit))]
    Timeout {
        /// The phase it was in
        phase: Phase,
        /// The time limit
        limit: Duration,
    },
    /// The body is larger than the limit
    #[error("the body is larger than {}", size(*limit))]
    TooLarge {
        /// The limit, in bytes
        limit: usize,
    },
    /// The answer is not valid HTTP
    #[error("the answer could not be read: {0}")]
    Protocol(String),
    /// A redirect leads to an address that cannot be fetched
    #[error("it redirects to `{to}`, which cannot be fetched: {reason}")]
    BadRedirect {
        /// The address as it was sent
        to: String,
        /// Why it cannot be fetched
        reason: String,
    },
    /// The recording that answers in place of the network has no answer
    #[error("no answer to `{request}` was kept{}", because(difference.as_deref()))]
    NotRecorded {
        /// The method and the address, with secrets hidden
        request: String,
        /// What is different in the answer to another request to that address, if there is one
        difference: Option<String>,
    },
    /// The request failed when it was recorded
    #[error("{message}")]
    Recorded {
        /// What kind of failure it was
        kind: FailureKind,
        /// What happened
        message: String,
        /// Whether another attempt would fail in the same way
        is_permanent: bool,
    },
    /// There are too many redirects
    #[error("more than {limit} redirects, the next to `{last}`")]
    TooManyRedirects {
        /// How many were followed
        limit: u32,
        /// The target of the next one
        last: String,
    },
}

/// The phase a request was in when its time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The status and the headers
    Answer,
    /// The rest of the body
    Body,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Answer => "no answer arrived",
            Self::Body => "the body did not arrive",
        })
    }
}

impl FetchError {
    /// How to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "check the request and the values of its variables",
            Self::Refused(refused) => refused.hint(),
            Self::Insecure => {
                "trust the issuer of the certificate with `ca` in `defaults`, or have the server started with \
                 `--allow-insecure-targets`"
            }
            Self::Dns { .. } => "check the name, and whether it resolves where Stepcast runs",
            Self::Connect { .. } => "check that the server is up and listens on that port",
            Self::Tls { hint, .. } => hint,
            Self::Proxy(error) => match error.as_ref() {
                Self::Refused(refused) => refused.hint(),
                _ => "check `defaults.proxy`, and whether Stepcast can reach the proxy from where it runs",
            },
            Self::ProxyRefused { refusal, .. } => refusal.hint(),
            Self::CalledOff => "run it again",
            Self::Timeout { .. } => "find out why it takes so long, or give the step a longer `timeout`",
            Self::TooLarge { .. } => "larger bodies are not read; check a smaller page",
            Self::Protocol(_) => "the server, or a proxy in front of it, cut off or corrupted the answer",
            Self::BadRedirect { .. } => "check the `location` header; it must lead to an http or https address",
            Self::NotRecorded { .. } => {
                "a request has to be the same as the one whose answer was kept; record it again, or run the suite on the site"
            }
            Self::Recorded { .. } => "the request failed in this way when it was recorded; nothing was requested now",
            Self::TooManyRedirects { .. } => "the page probably redirects in a loop",
        }
    }

    /// Whether a retry would end the same way.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::InvalidRequest(_)
            | Self::Refused(_)
            | Self::Insecure
            | Self::TooLarge { .. }
            | Self::NotRecorded { .. } => true,
            Self::Recorded { is_permanent, .. } => *is_permanent,
            Self::Proxy(error) => error.is_permanent(),
            _ => false,
        }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Dns { .. } => FailureKind::Dns,
            Self::Connect { .. } => FailureKind::Connect,
            Self::Tls { .. } => FailureKind::Tls,
            Self::Timeout { phase: Phase::Answer, .. } => FailureKind::Timeout,
            Self::Timeout { phase: Phase::Body, .. } => FailureKind::Body,
            Self::TooLarge { .. } => FailureKind::TooLarge,
            Self::Protocol(_) => FailureKind::Protocol,
            Self::Recorded { kind, .. } => *kind,
            _ => FailureKind::Other,
        }
    }

    /// Classifies an error of the HTTP client. Its own text has the whole address; these errors do not.
    pub fn from_client(error: &reqwest::Error, url: &Url) -> Self {
        if let Some(refused) = find::<RefusedTarget>(error) {
            return Self::Refused(refused.clone());
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        if error.is_dns() {
            return Self::Dns { host, reason: resolver_reason(error) };
        }
        let host = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
        if let Some(error) = find::<rustls::Error>(error) {
            return Self::Tls { host, reason: tls::reason(error), hint: tls::hint(error) };
        }
        if error.is_connect() {
            return Self::Connect { host, reason: connect_reason(error) };
        }
        if error.is_builder() {
            return Self::InvalidRequest(format!("the request cannot be sent: {}", deepest(error)));
        }
        Self::Protocol(deepest(error))
    }
}

fn because(difference: Option<&str>) -> String {
    difference.map_or_else(String::new, |difference| format!(": {difference}"))
}

fn resolver_reason(error: &reqwest::Error) -> String {
    let text = deepest(error);
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_lowercase()
}

fn connect_reason(error: &reqwest::Error) -> String {
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "nothing listens there".into(),
        Some(io::ErrorKind::TimedOut) => "no answer to the connection attempt".into(),
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            "the network has no route to it".into()
        }
        _ => deepest(error),
    }
}

/// The first cause of this type.
pub fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    causes(error).find_map(<dyn Error>::downcast_ref)
}

/// The innermost cause, which is the only one that does not repeat the others.
pub fn deepest(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// An error and its causes, outermost first.
pub fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    iter::successors(Some(error), |error| cause(*error))
}

/// `io::Error` does not name the error it wraps as its source, so it is unwrapped here.
fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}
