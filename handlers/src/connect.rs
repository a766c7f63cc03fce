//! `$connect`: authenticates the client. The response decides whether the connection is opened.
//!
//! Nothing can be sent to the connection yet: it does not exist until this function has returned. Clients that want a
//! greeting send `hello`.

use crate::reply::excerpt;
use crate::{account, connection_id, limits, status};
use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use aws_lambda_events::http::HeaderMap;
use aws_lambda_events::http::header::{AUTHORIZATION, HeaderName, HeaderValue, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use stepcast_platform::auth::{AuthError, Identity, TokenError};
use stepcast_platform::origin::AllowedOrigins;
use stepcast_platform::table::Connection;
use stepcast_platform::{Error, Platform};
use stepcast_protocol::id::ConnectionId;
use stepcast_protocol::{SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX};

/// Carries the account of an accepted connection, encoded for a header. API Gateway ignores it; the embedded gateway
/// uses it to share out the places in which functions run.
pub const ACCOUNT_HEADER: HeaderName = HeaderName::from_static("stepcast-account");

/// Accepts a connection with a valid token (200) and rejects any other (401). A page that may not connect is rejected
/// whatever token it has (403); programs other than browsers send no `Origin` and are not checked for that. If a token
/// cannot be checked just now, the client has to retry (503), since nothing is known against the token. A client whose
/// principal has as many connections as it may has to retry as well (429). An error is a 500, after which the client
/// may retry too: the rows of a connection that never opens expire.
pub async fn connect(
    platform: &Platform,
    event: ApiGatewayWebsocketProxyRequest,
) -> anyhow::Result<ApiGatewayProxyResponse> {
    let connection = connection_id(&event)?;
    if let Some(origin) = strange_origin(&platform.allowed_origins, &event.headers) {
        tracing::info!(%connection, origin, "A page of another site was refused");
        return Ok(status(403));
    }
    let offered = subprotocols(&event.headers);
    let identity = match identify(platform, token(&event.headers, &offered)).await {
        Ok(identity) => identity,
        Err(error) => return Ok(status(refuse(&connection, &error))),
    };
    let counted_for = counted_for(platform, &identity).await?;
    if limits::has_all_connections(platform, &counted_for, identity.job.is_some()).await? {
        tracing::info!(%connection, principal = counted_for, "A principal has as many connections as it may");
        return Ok(status(429));
    }
    let known = note(platform, &connection, identity, counted_for).await?;
    if is_revoked(platform, &known).await? {
        platform.table.forget_connection(&connection).await?;
        return Ok(status(refuse(&connection, &TokenError::Revoked.into())));
    }
    tracing::info!(%connection, principal = known.principal, role = known.role.as_str(), "A connection was accepted");
    let mut accepted = status(200);
    let account = BASE64_URL_SAFE_NO_PAD.encode(account::of(&known).as_bytes());
    accepted.headers.insert(ACCOUNT_HEADER, account.parse()?);
    if offered.contains(&SUBPROTOCOL) {
        accepted.headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    Ok(accepted)
}

/// The principal whose connections this one counts among. A connection by a link counts for the job's owner, since a
/// user can make many links.
async fn counted_for(platform: &Platform, identity: &Identity) -> Result<String, Error> {
    let owner = match &identity.job {
        Some(job) => platform.table.job(job).await?.map(|job| job.principal),
        None => None,
    };
    Ok(owner.unwrap_or_else(|| identity.principal.clone()))
}

async fn note(
    platform: &Platform,
    connection: &ConnectionId,
    identity: Identity,
    counted_for: String,
) -> Result<Connection, Error> {
    let Identity { principal, role, token, job, without_evidence } = identity;
    let (connection, connected_at) = (connection.to_owned(), platform.clock.now_ms());
    let counted_for = Some(counted_for);
    let known = Connection { connection, principal, role, connected_at, token, job, without_evidence, counted_for };
    platform.table.put_connection(&known).await?;
    Ok(known)
}

/// Called once the connection is stored. A revocation is stored before the token's connections are looked up, so at
/// least one of the two sees the other.
async fn is_revoked(platform: &Platform, connection: &Connection) -> Result<bool, Error> {
    match &connection.token {
        Some(token) => platform.table.is_revoked(token).await,
        None => Ok(false),
    }
}

/// The first origin that is not allowed, short enough for a log.
fn strange_origin(allowed: &AllowedOrigins, headers: &HeaderMap) -> Option<String> {
    let origins = headers.get_all(ORIGIN).into_iter().map(|origin| String::from_utf8_lossy(origin.as_bytes()));
    origins.into_iter().find(|origin| !allowed.admit(origin)).map(|origin| excerpt(&origin))
}

async fn identify(platform: &Platform, token: Result<&str, TokenError>) -> Result<Identity, AuthError> {
    platform.authenticator.verify(token?).await
}

/// Logs why; clients get no more than a status.
fn refuse(connection: &ConnectionId, error: &AuthError) -> i64 {
    match error {
        AuthError::Token(reason) => {
            tracing::info!(%connection, %reason, "A connection was refused");
            401
        }
        AuthError::Unchecked(error @ Error::Unavailable { .. }) => {
            tracing::warn!(%connection, %error, "A token could not be checked; the client has to retry");
            503
        }
        AuthError::Unchecked(error) => {
            tracing::error!(%connection, %error, "Tokens cannot be checked; clients have to retry");
            503
        }
    }
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
