//! Commands for admins only: list and end connections, broadcast to everyone, put dead letters back.

use super::comment::check_text;
use crate::reply::{Caller, Failure, excerpt};
use crate::{farewell, page};
use futures_util::{StreamExt, TryStreamExt, stream};
use stepcast_platform::Pushed;
use stepcast_platform::clock::rfc3339;
use stepcast_platform::table::{Connection, Said};
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::event::{ListedConnection, Role};
use stepcast_protocol::id::ConnectionId;
use stepcast_protocol::{ErrorCode, Event, EventBody};

/// Connections whose topics are read at once.
const IN_FLIGHT: usize = 16;

/// Most topics that are listed for each connection.
const WATCHED: usize = 20;

pub(super) async fn connections(caller: &Caller<'_>, query: &PageQuery) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    page::check_cursor(query.cursor.as_deref())?;
    let (found, next) = caller.platform.table.connections(query).await?;
    let listed = found.into_iter().map(|connection| list(caller, connection));
    let mut connections = stream::iter(listed).buffered(IN_FLIGHT).try_collect().await?;
    let cursor = page::fit(&mut connections, |connection: &ListedConnection| &connection.connection).or(next);
    Ok(caller.answer(EventBody::Connections { connections, cursor }).await?)
}

async fn list(caller: &Caller<'_>, connection: Connection) -> Result<ListedConnection, Failure> {
    let watching = caller.platform.table.watched_by(&connection.connection, WATCHED).await?;
    Ok(ListedConnection {
        connected_at: rfc3339(connection.connected_at),
        connection: connection.connection.into(),
        principal: connection.principal,
        role: connection.role,
        watching,
        token: connection.token,
    })
}

pub(super) async fn disconnect(caller: &Caller<'_>, connection: &ConnectionId) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    if farewell::end(caller.platform, connection, "disconnected_by_admin").await? == Pushed::Gone {
        return Err(Failure::new(
            ErrorCode::NotFound,
            format!("there is no connection `{}`", excerpt(connection.as_str())),
        ));
    }
    Ok(caller.answer(EventBody::Ok).await?)
}

/// Sends a notice to every connection, and for a day to every new one that sends `hello`, but not to those opened with
/// a link to one job.
pub(super) async fn broadcast(caller: &Caller<'_>, text: &str) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    check_text(text)?;
    let platform = caller.platform;
    let notice = caller.says(text);
    platform.table.put_notice(&notice).await?;
    let line = notice_event(&notice).to_json();
    let mut query = PageQuery { cursor: None, limit: Some(u32::MAX) };
    loop {
        let (connections, next) = platform.table.connections(&query).await?;
        let everybody = connections.into_iter().filter(|connection| connection.job.is_none());
        let everybody = everybody.map(|connection| connection.connection);
        platform.send_to(everybody.collect(), &line).await;
        if next.is_none() {
            break;
        }
        query.cursor = next;
    }
    Ok(caller.answer(EventBody::Ok).await?)
}

/// The event of a notice.
pub(super) fn notice_event(notice: &Said) -> Event {
    Event::new(EventBody::Notice { text: notice.text.clone() }, rfc3339(notice.at))
}

pub(super) async fn redrive(caller: &Caller<'_>) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    caller.platform.queue.redrive().await?;
    Ok(caller.answer(EventBody::Ok).await?)
}
