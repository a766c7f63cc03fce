//! Behaviour that a real server shows too rarely for a test: it cuts a connection after two hours, and the end of a job
//! overtakes the answer to `run`. The test plays the server.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{digest_of, format_digest};
use stepcast_tests::stepcast;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_blocking;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;

pub const JOB: &str = "01a202c5-7d9b-7658-bb8e-a9c7c9ec7695";
const NOW: &str = "2026-11-22T10:00:00.000Z";

/// The server's side of one connection.
pub struct Played(WebSocketStream<TcpStream>);

impl Played {
    #[expect(clippy::result_large_err, reason = "the library's type")]
    pub async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().await.expect("a client");
        let agree = |_: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("stepcast.v1"));
            Ok(response)
        };
        Self(tokio_tungstenite::accept_hdr_async(stream, agree).await.expect("a handshake"))
    }

    /// Returns the next command, or `None` once the client has closed the connection.
    pub async fn heard(&mut self) -> Option<Value> {
        while let Some(Ok(message)) = self.0.next().await {
            if let Message::Text(text) = message {
                return Some(serde_json::from_str(&text).expect("a command"));
            }
        }
        None
    }

    pub async fn hear(&mut self, action: &str) -> Value {
        let command = self.heard().await.expect("a command");
        assert_eq!(command["action"], action);
        command
    }

    pub async fn push(&mut self, mut event: Value) {
        event["at"] = json!(NOW);
        self.0.send(Message::text(event.to_string())).await.expect("the client is there");
    }

    /// Answers `run` or `watch` with a job of one test that runs.
    pub async fn show(&mut self, command: &Value) {
        let counts = counts(0);
        let tests =
            json!([{ "test": 0, "name": "Home", "v": 1_000_000, "status": "running", "attempt": 1, "steps": [] }]);
        let event = json!({ "type": "job.state", "job": JOB, "v": 2, "re": command["id"], "suite": "Shop", "status": "running",
            "counts": counts, "created_at": NOW, "principal": "admin", "tests": tests, "page": 1, "pages": 1 });
        self.push(event).await;
    }

    /// Answers `hello`: the connection is open until then.
    pub async fn welcome(&mut self, until: &str) {
        self.hear("hello").await;
        let limits = json!({ "message_bytes": 131_072, "frame_bytes": 32_768, "suite_bytes": 1_048_576, "tests_per_job": 10_000 });
        let event = json!({ "type": "welcome", "connection": "c", "principal": "admin", "role": "admin", "limits": limits,
            "ping_every_s": 240, "connected_until": until });
        self.push(event).await;
    }

    async fn finish_test(&mut self) {
        let event = json!({ "type": "test.finished", "job": JOB, "v": 1_000_002, "test": 0, "name": "Home",
            "outcome": "passed", "duration_ms": 1, "attempt": 1, "failures": [], "steps": [] });
        self.push(event).await;
    }

    async fn finish_job(&mut self) {
        let counts = counts(1);
        let event = json!({ "type": "job.finished", "job": JOB, "v": 3, "verdict": "passed", "counts": counts,
            "duration_ms": 1, "digest": format_digest(digest_of(0, Outcome::Passed)) });
        self.push(event).await;
    }
}

pub fn counts(passed: u32) -> Value {
    json!({ "total": 1, "passed": passed, "failed": 0, "errored": 0, "blocked": 0, "flaky": 0, "skipped": 0, "cancelled": 0 })
}

#[tokio::test]
async fn the_next_connection_is_open_before_the_old_one_is_cut_and_nothing_falls_between_them() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/ws", listener.local_addr().expect("an address"));
    let command = spawn_blocking(move || stepcast(&["watch", JOB, "--url", &url, "--token", "t"]));

    let mut old = Played::accept(&listener).await;
    let watch = old.hear("watch").await;
    assert_eq!(watch["job"], JOB);
    old.show(&watch).await;
    old.welcome("2026-11-22T10:00:01.000Z").await;

    let mut new = Played::accept(&listener).await;
    let watch = new.hear("watch").await;
    assert_eq!(watch["job"], JOB);
    // The event is sent on the old connection only. It is not in the first state on the new one, and it is sent when
    // the client leaves the old one.
    new.show(&watch).await;
    old.finish_test().await;
    assert_eq!(old.heard().await, None, "the client closes the old one once the new one has answered");
    new.welcome("2026-11-22T12:00:00.000Z").await;
    new.finish_job().await;

    let ran = command.await.expect("the command ran");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[tokio::test]
async fn a_verdict_that_overtakes_the_answer_to_run_counts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/ws", listener.local_addr().expect("an address"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("suite.yaml");
    std::fs::write(&file, "suite: Shop\ntests: [{ name: Home, get: 'https://shop.example/' }]\n").expect("a suite");
    let file = file.display().to_string();
    let command = spawn_blocking(move || stepcast(&["run", &file, "--url", &url, "--token", "t"]));

    let mut server = Played::accept(&listener).await;
    let run = server.hear("run").await;
    server.welcome("2026-11-22T12:00:00.000Z").await;
    server.finish_test().await;
    server.finish_job().await;
    // The state was read before the job ended, and is sent after the end.
    server.show(&run).await;
    // If the command had ignored the verdict, it would request the state now.
    assert_eq!(server.heard().await, None, "the command has its verdict and leaves");

    let ran = command.await.expect("the command ran");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
