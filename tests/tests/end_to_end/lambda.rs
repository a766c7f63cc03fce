//! The functions as Lambda starts them: real binaries that speak the runtime API.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::process::Stdio;
use std::sync::Arc;
use stepcast_tests::{binary, within};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::{Mutex, mpsc};

struct Runtime {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Value>,
}

/// Starts a function and gives it one event.
async fn invoke(function: &str, event: Value) -> Value {
    let (send_event, events) = mpsc::channel(1);
    let (answers, mut answered) = mpsc::channel(1);
    let runtime = Arc::new(Runtime { events: Mutex::new(events), answers });
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(respond))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(respond))
        .with_state(runtime);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = [
        ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", function),
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
        ("STEPCAST_SECRET", "a secret of the deployment"),
    ];
    let mut command = Command::new(binary(function));
    command.env_clear().envs(settings).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    let _function = command.spawn().expect("the function starts");
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

fn websocket_event(route: &str, headers: &Value) -> Value {
    json!({
        "headers": headers,
        "multiValueHeaders": {},
        "requestContext": {
            "routeKey": route, "eventType": "CONNECT", "connectionId": "L0SM9cOFvHcCIhw=", "stage": "prod",
            "requestId": "JcdbBGHTvHcFoXg=", "apiId": "abc", "domainName": "abc.execute-api.us-east-1.amazonaws.com",
            "connectedAt": 1_700_000_000_000_u64, "requestTimeEpoch": 1_700_000_000_000_u64,
            "identity": { "sourceIp": "203.0.113.7" },
        },
        "isBase64Encoded": false,
    })
}

#[tokio::test]
async fn connect_refuses_a_wrong_token() {
    let event = websocket_event("$connect", &json!({ "Authorization": "Bearer wrong" }));
    assert_eq!(invoke("connect", event).await["statusCode"], 401);
}

#[tokio::test]
async fn the_worker_reports_what_it_cannot_work_off() {
    let message = json!({
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": "not work", "attributes": {}, "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:stepcast", "awsRegion": "us-east-1",
    });
    let answer = invoke("worker", json!({ "Records": [message] })).await;
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "059f36b4-87a3-44ab-83d2-661975830a7d" }] }));
}
