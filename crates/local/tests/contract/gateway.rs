//! This crate's WebSocket API, beyond the shared suite: time and its limits, order, shutdown, access keys.

mod conversation;
mod handshake;
mod limits;
mod management;
mod silent;

pub use crate::shared::gateway::{client, fixture};
