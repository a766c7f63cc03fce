//! The embedded services held to the contract of the real ones: through the SDKs and a WebSocket client, over their sockets.

mod event_source;
mod gateway;
mod queue;
mod support;
mod table;
