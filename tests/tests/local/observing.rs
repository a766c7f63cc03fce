//! What a service manager and a monitoring system see of a server.

use rusqlite::Connection;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Stdio;
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Server, Site, stepcast, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

/// Reads the text of samples as Prometheus does, with the parser of its client library for Python.
const PARSER: &str = "
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
samples = {}
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        samples[sample.name + ','.join(f'{{{name}={value}}}' for name, value in sorted(sample.labels.items()))] = sample.value
json.dump(samples, sys.stdout)
";

struct Answer {
    status: u16,
    head: String,
    body: String,
}

async fn get(server: &Server, path: &str, token: Option<&str>) -> Answer {
    let address = server.http.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).await.expect("connected");
    let authorization = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{authorization}\r\n");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    within("an answer", socket.read_to_string(&mut answer)).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

async fn samples(server: &Server) -> Value {
    let answer = get(server, "/metrics", Some(&server.token)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"));
    let python = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/client/bin/python"));
    assert!(python.exists(), "`{}` is missing; `make test` makes it", python.display());
    let mut command = Command::new(python);
    command.args(["-c", PARSER]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut parser = command.spawn().expect("Python runs");
    parser.stdin.take().expect("its input").write_all(answer.body.as_bytes()).await.expect("written");
    let ran = within("the parser's end", parser.wait_with_output()).await.expect("Python runs");
    assert!(ran.status.success(), "{}\n{}", String::from_utf8_lossy(&ran.stderr), answer.body);
    serde_json::from_slice(&ran.stdout).expect("samples")
}

#[tokio::test]
async fn metrics_count_what_happened_and_another_library_reads_them() {
    let (server, site) = (Server::start().await, Site::start().await);
    let before = samples(&server).await;
    assert_eq!(before["stepcast_connections"].as_f64(), Some(0.0), "{before}");
    assert_eq!(before["stepcast_jobs_accepted_total"].as_f64(), Some(0.0), "{before}");

    let mut client = server.client().await;
    let failing = json!({ "name": "Failing", "get": format!("{}/page/x", site.base), "expect": [{ "css": "h2", "exists": true }] });
    let tests = [page("One", &format!("{}/page/1", site.base)), page("Two", &format!("{}/page/2", site.base)), failing];
    let job = client.run(suite(&tests)).await;
    client.until(is_end_of(&job)).await;
    let now = samples(&server).await;
    for (name, value) in [
        ("stepcast_jobs_accepted_total", 1.0),
        ("stepcast_jobs_finished_total{verdict=failed}", 1.0),
        ("stepcast_job_duration_seconds_count{verdict=failed}", 1.0),
        ("stepcast_tests_finished_total{outcome=passed}", 2.0),
        ("stepcast_tests_finished_total{outcome=failed}", 1.0),
        ("stepcast_test_duration_seconds_count{outcome=passed}", 2.0),
        ("stepcast_test_duration_seconds_bucket{le=900.0},{outcome=passed}", 2.0),
        ("stepcast_leases_lost_total", 0.0),
        ("stepcast_connections", 1.0),
        ("stepcast_queue_messages{state=dead_letter}", 0.0),
        ("stepcast_sockets_evicted_total", 0.0),
        ("stepcast_queue_longest_wait_seconds", 0.0),
    ] {
        assert_eq!(now[name].as_f64(), Some(value), "{name}: {now:#}");
    }
    assert!(now["stepcast_pushes_total{result=sent}"].as_f64() > Some(1.0), "{now:#}");
    assert!(now["stepcast_sockets"].as_f64() >= Some(1.0), "the one of this request: {now:#}");
    server.stop().await;
}

#[tokio::test]
async fn metrics_are_for_those_who_may_see_all_jobs() {
    let (server, site) = (Server::start().await, Site::start().await);
    let told = get(&server, "/metrics", None).await;
    assert_eq!((told.status, told.body.contains("stepcast token new --role viewer")), (401, true), "{}", told.body);
    assert!(told.head.contains("www-authenticate: bearer"), "{}", told.head);
    assert_eq!(get(&server, "/metrics", Some("wrong")).await.status, 401);

    let mut client = server.client().await;
    let job = client.run(suite(&[page("One", &format!("{}/page/1", site.base))])).await;
    client.until(is_end_of(&job)).await;
    let shared = client.ask(json!({ "action": "share", "job": job })).await;
    let link = shared["token"].as_str().expect("a token");
    assert_eq!(get(&server, "/metrics", Some(link)).await.status, 401, "a link shows one job");

    let arguments = ["token", "new", "--role", "viewer", "--expires", "1h", "--principal", "prometheus"];
    let made = stepcast(&[&arguments.map(str::to_owned)[..], &server.options()].concat());
    let viewer = made.stdout.trim();
    assert_eq!(get(&server, "/metrics", Some(viewer)).await.status, 200);
    let id = made.stderr.split("token revoke ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("an id");
    let revoked = client.ask(json!({ "action": "tokens.revoke", "token": id.trim_matches('`') })).await;
    assert_eq!(revoked["type"], "token.revoked", "{revoked}");
    assert_eq!(get(&server, "/metrics", Some(viewer)).await.status, 401);
    server.stop().await;
}

#[tokio::test]
async fn everybody_may_ask_whether_a_server_is_alive_and_ready() {
    let server = Server::start().await;
    for (path, word) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = get(&server, path, None).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, word), "{path}");
        assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_server_whose_queue_does_not_answer_is_not_ready() {
    let server = Server::start().await;
    let queue = Connection::open(server.data_dir().join("queue.sqlite")).expect("the queue");
    queue.execute_batch("ALTER TABLE message RENAME TO away").expect("renamed");
    let told = get(&server, "/readyz", None).await;
    assert_eq!((told.status, told.body.as_str()), (503, "the table or the queue does not answer; see the log\n"));
    assert_eq!(get(&server, "/healthz", None).await.status, 200, "a restart would not help");
    assert_eq!(get(&server, "/metrics", Some(&server.token)).await.status, 503);
    queue.execute_batch("ALTER TABLE away RENAME TO message").expect("renamed");
    assert_eq!(get(&server, "/readyz", None).await.status, 200);
}
