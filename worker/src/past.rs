//! How a job's tests ended in the earlier jobs of the same suite and branch, and the results that are kept for later
//! jobs. Tests that are new on their branch have the past of the branch that the label `base` names: most branches of a
//! repository are short, and their first failure is what somebody has to explain.
//!
//! The planner reads the past once per job and stores it in each planned test: so all workers compare with the same
//! past, and none has to read it again. If it cannot be read or kept, the log says so and nothing else depends on it:
//! tests end without `change`, and the remaining time is estimated as if there were no past.

use futures_util::future::try_join;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use stepcast_engine::PlannedTest;
use stepcast_platform::table::{Baseline, JobRecord, NewBaseline, NewTest, PastJob, TestRecord};
use stepcast_platform::{Error, Table};
use stepcast_protocol::Outcome;
use stepcast_protocol::limits::PAST_JOBS;

/// The past of a suite on a branch.
#[derive(Default)]
pub(crate) struct Past {
    tests: HashMap<String, PastOfTest>,
    /// What the answers of its tests were when they last passed
    baselines: HashMap<String, Baseline>,
    /// The names of those whose baseline is that of the base branch
    of_base: HashSet<String>,
    /// Typical duration of one of its tests, for tests without a past
    typical_ms: Option<u64>,
}

#[derive(Default)]
struct PastOfTest {
    /// Newest first
    outcomes: Vec<Outcome>,
    durations_ms: Vec<u64>,
}

impl Past {
    fn of(jobs: Vec<PastJob>) -> Self {
        let mut tests: HashMap<String, PastOfTest> = HashMap::new();
        for test in jobs.into_iter().flat_map(|job| job.tests) {
            let past = tests.entry(test.name).or_default();
            past.outcomes.push(test.outcome);
            past.durations_ms.push(test.duration_ms);
        }
        let typical_ms = median(tests.values().filter_map(PastOfTest::duration_ms).collect());
        Self { tests, typical_ms, ..Self::default() }
    }

    /// The same, with the past of another branch for tests that have none here.
    fn or(mut self, base: Self) -> Self {
        for (name, past) in base.tests {
            self.tests.entry(name).or_insert(past);
        }
        for (name, baseline) in base.baselines {
            if let Entry::Vacant(place) = self.baselines.entry(name) {
                self.of_base.insert(place.key().clone());
                place.insert(baseline);
            }
        }
        Self { typical_ms: self.typical_ms.or(base.typical_ms), ..self }
    }

    fn outcomes(&self, name: &str) -> Vec<Outcome> {
        self.tests.get(name).map(|past| past.outcomes.clone()).unwrap_or_default()
    }

    fn expected_ms(&self, name: &str) -> Option<u64> {
        self.tests.get(name).and_then(PastOfTest::duration_ms).or(self.typical_ms)
    }
}

impl PastOfTest {
    fn duration_ms(&self) -> Option<u64> {
        median(self.durations_ms.clone())
    }
}

/// Returns the results of the earlier jobs, or `None` if they cannot be read. A job that is judged by the evidence of
/// another has no past: it says nothing about the site.
pub(crate) async fn past_of(table: &Table, job: &JobRecord) -> Option<Past> {
    if job.from.is_some() {
        return None;
    }
    let read = async {
        let past = past_on(table, job, job.branch()).await?;
        Ok::<_, Error>(match job.base() {
            Some(base) => past.or(past_on(table, job, base).await?),
            None => past,
        })
    };
    match read.await {
        Ok(past) => Some(past),
        Err(error) => {
            tracing::warn!(job = %job.job, %error, "The earlier results of a suite could not be read; its tests have no `change`");
            None
        }
    }
}

async fn past_on(table: &Table, job: &JobRecord, branch: &str) -> Result<Past, Error> {
    let history = table.history(&job.suite, branch, Some(job.job.as_str()), PAST_JOBS);
    let (jobs, baselines) = try_join(history, table.baselines(&job.suite, branch)).await?;
    Ok(Past { baselines, ..Past::of(jobs) })
}

/// Keeps the results and the baselines of a job in which nothing is open. Those of a job that is judged by evidence say
/// nothing about the site.
pub(crate) async fn keep_results(table: &Table, job: &JobRecord) {
    if job.from.is_some() {
        return;
    }
    let kept = async {
        let tests = table.tests(job).await?;
        table.put_history(job, &Table::results(job, &tests)).await?;
        let baselines: Vec<(String, Baseline)> = tests.into_iter().filter_map(|test| left_by(test, job)).collect();
        if baselines.is_empty() { Ok(()) } else { table.put_baselines(job, baselines).await }
    };
    // Its future is large, and every worker that counts a result may have to wait for it.
    if let Err(error) = Box::pin(kept).await {
        tracing::warn!(job = %job.job, %error, "The results of a job could not be kept for later jobs");
    }
}

/// The baseline that a test of a job left.
fn left_by(test: TestRecord, job: &JobRecord) -> Option<(String, Baseline)> {
    let NewBaseline { id, digest, at } = test.baseline?;
    Some((test.name, Baseline { id, digest, job: job.job.clone(), at }))
}

/// Converts a planned test to the form the table stores, with its past.
pub(crate) fn new_test(planned: &PlannedTest, past: Option<&Past>) -> Result<NewTest, Error> {
    let text = serde_json::to_string(planned).map_err(|error| Error::unreadable("plan", error))?;
    Ok(NewTest {
        test: planned.test,
        name: planned.name.clone(),
        planned: text,
        past: past.map(|past| past.outcomes(&planned.name)),
        expected_ms: past.filter(|_| !planned.skip).and_then(|past| past.expected_ms(&planned.name)),
        baseline: past.and_then(|past| past.baselines.get(&planned.name).cloned()),
        is_baseline_of_base: past.is_some_and(|past| past.of_base.contains(&planned.name)),
    })
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
