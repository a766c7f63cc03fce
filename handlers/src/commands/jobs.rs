//! `jobs`: a page of jobs, newest first.

use crate::page;
use crate::reply::{Caller, Failure};
use stepcast_protocol::EventBody;
use stepcast_protocol::command::JobsQuery;

pub(super) async fn jobs(caller: &Caller<'_>, query: &JobsQuery) -> Result<(), Failure> {
    page::check_cursor(query.cursor.as_deref())?;
    let (mut jobs, next) = caller.platform.table.jobs(query).await?;
    let cursor = page::fit(&mut jobs, |job| &job.job).or(next);
    Ok(caller.answer(EventBody::Jobs { jobs, cursor }).await?)
}
