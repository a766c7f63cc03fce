//! `comment`: stores a comment on a job and publishes it to the job's watchers.

use crate::reply::{Caller, Failure};
use stepcast_platform::clock::rfc3339;
use stepcast_platform::table::{Said, topic_job};
use stepcast_protocol::id::JobId;
use stepcast_protocol::{ErrorCode, Event, EventBody, limits};

pub(super) async fn comment(caller: &Caller<'_>, job: &JobId, text: &str) -> Result<(), Failure> {
    check_text(text)?;
    let platform = caller.platform;
    if platform.table.job(job).await?.is_none() {
        return Err(Failure::no_job(job));
    }
    let comment = caller.says(text);
    platform.table.put_comment(job, &comment).await?;
    caller.answer(EventBody::Ok).await?;
    Ok(platform.publish(&topic_job(job), &event(job, &comment).to_json()).await?)
}

/// The event of a comment. It is the same each time, so that clients recognise a comment they already have.
pub(super) fn event(job: &JobId, comment: &Said) -> Event {
    let body = EventBody::Comment { principal: comment.principal.clone(), text: comment.text.clone() };
    Event { job: Some(job.into()), ..Event::new(body, rfc3339(comment.at)) }
}

/// Checks a text that people will read.
pub(super) fn check_text(text: &str) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(Failure::bad_request("`text` must not be empty"));
    }
    if text.len() > limits::TEXT_BYTES {
        return Err(Failure::new(ErrorCode::TooLarge, format!("`text` has at most {} bytes", limits::TEXT_BYTES)));
    }
    Ok(())
}
