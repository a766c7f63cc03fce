//! The embedded services by their addresses, for SDK clients in the same process.

use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use std::sync::{Arc, OnceLock};
use stepcast_platform::in_process::InProcess;
use tower::ServiceExt;

/// Addresses of the services. No request outside this process can reach them.
pub(crate) const TABLE: &str = "http://table.internal";
pub(crate) const QUEUE: &str = "http://queue.internal";
pub(crate) const OBJECTS: &str = "http://objects.internal";
pub(crate) const CONNECTIONS: &str = "http://connections.internal";

/// More than any answer of a service: a page of a query has 1 MB, and JSON writes a byte with six at most.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// The services of this process. Clones share them.
#[derive(Clone)]
pub(crate) struct EmbeddedServices {
    table: Router,
    queue: Router,
    objects: Router,
    /// Set once there is a gateway, whose functions already know the other services
    connections: Arc<OnceLock<Router>>,
}

impl EmbeddedServices {
    pub fn new(table: Router, queue: Router, objects: Router) -> Self {
        Self { table, queue, objects, connections: Arc::default() }
    }

    /// Sets what answers requests to the `@connections` API.
    pub fn set_connections(&self, connections: Router) {
        // A stack has one gateway.
        let _ = self.connections.set(connections);
    }

    /// Returns what hands the requests of SDK clients to the services.
    pub fn in_process(&self) -> InProcess {
        let services = self.clone();
        InProcess::new(move |request| answer(services.of(&request), request))
    }

    fn of(&self, request: &Request<Bytes>) -> Option<Router> {
        let is_for = |address: &str| address.strip_prefix("http://") == request.uri().host();
        if is_for(TABLE) {
            Some(self.table.clone())
        } else if is_for(QUEUE) {
            Some(self.queue.clone())
        } else if is_for(OBJECTS) {
            Some(self.objects.clone())
        } else {
            self.connections.get().filter(|_| is_for(CONNECTIONS)).cloned()
        }
    }
}

async fn answer(service: Option<Router>, request: Request<Bytes>) -> Response<Bytes> {
    let Some(service) = service else { return failed(StatusCode::BAD_GATEWAY) };
    // A router answers every request.
    let Ok(answer) = service.oneshot(request.map(Body::from)).await;
    let (parts, body) = answer.into_parts();
    match to_bytes(body, ANSWER_BYTES).await {
        Ok(body) => Response::from_parts(parts, body),
        Err(_) => failed(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn failed(status: StatusCode) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}
