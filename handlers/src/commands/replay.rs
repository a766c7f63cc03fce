//! `replay`: runs a job again, all of it or what did not pass, as a new job with the same suite and values.

use super::run;
use crate::reply::{Caller, Failure};
use stepcast_platform::table::{JobRecord, JobSource, NewJob};
use stepcast_protocol::command::Selection;
use stepcast_protocol::{ErrorCode, Outcome};
use uuid::Uuid;

pub(super) async fn replay(caller: &Caller<'_>, job: &str, only: Selection) -> Result<(), Failure> {
    let table = &caller.platform.table;
    let record = table.job(job).await?.ok_or_else(|| Failure::no_job(job))?;
    caller.require_own(&record)?;
    let source = table.job_source(job).await?.ok_or_else(|| Failure::no_job(job))?;
    let new = NewJob {
        suite: record.suite.clone(),
        principal: caller.connection.principal.clone(),
        labels: record.labels.clone(),
        source: JobSource { only: selected(caller, &record, only).await?, ..source },
        connection: Some(caller.connection.connection.clone()),
        idempotency_key: None,
        replay_of: Some(job.to_owned()),
        job: Uuid::now_v7().to_string(),
    };
    run::start(caller, &new).await
}

async fn selected(caller: &Caller<'_>, record: &JobRecord, only: Selection) -> Result<Vec<String>, Failure> {
    if only == Selection::All {
        return Ok(Vec::new());
    }
    let tests = caller.platform.table.tests(&record.job, record.plan).await?;
    let is_bad = |outcome: &Outcome| matches!(outcome, Outcome::Failed | Outcome::Errored | Outcome::Blocked);
    let bad = tests.into_iter().filter(|test| test.outcome.as_ref().is_some_and(is_bad));
    let names: Vec<String> = bad.map(|test| test.name).collect();
    if names.is_empty() {
        return Err(Failure::new(ErrorCode::Conflict, "no test of that job failed; replay `all` of it"));
    }
    Ok(names)
}
