//! `hello`: the identity of the client, and what the server accepts.

use super::admin;
use crate::reply::{Caller, Failure};
use stepcast_platform::clock::rfc3339;
use stepcast_protocol::event::Limits;
use stepcast_protocol::{Event, EventBody, limits};
use stepcast_suite::duration::millis;
use stepcast_suite::limits::TESTS_PER_JOB;

/// Most notices that a new client gets.
const NOTICES: usize = 10;

pub(super) async fn hello(caller: &Caller<'_>) -> Result<(), Failure> {
    let (connection, most) = (&caller.connection, &caller.platform.limits);
    let welcome = EventBody::Welcome {
        connection: connection.connection.to_string(),
        principal: connection.principal.clone(),
        role: connection.role,
        limits: Limits {
            message_bytes: limits::MESSAGE_BYTES,
            frame_bytes: limits::FRAME_BYTES,
            suite_bytes: most.suite_bytes,
            tests_per_job: TESTS_PER_JOB,
            connections: Some(most.connections),
            commands_per_s: Some(most.commands_per_s),
            open_jobs: Some(most.open_jobs),
            requests_per_job: Some(most.requests_per_job),
        },
        ping_every_s: limits::PING_EVERY.as_secs(),
        connected_until: rfc3339(connection.connected_at + millis(limits::CONNECTION_LIFETIME)),
    };
    let welcome = Event::new(welcome, caller.platform.clock.now_text());
    caller.send(vec![Event { job: connection.job.as_ref().map(String::from), ..welcome }]).await?;
    if connection.job.is_some() {
        // Notices to everyone do not go to clients that may see only one job.
        return Ok(());
    }
    let notices = caller.platform.table.notices(NOTICES).await?;
    Ok(caller.send_unasked(notices.iter().map(admin::notice_event).collect()).await?)
}
