//! The life of a connection: `$connect`, a conversation, `$disconnect`.

use super::closing::End;
use super::connections::Connection;
use super::event::Origin;
use super::handshake::Handshake;
use super::integration::IntegrationError;
use super::outbound::Waiting;
use super::places::Account;
use super::{Gateway, Routes, conversation};
use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::ApiGatewayProxyResponse;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::{HeaderName, HeaderValue, StatusCode};
use hyper::upgrade::OnUpgrade;
use std::sync::Arc;
use tokio::sync::oneshot;

/// How a handshake is answered.
pub(super) enum Decision {
    /// With a connection
    Accepted(Accepted),
    /// With the status `$connect` has chosen
    Refused { status: StatusCode, body: String },
    /// With an error, because `$connect` has failed
    Failed { status: StatusCode, message: &'static str, connection_id: String, request_id: String },
}

/// The terms on which `$connect` has accepted a connection.
pub(super) struct Accepted {
    /// The subprotocol `$connect` has chosen
    pub(super) subprotocol: Option<HeaderValue>,
    /// The account the connection's invocations count for, as `$connect` names it
    account: Account,
}

/// Lets `$connect` decide on a handshake. From then on the connection runs by itself, even if the client hangs up
/// before it gets an answer.
pub(super) async fn open<R: Routes>(gateway: &Gateway<R>, handshake: Handshake) -> Decision {
    let (decided, decision) = oneshot::channel();
    gateway.shared.running.spawn(live(gateway.clone(), handshake, decided));
    decision.await.unwrap_or_else(|_| Decision::Failed {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        message: "Internal server error",
        connection_id: String::new(),
        request_id: String::new(),
    })
}

async fn live<R: Routes>(gateway: Gateway<R>, handshake: Handshake, decided: oneshot::Sender<Decision>) {
    // Boxed, like everything here that is over soon: this task lives as long as the connection.
    let Some(begun) = Box::pin(begin(&gateway, handshake, decided)).await else { return };
    let Begun { origin, connection, upgrade, waiting } = begun;
    let end = converse(&gateway, &origin, &connection, upgrade, waiting).await;
    gateway.shared.connections.remove(&connection.id);
    Box::pin(disconnect(&gateway, &origin, &connection.account, &end)).await;
}

/// A connection that `$connect` has accepted.
struct Begun {
    origin: Arc<Origin>,
    connection: Arc<Connection>,
    upgrade: OnUpgrade,
    waiting: Waiting,
}

async fn begin<R: Routes>(
    gateway: &Gateway<R>,
    handshake: Handshake,
    decided: oneshot::Sender<Decision>,
) -> Option<Begun> {
    let shared = &gateway.shared;
    let Handshake { peer, headers, query, upgrade } = handshake;
    let origin = Arc::new(Origin::new(peer, shared.clock.now(), &shared.options));
    let event = origin.connect(headers, query);
    let request_id = event.request_context.request_id.clone().unwrap_or_default();

    let routes = shared.routes.clone();
    let nobody = Account::from("");
    let connected = shared.integrations.connect.invoke(&nobody, async move { routes.connect(event).await }).await;
    let accepted = match decide(connected, shared.options.account_header.as_ref()) {
        Ok(accepted) => accepted,
        Err(refusal) => {
            let _ = decided.send(refusal.of(&origin.connection_id, &request_id));
            return None;
        }
    };

    let Origin { connection_id, peer, connected_at, .. } = origin.as_ref().clone();
    let (account, limits) = (accepted.account.clone(), &shared.options.limits);
    let (connection, waiting) = Connection::new(connection_id, peer, connected_at, account, limits);
    // Before the client gets its answer, so that its first message can already be answered.
    shared.connections.insert(&connection);
    // The client may have hung up. Then the upgrade fails, and the connection ends with `$disconnect`, as it began with
    // `$connect`.
    let _ = decided.send(Decision::Accepted(accepted));
    Some(Begun { origin, connection, upgrade, waiting })
}

async fn converse<R: Routes>(
    gateway: &Gateway<R>,
    origin: &Arc<Origin>,
    connection: &Arc<Connection>,
    upgrade: OnUpgrade,
    waiting: Waiting,
) -> End {
    match upgrade.await {
        Ok(upgraded) => conversation::run(gateway, origin, connection, upgraded, waiting).await,
        Err(error) => {
            tracing::debug!(connection = connection.id, %error, "The client hung up during its handshake");
            End::lost()
        }
    }
}

/// Invokes `$disconnect`, with best effort as in API Gateway: a failed invocation is not retried.
async fn disconnect<R: Routes>(gateway: &Gateway<R>, origin: &Origin, account: &Account, end: &End) {
    let shared = &gateway.shared;
    let event = origin.disconnect(end, shared.clock.now());
    let routes = shared.routes.clone();
    let function = async move { routes.disconnect(event).await };
    let outcome = shared.integrations.disconnect.invoke(account, function).await;
    if let Err(error) = outcome {
        tracing::error!(connection = origin.connection_id, %error, "The `$disconnect` function failed");
    }
}

/// Why there is no connection, before the ids of the connection and the request are added.
enum Refusal {
    Status(StatusCode, String),
    Failure(StatusCode, &'static str),
}

impl Refusal {
    fn of(self, connection_id: &str, request_id: &str) -> Decision {
        match self {
            Self::Status(status, body) => Decision::Refused { status, body },
            Self::Failure(status, message) => Decision::Failed {
                status,
                message,
                connection_id: connection_id.to_owned(),
                request_id: request_id.to_owned(),
            },
        }
    }
}

/// Decides by the answer of `$connect`: a 2xx opens the connection, any other status is passed on to the client. A
/// function that failed gives 502, one that timed out 504.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html>
fn decide(
    connected: Result<ApiGatewayProxyResponse, IntegrationError>,
    account_header: Option<&HeaderName>,
) -> Result<Accepted, Refusal> {
    let response = connected.map_err(|error| {
        tracing::error!(%error, "The `$connect` function failed");
        let status = match error {
            IntegrationError::Failed(_) => StatusCode::BAD_GATEWAY,
            IntegrationError::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        };
        Refusal::Failure(status, error.message())
    })?;
    let status = u16::try_from(response.status_code).ok().and_then(|status| StatusCode::from_u16(status).ok());
    match status {
        Some(status) if status.is_success() => {
            let account = account_header.and_then(|name| header(&response, name));
            let account = account.and_then(|account| account.to_str().map(Account::from).ok()).unwrap_or_default();
            Ok(Accepted { subprotocol: header(&response, &SEC_WEBSOCKET_PROTOCOL), account })
        }
        // 1xx would leave the client waiting for the final answer.
        Some(status) if !status.is_informational() => Err(Refusal::Status(status, text(response.body))),
        _ => {
            tracing::error!(status = response.status_code, "The `$connect` function answered with no HTTP status");
            Err(Refusal::Failure(StatusCode::BAD_GATEWAY, "Internal server error"))
        }
    }
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html>
fn header(response: &ApiGatewayProxyResponse, name: &HeaderName) -> Option<HeaderValue> {
    response.headers.get(name).or_else(|| response.multi_value_headers.get(name)).cloned()
}

fn text(body: Option<Body>) -> String {
    match body {
        Some(Body::Text(text)) => text,
        _ => String::new(),
    }
}
