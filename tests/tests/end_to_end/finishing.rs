//! Jobs that an admin ends without waiting for their tests.

use serde_json::json;
use stepcast_protocol::{Outcome, Verdict};
use stepcast_tests::events::{fold, page, suite};
use stepcast_tests::{Client, Deployment, Settings, Site};

#[tokio::test]
async fn an_admin_ends_a_job_with_tests_in_any_state() {
    // Each worker runs one batch of ten tests at a time: a second one is needed to end what the first one holds.
    let deployment = Deployment::start_with(Settings { workers: 2, ..Settings::default() }).await;
    let site = Site::start().await;
    let mut runner = Client::connect(&deployment.ws, &deployment.token_of("ana", "runner")).await;
    let mut admin = deployment.client().await;
    let held = page("Held", &format!("{}/held/x", site.base));
    let job = runner.run(suite(&[page("Right", &format!("{}/page/x", site.base)), held])).await;
    let heard = runner.until(|event| event["type"] == "test.finished").await;
    site.asked_for("/held/x").await;
    let finish = json!({ "action": "finish", "job": job });
    assert_eq!(runner.ask(finish.clone()).await["code"], "forbidden");
    assert_eq!(admin.ask(finish.clone()).await["type"], "ok");
    let events = runner.until_complete(&job, heard).await;
    let state = fold(&job, &events);
    let summary = state.summary.expect("the job");
    assert_eq!((summary.verdict, summary.counts.passed, summary.counts.errored), (Some(Verdict::Errored), 1, 1));
    assert_eq!(summary.problem.as_deref(), Some("`admin` ended the job before all tests had run"));
    let ended = &state.tests[&1];
    assert_eq!(ended.outcome, Some(Outcome::Errored));
    assert_eq!(ended.failures()[0].result.actual.as_deref(), Some("`admin` ended the job first"));
    assert_eq!(admin.ask(finish).await["code"], "conflict");
    assert_eq!(admin.ask(json!({ "action": "finish", "job": "nope" })).await["code"], "not_found");
    // The worker that held the test finishes too late to change anything.
    site.release("x");
    let later = admin.job(&job).await;
    assert_eq!((&later["counts"]["errored"], &later["verdict"]), (&json!(1), &json!("errored")));
    deployment.stop().await;
}
