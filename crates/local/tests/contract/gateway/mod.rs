//! The WebSocket API, through a WebSocket client and the SDK for `@connections`.

mod client;
mod conversation;
mod fixture;
mod handshake;
mod limits;
mod management;
