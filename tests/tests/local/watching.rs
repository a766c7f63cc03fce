//! Clients that do not read, or are gone.

use serde_json::json;
use stepcast_protocol::JobState;
use stepcast_tests::events::{fold, is_end_of, page, suite};
use stepcast_tests::{Client, Server, Site, within};

#[tokio::test]
async fn a_watcher_that_does_not_read_delays_no_other_and_gets_the_same_state() {
    let (server, site) = (Server::start().await, Site::start().await);
    let (mut silent, mut reading) = (server.client().await, server.client().await);
    // Some 25 MB of events: more than the buffers between the server and a client that does not read.
    let checks: Vec<_> =
        (0..25).map(|check| json!({ "body": { "not_contains": format!("{check} {}", "x".repeat(200)) } })).collect();
    let discover = json!({ "name": "Many", "discover": { "sitemap": format!("{}/sitemap.xml?pages=600", site.base) }, "expect": checks });
    let job = silent.run(suite(&[discover])).await;
    reading.ask(json!({ "action": "watch", "job": job })).await;
    let seen = reading.until(is_end_of(&job)).await;
    assert_eq!(seen.last().expect("the verdict")["verdict"], "passed");

    let mut heard = JobState::default();
    let mut was_shown_whole = false;
    while !heard.is_complete() {
        let event = silent.next().await;
        was_shown_whole |= event["type"] == "job.state";
        heard.apply(&serde_json::from_value(event).expect("an event"));
    }
    assert!(was_shown_whole, "the client was never behind, so this shows nothing");
    assert_eq!(heard.tests, reading_state(&mut reading, &job).await.tests);
    server.stop().await;
}

async fn reading_state(client: &mut Client, job: &str) -> JobState {
    let state = client.job(job).await;
    fold(job, &[state])
}

#[tokio::test]
async fn clients_that_do_not_read_delay_no_other_and_get_the_state_later() {
    let (server, site) = (Server::start().await, Site::start().await);
    let mut admin = server.client().await;
    // Some megabytes of state, which clients connected through a link request again and again.
    let checks: Vec<_> =
        (0..25).map(|check| json!({ "body": { "not_contains": format!("{check} {}", "x".repeat(200)) } })).collect();
    let discover = json!({ "name": "Many", "discover": { "sitemap": format!("{}/sitemap.xml?pages=200", site.base) }, "expect": checks });
    let job = admin.run(suite(&[discover])).await;
    admin.until(is_end_of(&job)).await;
    let link = admin.ask(json!({ "action": "share", "job": job })).await["token"].as_str().expect("a token").to_owned();
    let mut silent = Vec::new();
    for _ in 0..4 {
        let mut guest = Client::connect(&server.ws, &link).await;
        for number in 0..4 {
            guest.send(json!({ "action": "job", "job": job, "id": number })).await;
        }
        silent.push(guest);
    }
    assert_eq!(admin.ask(json!({ "action": "jobs" })).await["type"], "jobs");
    let small = admin.run(suite(&[page("Small", &format!("{}/page/x", site.base))])).await;
    assert_eq!(admin.until(is_end_of(&small)).await.last().expect("the verdict")["verdict"], "passed");

    let whole = reading_state(&mut admin, &job).await;
    let mut first = silent.swap_remove(0);
    assert_eq!(reading_state(&mut first, &job).await.tests, whole.tests);
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_vanishes_leaves_a_job_that_ends() {
    let (server, site) = (Server::start().await, Site::start().await);
    let (mut vanishing, mut other) = (server.client().await, server.client().await);
    let job = vanishing.run(suite(&[page("Held", &format!("{}/held/x", site.base))])).await;
    site.asked_for("/held/x").await;
    // Its socket is closed without a close frame.
    drop(vanishing);
    other.ask(json!({ "action": "watch", "job": job })).await;
    site.release("x");
    assert_eq!(other.until(is_end_of(&job)).await.last().expect("the verdict")["verdict"], "passed");
    within("the end of its rows", async {
        while other.ask(json!({ "action": "connections" })).await["connections"].as_array().map(Vec::len) != Some(1) {}
    })
    .await;
    server.stop().await;
}
