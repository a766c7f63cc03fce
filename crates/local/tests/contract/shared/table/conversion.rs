//! Jobs that the version before stored, with an item for each test.

use super::{Fixture, LEASE, batch, ended, lease, new_job, tests};
use crate::support::id;
use crate::version_before::{Was, count_one_passed, item};
use std::time::Duration;
use stepcast_platform::table::{BatchResults, Claim, Conversion, JobRecord, NewTest, Planned};
use stepcast_protocol::state::{Outcome, TestStatus, Verdict};

impl Fixture {
    /// Stores a job that the version before has planned: its first test has passed, a worker holds the second one for
    /// the third time, and the others are queued.
    async fn job_of_version_before(&self, tests: u32) -> JobRecord {
        self.create(&new_job("job-1")).await;
        let plan = self.table.begin_plan(&id("job-1")).await.expect("an answer").expect("it is not planned yet").plan;
        for test in 0..tests {
            let was = match test {
                0 => Was::Passed,
                1 => Was::HeldUntil(self.now() + 20_000),
                _ => Was::Queued,
            };
            let put = self.client.put_item().table_name(&self.name);
            put.set_item(Some(item("job-1", plan, test, "{}", was))).send().await.expect("stored");
        }
        let planned = Planned { batch_size: 0, ..self::tests(tests) };
        self.table.planned(&id("job-1"), plan, planned).await.expect("an answer").expect("it is the newest");
        count_one_passed(&self.client, &self.name, "job-1").await;
        self.job("job-1").await
    }

    async fn converted(&self, job: &JobRecord) -> JobRecord {
        match self.table.convert(job, 2).await.expect("an answer") {
            Conversion::Done(converted) => *converted,
            Conversion::Changed => panic!("nothing came between"),
        }
    }
}

#[tokio::test]
async fn its_tests_are_read_as_before() {
    let fixture = Fixture::new().await;
    let job = fixture.job_of_version_before(3).await;
    let tests = fixture.table.tests(&job).await.expect("an answer");
    let seen: Vec<_> = tests.iter().map(|test| (test.test, test.status, test.outcome)).collect();
    assert_eq!(
        seen,
        [
            (0, TestStatus::Finished, Some(Outcome::Passed)),
            (1, TestStatus::Running, None),
            (2, TestStatus::Queued, None)
        ]
    );
    assert_eq!((tests[0].v, tests[1].lease), (1_000_007, 3));
}

#[tokio::test]
async fn a_running_job_is_converted_with_its_results() {
    let fixture = Fixture::new().await;
    let old = fixture.job_of_version_before(5).await;
    let finished = fixture.test(&old, 0).await;
    let job = fixture.converted(&old).await;
    assert_eq!((job.plan, job.batch_size, job.open, job.counts.passed), (2, 2, 4, 1));
    assert_eq!(fixture.job("job-1").await, job);

    let state = fixture.test(&job, 0).await.state();
    assert_eq!(state, finished.state());
    let first = fixture.claim(&job, 0).await;
    assert_eq!((first.lease, first.lost_workers(false)), (4, 0), "its versions go on growing");
    assert_eq!(first.open_tests(&batch(&job, 0)).collect::<Vec<_>>(), [1]);
    let planned = fixture.table.planned_tests(&batch(&job, 0)).await.expect("an answer");
    let name = "Test 1".to_owned();
    let past = Some(vec![Outcome::Failed]);
    assert_eq!(
        planned[1],
        NewTest {
            test: 1,
            name,
            planned: "{}".to_owned(),
            past,
            expected_ms: Some(40),
            baseline: None,
            is_baseline_of_base: false
        }
    );
    assert_eq!(fixture.claim(&job, 2).await.open_tests(&batch(&job, 2)).collect::<Vec<_>>(), [4]);
}

#[tokio::test]
async fn of_two_conversions_one_counts() {
    let fixture = Fixture::new().await;
    let old = fixture.job_of_version_before(5).await;
    let (one, other) = tokio::join!(fixture.table.convert(&old, 2), fixture.table.convert(&old, 2));
    let done = [one, other].into_iter().filter(|made| matches!(made, Ok(Conversion::Done(_)))).count();
    assert_eq!(done, 1);
    let job = fixture.job("job-1").await;
    assert_eq!(fixture.table.convert(&old, 2).await.expect("an answer"), Conversion::Changed, "it is converted");
    assert_eq!(fixture.table.tests(&job).await.expect("an answer").len(), 5);
}

#[tokio::test]
async fn a_converted_job_comes_to_its_end() {
    let fixture = Fixture::new().await;
    let old = fixture.job_of_version_before(2).await;
    let job = fixture.converted(&old).await;
    let claim = fixture.table.claim_batch(&batch(&job, 0), LEASE).await.expect("an answer");
    let Claim::Taken(record) = claim else { panic!("it is free: {claim:?}") };
    fixture.advance(Duration::from_secs(1));
    let results = BatchResults {
        lease: lease(&job, 0, record.lease),
        writes: record.writes,
        ended: record.ended,
        tests: vec![ended(1, record.lease, Outcome::Failed)],
    };
    assert_eq!(fixture.table.count_results(&job.job, job.plan, vec![results]).await.expect("an answer"), [0]);
    let job = fixture.job("job-1").await;
    let closed = fixture.table.close_job(&job, Verdict::Failed, None).await.expect("an answer").expect("closed");
    let outcomes = fixture.table.tests(&closed).await.expect("an answer").into_iter().map(|test| test.outcome);
    assert_eq!(outcomes.collect::<Vec<_>>(), [Some(Outcome::Passed), Some(Outcome::Failed)]);
}
