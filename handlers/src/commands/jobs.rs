//! `jobs`: a page of jobs, newest first.

use crate::reply::{Caller, Failure};
use stepcast_protocol::EventBody;
use stepcast_protocol::command::JobsQuery;
use stepcast_protocol::limits::FRAME_BYTES;
use stepcast_protocol::state::ListedJob;

pub(super) async fn jobs(caller: &Caller<'_>, query: &JobsQuery) -> Result<(), Failure> {
    let (mut jobs, mut cursor) = caller.platform.table.jobs(query).await?;
    if let Some(last) = fit(&mut jobs) {
        cursor = Some(last);
    }
    Ok(caller.answer(EventBody::Jobs { jobs, cursor }).await?)
}

/// Shortens a page of jobs with large labels to what one frame holds. A job's id is the cursor that goes on after it.
fn fit(jobs: &mut Vec<ListedJob>) -> Option<String> {
    let mut size = 0;
    let fitting = jobs.iter().take_while(|job| {
        size += serde_json::to_string(job).map_or(0, |json| json.len() + 1);
        size < FRAME_BYTES - 1_024
    });
    let most = fitting.count().max(1);
    if jobs.len() <= most {
        return None;
    }
    jobs.truncate(most);
    jobs.last().map(|job| job.job.clone())
}
