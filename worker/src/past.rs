//! How a job's tests ended in the earlier jobs of the same suite and branch, and the results that are kept for later
//! jobs.
//!
//! The planner reads the past once per job and stores it in each planned test: so all workers compare with the same
//! past, and none has to read it again. If it cannot be read or kept, the log says so and nothing else depends on it:
//! tests end without `change`, and the remaining time is estimated as if there were no past.

use std::collections::HashMap;
use stepcast_engine::PlannedTest;
use stepcast_platform::table::{JobRecord, NewTest, PastJob};
use stepcast_platform::{Error, Table};
use stepcast_protocol::Outcome;
use stepcast_protocol::limits::PAST_JOBS;

/// The past of a suite on a branch.
pub(crate) struct Past {
    tests: HashMap<String, PastOfTest>,
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
        Self { tests, typical_ms }
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

/// Returns the results of the earlier jobs, or `None` if they cannot be read.
pub(crate) async fn past_of(table: &Table, job: &JobRecord) -> Option<Past> {
    match table.history(&job.suite, job.branch(), Some(job.job.as_str()), PAST_JOBS).await {
        Ok(jobs) => Some(Past::of(jobs)),
        Err(error) => {
            tracing::warn!(job = %job.job, %error, "The earlier results of a suite could not be read; its tests have no `change`");
            None
        }
    }
}

/// Keeps the results of a job in which nothing is open.
pub(crate) async fn keep_results(table: &Table, job: &JobRecord) {
    let kept = async { table.put_history(job, &table.results(job).await?).await };
    if let Err(error) = kept.await {
        tracing::warn!(job = %job.job, %error, "The results of a job could not be kept for later jobs");
    }
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
    })
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
