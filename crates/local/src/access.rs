//! Access to the embedded services: a caller needs the access key of this start.
//!
//! A service that listens on loopback can be reached by every process of the machine and every page in a local browser.
//! The key is random per start and is only in the memory of this process, so knowing it is enough: signatures are not
//! checked.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use std::fmt;
use std::sync::Arc;

/// The access key id that requests have to be signed with.
#[derive(Clone)]
pub struct AccessKey(Arc<str>);

impl AccessKey {
    /// Admits requests signed with this access key id.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// Whether the request carries a Signature Version 4 `Authorization` header with this key.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html>
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(credential)
            .is_some_and(|id| verify_slices_are_equal(id.as_bytes(), self.0.as_bytes()).is_ok())
    }

    /// Puts the check in front of everything `router` serves. A request that fails it gets 403 with `code`, the error
    /// type by which the service's SDK recognises a refusal.
    pub fn guard(self, router: Router, code: &'static str) -> Router {
        router.layer(from_fn_with_state(Guard { key: self, code }, check))
    }
}

/// The key is a secret: it stays out of logs.
impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessKey(..)")
    }
}

#[derive(Clone)]
struct Guard {
    key: AccessKey,
    code: &'static str,
}

async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    if guard.key.admits(request.headers()) {
        return next.run(request).await;
    }
    let body = json!({ "__type": guard.code, "message": "The access key id is not the one of this server" });
    (StatusCode::FORBIDDEN, [("x-amzn-errortype", guard.code)], axum::Json(body)).into_response()
}

/// The access key id in `AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request, SignedHeaders=.., Signature=..`.
fn credential(authorization: &str) -> Option<&str> {
    let (_, id) = authorization.strip_prefix("AWS4-HMAC-SHA256")?.split_once("Credential=")?;
    id.split_once('/').map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed_by(id: &str) -> HeaderMap {
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={id}/20260101/local/sqs/aws4_request, SignedHeaders=host, Signature=0"
        );
        HeaderMap::from_iter([(AUTHORIZATION, value.parse().expect("a header value"))])
    }

    #[test]
    fn only_the_key_is_admitted() {
        let key = AccessKey::new("AKIDLOCAL");
        assert!(key.admits(&signed_by("AKIDLOCAL")));
        assert!(!key.admits(&signed_by("AKIDLOCALX")));
        assert!(!key.admits(&signed_by("")));
        assert!(!key.admits(&HeaderMap::new()));
    }
}
