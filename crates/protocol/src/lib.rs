//! What crosses a wire or is written in a file: commands, events, suites and the state they add up to.
//!
//! Nothing here is asynchronous and nothing here knows AWS, so everything in it can be tested with values alone.

pub mod bounds;
pub mod command;
pub mod date;
pub mod document;
pub mod duration;
pub mod error;
pub mod event;
pub mod frame;
pub mod limits;
pub mod moment;
pub mod notification;
pub mod number;
pub mod pattern;
pub mod plain;
pub mod schema;
pub mod selector;
pub mod state;
pub mod suite;
pub mod template;
#[cfg(feature = "typescript")]
pub mod typescript;
pub mod xpath;

pub use command::{Command, Request, RequestId};
pub use error::{ErrorCode, WireError};
pub use event::{Event, EventBody};
pub use state::{Counts, JobState, JobStatus, Outcome, TestState, Verdict};

/// The WebSocket subprotocol both ends agree on.
pub const SUBPROTOCOL: &str = "stepcast.v1";

/// What comes before the token in the second subprotocol, for clients that cannot set headers (browsers).
pub const TOKEN_SUBPROTOCOL_PREFIX: &str = "stepcast.token.";
