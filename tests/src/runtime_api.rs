//! A function as Lambda runs it: a program that requests events from a small runtime API.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use crate::within;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::{Mutex, mpsc};

/// The variables that Lambda and the template set for every function; the services are at addresses where nothing
/// listens.
const ENVIRONMENT: [(&str, &str); 12] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "stepcast"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "group"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "x"),
    ("AWS_SECRET_ACCESS_KEY", "x"),
    ("STEPCAST_TABLE", "stepcast"),
    ("STEPCAST_QUEUE_URL", "http://127.0.0.1:9/queue"),
    ("STEPCAST_DEAD_LETTER_URL", "http://127.0.0.1:9/dead-letters"),
    ("STEPCAST_PUSH_ENDPOINT", "http://127.0.0.1:9"),
];

/// Returns a real event from `tests/fixtures/events`.
pub fn event(name: &str) -> Value {
    let path = format!("{}/fixtures/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("a fixture")).expect("JSON")
}

struct Runtime {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Value>,
}

/// Starts a function with additional variables, gives it one event and returns its answer.
pub async fn invoke(function: &Path, event: Value, environment: &[(&str, &str)]) -> Value {
    let (send_event, events) = mpsc::channel(1);
    let (answers, mut answered) = mpsc::channel(1);
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(respond))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(respond))
        .with_state(Arc::new(Runtime { events: Mutex::new(events), answers }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut command = Command::new(function);
    command.env_clear().envs(ENVIRONMENT).env("AWS_LAMBDA_RUNTIME_API", address).envs(environment.iter().copied());
    let _function =
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn().expect("the function starts");
    send_event.send(event).await.expect("the function asks for an event");
    let answer = within("the function's answer", answered.recv()).await.expect("an answer");
    serving.abort();
    answer
}

async fn next(State(runtime): State<Arc<Runtime>>) -> (HeaderMap, String) {
    let event = runtime.events.lock().await.recv().await;
    let Some(event) = event else { return std::future::pending().await };
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "9999999999999"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:stepcast"),
    ];
    let headers = headers.map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")));
    (headers.into_iter().collect(), event.to_string())
}

async fn respond(State(runtime): State<Arc<Runtime>>, body: String) -> &'static str {
    let answer = serde_json::from_str(&body).unwrap_or(Value::String(body));
    runtime.answers.send(answer).await.expect("the test waits");
    "{}"
}
