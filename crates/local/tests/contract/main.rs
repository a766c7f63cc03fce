//! Tests the embedded services against the contract of the real ones: through the SDKs and a WebSocket client, over
//! their sockets.
//!
//! Tests of this crate alone (durability, access keys, shutdown, held clocks) are in the modules beside [`shared`],
//! which has the suites that run unchanged on implementations from other projects.

mod busy;
mod event_source;
mod gateway;
mod http;
mod queue;
mod shared;
mod support;
mod table;
#[path = "../version_before/mod.rs"]
mod version_before;
