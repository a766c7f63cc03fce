//! `$connect`: who is there? What is answered here decides whether there will be a connection at all.
//!
//! Nothing can be sent to the connection yet: it does not exist until this function has returned. Clients that want a
//! greeting send `hello`.

use crate::{connection_id, status};
use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use aws_lambda_events::http::HeaderMap;
use aws_lambda_events::http::header::{AUTHORIZATION, HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use stepcast_platform::Platform;
use stepcast_platform::auth::TokenError;
use stepcast_platform::table::Connection;
use stepcast_protocol::{SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX};

/// Accepts a connection with a valid token (200) and refuses any other (401). An error is a 500 to the client, which
/// may try again: nothing is stored before everything is decided.
pub async fn connect(
    platform: &Platform,
    event: ApiGatewayWebsocketProxyRequest,
) -> anyhow::Result<ApiGatewayProxyResponse> {
    let connection = connection_id(&event)?;
    let offered = subprotocols(&event.headers);
    let identity = match token(&event.headers, &offered).and_then(|token| platform.authenticator.verify(token)) {
        Ok(identity) => identity,
        Err(reason) => {
            tracing::info!(connection, %reason, "A connection was refused");
            return Ok(status(401));
        }
    };
    let (principal, role) = (identity.principal, identity.role);
    tracing::info!(connection, principal, role = role.as_str(), "A connection was accepted");
    let connected_at = platform.clock.now_ms();
    let connection = Connection { connection: connection.to_owned(), principal, role, connected_at };
    platform.table.put_connection(&connection).await?;
    let mut accepted = status(200);
    if offered.contains(&SUBPROTOCOL) {
        accepted.headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    Ok(accepted)
}

fn token<'a>(headers: &'a HeaderMap, offered: &[&'a str]) -> Result<&'a str, TokenError> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    let offered = || offered.iter().find_map(|protocol| protocol.strip_prefix(TOKEN_SUBPROTOCOL_PREFIX));
    bearer.or_else(offered).ok_or(TokenError::Missing)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn subprotocols(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).collect()
}
