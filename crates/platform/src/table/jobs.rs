//! Jobs: stored whole or not at all, planned once, closed once.

use super::connections::watch_items;
use super::expression::{Condition, ItemUpdate, attribute, item_exists, item_is_missing};
use super::item::{Item, item, key, mark};
use super::principal::open_key;
use super::record::{JobRecord, JobSource};
use super::suite_state::{Closing, SuiteUpdate};
use super::write::{Transacted, is_refused};
use super::{Table, topic_job};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use stepcast_protocol::command::Detail;
use stepcast_protocol::id::{ConnectionId, JobId};
use stepcast_protocol::state::{AnswersFrom, Counts, JobLimits, JobStatus, Verdict};
use stepcast_suite::duration::millis;

/// How long an idempotency key is remembered.
const KEY_LIFETIME: Duration = Duration::from_hours(24);

/// The result of a planning.
#[derive(Debug, Clone, Default)]
pub struct Planned {
    /// How many tests there are
    pub total: u32,
    /// How many tests a batch has
    pub batch_size: u32,
    /// Their expected duration one after the other, in milliseconds; 0 if unknown
    pub expected_ms: u64,
    /// How many requests were sent to find pages
    pub requests: u64,
    /// The record of these requests and their answers, if it is kept
    pub evidence: Option<String>,
}

/// A job about to be stored.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id, a `UUIDv7`
    pub job: JobId,
    /// The suite's name
    pub suite: String,
    /// The principal that asks for it
    pub principal: String,
    /// Labels to find it by
    pub labels: BTreeMap<String, String>,
    /// What it runs
    pub source: JobSource,
    /// The connection that asks, which will watch it, and how much of it
    pub watcher: Option<(ConnectionId, Detail)>,
    /// Two requests with the same key make one job
    pub idempotency_key: Option<String>,
    /// The job this one repeats
    pub replay_of: Option<JobId>,
    /// What its answers come from, if not from the site
    pub from: Option<AnswersFrom>,
    /// When to stop before all tests have run
    pub limits: JobLimits,
}

/// The result of storing a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// The job is stored
    New(Box<JobRecord>),
    /// Its key was used before, for this job
    Before(JobId),
}

#[derive(Serialize, Deserialize)]
struct KeyRecord {
    job: JobId,
    expires_at: u64,
}

#[derive(Serialize)]
struct Expiring<'a, T> {
    #[serde(flatten)]
    value: &'a T,
    expires_at: u64,
}

impl Table {
    /// Stores a job with its subscription and its entries in the lists, in one transaction.
    pub async fn create_job(&self, new: &NewJob) -> Result<Created> {
        let record = self.new_record(new);
        let mut writes = Vec::new();
        if let Some(idempotency_key) = &new.idempotency_key {
            // An expired key counts as deleted, though its row may still exist.
            let is_free = item_is_missing().or(attribute("expires_at").is_below(self.clock.now_ms() / 1_000));
            writes.push(self.putting(self.key_item(new, idempotency_key)?, Some(is_free))?);
        }
        for item in self.job_items(new, &record)? {
            writes.push(self.putting(item, Some(item_is_missing()))?);
        }
        if let Some((connection, detail)) = &new.watcher {
            for item in watch_items(&topic_job(&new.job), connection, detail, self.connection_expiry())? {
                writes.push(self.putting(item, None)?);
            }
        }
        match (self.transact(writes).await?, &new.idempotency_key) {
            (Transacted::Done, _) => Ok(Created::New(Box::new(record))),
            (Transacted::Refused(_), Some(idempotency_key)) => {
                let job = self.job_of_key(&new.principal, idempotency_key).await?;
                Ok(Created::Before(job.ok_or_else(|| Error::unreadable("key", "it was refused and is not there"))?))
            }
            (Transacted::Refused(_), None) => Err(Error::unreadable("job", "there is one with this id")),
        }
    }

    /// Returns the job that a principal asked for with this key, until the key expires.
    pub async fn job_of_key(&self, principal: &str, idempotency_key: &str) -> Result<Option<JobId>> {
        let found: Option<KeyRecord> = self.get("key", key(format!("KEY#{principal}"), idempotency_key)).await?;
        Ok(found.filter(|found| found.expires_at >= self.clock.now_ms() / 1_000).map(|found| found.job))
    }

    /// Returns until when a job is kept, in milliseconds since 1970.
    pub fn kept_until(&self, job: &JobRecord) -> u64 {
        job.created_at.saturating_add(millis(self.retention))
    }

    fn new_record(&self, new: &NewJob) -> JobRecord {
        let now = self.clock.now_ms();
        JobRecord {
            job: new.job.clone(),
            suite: new.suite.clone(),
            principal: new.principal.clone(),
            labels: new.labels.clone(),
            status: JobStatus::Accepted,
            v: 1,
            created_at: now,
            finished_at: None,
            moved_at: now,
            plan: 0,
            batch_size: 0,
            open: 0,
            checks: 0,
            requests: 0,
            expected_ms: 0,
            expected_done_ms: 0,
            digest: 0,
            cancel_requested: false,
            ended_by: None,
            verdict: None,
            problem: None,
            suite_change: None,
            tags: new.source.tags.clone(),
            replay_of: new.replay_of.clone(),
            from: new.from,
            plan_evidence: None,
            limits: new.limits,
            counts: Counts::default(),
        }
    }

