//! A full data directory: accepted jobs wait, new ones are rejected and may be sent again.

use serde_json::{Value, json};
use stepcast_tests::events::{page, suite};
use stepcast_tests::{Client, Server, Site};

/// Starts a server whose disk becomes full while it runs a test of the job.
async fn filled(site: &Site) -> (Server, String) {
    let server = Server::start_with(&["--allow-private-targets", "--lease", "2s"]).await;
    let mut client = server.client().await;
    let job = client.run(suite(&[page("Held", &format!("{}/held/x", site.base))])).await;
    site.asked_for("/held/x").await;
    server.fill_disk();
    let refused = client.ask(run(site, "Refused")).await;
    assert_eq!((&refused["code"], &refused["temporary"]), (&json!("unavailable"), &json!(true)), "{refused}");
    site.release("x");
    (server, job)
}

fn run(site: &Site, name: &str) -> Value {
    json!({ "action": "run", "suite": suite(&[page(name, &format!("{}/page/{name}", site.base))]) })
}

/// Checks that the accepted job ends, that a new one ends as well, and that nothing is left of the rejected one.
async fn goes_on(mut client: Client, site: &Site, job: &str) {
    client.send(json!({ "action": "watch", "job": job })).await;
    let finished = client.until(|event| event["verdict"].is_string()).await.pop().expect("the verdict");
    assert_eq!((&finished["verdict"], &finished["counts"]["passed"]), (&json!("passed"), &json!(1)), "{finished}");
    let next = client.ask(run(site, "Next")).await["job"].as_str().expect("a job").to_owned();
    client.until(|event| event["job"] == next.as_str() && event["verdict"].is_string()).await;
    let listed = client.ask(json!({ "action": "jobs" })).await;
    let jobs: Vec<_> = listed["jobs"].as_array().expect("jobs").iter().map(|listed| &listed["job"]).collect();
    assert_eq!(jobs, [&json!(next), &json!(job)]);
    assert_eq!(site.hits("/page/Refused"), 0);
}

#[tokio::test]
async fn a_server_whose_disk_was_full_goes_on_when_there_is_room() {
    let site = Site::start().await;
    let (server, job) = filled(&site).await;
    server.free_disk();
    goes_on(server.client().await, &site, &job).await;
    server.stop_with_errors().await;
}

#[tokio::test]
async fn a_server_killed_while_its_disk_was_full_goes_on_after_a_restart() {
    let site = Site::start().await;
    let (server, job) = filled(&site).await;
    let server = server.kill_and_restart().await;
    goes_on(server.client().await, &site, &job).await;
    server.stop_with_errors().await;
}
