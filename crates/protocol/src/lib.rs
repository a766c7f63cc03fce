//! The wire protocol: commands, events, and the state they add up to.
//!
//! Nothing here is asynchronous and nothing here depends on AWS, so everything in it can be tested with values alone.

pub mod command;
pub mod difference;
pub mod error;
pub mod event;
pub mod exchange;
pub mod frame;
pub mod id;
pub mod limits;
pub mod merge;
pub mod moment;
pub mod notification;
pub mod state;
pub mod trace;
#[cfg(feature = "typescript")]
pub mod typescript;
mod watched;

pub use command::{Command, Request, RequestId};
pub use error::{ErrorCode, WireError};
pub use event::{Event, EventBody};
pub use id::{ConnectionId, JobId, SuiteName};
pub use merge::JobState;
pub use state::{Counts, JobStatus, Outcome, TestState, Verdict};
pub use trace::{TraceContext, TraceId};

/// The WebSocket subprotocol both ends agree on.
pub const SUBPROTOCOL: &str = "stepcast.v1";

/// The prefix of the token in the second subprotocol, for clients that cannot set headers (browsers).
pub const TOKEN_SUBPROTOCOL_PREFIX: &str = "stepcast.token.";
