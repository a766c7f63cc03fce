//! `$default`: one message, one command, one answer.

use crate::reply::Caller;
use crate::{commands, connection_id, status};
use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use stepcast_platform::Platform;
use stepcast_protocol::{ErrorCode, EventBody, Request, WireError};

/// Carries out a command and answers through `@connections`. What the client did wrong, and what could not be done,
/// is an `error` event; the function itself fails only when even that could not be sent.
pub async fn default(
    platform: &Platform,
    event: ApiGatewayWebsocketProxyRequest,
) -> anyhow::Result<ApiGatewayProxyResponse> {
    let connection = connection_id(&event)?;
    let text = event.body.as_deref().unwrap_or_default();
    let request = match Request::parse(text) {
        Ok(request) => request,
        Err(bad) => {
            Caller::unknown(platform, connection, bad.id).answer(EventBody::from(&bad.error)).await?;
            return Ok(status(200));
        }
    };
    let Some(known) = platform.table.connection(connection).await? else {
        // Its row expired or was forgotten after a 410; the client has to come again.
        let error = WireError::new(ErrorCode::Unauthorized, "this connection is not known any more; open another");
        Caller::unknown(platform, connection, request.id).answer(EventBody::from(&error)).await?;
        return Ok(status(200));
    };
    let caller = Caller::new(platform, known, request.id);
    if let Err(failure) = commands::carry_out(&caller, request.command).await {
        caller.answer(failure.into_event(connection)).await?;
    }
    Ok(status(200))
}
