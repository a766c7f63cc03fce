//! The dashboard's files, embedded, and the sign-in by the printed link.

use crate::secret::random_text;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::json;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use stepcast_platform::auth::Signer;
use stepcast_protocol::event::Role;

/// How long a browser stays signed in.
const SIGNED_IN: Duration = Duration::from_hours(12);

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Files;

/// The dashboard with the code of its sign-in link.
#[derive(Clone)]
pub struct Dashboard {
    signer: Signer,
    code: Arc<Mutex<Option<String>>>,
}

#[derive(Deserialize)]
struct SignIn {
    code: String,
}

impl Dashboard {
    /// A dashboard, and the code that signs in once.
    pub fn new(signer: Signer) -> io::Result<(Self, String)> {
        let code = random_text()?;
        Ok((Self { signer, code: Arc::new(Mutex::new(Some(code.clone()))) }, code))
    }

    /// Serves the files at `/` and the sign-in at `/sign-in`.
    pub fn router(self) -> Router {
        Router::new().route("/sign-in", post(sign_in)).fallback(file).with_state(self)
    }

    fn redeem(&self, given: &str) -> Option<String> {
        let mut code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        code.take_if(|code| {
            aws_lc_rs::constant_time::verify_slices_are_equal(code.as_bytes(), given.as_bytes()).is_ok()
        })?;
        Some(self.signer.issue("admin", Role::Admin, SIGNED_IN).token)
    }
}

async fn sign_in(State(dashboard): State<Dashboard>, Json(SignIn { code }): Json<SignIn>) -> Response {
    if let Some(token) = dashboard.redeem(&code) {
        (StatusCode::OK, [(CACHE_CONTROL, "no-store")], Json(json!({ "token": token }))).into_response()
    } else {
        let message =
            "This sign-in link was used before or is from an earlier start; create a token with `stepcast token new`";
        (StatusCode::FORBIDDEN, Json(json!({ "message": message }))).into_response()
    }
}

async fn file(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = match request.uri().path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    let Some(file) = Files::get(path) else {
        return (StatusCode::NOT_FOUND, missing(path)).into_response();
    };
    let mut response = file.data.into_response();
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(file.metadata.mimetype()) {
        headers.insert(CONTENT_TYPE, kind);
    }
    // The names of all other files change with their contents.
    let caching = if path == "index.html" { "no-cache" } else { "public, max-age=31536000, immutable" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

fn missing(path: &str) -> &'static str {
    match path {
        "index.html" => "This binary was built without the dashboard; `make demo` builds it first\n",
        _ => "Not found\n",
    }
}
