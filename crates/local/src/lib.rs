//! The AWS services Stepcast needs, embedded in one process. `stepcast up` runs the deployed handlers and worker on
//! them.
//!
//! Each piece is independent and knows nothing of jobs or tests: it speaks the service's own protocol to unmodified SDK
//! clients and calls functions with the service's own events. Its dependencies are passed in: listeners, the clock, the
//! access key, the shutdown signal.

pub mod access;
pub mod clock;
pub mod dashboard;
mod data_dir;
pub mod event_source;
pub mod gateway;
pub mod health;
pub mod metrics;
pub mod objects;
pub mod queue;
pub mod reach;
pub mod secret;
mod security_headers;
pub mod server;
mod services;
pub mod stack;
pub mod table;
