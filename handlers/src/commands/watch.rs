//! `watch`, `unwatch` and `job`: the whole state, then every change.
//!
//! The watcher is registered first and the snapshot is read afterwards, so that nothing is missed: what happens before
//! the snapshot is in it, and what happens after it is pushed.

use super::comment;
use crate::account;
use crate::reply::{Caller, Failure};
use stepcast_platform::table::{topic_feed, topic_job};
use stepcast_protocol::EventBody;
use stepcast_protocol::command::{JobsQuery, Topic};
use stepcast_protocol::id::JobId;

pub(super) async fn watch(caller: &Caller<'_>, topic: Topic) -> Result<(), Failure> {
    let table = &caller.platform.table;
    match topic {
        Topic::Feed => {
            table.watch(&topic_feed(), &caller.connection.connection).await?;
            super::jobs::jobs(caller, &JobsQuery::default()).await
        }
        Topic::Job(job) => {
            if table.job(&job).await?.is_none() {
                return Err(Failure::no_job(&job));
            }
            join(caller, &job).await
        }
    }
}

pub(super) async fn unwatch(caller: &Caller<'_>, topic: Topic) -> Result<(), Failure> {
    let topic = match topic {
        Topic::Feed => topic_feed(),
        Topic::Job(job) => topic_job(&job),
    };
    caller.platform.table.unwatch(&topic, &caller.connection.connection).await?;
    Ok(caller.answer(EventBody::Ok).await?)
}

/// Most comments that a watcher who joins late gets.
const COMMENTS: usize = 50;

/// Subscribes the caller to a job that exists, sends the comments on it, and shows it.
pub(super) async fn join(caller: &Caller<'_>, job: &JobId) -> Result<(), Failure> {
    let table = &caller.platform.table;
    table.watch(&topic_job(job), &caller.connection.connection).await?;
    let comments = table.comments(job, COMMENTS).await?;
    caller.send_unasked(comments.iter().map(|comment| comment::event(job, comment)).collect()).await?;
    show(caller, job).await
}

/// Shows the whole state of a job once.
pub(super) async fn show(caller: &Caller<'_>, job: &JobId) -> Result<(), Failure> {
    let account = account::of(&caller.connection);
    let snapshot = caller.platform.snapshot(job, &account, caller.messages()).await?;
    Ok(caller.send_state(&snapshot.ok_or_else(|| Failure::no_job(job))?).await?)
}
