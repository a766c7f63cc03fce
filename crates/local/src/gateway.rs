//! The WebSocket API of API Gateway: connections on one side, three functions and `@connections` on the other.
//!
//! What happens to a connection, in order:
//!
//! 1. [`handshake`]: a request that is not a WebSocket handshake is answered with an error
//! 2. [`connection`]: `$connect` decides; then the handshake is answered and the connection can be addressed
//! 3. [`conversation`]: frames in, frames out, until something ends it
//! 4. [`inbound`]: each message invokes `$default`, in one of its [`places`]; [`outbound`]: the bounded buffer of
//!    messages to be written
//! 5. [`closing`]: the close frame, and `$disconnect`, once
//!
//! [`management`] is the `@connections` API, by which the functions write to connections and close them.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-overview.html>

mod closing;
mod connection;
mod connections;
mod conversation;
mod event;
mod handshake;
mod inbound;
mod integration;
mod limits;
mod management;
mod outbound;
mod places;
mod routes;

pub use limits::Limits;
pub use routes::{BoxError, Routes};

use crate::access::AccessKey;
use crate::clock::SharedClock;
use axum::Router;
use axum::routing::any;
use connections::Connections;
use http::HeaderName;
use integration::Integrations;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How an API is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The stage in events, and the path under which `@connections` is served
    pub stage: String,
    /// The host in events
    pub domain_name: String,
    /// The limits of connections
    pub limits: Limits,
    /// The last message to clients before this process closes their connections. API Gateway has no equivalent: it does
    /// not stop
    pub farewell: Option<Farewell>,
    /// The header of `$connect`'s answer that names the account for which the connection's invocations count when
    /// places are short
    pub account_header: Option<HeaderName>,
}

/// Makes the last message of a connection.
pub type Farewell = fn() -> String;

/// A WebSocket API with its connections. Clones are handles on the same one.
#[derive(Clone)]
pub struct Gateway<R> {
    shared: Arc<Shared<R>>,
}

struct Shared<R> {
    routes: R,
    options: Options,
    clock: SharedClock,
    connections: Connections,
    integrations: Integrations,
    /// Everything that still runs for a connection
    running: TaskTracker,
    shutdown: CancellationToken,
}

impl<R: Routes> Gateway<R> {
    /// Creates an API that invokes `routes`. On `shutdown` it closes its connections with 1001 and accepts no more.
    pub fn new(routes: R, options: Options, clock: SharedClock, shutdown: CancellationToken) -> Self {
        let (connections, running) = (Connections::default(), TaskTracker::new());
        let integrations = Integrations::new(&options.limits);
        Self { shared: Arc::new(Shared { routes, options, clock, connections, integrations, running, shutdown }) }
    }

    /// Returns the public side: WebSocket handshakes at `path`. Serve it with [`serve`](crate::server::serve), which
    /// provides the clients' addresses.
    pub fn router(&self, path: &str) -> Router {
        Router::new().route(path, any(handshake::accept::<R>)).with_state(self.clone())
    }

    /// Returns the `@connections` API, for callers with `key`, at the root and under the stage.
    pub fn management_router(&self, key: AccessKey) -> Router {
        management::router(self.clone(), key)
    }

    /// How many connections are open.
    pub fn open_connections(&self) -> usize {
        self.shared.connections.len()
    }

    /// Waits after shutdown until every connection is closed and every function has returned, at most for `grace`.
    /// Returns whether they did.
    pub async fn wait_closed(&self, grace: Duration) -> bool {
        self.shared.running.close();
        tokio::time::timeout(grace, self.shared.running.wait()).await.is_ok()
    }
}
