//! Jobs: stored whole or not at all, planned once, closed once.

use super::connections::watch_items;
use super::item::{Item, item, key, mark, number, text};
use super::principal::open_key;
use super::record::{JobRecord, JobSource};
use super::suite_state::{Closing, SuiteUpdate};
use super::transaction::{Transacted, is_refused};
use super::{Table, failed, topic_job};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{Delete, Put, ReturnValue, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use stepcast_protocol::state::{Counts, JobLimits, JobStatus, Verdict};
use stepcast_suite::duration::millis;

/// How long an idempotency key is remembered.
const KEY_LIFETIME: Duration = Duration::from_hours(24);

/// The result of a planning.
#[derive(Debug, Clone, Copy, Default)]
pub struct Planned {
    /// How many tests there are
    pub total: u32,
    /// Their expected duration one after the other, in milliseconds; 0 if unknown
    pub expected_ms: u64,
    /// How many requests were sent to find pages
    pub requests: u64,
}

/// A job about to be stored.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id, a `UUIDv7`
    pub job: String,
    /// The suite's name
    pub suite: String,
    /// The principal that asks for it
    pub principal: String,
    /// Labels to find it by
    pub labels: BTreeMap<String, String>,
    /// What it runs
    pub source: JobSource,
    /// The connection that asks, which will watch it
    pub connection: Option<String>,
    /// Two requests with the same key make one job
    pub idempotency_key: Option<String>,
    /// The job this one repeats
    pub replay_of: Option<String>,
    /// When to stop before all tests have run
    pub limits: JobLimits,
}

/// The result of storing a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// The job is stored
    New(Box<JobRecord>),
    /// Its key was used before, for this job
    Before(String),
}

