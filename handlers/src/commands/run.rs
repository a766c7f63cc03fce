//! `run`: reads the whole suite, stores the job, answers the caller, queues the planning.
//!
//! The caller gets `job.accepted` once the job is stored. From then on the job reaches a verdict even if a process
//! dies: if this function dies before it queues the planning, the reaper queues it.

use super::stored_name::check_shown;
use crate::limits::check_open_jobs;
use crate::reply::{Caller, Failure};
use crate::suite::{self, ReadSuite};
use std::collections::BTreeMap;
use stepcast_platform::Work;
use stepcast_platform::metrics::Measured;
use stepcast_platform::table::{Created, JobRecord, JobSource, NewJob, SealedSecrets, topic_feed};
use stepcast_protocol::command::{Detail, Run};
use stepcast_protocol::event::{Role, RunningSuite};
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::JobLimits;
use stepcast_protocol::{ErrorCode, Event, EventBody, limits};
use stepcast_suite::limits::{JOB_TIME, NAME_BYTES, TAGS, VARIABLE_BYTES};
use uuid::Uuid;

pub(super) async fn run(caller: &Caller<'_>, run: Run) -> Result<(), Failure> {
    caller.require(Role::Runner)?;
    check_limits(&run)?;
    let ReadSuite { suite, packed, stored } = suite::of_run(caller, &run).await?;
    let job = JobId::from(Uuid::now_v7());
    let source = JobSource {
        suite: packed,
        secrets: seal(caller, &job, &run.secrets).await?,
        vars: run.vars,
        tags: run.tags,
        only: Vec::new(),
        evidence: run.evidence,
    };
    let new = NewJob {
        job,
        suite: suite.name,
        principal: caller.connection.principal.clone(),
        labels: run.labels,
        source,
        watcher: Some((caller.connection.connection.clone(), Detail::of(run.detail))),
        idempotency_key: run.idempotency_key,
        replay_of: None,
        from: None,
        limits: JobLimits {
            max_failures: run.max_failures,
            time_limit_s: run.time_limit_s,
            max_requests: max_requests(caller),
        },
    };
    start(caller, &new, stored).await
}

/// How many requests a job that is started now may make.
pub(super) fn max_requests(caller: &Caller<'_>) -> Option<u64> {
    u64::try_from(caller.platform.limits.requests_per_job).ok()
}

/// Stores a job, answers the caller and queues the planning.
pub(super) async fn start(caller: &Caller<'_>, new: &NewJob, stored: Option<RunningSuite>) -> Result<(), Failure> {
    match create(caller, new).await? {
        Created::Before(job) => {
            let detail = new.watcher.as_ref().map(|(_, detail)| detail.clone());
            super::watch::join(caller, &job, &detail.unwrap_or_default()).await
        }
        Created::New(record) => {
            caller.platform.metrics.note(Measured::JobAccepted);
            let accepted = accepted(caller, &record, stored);
            let line = accepted.to_json();
            // A caller that has disconnected changes nothing: the job is stored.
            let answered = caller.send(vec![accepted]).await;
            queue(caller, &record.job).await;
            caller.platform.publish(&topic_feed(), &line).await?;
            Ok(answered?)
        }
    }
}

/// Stores a job, if its principal may have another one open. If not, a `run` that was sent again still finds the job of
/// the first one.
async fn create(caller: &Caller<'_>, new: &NewJob) -> Result<Created, Failure> {
    let table = &caller.platform.table;
    let Err(over) = check_open_jobs(caller).await else { return Ok(table.create_job(new).await?) };
    let Some(key) = &new.idempotency_key else { return Err(over) };
    let before = table.job_of_key(&new.principal, key).await?;
    before.map(Created::Before).ok_or(over)
}

fn accepted(caller: &Caller<'_>, record: &JobRecord, stored: Option<RunningSuite>) -> Event {
    let body = EventBody::JobAccepted {
        suite: record.suite.clone(),
        principal: record.principal.clone(),
        labels: record.labels.clone(),
        replay_of: record.replay_of.as_ref().map(String::from),
        from: record.from,
        stored,
    };
    Event::of_job(&record.job, record.v, body, caller.platform.clock.now_text())
}

