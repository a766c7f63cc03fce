//! The tables over HTTP: AWS JSON 1.0, as `DynamoDB` speaks it.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html>

use super::operations::perform;
use crate::access::AccessKey;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use dynoxide::Database;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, StatusCode};
use uuid::Uuid;

const TARGET_PREFIX: &str = "DynamoDB_20120810.";
/// A batch write has at most 16 MB.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html>
const REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// Serves the database to callers with `key`.
pub(super) fn router(database: Database, key: AccessKey) -> Router {
    let router = Router::new().fallback(answer).layer(DefaultBodyLimit::max(REQUEST_BYTES)).with_state(database);
    key.guard(router, "UnrecognizedClientException")
}

async fn answer(State(database): State<Database>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix(TARGET_PREFIX).unwrap_or_default().to_owned();
    // SQLite may wait for a disk, and the engine processes one request at a time.
    let performed = tokio::task::spawn_blocking(move || perform(&database, &operation, &body)).await;
    match performed {
        Ok(Some(Ok(answer))) => respond(StatusCode::OK, answer),
        Ok(Some(Err(error))) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            if status.is_server_error() {
                tracing::error!(target, error = ?error, "A table request failed");
            }
            respond(status, error.to_json())
        }
        Ok(None) => respond(StatusCode::BAD_REQUEST, fault("com.amazon.coral.service#UnknownOperationException")),
        Err(panicked) => {
            tracing::error!(target, error = %panicked, "The table engine panicked");
            respond(StatusCode::INTERNAL_SERVER_ERROR, fault("com.amazonaws.dynamodb.v20120810#InternalServerError"))
        }
    }
}

fn fault(code: &str) -> String {
    serde_json::json!({ "__type": code }).to_string()
}

fn respond(status: StatusCode, body: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/x-amz-json-1.0".to_owned()),
        (HeaderName::from_static("x-amzn-requestid"), Uuid::now_v7().to_string()),
    ];
    (status, headers, body).into_response()
}
