//! The evidence of an earlier job, by which a job is judged instead of asking the site again.
//!
//! A test gets the answers that the test of its name got. One that the earlier job did not have, because it is new or was
//! renamed, gets those of all tests, as far as these are few.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::sync::Arc;
use stepcast_engine::{Bodies, KeptStep, PlannedTest, Recording};
use stepcast_platform::table::TestRecord;
use stepcast_platform::{Error, EvidenceStore, Platform};
use stepcast_protocol::JobId;
use stepcast_protocol::exchange::{AttemptEvidence, Exchange, StepExchanges};
use stepcast_protocol::state::{EarlierAttempt, StepState, TestState};

/// From how many records a test gets its answers that the earlier job did not have.
const RECORDS: usize = 20;
/// Most bytes of bodies that one test is judged by.
const BODY_BYTES: usize = 4 * 1024 * 1024;

/// What is kept of an earlier job.
pub(crate) struct KeptJob {
    store: EvidenceStore,
    /// The record of the requests that its plan took
    plan: Option<String>,
    /// The records of its tests, by name, and in order
    tests: HashMap<String, Vec<String>>,
    /// Those of all tests, in order
    records: Vec<(String, String)>,
    /// The names of all its tests
    names: HashSet<String>,
}

impl KeptJob {
    /// Reads what is kept of a job, or why that is nothing. A temporary failure of the table is an error.
    pub async fn read(platform: &Platform, job: &JobId) -> Result<Result<Self, String>, Error> {
        let Some(store) = platform.evidence.clone() else {
            return Ok(Err("this deployment keeps nothing of what tests send and receive".to_owned()));
        };
        let Some(record) = platform.table.job(job).await? else {
            return Ok(Err(format!("the job `{job}` is not stored any more")));
        };
        let states: Vec<TestState> = platform.table.tests(&record).await?.iter().map(TestRecord::state).collect();
        let names = states.iter().map(|state| state.name.clone()).collect();
        let records: Vec<(String, String)> = states
            .into_iter()
            .flat_map(|state| {
                records_of(&state).into_iter().map(move |id| (state.name.clone(), id)).collect::<Vec<_>>()
            })
            .collect();
        let mut tests: HashMap<String, Vec<String>> = HashMap::new();
        for (name, id) in &records {
            tests.entry(name.clone()).or_default().push(id.clone());
        }
        Ok(Ok(Self { store, plan: record.plan_evidence, tests, records, names }))
    }

    /// Whether there is anything to judge a test by, or it is one that the earlier job did not have.
    pub fn can_judge(&self, test: &PlannedTest) -> bool {
        self.tests.contains_key(&test.name) || !self.names.contains(&test.name)
    }

    /// The answers that the earlier job's plan got.
    pub async fn of_plan(&self) -> Result<Arc<Recording>, String> {
        let records: Vec<(Option<String>, String)> = self.plan.iter().map(|id| (None, id.clone())).collect();
        self.recording(&records).await
    }

    /// The answers for a test.
    pub async fn of_test(&self, name: &str) -> Result<Arc<Recording>, String> {
        let of_test = |id: &String| (Some(name.to_owned()), id.clone());
        let records = match self.tests.get(name) {
            Some(own) => own.iter().map(of_test).collect(),
            None => self.records.iter().take(RECORDS).map(|(name, id)| (Some(name.clone()), id.clone())).collect(),
        };
        let records: Vec<(Option<String>, String)> = records;
        self.recording(&records).await
    }

    async fn recording(&self, records: &[(Option<String>, String)]) -> Result<Arc<Recording>, String> {
        let (mut steps, mut bodies, mut left) = (Vec::new(), Bodies::new(), BODY_BYTES);
        for (test, id) in records {
            let Some(record) = self.store.get(id).await.map_err(unreadable)? else { continue };
            let record: AttemptEvidence = serde_json::from_slice(&record).map_err(unreadable)?;
            let mut links: HashMap<u32, _> = record.links.into_iter().map(|step| (step.step, step.links)).collect();
            for StepExchanges { step, exchanges, .. } in record.steps {
                for sha256 in exchanges.iter().flat_map(contents_of) {
                    if left > 0
                        && !bodies.contains_key(&sha256)
                        && let Some(body) = self.store.get(&sha256).await.map_err(unreadable)?
                    {
                        left = left.saturating_sub(body.len());
                        bodies.insert(sha256, body);
                    }
                }
                let links = links.remove(&step).unwrap_or_default();
                steps.push(KeptStep { test: test.clone(), exchanges, links });
            }
        }
        Ok(Arc::new(Recording::own(steps, bodies)))
    }
}

fn unreadable(error: impl Display) -> String {
    format!("the evidence cannot be read: {error}; replay the job again")
}

/// The records of a test, the first attempt first.
fn records_of(state: &TestState) -> Vec<String> {
    let of_steps = |steps: &[StepState]| steps.iter().find_map(|step| step.evidence.as_ref()?.id.clone());
    let earlier = state.earlier.iter().filter_map(|attempt: &EarlierAttempt| of_steps(&attempt.steps));
    let mut records: Vec<String> = earlier.chain(of_steps(&state.steps)).collect();
    records.dedup();
    records
}

fn contents_of(exchange: &Exchange) -> Vec<String> {
    let answer = exchange.answer.as_ref();
    let body = answer.and_then(|answer| answer.body.as_ref()?.sha256.clone());
    let certificate = answer.and_then(|answer| answer.certificate.clone());
    let request = exchange.request.body.as_ref().and_then(|body| body.sha256.clone());
    [body, certificate, request].into_iter().flatten().collect()
}
