//! What only admins do: see and end connections, speak to everybody, put dead letters back.

use super::comment::check_text;
use crate::reply::{Caller, Failure, excerpt};
use stepcast_platform::Pushed;
use stepcast_platform::clock::rfc3339;
use stepcast_protocol::event::{ListedConnection, Role};
use stepcast_protocol::{ErrorCode, Event, EventBody};

pub(super) async fn connections(caller: &Caller<'_>) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    let listed = caller.platform.table.connections().await?.into_iter().map(|connection| ListedConnection {
        connected_at: rfc3339(connection.connected_at),
        connection: connection.connection,
        principal: connection.principal,
        role: connection.role,
    });
    Ok(caller.answer(EventBody::Connections { connections: listed.collect() }).await?)
}

/// `DeleteConnection` carries no close code, so the client is told why first.
pub(super) async fn disconnect(caller: &Caller<'_>, connection: &str) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    let platform = caller.platform;
    let bye = EventBody::Bye { code: "disconnected_by_admin".to_owned(), reconnect: false };
    let bye = Event::new(bye, platform.clock.now_text()).to_json();
    if platform.push.send(connection, bye).await? == Pushed::Gone
        || platform.push.close(connection).await? == Pushed::Gone
    {
        platform.forget(connection).await;
        return Err(Failure::new(ErrorCode::NotFound, format!("there is no connection `{}`", excerpt(connection))));
    }
    Ok(caller.answer(EventBody::Ok).await?)
}

pub(super) async fn broadcast(caller: &Caller<'_>, text: &str) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    check_text(text)?;
    let platform = caller.platform;
    let notice = Event::new(EventBody::Notice { text: text.to_owned() }, platform.clock.now_text()).to_json();
    let everybody = platform.table.connections().await?.into_iter().map(|connection| connection.connection);
    platform.send_to(everybody.collect(), &notice).await;
    Ok(caller.answer(EventBody::Ok).await?)
}

pub(super) async fn redrive(caller: &Caller<'_>) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    caller.platform.queue.redrive().await?;
    Ok(caller.answer(EventBody::Ok).await?)
}
