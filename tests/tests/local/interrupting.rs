//! Ctrl-C, at the moments when it is easily lost.

use super::played::{JOB, Played, counts};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{digest_of, format_digest};
use stepcast_tests::events::{page, suite};
use stepcast_tests::{Site, binary, within};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(binary("stepcast"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    for name in ["CI", "GITHUB_ACTIONS", "STEPCAST_URL", "STEPCAST_TOKEN"] {
        command.env_remove(name);
    }
    command.spawn().expect("the command starts")
}

fn interrupt(child: &Child) {
    let id = child.id().expect("it runs").to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
}

fn events(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("events");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test]
async fn an_interrupted_check_ends_with_its_verdict_and_says_what_did_not_run() {
    let (site, folder) = (Site::start().await, tempfile::tempdir().expect("a folder"));
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut held = page("Held", &format!("{}/held/x", site.base));
    held["steps"] = json!([
        { "name": "Before", "get": format!("{}/page/x", site.base), "expect": [{ "status": 200 }] },
        { "name": "Held", "get": format!("{}/held/x", site.base), "expect": [{ "status": 200 }] },
    ]);
    for key in ["get", "expect"] {
        held.as_object_mut().expect("a test").remove(key);
    }
    std::fs::write(path("suite.json"), suite(&[held, page("Also held", &format!("{}/held/y", site.base))]).to_string())
        .expect("a suite");
    let (json, junit) = (path("events.ndjson"), path("junit.xml"));
    let child = start(&["check", &path("suite.json"), "--json", &json, "--junit", &junit]);
    site.asked_for("/held/x").await;
    site.asked_for("/held/y").await;
    interrupt(&child);
    let ran = within("the command's end", child.wait_with_output()).await.expect("it ran");
    assert_eq!(ran.status.code(), Some(130), "{}", String::from_utf8_lossy(&ran.stderr));
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(printed.contains("cancelled: Example: 2 cancelled of 2 tests"), "{printed}");
    let events = events(Path::new(&json));
    let last = events.last().expect("a verdict");
    assert_eq!((&last["type"], &last["verdict"]), (&json!("job.finished"), &json!("cancelled")), "{last}");
    assert_eq!((&last["counts"]["cancelled"], &last["counts"]["total"]), (&json!(2), &json!(2)), "{last}");
    let state = stepcast_tests::events::fold(events[0]["job"].as_str().expect("a job"), &events);
    assert!(state.is_complete(), "the digest is that of the results");
    let first = state.tests.values().find(|test| test.name == "Held").expect("the test");
    assert_eq!(first.steps.len(), 1, "what it got to know is kept: {first:?}");
    assert!(std::fs::read_to_string(&junit).expect("a report").contains("skipped=\"2\""));
}

#[tokio::test]
async fn a_run_that_is_interrupted_before_it_has_an_id_is_cancelled() {
    interrupted_before_its_id(&[]).await;
}

/// `--detach` leaves a job that goes on, and this one does not.
#[tokio::test]
async fn a_detached_run_that_is_interrupted_before_it_has_an_id_is_cancelled_too() {
    interrupted_before_its_id(&["--detach"]).await;
}

async fn interrupted_before_its_id(more: &[&str]) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/ws", listener.local_addr().expect("an address"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("suite.yaml");
    std::fs::write(&file, "suite: Shop\ntests: [{ name: Home, get: 'https://shop.example/' }]\n").expect("a suite");
    let json = folder.path().join("events.ndjson");
    let arguments = ["run", &file.display().to_string(), "--url", &url, "--token", "t", "--json"];
    let child = start(&[&arguments[..], &[&json.display().to_string()], more].concat());

    let mut server = Played::accept(&listener).await;
    let run = server.hear("run").await;
    interrupt(&child);
    server.welcome("2026-11-22T12:00:00.000Z").await;
    server.show(&run).await;
    assert_eq!(server.hear("cancel").await["job"], JOB);
    let mut counts = counts(0);
    counts["cancelled"] = json!(1);
    server
        .push(json!({ "type": "test.finished", "job": JOB, "v": 1_000_002, "test": 0, "name": "Home",
            "outcome": "cancelled", "duration_ms": 1, "attempt": 1, "failures": [], "steps": [] }))
        .await;
    server
        .push(json!({ "type": "job.finished", "job": JOB, "v": 3, "verdict": "cancelled", "counts": counts,
            "duration_ms": 1, "digest": format_digest(digest_of(0, Outcome::Cancelled)) }))
        .await;
    let ran = within("the command's end", child.wait_with_output()).await.expect("it ran");
    assert_eq!(ran.status.code(), Some(130), "{}", String::from_utf8_lossy(&ran.stderr));
    let events = events(&json);
    let last = events.last().expect("a verdict");
    assert_eq!(last["verdict"], "cancelled");
    assert_eq!(last["url"], json!(format!("{}/#/jobs/{JOB}", url.replace("ws:", "http:").replace("/ws", ""))));
}

#[tokio::test]
async fn somebody_who_interrupts_while_no_server_answers_may_leave() {
    // It accepts connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/ws", listener.local_addr().expect("an address"));
    let child = start(&["watch", JOB, "--url", &url, "--token", "t"]);
    let _silent = within("a connection", listener.accept()).await.expect("a connection");
    interrupt(&child);
    let ran = within("the command's end", child.wait_with_output()).await.expect("it ran");
    assert_eq!(ran.status.code(), Some(130), "{}", String::from_utf8_lossy(&ran.stderr));
}
