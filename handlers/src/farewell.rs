//! Ends connections that the client itself did not end.

use stepcast_platform::{Platform, Pushed, Result};
use stepcast_protocol::id::ConnectionId;
use stepcast_protocol::{Event, EventBody};

/// Ends a connection for good. `DeleteConnection` carries no close code, so the reason is sent to the client first. A
/// connection that is already closed is deleted.
pub(crate) async fn end(platform: &Platform, connection: &ConnectionId, code: &str) -> Result<Pushed> {
    let bye = EventBody::Bye { code: code.to_owned(), reconnect: false };
    let bye = Event::new(bye, platform.clock.now_text()).to_json();
    if platform.push.send(connection, bye).await? == Pushed::Gone
        || platform.push.close(connection).await? == Pushed::Gone
    {
        platform.forget(connection).await;
        return Ok(Pushed::Gone);
    }
    Ok(Pushed::Sent)
}