    fn job_items(&self, new: &NewJob, record: &JobRecord) -> Result<Vec<Item>> {
        let expires_at = self.expiry();
        let pk = job_pk(&new.job);
        Ok(vec![
            item(&pk, "JOB", &Expiring { value: record, expires_at })?,
            item(&pk, "SUITE", &Expiring { value: &new.source, expires_at })?,
            mark(key("JOBS", &new.job), expires_at),
            mark(key(format!("SUITE#{}", new.suite), &new.job), expires_at),
            mark(key("OPEN", &new.job), expires_at),
            mark(open_key(record), expires_at),
        ])
    }

    fn key_item(&self, new: &NewJob, idempotency_key: &str) -> Result<Item> {
        let record = KeyRecord { job: new.job.clone(), expires_at: self.clock.expiry(KEY_LIFETIME) };
        item(format!("KEY#{}", new.principal), idempotency_key, &record)
    }

    /// Reads a job.
    pub async fn job(&self, job: &JobId) -> Result<Option<JobRecord>> {
        self.get("job", key(job_pk(job), "JOB")).await
    }

    /// Reads what a job runs.
    pub async fn job_source(&self, job: &JobId) -> Result<Option<JobSource>> {
        self.get("job source", key(job_pk(job), "SUITE")).await
    }

    /// Takes a number for a planning of this job. What an earlier planner still writes carries an earlier number and is
    /// never read. Returns `None` if the job is past planning.
    pub async fn begin_plan(&self, job: &JobId) -> Result<Option<JobRecord>> {
        let is_open = attribute("status").is(JobStatus::Accepted);
        self.update_job(self.moved(job).only_if(is_open).add("plan", 1_u64)).await
    }

    /// Makes this planning the one that counts. Returns `None` if another one was faster or the job is past planning.
    pub async fn planned(&self, job: &JobId, plan: u64, planned: Planned) -> Result<Option<JobRecord>> {
        let Planned { total, batch_size, expected_ms, requests, evidence } = planned;
        let is_first = attribute("status").is(JobStatus::Accepted).and(attribute("plan").is(plan));
        let update = self
            .moved(job)
            .only_if(is_first)
            .set("status", JobStatus::Running)
            .set("total", total)
            .set("batch_size", batch_size)
            .set("open", total)
            .set("expected_ms", expected_ms)
            .add("v", 1_u64)
            .add("requests", requests);
        let update = evidence.into_iter().fold(update, |update, id| update.set("plan_evidence", id));
        self.update_job(update).await
    }

    /// Notes that the job's cancellation was requested. Returns `None` if the job has a verdict already.
    pub async fn cancel_job(&self, job: &JobId) -> Result<Option<JobRecord>> {
        let update = self.moved(job).only_if(has_no_verdict()).set("cancel_requested", true).add("v", 1_u64);
        self.update_job(update).await
    }

    /// Notes that `by` no longer waits for the job's tests. Returns `None` if the job has a verdict already.
    pub async fn end_job(&self, job: &JobId, by: &str) -> Result<Option<JobRecord>> {
        let update = self.moved(job).only_if(has_no_verdict()).set("ended_by", by).add("v", 1_u64);
        self.update_job(update).await
    }

    /// Notes that the job was handled, so that the reaper leaves it alone for a while.
    pub async fn touch_job(&self, job: &JobId) -> Result<()> {
        self.update(self.moved(job).only_if(item_exists())).await.map(|_| ())
    }

    /// Gives the job its verdict and updates the state of its suite, in one transaction.
    pub(super) async fn close_with(
        &self,
        job: &JobRecord,
        verdict: Verdict,
        problem: Option<&str>,
        suite: SuiteUpdate,
    ) -> Result<Closing> {
        let now = self.clock.now_ms();
        let is_as_read = attribute("status")
            .is(job.status)
            .and(attribute("status").is_not(JobStatus::Finished))
            .and(attribute("open").is(0_u32))
            .and(attribute("v").is(job.v));
        let close = ItemUpdate::of(key(job_pk(&job.job), "JOB"))
            .only_if(is_as_read)
            .set("status", JobStatus::Finished)
            .set("verdict", verdict)
            .set("finished_at", now)
            .set("moved_at", now)
            .set_some("problem", problem)
            .set_some("suite_change", suite.change)
            .add("v", 1_u64);
        let mut writes = vec![
            self.updating(close)?,
            self.deleting(key("OPEN", &job.job), None)?,
            self.deleting(open_key(job), None)?,
        ];
        writes.extend(suite.writes);
        match self.transact(writes).await? {
            Transacted::Done => Ok(Closing::Closed(Box::new(JobRecord {
                status: JobStatus::Finished,
                verdict: Some(verdict),
                finished_at: Some(now),
                moved_at: now,
                v: job.v + 1,
                problem: problem.map(str::to_owned).or_else(|| job.problem.clone()),
                suite_change: suite.change,
                ..job.clone()
            }))),
            Transacted::Refused(reasons) if reasons.first().is_some_and(is_refused) => Ok(Closing::Changed),
            Transacted::Refused(_) => Ok(Closing::SuiteChanged),
        }
    }

    /// An update of a job, which moves by it.
    fn moved(&self, job: &JobId) -> ItemUpdate {
        ItemUpdate::of(key(job_pk(job), "JOB")).set("moved_at", self.clock.now_ms())
    }

    /// Updates a job and returns it, or `None` if the condition failed.
    async fn update_job(&self, update: ItemUpdate) -> Result<Option<JobRecord>> {
        let updated = self.update(update.returning_item()).await?;
        updated.item().map(|item| super::item::read("job", item)).transpose()
    }
}

fn has_no_verdict() -> Condition {
    item_exists().and(attribute("status").is_not(JobStatus::Finished))
}

pub(super) fn job_pk(job: &JobId) -> String {
    format!("JOB#{job}")
}
