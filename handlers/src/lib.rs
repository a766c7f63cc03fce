//! The functions behind the WebSocket routes: `$connect`, `$disconnect` and `$default`.
//!
//! On AWS each is a Lambda function (`src/bin`); on one machine `crates/local` calls the same functions in process.
//!
//! They are tested against the embedded services: each command by itself in `crates/local/tests/functions/commands.rs`,
//! limits, links and tokens beside it, and whole runs with real clients in `tests/tests/end_to_end`.

mod account;
mod commands;
pub mod connect;
pub mod default;
pub mod disconnect;
mod farewell;
mod limits;
mod page;
mod patience;
mod reply;
mod scope;
mod suite;

use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use stepcast_protocol::ConnectionId;

/// A response with a status and nothing else.
fn status(code: i64) -> ApiGatewayProxyResponse {
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = code;
    response
}

/// The connection an event is about; API Gateway always names it.
fn connection_id(event: &ApiGatewayWebsocketProxyRequest) -> anyhow::Result<ConnectionId> {
    let named = event.request_context.connection_id.clone();
    Ok(named.ok_or_else(|| anyhow::anyhow!("the event names no connection"))?.try_into()?)
}
