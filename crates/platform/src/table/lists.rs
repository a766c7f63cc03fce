//! Lists: jobs, newest first; open jobs, for the reaper; and pages of any list.

use super::item::{Item, key, read};
use super::jobs::job_pk;
use super::record::JobRecord;
use super::time_range::{Start, TimeRange};
use super::{SERVICE, Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use std::collections::HashMap;
use std::str::FromStr;
use std::time::Duration;
use stepcast_protocol::JobId;
use stepcast_protocol::command::JobsQuery;
use stepcast_protocol::limits::ITEMS_PER_PAGE;
use stepcast_protocol::state::{JobStatus, ListedJob};

/// How many pages of the index one answer may read while it looks for jobs in a given status or with given
/// labels.
const PAGES: u32 = 10;

/// How often keys are requested while DynamoDB leaves some of them unprocessed.
const OFFERS: u32 = 6;

impl Table {
    /// A page of jobs, newest first, and where the next one begins.
    pub async fn jobs(&self, query: &JobsQuery) -> Result<(Vec<ListedJob>, Option<String>)> {
        let most = per_page(query.limit);
        let partition = query.suite.as_ref().map_or_else(|| "JOBS".to_owned(), |suite| format!("SUITE#{suite}"));
        let mut jobs = Vec::new();
        let mut cursor = query.cursor.clone();
        let range = TimeRange::asked_for(query);
        for _ in 0..PAGES {
            let (ids, next) = self.job_ids(&partition, range.as_ref(), cursor.as_deref(), most - jobs.len()).await?;
            let listed = self.jobs_by_id(&ids).await?;
            jobs.extend(listed.into_iter().filter(|job| is_asked_for(query, job)));
            cursor = next;
            if cursor.is_none() || jobs.len() >= most {
                break;
            }
        }
        Ok((jobs, cursor))
    }

    async fn job_ids(
        &self,
        partition: &str,
        range: Option<&TimeRange>,
        cursor: Option<&str>,
        most: usize,
    ) -> Result<(Vec<JobId>, Option<String>)> {
        let (query, cursor) = match range {
            None => (self.partition(partition, ""), cursor),
            Some(range) => match range.start(cursor) {
                Some(Start(cursor)) => (range.query(self, partition), cursor),
                None => return Ok((Vec::new(), None)),
            },
        };
        let (items, next) = Self::page(query.scan_index_forward(false), partition, cursor, most).await?;
        Ok((items.iter().filter_map(id).collect(), next))
    }

    /// A page of what a query finds in a partition, and where the next one begins.
    pub(super) async fn page(
        query: QueryFluentBuilder,
        partition: &str,
        cursor: Option<&str>,
        most: usize,
    ) -> Result<(Vec<Item>, Option<String>)> {
        let start = cursor.map(|last| key(partition, last));
        let query = query.limit(i32::try_from(most).unwrap_or(i32::MAX)).set_exclusive_start_key(start);
        let page = query.send().await.map_err(failed)?;
        let next = page.last_evaluated_key.as_ref().and_then(sort_key);
        Ok((page.items.unwrap_or_default(), next))
    }

    /// Returns jobs by id, in the order of `ids`; deleted jobs are left out. Those whose verdict this process knows are
    /// not read again.
    async fn jobs_by_id(&self, ids: &[JobId]) -> Result<Vec<ListedJob>> {
        let known = ids.iter().filter_map(|job| Some((job.clone(), self.finished.get(job)?)));
        let mut found: HashMap<JobId, ListedJob> = known.collect();
        let unknown = ids.iter().filter(|job| !found.contains_key(*job));
        let mut left: Vec<Item> = unknown.map(|job| key(job_pk(job), "JOB")).collect();
        for offer in 0..OFFERS {
            if left.is_empty() {
                return Ok(ids.iter().filter_map(|job| found.remove(job)).collect());
            }
            let keys = KeysAndAttributes::builder().set_keys(Some(left)).consistent_read(true).build();
            let keys = keys.map_err(super::write::incomplete)?;
            let answer = self.client.batch_get_item().request_items(&self.name, keys).send().await.map_err(failed)?;
            for item in answer.responses.and_then(|mut tables| tables.remove(&self.name)).unwrap_or_default() {
                let record: JobRecord = read("job", item)?;
                let listed = record.listed();
                if record.status == JobStatus::Finished {
                    self.finished.note(&record.job, &listed);
                }
                found.insert(record.job, listed);
            }
            left = answer
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(&self.name))
                .map(|keys| keys.keys)
                .unwrap_or_default();
            if !left.is_empty() {
                tokio::time::sleep(Duration::from_millis(20 << offer)).await;
            }
        }
        Err(Error::Unavailable { service: SERVICE, reason: format!("{} jobs could not be read", left.len()) })
    }

    /// The jobs without a verdict, oldest first.
    pub async fn open_jobs(&self) -> Result<Vec<JobId>> {
        Ok(Self::all(self.partition("OPEN", "")).await?.iter().filter_map(id).collect())
    }
}

/// Whether a job has the requested status and labels.
fn is_asked_for(query: &JobsQuery, job: &ListedJob) -> bool {
    query.status.is_none_or(|status| job.summary.status == status)
        && query.labels.iter().all(|(name, value)| job.summary.labels.get(name) == Some(value))
}

/// How many items a page has for a requested `limit`.
pub(super) fn per_page(limit: Option<u32>) -> usize {
    usize::try_from(limit.unwrap_or(50)).unwrap_or(ITEMS_PER_PAGE).clamp(1, ITEMS_PER_PAGE)
}

/// The sort key, as the id it is.
pub(super) fn id<I: FromStr>(item: &Item) -> Option<I> {
    sort_key(item)?.parse().ok()
}

pub(super) fn sort_key(item: &Item) -> Option<String> {
    item.get("sk").and_then(|value| AttributeValue::as_s(value).ok()).cloned()
}
