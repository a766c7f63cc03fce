//! `replay`: runs a job again, all of it or what did not pass, as a new job with the same suite and values.

use super::run;
use crate::reply::{Caller, Failure};
use stepcast_platform::table::{JobRecord, JobSource, NewJob};
use stepcast_protocol::ErrorCode;
use stepcast_protocol::command::Selection;
use uuid::Uuid;

pub(super) async fn replay(caller: &Caller<'_>, job: &str, only: Selection) -> Result<(), Failure> {
    let table = &caller.platform.table;
    let record = table.job(job).await?.ok_or_else(|| Failure::no_job(job))?;
    caller.require_own(&record)?;
    let source = table.job_source(job).await?.ok_or_else(|| Failure::no_job(job))?;
    let replay = Uuid::now_v7().to_string();
    let new = NewJob {
        suite: record.suite.clone(),
        principal: caller.connection.principal.clone(),
        labels: record.labels.clone(),
        source: JobSource {
            secrets: reseal(caller, job, &replay, source.secrets.as_deref())?,
            only: selected(caller, &record, only).await?,
            ..source
        },
        connection: Some(caller.connection.connection.clone()),
        idempotency_key: None,
        replay_of: Some(job.to_owned()),
        job: replay,
    };
    run::start(caller, &new).await
}

async fn selected(caller: &Caller<'_>, record: &JobRecord, only: Selection) -> Result<Vec<String>, Failure> {
    if only == Selection::All {
        return Ok(Vec::new());
    }
    let tests = caller.platform.table.tests(&record.job, record.plan).await?;
    let failed = tests.into_iter().filter(|test| test.outcome.is_some_and(|outcome| !outcome.is_pass()));
    let names: Vec<String> = failed.map(|test| test.name).collect();
    if names.is_empty() {
        return Err(Failure::new(ErrorCode::Conflict, "no test of that job failed; replay `all` of it"));
    }
    Ok(names)
}

/// Secrets are sealed for one job; for another they are sealed anew.
fn reseal(caller: &Caller<'_>, job: &str, replay: &str, sealed: Option<&[u8]>) -> Result<Option<Vec<u8>>, Failure> {
    let Some(sealed) = sealed else { return Ok(None) };
    let sealer = &caller.platform.sealer;
    let resealed = sealer.open(job, sealed).and_then(|text| sealer.seal(replay, &text));
    resealed
        .map(Some)
        .map_err(|error| Failure::new(ErrorCode::Conflict, format!("{error}; run the suite again with its secrets")))
}
