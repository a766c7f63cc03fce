//! `$disconnect`: deletes the connection and its subscriptions. Best effort; what is missed here expires.

use crate::{connection_id, status};
use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use stepcast_platform::Platform;

/// Deletes a connection. Repeating this does no harm.
pub async fn disconnect(
    platform: &Platform,
    event: ApiGatewayWebsocketProxyRequest,
) -> anyhow::Result<ApiGatewayProxyResponse> {
    let connection = connection_id(&event)?;
    platform.table.forget_connection(&connection).await?;
    tracing::info!(%connection, "A connection ended");
    Ok(status(200))
}
