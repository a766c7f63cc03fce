//! No accepted job is lost, whichever process dies, and nothing is counted twice.

use rusqlite::Connection;
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use stepcast_protocol::state::TestStatus;
use stepcast_tests::events::{fold, is_end_of, page, suite};
use stepcast_tests::{Server, Site, stepcast, within};

const OPTIONS: [&str; 3] = ["--allow-private-targets", "--lease", "2s"];

#[tokio::test]
async fn a_server_killed_in_the_middle_of_a_run_finishes_it_after_a_restart() {
    let (server, site) = (Server::start_with(&OPTIONS).await, Site::start().await);
    let mut client = server.client().await;
    let quick = (0..20).map(|number| page(&format!("Quick {number}"), &format!("{}/page/{number}", site.base)));
    let held = (0..10).map(|number| page(&format!("Held {number}"), &format!("{}/held/{number}", site.base)));
    let mut all = suite(&quick.chain(held).collect::<Vec<_>>());
    all["defaults"] = json!({ "host": { "concurrency": 32 } });
    let job = client.run(all).await;
    client.until_type("test.finished").await;
    site.asked_for("/held/9").await;

    let server = server.kill_and_restart().await;
    (0..10).for_each(|number| site.release(&number.to_string()));
    let mut client = server.client().await;
    client.send(json!({ "action": "watch", "job": job, "id": 1 })).await;
    let events = client.until_complete(&job, Vec::new()).await;
    let state = fold(&job, &events);
    assert_eq!(state.tests.len(), 30);
    assert!(state.tests.values().all(|test| test.status == TestStatus::Finished), "{state:?}");
    let counts = state.summary.expect("the job").counts;
    assert_eq!((counts.total, counts.passed, counts.finished()), (30, 30, 30));
    server.stop().await;
}

/// Runs ten tests that wait for their pages, and kills the server. What `happens` does to the data directory before the
/// restart must not change the result.
async fn finishes_after(happens: impl FnOnce(&Path)) {
    finishes_with(&OPTIONS, happens).await;
}

