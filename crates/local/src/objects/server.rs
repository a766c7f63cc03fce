//! The objects over HTTP, as Amazon S3 speaks it.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html>

use super::files::ObjectFiles;
use crate::access::AccessKey;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LAST_MODIFIED};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use std::io;
use std::time::SystemTime;

/// Most bytes of one object; evidence has at most a megabyte.
const OBJECT_BYTES: usize = 16 * 1024 * 1024;

/// Serves the objects of `bucket` to callers with `key`.
pub fn router(files: ObjectFiles, key: AccessKey) -> Router {
    let object = get(read).head(find).put(write);
    let router = Router::new().route("/{bucket}/evidence/{name}", object);
    key.guard(router.layer(DefaultBodyLimit::max(OBJECT_BYTES)).with_state(files), "AccessDenied")
}

async fn write(State(files): State<ObjectFiles>, Path((_, name)): Path<(String, String)>, body: Bytes) -> Response {
    match blocking(move || files.put(&name, &body)).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => refuse(&error),
    }
}

async fn read(State(files): State<ObjectFiles>, Path((_, name)): Path<(String, String)>) -> Response {
    match blocking(move || files.get(&name)).await {
        Ok(content) => ([(CONTENT_TYPE, "application/octet-stream")], content).into_response(),
        Err(error) => refuse(&error),
    }
}

async fn find(State(files): State<ObjectFiles>, Path((_, name)): Path<(String, String)>) -> Response {
    match blocking(move || files.find(&name)).await {
        Ok(found) => ([(LAST_MODIFIED, date(found.written)), (CONTENT_LENGTH, found.bytes.into())], ()).into_response(),
        Err(error) => refuse(&error),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// A time as HTTP writes it (RFC 9110, section 5.6.7).
fn date(time: SystemTime) -> HeaderValue {
    let text = Timestamp::try_from(time)
        .ok()
        .and_then(|time| DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok())
        .unwrap_or_default();
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// The error of S3 for a file that cannot be read or written.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
fn refuse(error: &io::Error) -> Response {
    let (status, code) = match error.kind() {
        io::ErrorKind::NotFound => (StatusCode::NOT_FOUND, "NoSuchKey"),
        io::ErrorKind::InvalidInput => (StatusCode::BAD_REQUEST, "InvalidArgument"),
        _ => {
            tracing::error!(%error, "A file of evidence cannot be read or written");
            (StatusCode::INTERNAL_SERVER_ERROR, "InternalError")
        }
    };
    let body = format!(r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>"#);
    (status, [(CONTENT_TYPE, "application/xml")], body).into_response()
}
