//! The WebSocket API, through a WebSocket client and the SDK for `@connections`, on the embedded gateway and on
//! `MiniStack` (`STEPCAST_CONTRACT_GATEWAY`). The functions are closures of the test in both cases.

pub mod client;
mod elsewhere;
pub mod fixture;

mod handshake;
mod limits;
mod management;
mod messages;
