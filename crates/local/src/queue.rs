//! The queue: Amazon SQS, as far as standard queues go, on one `SQLite` file.
//!
//! - [`service`]: the operations, in process
//! - [`server`]: the same over the AWS JSON 1.0 protocol, for unmodified SDK clients
//! - `storage`: all SQL
//!
//! Delivery is at least once, as in Amazon SQS: a message that was received and not deleted comes back when its
//! visibility timeout has passed, even if this process was killed.

mod attributes;
mod error;
mod fairness;
mod message;
mod schema;
pub mod server;
pub mod service;
mod storage;
mod validation;
pub(crate) mod wire;

pub use attributes::{MessageAttribute, MessageAttributes, QueueAttributes, RedrivePolicy};
pub use error::QueueError;
pub use message::{MessageCounts, NewMessage, ReceiveRequest, ReceivedMessage, SentMessage};
pub use service::QueueService;
