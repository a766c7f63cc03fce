//! A table that refuses some requests.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use std::sync::{Arc, Mutex};

/// The requests that are refused: those of an operation that contain a text.
#[derive(Clone, Default)]
pub struct Refusals(Arc<Mutex<Vec<(&'static str, &'static str)>>>);

impl Refusals {
    /// Refuses these requests from now on.
    pub fn refuse(&self, operation: &'static str, text: &'static str) {
        self.0.lock().expect("no thread panicked").push((operation, text));
    }

    /// Stops refusing requests.
    pub fn end(&self) {
        self.0.lock().expect("no thread panicked").clear();
    }

    /// Puts the refusals in front of a service.
    pub fn before(&self, service: Router) -> Router {
        service.layer(from_fn_with_state(self.clone(), pass))
    }

    fn is_refused(&self, operation: &str, request: &[u8]) -> bool {
        let request = String::from_utf8_lossy(request);
        let refused = self.0.lock().expect("no thread panicked");
        refused.iter().any(|(of, text)| operation.ends_with(of) && request.contains(text))
    }
}

async fn pass(State(refusals): State<Refusals>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a request");
    let operation = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    if refusals.is_refused(operation, &body) {
        // An error that the SDK does not retry.
        let error = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"not this"}"#;
        return (StatusCode::BAD_REQUEST, [("content-type", "application/x-amz-json-1.0")], error).into_response();
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}
