//! `hello`: who you are here and what the server accepts.

use super::admin;
use crate::reply::{Caller, Failure};
use stepcast_platform::clock::rfc3339;
use stepcast_protocol::duration::millis;
use stepcast_protocol::event::Limits;
use stepcast_protocol::{EventBody, limits};

/// Most notices somebody who is new is told.
const NOTICES: usize = 10;

pub(super) async fn hello(caller: &Caller<'_>) -> Result<(), Failure> {
    let connection = &caller.connection;
    let welcome = EventBody::Welcome {
        connection: connection.connection.clone(),
        principal: connection.principal.clone(),
        role: connection.role,
        limits: Limits {
            message_bytes: limits::MESSAGE_BYTES,
            frame_bytes: limits::FRAME_BYTES,
            suite_bytes: limits::SUITE_BYTES,
            tests_per_job: limits::TESTS_PER_JOB,
        },
        ping_every_s: limits::PING_EVERY.as_secs(),
        connected_until: rfc3339(connection.connected_at + millis(limits::CONNECTION_LIFETIME)),
    };
    caller.answer(welcome).await?;
    let notices = caller.platform.table.notices(NOTICES).await?;
    Ok(caller.tell(notices.iter().map(admin::told).collect()).await?)
}
