//! Shared parts of the end-to-end tests: a server, clients, a site to test, the command itself.
//!
//! The tests use only public interfaces: the `stepcast` binary as it is shipped, its WebSocket and its commands. If
//! events must happen in an order, the test enforces it (the site holds an answer until the test releases it). Each
//! wait is for an event, and gives up after [`PATIENCE`].

pub mod asyncapi;
pub mod aws;
mod client;
mod collector;
mod command;
mod deployment;
pub mod events;
pub mod issuer;
mod receiver;
pub mod runtime_api;
mod server;
mod settings;
mod site;

pub use client::Client;
pub use collector::{Collector, Span};
pub use command::{NOTHING, Ran, binary, stepcast, stepcast_with};
pub use deployment::Deployment;
pub use issuer::{Issuer, SigningKey};
pub use receiver::{Posted, Receiver};
pub use server::Server;
pub use settings::Settings;
pub use site::Site;

use std::time::Duration;

/// How long a test waits for an event: far longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for something that has to happen, and panics with its name if it does not.
pub async fn within<T>(what: &str, happens: impl Future<Output = T>) -> T {
    let Ok(value) = tokio::time::timeout(PATIENCE, happens).await else {
        panic!("{what} did not happen within {} seconds", PATIENCE.as_secs());
    };
    value
}
