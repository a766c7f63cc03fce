//! `replay`: runs a job again, all of it or only what failed, as a new job with the same suite and with the same or other
//! values; or judges what it saw, by the same or another suite.

use super::run;
use crate::reply::{Caller, Failure, excerpt};
use crate::suite::{self, ReadSuite};
use stepcast_platform::table::{JobRecord, JobSource, NewJob, SealedSecrets};
use stepcast_protocol::command::{Detail, Replay, Selection};
use stepcast_protocol::state::{AnswersFrom, JobLimits};
use stepcast_protocol::{ErrorCode, JobId, Outcome};
use uuid::Uuid;

/// Most sets of sealed secrets of one job: each replay of a replay can add one.
const SEALED: usize = 10;

pub(super) async fn replay(caller: &Caller<'_>, replay: Replay) -> Result<(), Failure> {
    let table = &caller.platform.table;
    let Replay { job: original, only, on, suite, suite_gz, vars, secrets, detail } = replay;
    run::check_values(&vars, &secrets)?;
    let is_other_suite = suite.is_some() || suite_gz.is_some();
    let record = table.job(&original).await?.ok_or_else(|| Failure::no_job(&original))?;
    caller.require_own(&record)?;
    check_source(caller, on, is_other_suite)?;
    if on.is_some() && record.verdict.is_none() {
        return Err(Failure::new(ErrorCode::Conflict, "the job is still running; its evidence is complete at its end"));
    }
    let source = table.job_source(&original).await?.ok_or_else(|| Failure::no_job(&original))?;
    if is_other_suite || !vars.is_empty() || !secrets.is_empty() {
        keep_secrets_at_home(caller, &record, &source)?;
    }
    let (name, packed, stored) = if is_other_suite {
        let ReadSuite { suite, packed, stored } = suite::named_or_given(caller, suite.as_ref(), suite_gz).await?;
        (suite.name, packed, stored)
    } else {
        (record.suite.clone(), source.suite, None)
    };
    let job = JobId::from(Uuid::now_v7());
    let source = JobSource {
        suite: packed,
        only: selected(caller, &record, only).await?,
        vars: source.vars.into_iter().chain(vars).collect(),
        secrets: [source.secrets, run::seal(caller, &job, &secrets).await?].concat(),
        tags: source.tags,
        evidence: source.evidence,
    };
    if source.secrets.len() > SEALED {
        return Err(Failure::new(
            ErrorCode::TooLarge,
            "too many replays of this job have added secrets; run the suite again instead",
        ));
    }
    let new = NewJob {
        suite: name,
        principal: caller.connection.principal.clone(),
        labels: record.labels.clone(),
        source,
        watcher: Some((caller.connection.connection.clone(), Detail::of(detail))),
        idempotency_key: None,
        replay_of: Some(original),
        from: on,
        limits: JobLimits { max_requests: run::max_requests(caller), ..record.limits },
        job,
    };
    run::start(caller, &new, stored).await
}

/// Checks that answers can come from where the replay wants them.
fn check_source(caller: &Caller<'_>, on: Option<AnswersFrom>, is_other_suite: bool) -> Result<(), Failure> {
    match on {
        Some(AnswersFrom::Evidence) if caller.platform.evidence.is_none() => {
            Err(Failure::new(ErrorCode::Conflict, "this deployment keeps nothing of what tests send and receive"))
        }
        None if is_other_suite => {
            Err(Failure::bad_request("`suite` is for a replay with `on: evidence`; send another suite with `run`"))
        }
        _ => Ok(()),
    }
}

/// Rejects other values and another suite if the job holds secrets that another principal sealed. A variable decides
/// where a request goes, and so which server sees a secret that goes with it. A secret that is part of an address or
/// belongs to a proxy does the same, and a check of another suite could ask what a secret is. The owner of the job does not
/// matter: a replay is the job of the principal that asked for it, and has the secrets of the original job.
fn keep_secrets_at_home(caller: &Caller<'_>, record: &JobRecord, source: &JobSource) -> Result<(), Failure> {
    let own = Some(caller.connection.principal.as_str());
    let Some(others) = source.secrets.iter().find(|sealed| sealed_by(sealed, record) != own) else { return Ok(()) };
    let owner = sealed_by(others, record).map_or("another principal".to_owned(), |by| format!("`{}`", excerpt(by)));
    Err(Failure::forbidden(format!(
        "the job holds secrets of {owner}, which may only be sent where the job sends them; replay it without `vars`, \
         `secrets` and another suite, or run the suite with your own secrets"
    )))
}

/// The principal that sealed these secrets. Older versions did not store it; secrets that are sealed for this very job
/// are then those of the principal that started it.
fn sealed_by<'a>(sealed: &'a SealedSecrets, record: &'a JobRecord) -> Option<&'a str> {
    let started = (sealed.job == record.job).then_some(&record.principal);
    sealed.by.as_ref().or(started).map(String::as_str)
}

async fn selected(caller: &Caller<'_>, record: &JobRecord, only: Selection) -> Result<Vec<String>, Failure> {
    if only == Selection::All {
        return Ok(Vec::new());
    }
    let tests = caller.platform.table.tests(record).await?;
    let bad = tests.into_iter().filter(|test| test.outcome.is_some_and(Outcome::is_failure));
    let names: Vec<String> = bad.map(|test| test.name).collect();
    if names.is_empty() {
        return Err(Failure::new(ErrorCode::Conflict, "no test of that job failed; replay `all` of it"));
    }
    Ok(names)
}