#[derive(Serialize, Deserialize)]
struct KeyRecord {
    job: String,
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
            writes.push(self.put_key(self.key_item(new, idempotency_key)?)?);
        }
        for item in self.job_items(new, &record)? {
            writes.push(self.put_new(item)?);
        }
        if let Some(connection) = &new.connection {
            for item in watch_items(&topic_job(&new.job), connection, self.connection_expiry()) {
                writes.push(self.put(item)?);
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
    pub async fn job_of_key(&self, principal: &str, idempotency_key: &str) -> Result<Option<String>> {
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
    pub async fn job(&self, job: &str) -> Result<Option<JobRecord>> {
        self.get("job", key(job_pk(job), "JOB")).await
    }

    /// Reads what a job runs.
    pub async fn job_source(&self, job: &str) -> Result<Option<JobSource>> {
        self.get("job source", key(job_pk(job), "SUITE")).await
    }

    /// Takes a number for a planning of this job. What an earlier planner still writes carries an earlier number and is
    /// never read. Returns `None` if the job is past planning.
    pub async fn begin_plan(&self, job: &str) -> Result<Option<JobRecord>> {
        let update = self
            .update_job(job)
            .update_expression("ADD #plan :one SET moved_at = :now")
            .condition_expression("#status = :accepted")
            .expression_attribute_names("#plan", "plan")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":accepted", text("accepted"));
        self.changed(update).await
    }

    /// Makes this planning the one that counts. Returns `None` if another one was faster or the job is past planning.
    pub async fn planned(&self, job: &str, plan: u64, planned: Planned) -> Result<Option<JobRecord>> {
        let Planned { total, expected_ms, requests } = planned;
        let update = self
            .update_job(job)
            .update_expression(
                "SET #status = :running, #total = :total, #open = :total, expected_ms = :expected, moved_at = :now \
                 ADD v :one, #requests :requests",
            )
            .condition_expression("#status = :accepted AND #plan = :plan")
            .expression_attribute_names("#requests", "requests")
            .expression_attribute_values(":requests", number(requests))
            .expression_attribute_names("#plan", "plan")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#total", "total")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":running", text("running"))
            .expression_attribute_values(":accepted", text("accepted"))
            .expression_attribute_values(":total", number(total))
            .expression_attribute_values(":expected", number(expected_ms))
            .expression_attribute_values(":plan", number(plan))
            .expression_attribute_values(":one", number(1));
        self.changed(update).await
    }

    /// Notes that the job's cancellation was requested. Returns `None` if the job has a verdict already.
    pub async fn cancel_job(&self, job: &str) -> Result<Option<JobRecord>> {
        let update = self
            .update_job(job)
            .update_expression("SET cancel_requested = :true, moved_at = :now ADD v :one")
            .condition_expression("attribute_exists(pk) AND #status <> :finished")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":true", aws_sdk_dynamodb::types::AttributeValue::Bool(true))
            .expression_attribute_values(":finished", text("finished"))
            .expression_attribute_values(":one", number(1));
        self.changed(update).await
    }

    /// Notes that `by` no longer waits for the job's tests. Returns `None` if the job has a verdict already.
    pub async fn end_job(&self, job: &str, by: &str) -> Result<Option<JobRecord>> {
        let update = self
            .update_job(job)
            .update_expression("SET ended_by = :by, moved_at = :now ADD v :one")
            .condition_expression("attribute_exists(pk) AND #status <> :finished")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":by", text(by))
            .expression_attribute_values(":finished", text("finished"))
            .expression_attribute_values(":one", number(1));
        self.changed(update).await
    }

    /// Notes that the job was handled, so that the reaper leaves it alone for a while.
    pub async fn touch_job(&self, job: &str) -> Result<()> {
        let update =
            self.update_job(job).update_expression("SET moved_at = :now").condition_expression("attribute_exists(pk)");
        self.changed(update).await.map(|_| ())
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
        let mut update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(job_pk(&job.job), "JOB")))
            .condition_expression("#status = :before AND #status <> :finished AND #open = :zero AND v = :v")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":before", text(status_text(job.status)))
            .expression_attribute_values(":finished", text("finished"))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":v", number(job.v))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":verdict", text(verdict.as_str()));
        let mut set = "SET #status = :finished, verdict = :verdict, finished_at = :now, moved_at = :now".to_owned();
        if let Some(problem) = problem {
            set.push_str(", problem = :problem");
            update = update.expression_attribute_values(":problem", text(problem));
        }
        if let Some(change) = suite.change {
            set.push_str(", suite_change = :change");
            update = update.expression_attribute_values(":change", text(change.as_str()));
        }
        let update = update.update_expression(format!("{set} ADD v :one")).build().map_err(incomplete)?;
        let mut writes = vec![
            TransactWriteItem::builder().update(update).build(),
            self.delete(key("OPEN", &job.job))?,
            self.delete(open_key(job))?,
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

    fn update_job(&self, job: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(job_pk(job), "JOB")))
            .expression_attribute_values(":now", number(self.clock.now_ms()))
            .return_values(ReturnValue::AllNew)
    }

    async fn changed(&self, update: UpdateItemFluentBuilder) -> Result<Option<JobRecord>> {
        match super::transaction::update(update).await {
            Ok(answer) => answer.attributes.map(|item| super::item::read("job", item)).transpose(),
            Err(SdkError::ServiceError(error))
                if matches!(error.err(), UpdateItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(None)
            }
            Err(error) => Err(failed(error)),
        }
    }

    pub(super) fn put(&self, item: Item) -> Result<TransactWriteItem> {
        let put = Put::builder().table_name(&self.name).set_item(Some(item)).build().map_err(incomplete)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub(super) fn delete(&self, key: Item) -> Result<TransactWriteItem> {
        let delete = Delete::builder().table_name(&self.name).set_key(Some(key)).build().map_err(incomplete)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Writes an idempotency key. An expired one counts as deleted, though its row may still exist.
    fn put_key(&self, item: Item) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR expires_at < :now")
            .expression_attribute_values(":now", number(self.clock.now_ms() / 1_000));
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }

    fn put_new(&self, item: Item) -> Result<TransactWriteItem> {
        let put =
            Put::builder().table_name(&self.name).set_item(Some(item)).condition_expression("attribute_not_exists(pk)");
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }
}

pub(super) fn job_pk(job: &str) -> String {
    format!("JOB#{job}")
}

pub(super) fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> Error {
    Error::unreadable("request", error)
}

fn status_text(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Accepted => "accepted",
        JobStatus::Running => "running",
        JobStatus::Cancelling => "cancelling",
        JobStatus::Finished => "finished",
    }
}
