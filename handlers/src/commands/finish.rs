//! `finish`: ends a job at once, for an admin who no longer waits for its tests. A worker ends it, or the reaper if the
//! queue message is lost.

use crate::reply::{Caller, Failure};
use stepcast_platform::Work;
use stepcast_protocol::event::Role;
use stepcast_protocol::id::JobId;
use stepcast_protocol::{ErrorCode, EventBody};

pub(super) async fn finish(caller: &Caller<'_>, job: &JobId) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    let platform = caller.platform;
    if platform.table.job(job).await?.is_none() {
        return Err(Failure::no_job(job));
    }
    if platform.table.end_job(job, &caller.connection.principal).await?.is_none() {
        return Err(Failure::new(ErrorCode::Conflict, "the job is finished already"));
    }
    if let Err(error) = platform.queue.send(&Work::Finish { job: job.to_owned() }).await {
        tracing::warn!(%job, %error, "The end of a job could not be queued; the reaper will end it");
    }
    Ok(caller.answer(EventBody::Ok).await?)
}
