//! Functions that run in the test while Lambda is elsewhere: `forward.py` sends the events here and returns the
//! answers. It finds the test by the stage, whose name is the test's port.

use super::fixture::{Event, Functions};
use crate::support::{listen, serve};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;

/// Serves functions to `forward.py` and returns the stage whose events come here.
pub(super) async fn serve_functions(functions: Functions) -> String {
    let (listener, endpoint) = listen().await;
    serve(listener, Router::new().route("/", post(invoke)).with_state(functions));
    endpoint.rsplit(':').next().expect("a port").to_owned()
}

async fn invoke(State(functions): State<Functions>, Json(event): Json<Event>) -> Response {
    let route = event.request_context.route_key.clone().unwrap_or_default();
    match functions.invoke(&route, event).await {
        Ok(answer) => Json(answer).into_response(),
        // This makes `forward.py` fail as the function does.
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
