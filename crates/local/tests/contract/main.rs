//! The embedded services held to the contract of the real ones: through the SDKs and a WebSocket client, over their sockets.
//!
//! What is about this crate alone (durability, access keys, shutdown, held clocks) stands beside [`shared`]: suites that run
//! the same way on implementations which nobody here wrote.

mod busy;
mod event_source;
mod gateway;
mod http;
mod queue;
mod shared;
mod support;
mod table;
