//! The client's side of the wire: one WebSocket, commands out, events in.

mod backoff;
mod connection;
mod follow;
mod link;
mod session;

pub(crate) use connection::Connection;
pub(crate) use follow::{Followed, Follower};
pub(crate) use session::Session;

use stepcast_protocol::ErrorCode;

/// An error between the command and a server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The server does not answer
    #[error("the server at {url} cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    /// It rejects the token
    #[error("the server at {url} does not accept the token")]
    Unauthorized { url: String },
    /// It has reached its limit of connections for this principal
    #[error("the server at {url} has reached its limit of connections for this principal")]
    Crowded { url: String },
    /// The command failed
    #[error("{message}")]
    Refused { code: ErrorCode, message: String, temporary: bool },
    /// It closed the connection and said that reconnecting is useless
    #[error("the server ended the connection ({code})")]
    Ended { code: String },
    /// It did not answer in time
    #[error("the server did not answer within {seconds} seconds")]
    Silent { seconds: u64 },
    /// The user left before there was a job to cancel
    #[error("cancelled")]
    Left,
    /// Ctrl-C could not be listened to
    #[error("Ctrl-C cannot be noticed: {0}")]
    Interrupts(String),
}

impl ClientError {
    /// How to fix it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => Some("is `stepcast up` running? Name another server with --url".to_owned()),
            Self::Unauthorized { .. } => Some(
                "tokens expire and can be revoked; create another with `stepcast token new` and pass it with --token"
                    .to_owned(),
            ),
            Self::Crowded { .. } => Some(
                "close some of them, or have the operator allow more with STEPCAST_MAX_CONNECTIONS or --max-connections"
                    .to_owned(),
            ),
            Self::Refused { temporary: true, .. } => Some("the same command may succeed later; try again".to_owned()),
            _ => None,
        }
    }
}
