//! The functions as Lambda starts them: real binaries that speak the runtime API.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use axum::Router;
use axum::routing::post;
use serde_json::{Value, json};
use stepcast_tests::binary;
use stepcast_tests::runtime_api::{event, invoke};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Returns the event of a client that connects with these headers.
fn connecting(headers: &Value) -> Value {
    let mut event = event("connect");
    event["headers"] = headers.clone();
    event
}

#[tokio::test]
async fn connect_refuses_a_wrong_token() {
    let event = connecting(&json!({ "Authorization": "Bearer wrong" }));
    let settings = [("STEPCAST_SECRET", "a secret of the deployment")];
    assert_eq!(invoke(&binary("connect"), event, &settings).await["statusCode"], 401);
}

/// The variable with which the template passes the ARN of the deployment's secret.
const SECRET_ARN: (&str, &str) =
    ("STEPCAST_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:stepcast-AbCdEf");

#[tokio::test]
async fn connect_reads_its_secret_from_secrets_manager() {
    let (asked, mut questions) = mpsc::channel(1);
    let answer = move |body: String| async move {
        asked.send(body).await.expect("the test waits");
        r#"{"Name":"stepcast","SecretString":"a secret of the deployment"}"#
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await });
    let event = connecting(&json!({ "Authorization": "Bearer wrong" }));
    let settings = [SECRET_ARN, ("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint.as_str())];
    assert_eq!(invoke(&binary("connect"), event, &settings).await["statusCode"], 401);
    assert_eq!(questions.recv().await, Some(json!({ "SecretId": SECRET_ARN.1 }).to_string()));
    serving.abort();
}

#[tokio::test]
async fn connect_returns_503_if_it_cannot_read_its_secret() {
    let event = connecting(&json!({ "Authorization": "Bearer perhaps" }));
    let settings = [SECRET_ARN, ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9")];
    assert_eq!(invoke(&binary("connect"), event, &settings).await["statusCode"], 503);
}

#[tokio::test]
async fn connect_refuses_pages_of_other_sites() {
    let headers = json!({ "Authorization": "Bearer perhaps", "Origin": "https://evil.example" });
    let settings = [("STEPCAST_ALLOWED_ORIGINS", "https://qa.example"), SECRET_ARN];
    assert_eq!(invoke(&binary("connect"), connecting(&headers), &settings).await["statusCode"], 403);
}

#[tokio::test]
async fn the_worker_reports_messages_it_cannot_handle() {
    let mut event = event("worker");
    event["Records"].as_array_mut().expect("messages").remove(0);
    let answer = invoke(&binary("worker"), event, &[]).await;
    assert_eq!(answer, json!({ "batchItemFailures": [{ "itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da" }] }));
}
