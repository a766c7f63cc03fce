//! WebSocket handshakes, and the answers to requests that are not valid ones.
//!
//! RFC 6455, section 4.2: <https://www.rfc-editor.org/rfc/rfc6455#section-4.2>

use super::connection::{self, Accepted, Decision};
use super::connections::Peer;
use super::{Gateway, Routes};
use axum::Json;
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use hyper::upgrade::OnUpgrade;
use serde_json::json;
use std::collections::HashMap;
use std::net::SocketAddr;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A client that wants a WebSocket.
pub(super) struct Handshake {
    pub(super) peer: Peer,
    pub(super) headers: HeaderMap,
    pub(super) query: HashMap<String, Vec<String>>,
    /// Becomes the connection's bytes once the handshake has been answered
    pub(super) upgrade: OnUpgrade,
}

/// Answers a request for a connection.
pub(super) async fn accept<R: Routes>(State(gateway): State<Gateway<R>>, request: Request) -> Response {
    let (handshake, key) = match read(request) {
        Ok(read) => read,
        Err(error) => return error.into_response(),
    };
    if gateway.shared.shutdown.is_cancelled() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match connection::open(&gateway, handshake).await {
        Decision::Accepted(accepted) => switch_protocols(&key, accepted),
        Decision::Refused { status, body } => (status, body).into_response(),
        Decision::Failed { status, message, connection_id, request_id } => {
            let body = json!({ "message": message, "connectionId": connection_id, "requestId": request_id });
            (status, Json(body)).into_response()
        }
    }
}

/// Why a request is not a handshake.
#[derive(Debug, Clone, Copy)]
enum NoHandshake {
    /// It is not a GET
    Method,
    /// It does not ask for a WebSocket, or not over HTTP/1.1
    Protocol,
    /// It asks for another version of the protocol
    Version,
    /// It has no key
    Key,
}

impl IntoResponse for NoHandshake {
    fn into_response(self) -> Response {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED.into_response(),
            Self::Protocol => (StatusCode::UPGRADE_REQUIRED, [(UPGRADE, "websocket")]).into_response(),
            Self::Version => (StatusCode::UPGRADE_REQUIRED, [(SEC_WEBSOCKET_VERSION, "13")]).into_response(),
            Self::Key => StatusCode::BAD_REQUEST.into_response(),
        }
    }
}

fn read(mut request: Request) -> Result<(Handshake, HeaderValue), NoHandshake> {
    let headers = request.headers();
    if request.method() != Method::GET {
        return Err(NoHandshake::Method);
    }
    if !names(headers, &CONNECTION, "upgrade") || !names(headers, &UPGRADE, "websocket") {
        return Err(NoHandshake::Protocol);
    }
    if !names(headers, &SEC_WEBSOCKET_VERSION, "13") {
        return Err(NoHandshake::Version);
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).cloned().ok_or(NoHandshake::Key)?;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>().ok_or(NoHandshake::Protocol)?;
    let handshake =
        Handshake { peer: peer(&request), query: query(&request), headers: request.headers().clone(), upgrade };
    Ok((handshake, key))
}

/// Whether a header's list has this item.
fn names(headers: &HeaderMap, header: &HeaderName, item: &str) -> bool {
    let values = headers.get_all(header).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(item))
}

fn peer(request: &Request) -> Peer {
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>();
    Peer::new(address.map(|ConnectInfo(address)| address.ip().to_string()).unwrap_or_default(), request.headers())
}

fn query(request: &Request) -> HashMap<String, Vec<String>> {
    let mut query: HashMap<String, Vec<String>> = HashMap::new();
    if let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(request.uri()) {
        for (name, value) in pairs {
            query.entry(name).or_default().push(value);
        }
    }
    query
}

fn switch_protocols(key: &HeaderValue, accepted: Accepted) -> Response {
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = derive_accept_key(key.as_bytes()).try_into() {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(subprotocol) = accepted.subprotocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    }
    response
}
