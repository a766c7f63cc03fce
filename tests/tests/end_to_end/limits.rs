//! Jobs that stop before all of their tests have run.

use serde_json::{Value, json};
use stepcast_protocol::Verdict;
use stepcast_tests::events::{fold, page, suite};
use stepcast_tests::{Deployment, Site};

/// Returns thirty tests, each with six seconds of steps: far longer than a worker needs to notice that it has to stop.
fn long_tests(site: &Site) -> Value {
    let step =
        |step: u32| json!({ "get": format!("{}/slow/${{number}}-{step}", site.base), "expect": [{ "status": 200 }] });
    let steps: Vec<_> = (0..20).map(step).collect();
    json!({ "name": "Long", "each": { "number": (0..30).collect::<Vec<_>>() }, "steps": steps })
}

/// Returns how many of these tests reached their last step.
fn last_steps(site: &Site) -> usize {
    (0..30).map(|number| site.hits(&format!("/slow/{number}-19"))).sum()
}

#[tokio::test]
async fn a_job_stops_once_as_many_tests_failed_as_it_may_have() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let wrong = |number: u32| json!({ "name": format!("Wrong {number}"), "get": format!("{}/page/x", site.base), "expect": [{ "status": 404 }] });
    let run = json!({
        "action": "run", "suite": suite(&[wrong(1), wrong(2), long_tests(&site)]), "max_failures": 2,
    });
    let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    let events = client.until_complete(&job, Vec::new()).await;
    let summary = fold(&job, &events).summary.expect("the job");
    assert_eq!((summary.counts.failed, summary.counts.cancelled), (2, 30), "{summary:?}");
    assert_eq!(summary.verdict, Some(Verdict::Failed));
    assert_eq!(summary.problem.as_deref(), Some("the job was stopped after 2 tests that did not pass"));
    assert_eq!(last_steps(&site), 0, "a test went on to its end");
    deployment.stop().await;
}

#[tokio::test]
async fn tests_that_wait_for_their_turn_at_a_host_stop_waiting() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let wrong = json!({ "get": format!("{}/page/x", site.base), "expect": [{ "status": 404 }] });
    let mut suite =
        suite(&[json!({ "name": "Wrong", "each": { "number": (0..30).collect::<Vec<_>>() }, "steps": [wrong] })]);
    suite["defaults"] = json!({ "host": { "interval": "1m" } });
    let job = client.ask(json!({ "action": "run", "suite": suite, "max_failures": 1 })).await["job"].clone();
    let job = job.as_str().expect("a job");
    let events = client.until_complete(job, Vec::new()).await;
    let summary = fold(job, &events).summary.expect("the job");
    // Each worker has its own turns at a host, and there are at most eight workers.
    let failed = summary.counts.failed;
    assert!((1..=8).contains(&failed), "{summary:?}");
    assert_eq!((summary.counts.cancelled, site.hits("/page/x")), (30 - failed, failed as usize), "{summary:?}");
    deployment.stop().await;
}

#[tokio::test]
async fn a_job_stops_at_its_time_limit_and_is_not_green() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let run = json!({ "action": "run", "suite": suite(&[long_tests(&site)]), "time_limit_s": 1 });
    let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    let events = client.until_complete(&job, Vec::new()).await;
    let summary = fold(&job, &events).summary.expect("the job");
    assert_eq!(summary.verdict, Some(Verdict::Errored), "{summary:?}");
    assert_eq!(summary.problem.as_deref(), Some("the job was stopped at its time limit of 1s"));
    assert_eq!(summary.counts.passed, 0, "{summary:?}");
    assert_eq!(last_steps(&site), 0, "a test went on to its end");
    deployment.stop().await;
}

#[tokio::test]
async fn a_limit_that_is_not_reached_changes_nothing() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let wrong = json!({ "name": "Wrong", "get": format!("{}/page/x", site.base), "expect": [{ "status": 404 }] });
    let run = json!({
        "action": "run", "suite": suite(&[wrong, page("Right", &format!("{}/page/x", site.base))]),
        "max_failures": 2, "time_limit_s": 3_600,
    });
    let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    let events = client.until_complete(&job, Vec::new()).await;
    let summary = fold(&job, &events).summary.expect("the job");
    assert_eq!((summary.counts.failed, summary.counts.passed, summary.problem), (1, 1, None));
    for (field, value) in [("max_failures", 0), ("time_limit_s", 0), ("time_limit_s", 86_401)] {
        let mut run = json!({ "action": "run", "suite": suite(&[page("Page", &site.base)]) });
        run[field] = json!(value);
        assert_eq!(client.ask_wrongly(run).await["code"], "bad_request", "{field} {value}");
    }
    deployment.stop().await;
}
