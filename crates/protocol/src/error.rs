//! The errors a client can receive: a code to act on, a message to read, and whether trying again helps.

use serde::{Deserialize, Serialize};

/// The kind of error, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ErrorCode {
    /// The message is not a command this version knows
    BadRequest,
    /// The suite cannot be run as written
    InvalidSuite,
    /// No token, or one that is not valid
    Unauthorized,
    /// The token is valid, but its role may not do this
    Forbidden,
    /// There is no such job, suite or connection
    NotFound,
    /// The state of the thing does not allow it
    Conflict,
    /// Over a size limit
    TooLarge,
    /// Over a rate limit
    RateLimited,
    /// A service that Stepcast depends on did not answer
    Unavailable,
    /// A bug in Stepcast
    Internal,
}

impl ErrorCode {
    /// Whether the same command can succeed later without being changed.
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::Internal)
    }

    /// The code as it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::InvalidSuite => "invalid_suite",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

/// An error as it is sent, without the envelope of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WireError {
    /// The kind of error, for programs
    pub code: ErrorCode,
    /// The message, for people
    pub message: String,
}

impl WireError {
    /// An error with a message for people.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
