//! Functions that run in the test although Lambda is elsewhere: `forward.py` brings the events here and takes the answers
//! there. It knows where to by the stage, which is called as the test's port.

use super::fixture::{Event, Functions};
use crate::support::{listen, serve};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;

/// Serves functions to `forward.py`; gives back the stage whose events come here.
pub(super) async fn serve_functions(functions: Functions) -> String {
    let (listener, endpoint) = listen().await;
    serve(listener, Router::new().route("/", post(invoke)).with_state(functions));
    endpoint.rsplit(':').next().expect("a port").to_owned()
}

async fn invoke(State(functions): State<Functions>, Json(event): Json<Event>) -> Response {
    let route = event.request_context.route_key.clone().unwrap_or_default();
    match functions.invoke(&route, event).await {
        Ok(answer) => Json(answer).into_response(),
        // Which the function there fails with.
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
