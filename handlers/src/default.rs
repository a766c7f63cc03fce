//! `$default`: one message, one command, one answer.

use crate::reply::{Caller, Failure};
use crate::{commands, connection_id, limits, status};
use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use stepcast_platform::Platform;
use stepcast_platform::table::CommandKind;
use stepcast_protocol::command::BadRequest;
use stepcast_protocol::{Command, ErrorCode, EventBody, Request, WireError};

/// Carries out a command and answers through `@connections`. An error of the client and a failure of the command are
/// answered with an `error` event; the function itself fails only if the connection cannot be read or the answer cannot
/// be sent.
pub async fn default(
    platform: &Platform,
    event: ApiGatewayWebsocketProxyRequest,
) -> anyhow::Result<ApiGatewayProxyResponse> {
    let connection = connection_id(&event)?;
    let request = Request::parse(event.body.as_deref().unwrap_or_default());
    let id = match &request {
        Ok(request) => request.id.clone(),
        Err(bad) => bad.id.clone(),
    };
    match platform.table.connection(&connection).await? {
        Some(known) => {
            let caller = Caller::new(platform, known, id);
            if let Err(failure) = carry_out(&caller, request).await {
                caller.answer(failure.into_event(&connection)).await?;
            }
        }
        None => turn_away(&Caller::unknown(platform, &connection, id)).await?,
    }
    Ok(status(200))
}

/// Every message is counted, including those that cannot be read.
async fn carry_out(caller: &Caller<'_>, request: Result<Request, BadRequest>) -> Result<(), Failure> {
    let is_ping = request.as_ref().is_ok_and(|request| request.command == Command::Ping);
    limits::count(caller, if is_ping { CommandKind::Ping } else { CommandKind::Other }).await?;
    let request = request.map_err(|bad| Failure::Client(bad.error))?;
    commands::carry_out(caller, request.command).await
}

/// Closes a connection whose row expired or was deleted after a 410. Its principal is unknown, so what it sends is not
/// counted. The client has to connect again.
async fn turn_away(caller: &Caller<'_>) -> anyhow::Result<()> {
    let error = WireError::new(ErrorCode::Unauthorized, "this connection is no longer known; open another");
    caller.answer(EventBody::from(&error)).await?;
    caller.platform.push.close(&caller.connection.connection).await?;
    Ok(())
}
