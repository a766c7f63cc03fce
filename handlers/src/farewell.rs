//! The end of a connection that somebody else wants.

use stepcast_platform::{Platform, Pushed, Result};
use stepcast_protocol::{Event, EventBody};

/// Ends a connection for good. `DeleteConnection` carries no close code, so the client is told why first. One that is
/// gone already is forgotten.
pub(crate) async fn end(platform: &Platform, connection: &str, code: &str) -> Result<Pushed> {
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
