//! Who is connected, and what they may do.

use serde::{Deserialize, Serialize};

/// What may be done with a token.
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

/// What the server accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Limits {
    /// Largest message, in bytes; it may have to travel in several frames
    pub message_bytes: usize,
    /// Largest frame a client may send, in bytes
    pub frame_bytes: usize,
    /// Largest suite, in bytes of JSON
    pub suite_bytes: usize,
    /// Most tests one job may have
    pub tests_per_job: usize,
    /// Most connections of one principal
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<usize>,
    /// Most commands of one principal, a second on average
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands_per_s: Option<usize>,
    /// Most jobs of one principal that have no verdict yet
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_jobs: Option<usize>,
    /// Most requests of one job's steps, each try counted
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_job: Option<usize>,
}

/// A connection as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ListedConnection {
    /// Its id
    pub connection: String,
    /// Who is at the other end
    pub principal: String,
    /// What they may do
    pub role: Role,
    /// Since when (RFC 3339)
    pub connected_at: String,
    /// The jobs it watches, and `feed` for the updates of all jobs; 20 of them at most
    #[serde(default)]
    pub watching: Vec<String>,
    /// The id of the token it came in with, by which that can be revoked
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A token that was revoked, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RevokedToken {
    /// Its id
    pub token: String,
    /// Who revoked it
    pub principal: String,
    /// When (RFC 3339)
    pub revoked_at: String,
}
