//! The packages as they are uploaded: each is started against a small runtime API and given a real event.

use axum::Router;
use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use stepcast_tests::runtime_api::{event, invoke};
use stepcast_tests::stepcast_with;
use tempfile::TempDir;
use tokio::net::TcpListener;

const SECRET: &str = "a secret of the deployment";

/// Unpacks the program in a function's package.
fn unpack(function: &str, folder: &TempDir) -> PathBuf {
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/lambda-functions");
    let file = std::fs::File::open(format!("{package}/{function}/bootstrap.zip")).expect("`make package` makes it");
    let mut archive = zip::ZipArchive::new(file).expect("an archive");
    let program = folder.path().join("bootstrap");
    let mut packed = archive.by_name("bootstrap").expect("Lambda starts `bootstrap`");
    assert_eq!(packed.unix_mode().map(|mode| mode & 0o555), Some(0o555), "Lambda can start it");
    std::io::copy(&mut packed, &mut std::fs::File::create(&program).expect("a file")).expect("unpacked");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("it may be started");
    program
}

/// Services that have one connection and nothing else, and jobs that cannot be read.
async fn service(uri: Uri, headers: HeaderMap, body: String) -> String {
    let operation = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let connection = json!({
        "connection": { "S": "XfGLweS3NjMCFlA=" }, "principal": { "S": "ci" }, "role": { "S": "runner" },
        "connected_at": { "N": "1795342667185" }, "expires_at": { "N": "9999999999" },
    });
    let answer = match operation.rsplit('.').next() {
        Some("GetItem") if body.contains("CONNECTION#") => json!({ "Item": connection }),
        Some("GetItem") if body.contains("JOB#") => json!({ "Item": { "plan": { "S": "not a number" } } }),
        Some("Query") => json!({ "Items": [], "Count": 0, "ScannedCount": 0 }),
        Some("BatchWriteItem") => json!({ "UnprocessedItems": {} }),
        Some("GetSecretValue") => json!({ "SecretString": SECRET }),
        Some("ChangeMessageVisibilityBatch") => json!({ "Successful": [], "Failed": [] }),
        _ if uri.path().contains("/@connections/") => return String::new(),
        _ => json!({}),
    };
    answer.to_string()
}

/// Returns the answer of a packaged function to an event.
async fn answer(function: &str, event: Value) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move { axum::serve(listener, Router::new().fallback(service)).await });
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("STEPCAST_PUSH_ENDPOINT", endpoint.as_str()),
        ("STEPCAST_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:stepcast-AbCdEf"),
    ];
    let answer = invoke(&unpack(function, &folder), event, &environment).await;
    serving.abort();
    answer
}

#[tokio::test]
async fn connect_accepts_a_token_and_the_subprotocol() {
    let arguments = ["token", "new", "--role", "runner", "--expires", "1h", "--principal", "ci"];
    let made = stepcast_with(&arguments, &[("STEPCAST_SECRET", SECRET)]);
    let mut event = event("connect");
    event["headers"]["Authorization"] = json!(format!("Bearer {}", made.stdout.trim()));
    let answer = answer("connect", event).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert_eq!(answer["headers"]["sec-websocket-protocol"], "stepcast.v1", "{answer}");
}

#[tokio::test]
async fn disconnect_forgets() {
    assert_eq!(answer("disconnect", event("disconnect")).await["statusCode"], 200);
}

#[tokio::test]
async fn default_carries_out_a_command() {
    assert_eq!(answer("default", event("default")).await["statusCode"], 200);
}

#[tokio::test]
async fn the_worker_returns_messages_it_could_not_handle() {
    let answer = answer("worker", event("worker")).await;
    assert_eq!(answer["batchItemFailures"].as_array().map(Vec::len), Some(2), "{answer}");
}

#[tokio::test]
async fn the_reaper_looks_after_nothing() {
    assert_eq!(answer("reaper", event("reaper")).await, Value::Null);
}
