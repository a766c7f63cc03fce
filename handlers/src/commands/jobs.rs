//! `jobs`: a page of jobs, newest first.

use crate::page;
use crate::reply::{Caller, Failure};
use stepcast_protocol::EventBody;
use stepcast_protocol::command::JobsQuery;
use stepcast_protocol::limits::NAME_BYTES;

pub(super) async fn jobs(caller: &Caller<'_>, query: &JobsQuery) -> Result<(), Failure> {
    page::check_cursor(query.cursor.as_deref())?;
    if query.suite.as_ref().is_some_and(|suite| suite.len() > NAME_BYTES) {
        return Err(Failure::bad_request(format!("`suite` has at most {NAME_BYTES} bytes")));
    }
    let (mut jobs, next) = caller.platform.table.jobs(query).await?;
    let cursor = page::fit(&mut jobs, |job| &job.job).or(next);
    Ok(caller.answer(EventBody::Jobs { jobs, cursor }).await?)
}
