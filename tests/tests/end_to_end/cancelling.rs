//! Cancelling: queued tests never start, running ones stop at their next step.

use serde_json::json;
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Client, Deployment, Settings, Site};

#[tokio::test]
async fn a_cancelled_job_stops_and_reports_its_counts() {
    // Two batches of 25 tests at a time, so that the others wait in the queue.
    let deployment = Deployment::start_with(Settings { workers: 2, ..Settings::default() }).await;
    let site = Site::start().await;
    let mut client = deployment.client().await;
    // Six seconds of steps: far longer than a worker needs to notice a cancel, for which it looks every second.
    let step =
        |step: u32| json!({ "get": format!("{}/slow/${{number}}-{step}", site.base), "expect": [{ "status": 200 }] });
    let test = json!({
        "name": "Test", "each": { "number": (0..100).collect::<Vec<_>>() }, "steps": (0..20).map(step).collect::<Vec<_>>(),
    });
    let job = client.run(suite(&[test])).await;
    client.until_type("test.started").await;
    assert_eq!(client.ask(json!({ "action": "cancel", "job": job })).await["type"], "ok");
    client.until(|event| event["type"] == "job.progress" && event["status"] == "cancelling").await;
    let finished = client.until(is_end_of(&job)).await.pop().expect("the verdict");
    assert_eq!(
        (&finished["verdict"], &finished["counts"]["cancelled"]),
        (&json!("cancelled"), &json!(100)),
        "{finished}"
    );
    let (last_steps, begun) = (0..100).fold((0, 0), |(last, begun), number| {
        (last + site.hits(&format!("/slow/{number}-19")), begun + site.hits(&format!("/slow/{number}-0")))
    });
    assert_eq!(last_steps, 0, "a running test went on to its end");
    assert!(begun <= 50, "{begun} tests were begun; those that waited in the queue must not start");
    let again = client.ask(json!({ "action": "cancel", "job": job })).await;
    assert_eq!((&again["type"], &again["code"]), (&json!("error"), &json!("conflict")));
    deployment.stop().await;
}

#[tokio::test]
async fn only_its_owner_or_an_admin_may_cancel_a_job() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut ana = Client::connect(&deployment.ws, &deployment.token_of("ana", "runner")).await;
    let mut ben = Client::connect(&deployment.ws, &deployment.token_of("ben", "runner")).await;
    let mut eve = Client::connect(&deployment.ws, &deployment.token_of("eve", "viewer")).await;
    let job = ana.run(suite(&[page("Held", &format!("{}/held/x", site.base))])).await;
    let cancel = json!({ "action": "cancel", "job": job });
    for other in [&mut ben, &mut eve] {
        assert_eq!(other.ask(cancel.clone()).await["code"], "forbidden");
    }
    assert_eq!(
        eve.ask(json!({ "action": "run", "suite": suite(&[page("x", &site.base)]) })).await["code"],
        "forbidden"
    );
    assert_eq!(eve.ask(json!({ "action": "broadcast", "text": "hi" })).await["code"], "forbidden");
    assert_eq!(ana.ask(cancel).await["type"], "ok");
    site.release("x");
    ana.until(is_end_of(&job)).await;
    deployment.stop().await;
}