async fn queue(caller: &Caller<'_>, job: &JobId) {
    if let Err(error) = caller.platform.queue.send(&Work::Plan { job: job.to_owned() }).await {
        tracing::warn!(%job, %error, "A job is stored but could not be queued; the reaper will queue it");
    }
}

/// Seals secrets for one job; returns an empty list if there are no secrets.
pub(super) async fn seal(
    caller: &Caller<'_>,
    job: &JobId,
    secrets: &BTreeMap<String, String>,
) -> Result<Vec<SealedSecrets>, Failure> {
    if secrets.is_empty() {
        return Ok(Vec::new());
    }
    let text = serde_json::to_string(secrets).unwrap_or_default();
    let sealed = caller.platform.keys.sealer().await?.seal(job, &text);
    let sealed = sealed.map_err(|_| Failure::new(ErrorCode::Internal, "the secrets could not be sealed"))?;
    Ok(vec![SealedSecrets { job: job.to_owned(), by: Some(caller.connection.principal.clone()), sealed }])
}

fn check_limits(run: &Run) -> Result<(), Failure> {
    if run.labels.len() > limits::LABELS {
        return too_large(format!("a job has at most {} labels", limits::LABELS));
    }
    if run.tags.len() > TAGS {
        return too_large(format!("a run may have at most {TAGS} lists of tags"));
    }
    check_names(
        run.labels.iter().flat_map(|(name, value)| [name, value]).chain(&run.tags).chain(&run.idempotency_key),
    )?;
    check_filled("labels", run.labels.keys())?;
    for text in run.labels.iter().flat_map(|(name, value)| [name, value]) {
        check_shown("labels", text)?;
    }
    run.tags.iter().try_for_each(|tag| check_shown("tags", tag))?;
    if run.idempotency_key.as_deref() == Some("") {
        return Err(Failure::bad_request("`idempotency_key` must not be empty"));
    }
    if run.max_failures == Some(0) {
        return Err(Failure::bad_request("`max_failures` has to be at least 1"));
    }
    if run.time_limit_s.is_some_and(|seconds| !(1..=JOB_TIME.as_secs()).contains(&seconds.into())) {
        return Err(Failure::bad_request(format!("`time_limit_s` has to be 1 to {}", JOB_TIME.as_secs())));
    }
    check_values(&run.vars, &run.secrets)
}

/// Checks values for templates.
pub(super) fn check_values(vars: &BTreeMap<String, String>, secrets: &BTreeMap<String, String>) -> Result<(), Failure> {
    check_names(vars.keys().chain(secrets.keys()))?;
    for (field, values) in [("vars", vars), ("secrets", secrets)] {
        check_filled(field, values.keys())?;
        values.keys().try_for_each(|name| check_shown(field, name))?;
    }
    if vars.values().chain(secrets.values()).any(|value| value.len() > VARIABLE_BYTES) {
        return too_large(format!("a variable or secret has at most {VARIABLE_BYTES} bytes"));
    }
    Ok(())
}

fn check_names<'a>(mut names: impl Iterator<Item = &'a String>) -> Result<(), Failure> {
    if names.any(|name| name.len() > NAME_BYTES) {
        return too_large(format!("labels, names, tags and keys have at most {NAME_BYTES} bytes"));
    }
    Ok(())
}

/// Rejects an empty name, which no template could ask for and no key of the table could hold.
fn check_filled<'a>(field: &str, mut names: impl Iterator<Item = &'a String>) -> Result<(), Failure> {
    if names.any(String::is_empty) {
        return Err(Failure::bad_request(format!("`{field}` has an empty name; a name has at least one character")));
    }
    Ok(())
}

fn too_large(what: String) -> Result<(), Failure> {
    Err(Failure::new(ErrorCode::TooLarge, what))
}
