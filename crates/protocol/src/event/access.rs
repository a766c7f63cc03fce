//! Connections, roles and tokens.

use serde::{Deserialize, Serialize};

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Role {
    /// Watch, list and comment
    Viewer,
    /// Also run, and cancel and replay what is its own
    Runner,
    /// Everything
    Admin,
}

impl Role {
    /// The role as it is written in a token and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Runner => "runner",
            Self::Admin => "admin",
        }
    }
}

/// The limits of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Limits {
    /// Largest message, in bytes; it may have to be split into several frames
    pub message_bytes: usize,
    /// Largest frame a client may send, in bytes
    pub frame_bytes: usize,
    /// Largest suite, in bytes of JSON
    pub suite_bytes: usize,
    /// Maximum number of tests in one job
    pub tests_per_job: usize,
    /// Maximum number of connections of one principal
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<usize>,
    /// Maximum number of commands of one principal per second, on average
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands_per_s: Option<usize>,
    /// Maximum number of jobs of one principal that have no verdict yet
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_jobs: Option<usize>,
    /// Maximum number of requests of one job's steps; each try counts
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_job: Option<usize>,
}

/// A connection as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ListedConnection {
    /// Its id
    pub connection: String,
    /// The principal that opened it
    pub principal: String,
    /// The role of that principal
    pub role: Role,
    /// When it was opened (RFC 3339)
    pub connected_at: String,
    /// The jobs it watches, and `feed` for the updates of all jobs; at most 20 of them
    #[serde(default)]
    pub watching: Vec<String>,
    /// The id of the token it was opened with, to revoke the token by
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A token that was revoked, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RevokedToken {
    /// Its id
    pub token: String,
    /// The principal that revoked it
    pub principal: String,
    /// When it was revoked (RFC 3339)
    pub revoked_at: String,
}
