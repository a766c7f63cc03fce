//! The `@connections` API: how functions write to connections, look at them and close them.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>

use super::connections::Connection;
use super::outbound::NotTaken;
use super::{Gateway, Routes};
use crate::access::AccessKey;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// More than a message may have, so that a caller that sends too much gets an answer rather than a reset connection.
const REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// Serves the API under `/@connections`, where SDKs look for it with and without a stage in their endpoint.
pub(super) fn router<R: Routes>(gateway: Gateway<R>, key: AccessKey) -> Router {
    let stage = gateway.shared.options.stage.clone();
    let connection = post(send::<R>).get(describe::<R>).delete(close::<R>);
    let connections = Router::new()
        .route("/@connections/{id}", connection.clone())
        // Some clients escape the `@`.
        .route("/%40connections/{id}", connection)
        .layer(DefaultBodyLimit::max(REQUEST_BYTES))
        .with_state(gateway);
    let router = Router::new().nest(&format!("/{stage}"), connections.clone()).merge(connections);
    key.guard(router, "ForbiddenException")
}

/// Why a request was not carried out; the names are the SDK's.
#[derive(Debug, thiserror::Error)]
enum ManagementError {
    /// The connection does not exist, or not yet, or no longer
    #[error("Gone")]
    Gone,
    /// The message is larger than a message may be
    #[error("Message too long")]
    PayloadTooLarge,
    /// The client does not read what it is sent
    #[error("Limit exceeded: the client does not read its messages")]
    LimitExceeded,
    /// The message is not text
    #[error("The message is not UTF-8")]
    BadRequest,
}

impl IntoResponse for ManagementError {
    fn into_response(self) -> Response {
        let (status, code) = match self {
            Self::Gone => (StatusCode::GONE, "GoneException"),
            Self::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLargeException"),
            Self::LimitExceeded => (StatusCode::TOO_MANY_REQUESTS, "LimitExceededException"),
            Self::BadRequest => (StatusCode::BAD_REQUEST, "BadRequestException"),
        };
        (status, [("x-amzn-errortype", code)], Json(json!({ "message": self.to_string() }))).into_response()
    }
}

async fn send<R: Routes>(
    State(gateway): State<Gateway<R>>,
    Path(id): Path<String>,
    message: Bytes,
) -> Result<(), ManagementError> {
    let connection = find(&gateway, &id)?;
    if message.len() > gateway.shared.options.limits.message_bytes {
        return Err(ManagementError::PayloadTooLarge);
    }
    let text = Utf8Bytes::try_from(message).map_err(|_| ManagementError::BadRequest)?;
    connection.outbound.push(text).map_err(|not_taken| match not_taken {
        NotTaken::Full => ManagementError::LimitExceeded,
        NotTaken::Closed => ManagementError::Gone,
    })
}

async fn describe<R: Routes>(
    State(gateway): State<Gateway<R>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ManagementError> {
    let connection = find(&gateway, &id)?;
    Ok(Json(json!({
        "connectedAt": timestamp(connection.connected_at),
        "lastActiveAt": timestamp(connection.last_active_at()),
        "identity": { "sourceIp": connection.peer.source_ip, "userAgent": connection.peer.user_agent },
    })))
}

async fn close<R: Routes>(
    State(gateway): State<Gateway<R>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ManagementError> {
    let connection = find(&gateway, &id)?;
    // Later requests find the connection gone, although the client has yet to receive the close frame.
    gateway.shared.connections.remove(&id);
    connection.deleted.cancel();
    Ok(StatusCode::NO_CONTENT)
}

fn find<R: Routes>(gateway: &Gateway<R>, id: &str) -> Result<Arc<Connection>, ManagementError> {
    gateway.shared.connections.get(id).ok_or(ManagementError::Gone)
}

fn timestamp(milliseconds: i64) -> Option<String> {
    jiff::Timestamp::from_millisecond(milliseconds).ok().map(|at| at.to_string())
}
