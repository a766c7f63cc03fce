//! Tests against a fake Secrets Manager endpoint.

use super::*;
use crate::secret::READ_TIMEOUT;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use futures_util::future::join_all;
use std::sync::Mutex;
use stepcast_protocol::event::Role;
use tokio::net::TcpListener;

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:stepcast-AbCdEf";

/// Returns the given answers in turn, and then repeats the last one; records the requests.
#[derive(Clone, Default)]
struct Endpoint {
    answers: Arc<Mutex<Vec<(u16, &'static str)>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    async fn start(answers: &[(u16, &'static str)]) -> (Self, Keys) {
        let endpoint = Self { answers: Arc::new(Mutex::new(answers.to_vec())), ..Self::default() };
        let router = Router::new().route("/", post(answer)).with_state(endpoint.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("x", "x", None, None, "test")))
            .endpoint_url(url)
            .build();
        let source = SecretSource::Stored { arn: ARN.to_owned() };
        (endpoint, Keys::new(&sdk, &source, Clock::from_fn(|| 0)))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(State(endpoint): State<Endpoint>, body: String) -> (StatusCode, &'static str) {
    endpoint.asked.lock().unwrap().push(body);
    let mut answers = endpoint.answers.lock().unwrap();
    let (status, body) = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
    (StatusCode::from_u16(status).unwrap(), body)
}

const FOUND: (u16, &str) = (200, r#"{"Name":"stepcast","SecretString":"the secret\n"}"#);
const DENIED: (u16, &str) = (400, r#"{"__type":"AccessDeniedException","Message":"not yours"}"#);

#[tokio::test]
async fn a_stored_secret_is_read_once_and_without_its_line_break() {
    let (endpoint, keys) = Endpoint::start(&[FOUND]).await;
    assert!(endpoint.asked().is_empty(), "nothing is read before it is needed");
    let token =
        Signer::new(&Secret::new("the secret"), Clock::from_fn(|| 0)).issue("ci", Role::Runner, READ_TIMEOUT).token;
    let verified = (0..2).map(|_| async { keys.signer().await.unwrap().verify(&token) });
    for identity in join_all(verified).await {
        assert_eq!(identity.unwrap().principal, "ci");
    }
    assert!(keys.clone().sealer().await.is_ok());
    assert_eq!(endpoint.asked(), [format!(r#"{{"SecretId":"{ARN}"}}"#)]);
}

#[tokio::test]
async fn a_read_that_failed_is_an_error_of_the_moment() {
    let (endpoint, keys) = Endpoint::start(&[DENIED, FOUND]).await;
    let error = keys.signer().await.expect_err("denied");
    assert_eq!(error.to_string(), "Secrets Manager refused: AccessDeniedException: not yours");
    assert!(keys.signer().await.is_ok());
    assert_eq!(endpoint.asked().len(), 2);
}

#[tokio::test]
async fn a_secret_without_text_is_none() {
    let (_endpoint, keys) = Endpoint::start(&[(200, r#"{"Name":"stepcast","SecretBinary":"aGk="}"#)]).await;
    let error = keys.signer().await.expect_err("no text");
    assert_eq!(error.to_string(), format!("stored secret cannot be read: `{ARN}` holds no text"));
}

#[tokio::test]
async fn where_there_is_no_secret_only_keys_are_missing() {
    let keys = Keys::new(&SdkConfig::builder().build(), &SecretSource::Absent, Clock::from_fn(|| 0));
    let error = keys.signer().await.expect_err("no secret");
    assert!(error.to_string().contains("`STEPCAST_SECRET_ARN`"), "{error}");
}
