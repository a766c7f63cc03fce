//! The state of a suite, and how a verdict changes it. It is stored only if webhooks are notified of changes.

use super::expression::{ItemUpdate, attribute, item_is_missing};
use super::item::key;
use super::record::JobRecord;
use super::{SERVICE, Table};
use crate::error::{Error, Result};
use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::types::TransactWriteItem;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde::{Deserialize, Serialize};
use stepcast_protocol::id::JobId;
use stepcast_protocol::notification::SuiteChange;
use stepcast_protocol::state::Verdict;

/// How often a verdict is tried while other jobs of the same suite end at that moment.
const OFFERS: u32 = 12;

/// Longest sort key, in bytes.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys>
const SORT_KEY_BYTES: usize = 1024;

/// What is written together with a verdict.
#[derive(Default)]
pub(super) struct SuiteUpdate {
    pub change: Option<SuiteChange>,
    pub writes: Vec<TransactWriteItem>,
}

/// The result of storing a verdict.
pub(super) enum Closing {
    /// The verdict is stored
    Closed(Box<JobRecord>),
    /// The job has changed since it was read
    Changed,
    /// Another job of the suite got its verdict at that moment
    SuiteChanged,
}

#[derive(Serialize, Deserialize)]
struct SuiteState {
    /// The newest job that determined the state
    job: JobId,
    verdict: Verdict,
    expires_at: u64,
}

impl Table {
    /// Gives the job its verdict, if it has not changed since `job` was read and no test is open. Only one caller
    /// succeeds; the others get `None`. A change of its suite's state is in the record, and in the outbox until it is
    /// delivered.
    pub async fn close_job(
        &self,
        job: &JobRecord,
        verdict: Verdict,
        problem: Option<&str>,
    ) -> Result<Option<JobRecord>> {
        for _ in 0..OFFERS {
            let suite = self.suite_update(job, verdict).await?;
            match self.close_with(job, verdict, problem, suite).await? {
                Closing::Closed(record) => return Ok(Some(*record)),
                Closing::Changed => return Ok(None),
                Closing::SuiteChanged => {}
            }
        }
        Err(Error::Unavailable { service: SERVICE, reason: "too many jobs of one suite ended at once".to_owned() })
    }

    async fn suite_update(&self, job: &JobRecord, verdict: Verdict) -> Result<SuiteUpdate> {
        if !self.notifies_of_suites || job.from.is_some() || matches!(verdict, Verdict::Cancelled | Verdict::Empty) {
            return Ok(SuiteUpdate::default());
        }
        let (pk, sk) = state_key(job);
        let stored: Option<SuiteState> = self.get("state of a suite", key(&pk, &sk)).await?;
        // A job that ends after a later one shows an earlier state of the suite, not the current one.
        if stored.as_ref().is_some_and(|state| state.job >= job.job) {
            return Ok(SuiteUpdate::default());
        }
        let now = self.clock.now_ms() / 1_000;
        let known = stored.as_ref().filter(|state| state.expires_at > now);
        let change = SuiteChange::between(known.map(|state| state.verdict), verdict);
        let state = SuiteState { job: job.job.clone(), verdict, expires_at: self.expiry() };
        let which = format!("{pk} {sk}");
        let mut writes = vec![self.put_state((pk, sk), &state, stored.as_ref())?];
        if change.is_some() {
            writes.push(self.put_notification(&job.job, &which)?);
        }
        Ok(SuiteUpdate { change, writes })
    }

    /// Writes the state with an update, which also creates a missing item, so that the functions need no permission to
    /// put.
    fn put_state(
        &self,
        (pk, sk): (String, String),
        state: &SuiteState,
        before: Option<&SuiteState>,
    ) -> Result<TransactWriteItem> {
        let is_as_read = match before {
            Some(before) => attribute("job").is(&before.job),
            None => item_is_missing(),
        };
        let update = ItemUpdate::of(key(pk, sk))
            .only_if(is_as_read)
            .set("job", &state.job)
            .set("verdict", state.verdict)
            .set("expires_at", state.expires_at);
        self.updating(update)
    }
}

/// The key of a suite's state. Each branch has its own state, and each selection of tests by tag as well.
fn state_key(job: &JobRecord) -> (String, String) {
    let mut tags = job.tags.clone();
    tags.sort();
    tags.dedup();
    let mut sk = serde_json::json!([job.branch(), tags]).to_string();
    if sk.len() > SORT_KEY_BYTES {
        sk = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, sk.as_bytes()));
    }
    (format!("SUITE_STATE#{}", job.suite), sk)
}
