//! `watch`, `unwatch` and `job`: the whole state, then every change.
//!
//! The watcher is registered first and the snapshot is read afterwards, so that nothing is missed: what happens before
//! the snapshot is in it, and what happens after it is pushed.

use super::comment;
use crate::account;
use crate::reply::{Caller, Failure};
use stepcast_platform::snapshot::View;
use stepcast_platform::table::{JobRecord, topic_feed, topic_job};
use stepcast_protocol::command::{Detail, JobsQuery, Topic};
use stepcast_protocol::id::JobId;
use stepcast_protocol::{ErrorCode, EventBody};

pub(super) async fn watch(caller: &Caller<'_>, topic: Topic) -> Result<(), Failure> {
    let table = &caller.platform.table;
    match topic {
        Topic::Feed => {
            table.watch(&topic_feed(), &caller.connection.connection, &Detail::default()).await?;
            super::jobs::jobs(caller, &JobsQuery::default()).await
        }
        Topic::Job(job, detail) => {
            if table.job(&job).await?.is_none() {
                return Err(Failure::no_job(&job));
            }
            join(caller, &job, &detail).await
        }
    }
}

pub(super) async fn unwatch(caller: &Caller<'_>, topic: Topic) -> Result<(), Failure> {
    let topic = match topic {
        Topic::Feed => topic_feed(),
        Topic::Job(job, _) => topic_job(&job),
    };
    caller.platform.table.unwatch(&topic, &caller.connection.connection).await?;
    Ok(caller.answer(EventBody::Ok).await?)
}

/// Most comments that a watcher who joins late gets.
const COMMENTS: usize = 50;

/// Subscribes the caller to a job that exists, sends the comments on it, and shows it.
pub(super) async fn join(caller: &Caller<'_>, job: &JobId, detail: &Detail) -> Result<(), Failure> {
    let table = &caller.platform.table;
    table.watch(&topic_job(job), &caller.connection.connection, detail).await?;
    let comments = table.comments(job, COMMENTS).await?;
    caller.send_unasked(comments.iter().map(|comment| comment::event(job, comment)).collect()).await?;
    show(caller, job, View::Whole(detail.clone())).await
}

/// Shows the state of a job once: all of it, or one test.
pub(super) async fn job(caller: &Caller<'_>, job: &JobId, test: Option<u32>) -> Result<(), Failure> {
    let Some(test) = test else { return show(caller, job, View::Whole(Detail::default())).await };
    let record = caller.platform.table.job(job).await?.ok_or_else(|| Failure::no_job(job))?;
    check_test(&record, test)?;
    show(caller, job, View::Test(test)).await
}

/// Rejects a test that the job does not have.
pub(super) fn check_test(record: &JobRecord, test: u32) -> Result<(), Failure> {
    let total = record.counts.total;
    if test < total {
        return Ok(());
    }
    let tests = if total == 1 { "test" } else { "tests" };
    let message = format!("the job has {total} {tests}, numbered from 0, and no test {test}");
    Err(Failure::new(ErrorCode::NotFound, message))
}

async fn show(caller: &Caller<'_>, job: &JobId, view: View) -> Result<(), Failure> {
    let account = account::of(&caller.connection);
    let snapshot = caller.platform.snapshot(job, &account, view, caller.messages()).await?;
    Ok(caller.send_state(&snapshot.ok_or_else(|| Failure::no_job(job))?).await?)
}