/// Does the same with other options.
async fn finishes_with(options: &[&str], happens: impl FnOnce(&Path)) {
    let (server, site) = (Server::start_with(options).await, Site::start().await);
    let mut client = server.client().await;
    let held = (0..10).map(|number| page(&format!("Held {number}"), &format!("{}/held/{number}", site.base)));
    let mut all = suite(&held.collect::<Vec<_>>());
    all["defaults"] = json!({ "host": { "concurrency": 32 } });
    let job = client.run(all).await;
    for number in 0..10 {
        site.asked_for(&format!("/held/{number}")).await;
    }
    let server = server.kill_and_restart_after(happens).await;
    (0..10).for_each(|number| site.release(&number.to_string()));
    let mut client = server.client().await;
    client.send(json!({ "action": "watch", "job": job })).await;
    let finished = client.until(|event| event["verdict"].is_string()).await.pop().expect("the verdict");
    assert_eq!((&finished["verdict"], &finished["counts"]["passed"]), (&json!("passed"), &json!(10)), "{finished}");
    for number in 0..10 {
        assert_eq!(site.hits(&format!("/held/{number}")), 2, "once before the crash, once after it");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_a_killed_server_held_is_free_at_once() {
    // Far longer than this test waits for the verdict.
    finishes_with(&["--allow-private-targets", "--lease", "10m"], |_| {}).await;
}

#[tokio::test]
async fn a_queue_that_lost_its_messages_is_filled_again() {
    finishes_after(|data_dir| {
        for file in ["queue.sqlite", "queue.sqlite-wal", "queue.sqlite-shm"] {
            // The last two exist only while the queue is in use.
            let _ = std::fs::remove_file(data_dir.join(file));
        }
    })
    .await;
}

#[tokio::test]
async fn a_queue_that_delivers_twice_counts_once() {
    finishes_after(|data_dir| {
        let queue = Connection::open(data_dir.join("queue.sqlite")).expect("the queue's file");
        let doubled = queue.execute(
            "INSERT INTO message (queue, message_id, body, attributes, message_group, sent_at, visible_at)
             SELECT queue, message_id || '-again', body, attributes, message_group, sent_at, visible_at FROM message",
            [],
        );
        // With eight workers, ten tests are five batches.
        assert_eq!(doubled.expect("the messages are doubled"), 5);
    })
    .await;
}

#[tokio::test]
async fn messages_received_before_a_crash_are_soon_visible() {
    finishes_after(|data_dir| {
        let queue = Connection::open(data_dir.join("queue.sqlite")).expect("the queue's file");
        // This is their state before a worker shortens the visibility. The queue has to be empty in the end.
        let hidden = queue.execute("UPDATE message SET visible_at = visible_at + 900000", []);
        assert_eq!(hidden.expect("the messages are hidden"), 5);
    })
    .await;
}

#[tokio::test]
async fn a_server_killed_while_it_plans_plans_again() {
    let (server, site) = (Server::start_with(&OPTIONS).await, Site::start().await);
    let mut client = server.client().await;
    // The sitemap itself is held, so the kill happens during planning.
    let discover = json!({ "name": "Found", "discover": { "sitemap": format!("{}/held/sitemap", site.base) }, "expect": [{ "status": 200 }] });
    let fine = page("Fine", &format!("{}/page/fine", site.base));
    let job = client.run(suite(&[discover, fine])).await;
    site.asked_for("/held/sitemap").await;

    let server = server.kill_and_restart().await;
    site.release("sitemap");
    let mut client = server.client().await;
    client.send(json!({ "action": "watch", "job": job, "id": 1 })).await;
    let finished = client.until(|event| event["verdict"].is_string()).await.pop().expect("the verdict");
    // The held answer is a page, not a sitemap: the second planner read it and reported that.
    assert_eq!(finished["verdict"], "errored", "{finished}");
    assert!(finished["problem"].is_string(), "{finished}");
    server.stop().await;
}

#[tokio::test]
async fn tests_finished_before_a_crash_are_not_run_again() {
    let (server, site) = (Server::start_with(&OPTIONS).await, Site::start().await);
    let mut client = server.client().await;
    let job = client.run(suite(&[page("Once", &format!("{}/page/once", site.base))])).await;
    client.until(is_end_of(&job)).await;
    let server = server.kill_and_restart().await;
    let mut client = server.client().await;
    let state = client.job(&job).await;
    assert_eq!((&state["verdict"], &state["counts"]["passed"]), (&json!("passed"), &json!(1)));
    assert_eq!(site.hits("/page/once"), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_job_whose_secrets_can_no_longer_be_opened_ends_and_says_why() {
    let (server, site) = (Server::start_with(&OPTIONS).await, Site::start().await);
    let mut client = server.client().await;
    let held = json!({ "name": "Held", "get": format!("{}/held/x", site.base), "headers": { "x-key": "${secret.key}" },
        "expect": [{ "status": 200 }] });
    let run = json!({ "action": "run", "suite": suite(&[held]), "secrets": { "key": "swordfish" } });
    let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    site.asked_for("/held/x").await;

    // The deployment gets another secret while the job runs.
    std::fs::write(server.data_dir().join("secret"), "another secret").expect("the secret's file");
    let server = server.kill_and_restart().await;
    let mut client = server.client().await;
    client.send(json!({ "action": "watch", "job": job })).await;
    let finished = client.until(|event| event["verdict"].is_string()).await.pop().expect("the verdict");
    assert_eq!(finished["verdict"], "errored", "{finished}");
    let state = client.job(&job).await;
    let reason = state["tests"][0]["steps"][0]["checks"][0]["actual"].as_str().expect("a reason");
    assert!(reason.contains("cannot be opened"), "{reason}");
    server.stop_with_errors().await;
}

#[tokio::test]
async fn one_data_directory_belongs_to_one_server() {
    let server = Server::start().await;
    let data_dir = server.data_dir().display().to_string();
    let second = tokio::task::spawn_blocking(move || stepcast(&["up", "--port", "0", "--data-dir", &data_dir]));
    let second = within("the second server's end", second).await.expect("the command runs");
    assert_ne!(second.code, 0);
    assert!(second.stderr.contains("another `stepcast up` uses the data directory"), "{}", second.stderr);
    server.stop().await;
}

#[tokio::test]
async fn the_command_waits_through_a_restart() {
    let (server, site) = (
        Server::start_with(&["--allow-private-targets", "--lease", "2s", "--port", &free_port()]).await,
        Site::start().await,
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("suite.json");
    std::fs::write(&file, suite(&[page("Held", &format!("{}/held/x", site.base))]).to_string()).expect("a suite");
    let (file, ws, token) = (file.display().to_string(), server.ws.clone(), server.token.clone());
    let run = tokio::task::spawn_blocking(move || stepcast(&["run", &file, "--url", &ws, "--token", &token]));
    site.asked_for("/held/x").await;
    let server = server.kill_and_restart().await;
    site.release("x");
    let ran = within("the verdict", run).await.expect("the command runs");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("1 passed of 1 test"), "{}", ran.stdout);
    tokio::time::timeout(Duration::from_mins(1), server.stop()).await.expect("the server stops");
}

/// Returns a port that is not in use; the server has to be restarted on the same one.
pub fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port().to_string()
}
