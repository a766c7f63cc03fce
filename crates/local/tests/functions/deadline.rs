//! Tests that cannot end before their function end as errored, give the reason, and are not retried.

use crate::world::{World, batch, failed, planning, test};
use serde_json::{Value, json};
use std::time::Duration;
use stepcast_protocol::exchange::AttemptEvidence;
use stepcast_protocol::state::{StepState, TestStatus};
use stepcast_protocol::{Outcome, Verdict};

/// The time a function may run, here four seconds. It works for half of that.
const TIME: Duration = Duration::from_secs(4);

fn step(site: &str, path: &str) -> Value {
    json!({ "name": path, "get": format!("{site}{path}"), "timeout": "30s", "expect": [{ "status": 200 }] })
}

#[tokio::test]
async fn a_test_that_outlives_its_function_is_counted_as_errored() {
    let world = World::start().await;
    let slow = json!({ "name": "Slow", "steps": [step(&world.site, "/page"), step(&world.site, "/never")] });
    world.store(&[slow, json!({ "name": "Quick", "steps": [step(&world.site, "/page")] })]).await;
    let worker = world.worker();
    let ends_at = Some(world.after(TIME));
    assert!(failed(&worker.handle(batch(&[planning()]), ends_at).await).is_empty());
    let handled = tokio::time::timeout(TIME, worker.handle(batch(&[test(0), test(1)]), ends_at)).await;
    assert!(failed(&handled.expect("before the function ends")).is_empty(), "both are done with");

    let tests = world.tests().await;
    assert_eq!((tests[0].outcome, tests[1].outcome), (Some(Outcome::Errored), Some(Outcome::Passed)));
    let steps: Vec<StepState> = serde_json::from_str(tests[0].steps.as_deref().expect("steps")).expect("JSON");
    let outcomes: Vec<_> = steps.iter().map(|step| (step.name.as_str(), step.outcome)).collect();
    assert_eq!(outcomes, [("/page", Some(Outcome::Passed)), ("/never", Some(Outcome::Errored))]);
    let why = &steps[1].checks[0];
    assert_eq!(why.expected.as_deref(), Some("a test that ends within the 4s a worker may run"));
    assert!(why.actual.is_some() && why.hint.is_some(), "{why:?}");
    let store = world.platform().evidence.expect("a store");
    let id = steps[1].evidence.as_ref().and_then(|evidence| evidence.id.clone()).expect("it is kept");
    let record = store.get(&id).await.expect("the store").expect("the record");
    let record: AttemptEvidence = serde_json::from_slice(&record).expect("JSON");
    let sent: Vec<_> = record.steps.iter().map(|step| (step.name.as_str(), step.exchanges.len())).collect();
    assert_eq!(sent, [("/page", 1), ("/never", 1)], "the request that ran is kept as well");
    assert_eq!(record.steps[1].exchanges[0].answer, None);
    let job = world.job().await;
    assert_eq!((job.verdict, job.counts.errored, job.counts.passed), (Some(Verdict::Errored), 1, 1));
}

#[tokio::test]
async fn a_planning_that_outlives_its_function_is_the_end_of_the_job() {
    let world = World::start().await;
    let sitemap = json!({ "sitemap": format!("{}/never", world.site) });
    world.store(&[json!({ "name": "Found", "discover": sitemap, "expect": [{ "status": 200 }] })]).await;
    let worker = world.worker();
    let handled = tokio::time::timeout(TIME, worker.handle(batch(&[planning()]), Some(world.after(TIME)))).await;
    assert!(failed(&handled.expect("before the function ends")).is_empty());
    let job = world.job().await;
    assert_eq!(job.verdict, Some(Verdict::Errored));
    let problem = job.problem.expect("a reason");
    assert!(problem.starts_with("planning did not end within the 4s a worker may run"), "{problem}");
}

#[tokio::test]
async fn without_a_deadline_a_test_takes_its_time() {
    let world = World::start().await;
    world.store(&[json!({ "name": "Slow", "steps": [step(&world.site, "/never")] })]).await;
    let worker = world.worker();
    worker.handle(batch(&[planning()]), None).await;
    let handled = tokio::time::timeout(TIME, worker.handle(batch(&[test(0)]), None)).await;
    assert!(handled.is_err(), "it goes on");
    assert_eq!(world.tests().await[0].status, TestStatus::Running);
}
