//! `comment`: something said about a job, kept and told to its watchers.

use crate::reply::{Caller, Failure};
use stepcast_platform::table::topic_job;
use stepcast_protocol::{ErrorCode, Event, EventBody, limits};

pub(super) async fn comment(caller: &Caller<'_>, job: &str, text: &str) -> Result<(), Failure> {
    check_text(text)?;
    let platform = caller.platform;
    if platform.table.job(job).await?.is_none() {
        return Err(Failure::no_job(job));
    }
    let principal = caller.connection.principal.clone();
    platform.table.put_comment(job, &principal, text).await?;
    caller.answer(EventBody::Ok).await?;
    let body = EventBody::Comment { principal, text: text.to_owned() };
    let mut event = Event::new(body, platform.clock.now_text());
    event.job = Some(job.to_owned());
    Ok(platform.publish(&topic_job(job), &event.to_json()).await?)
}

/// Something people will read.
pub(super) fn check_text(text: &str) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(Failure::bad_request("`text` must not be empty"));
    }
    if text.len() > limits::TEXT_BYTES {
        return Err(Failure::new(ErrorCode::TooLarge, format!("`text` has at most {} bytes", limits::TEXT_BYTES)));
    }
    Ok(())
}
