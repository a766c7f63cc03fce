//! `share`: issues a token that shows one job, and nothing else, to anyone who has it.

use crate::reply::{Caller, Failure};
use std::time::Duration;
use stepcast_platform::clock::rfc3339;
use stepcast_platform::table::JobRecord;
use stepcast_protocol::id::JobId;
use stepcast_protocol::limits::{SHARE_LIFETIME, TOKEN_LIFETIME};
use stepcast_protocol::{Event, EventBody};

pub(super) async fn share(
    caller: &Caller<'_>,
    job: &JobId,
    expires_s: Option<u32>,
    evidence: bool,
) -> Result<(), Failure> {
    let wanted = lifetime(expires_s)?;
    let platform = caller.platform;
    let record = platform.table.job(job).await?.ok_or_else(|| Failure::no_job(job))?;
    caller.require_own(&record)?;
    let issued = platform.keys.signer().await?.share(job, wanted.min(left(caller, &record)), !evidence);
    let principal = &caller.connection.principal;
    tracing::info!(%job, principal, token = issued.id, "A job was shared");
    let body = EventBody::Shared { token: issued.token, id: issued.id, expires_at: rfc3339(issued.expires_at) };
    let shared = Event { job: Some(record.job.into()), ..Event::new(body, platform.clock.now_text()) };
    Ok(caller.send(vec![shared]).await?)
}

fn lifetime(expires_s: Option<u32>) -> Result<Duration, Failure> {
    let Some(seconds) = expires_s else { return Ok(SHARE_LIFETIME) };
    let lifetime = Duration::from_secs(seconds.into());
    if lifetime.is_zero() || lifetime > TOKEN_LIFETIME {
        return Err(Failure::bad_request(format!("`expires_s` has to be 1 to {}", TOKEN_LIFETIME.as_secs())));
    }
    Ok(lifetime)
}

/// How long the job is still kept: after that there is nothing to see.
fn left(caller: &Caller<'_>, job: &JobRecord) -> Duration {
    let platform = caller.platform;
    Duration::from_millis(platform.table.kept_until(job).saturating_sub(platform.clock.now_ms()))
}
