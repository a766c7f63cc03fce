//! `cancel`: queued tests never start, and running ones stop at the next step. The workers do that.

use crate::reply::{Caller, Failure};
use stepcast_platform::table::{topic_feed, topic_job};
use stepcast_protocol::id::JobId;
use stepcast_protocol::{ErrorCode, Event, EventBody};

pub(super) async fn cancel(caller: &Caller<'_>, job: &JobId) -> Result<(), Failure> {
    let platform = caller.platform;
    let record = platform.table.job(job).await?.ok_or_else(|| Failure::no_job(job))?;
    caller.require_own(&record)?;
    let Some(record) = platform.table.cancel_job(job).await? else {
        return Err(Failure::new(ErrorCode::Conflict, "the job is finished; there is nothing left to cancel"));
    };
    caller.answer(EventBody::Ok).await?;
    let summary = record.summary();
    let body = EventBody::JobProgress {
        counts: summary.counts,
        status: summary.status,
        percent: summary.counts.percent(),
        eta_s: None,
    };
    let line = Event::of_job(job, record.v, body, platform.clock.now_text()).to_json();
    platform.publish(&topic_job(job), &line).await?;
    platform.publish(&topic_feed(), &line).await?;
    Ok(())
}
