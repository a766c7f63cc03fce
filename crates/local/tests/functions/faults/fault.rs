//! A layer between a function and its services that sees every request and can make any of them meet a fault.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::watch;

/// Larger than any request an AWS service takes.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The sender is killed before the request arrives
    KilledBefore,
    /// It is carried out, and the sender is killed before the answer arrives
    KilledAfter,
    /// It is not carried out: the service is down
    Unavailable,
    /// It is not carried out: there were too many requests
    Throttled,
    /// It is carried out, and the answer says that the service is down
    AnswerLost,
    /// It is carried out twice
    Twice,
    /// It is never answered
    Hangs,
    /// It is for a connection that no longer exists
    Gone,
}

/// A request to a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Its operation, such as `TransactWriteItems`
    pub operation: String,
    /// The number of the request among those of this operation, from 1
    pub nth: usize,
    /// The connection a push is for
    pub connection: Option<String>,
    /// Whether the SDK gives the request up if it fails once more
    pub is_last_attempt: bool,
}

impl Call {
    /// Returns whether the request is for the table.
    pub fn is_of_table(&self) -> bool {
        self.operation.ends_with("Item") || self.operation.ends_with("Items") || self.operation == "Query"
    }
}

type Rule = Box<dyn FnMut(&Call) -> Option<Fault> + Send>;

/// The faults that the requests of some functions meet. Clones share them.
#[derive(Clone)]
pub struct Faults {
    shared: Arc<Shared>,
}

struct Shared {
    rule: Mutex<Rule>,
    calls: watch::Sender<Vec<Call>>,
    deaths: watch::Sender<u32>,
    hangs: watch::Sender<u32>,
    hanging: AtomicUsize,
    most_hanging: AtomicUsize,
}

impl Faults {
    /// Creates a layer without faults.
    pub fn none() -> Self {
        let rule: Rule = Box::new(|_| None);
        let (calls, deaths, hangs) = (watch::Sender::default(), watch::Sender::default(), watch::Sender::default());
        let (hanging, most_hanging) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { shared: Arc::new(Shared { rule: Mutex::new(rule), calls, deaths, hangs, hanging, most_hanging }) }
    }

    /// Puts the layer in front of a service.
    pub fn in_front_of(&self, service: Router) -> Router {
        service.layer(from_fn_with_state(self.clone(), meet))
    }

    /// Applies the rule to requests from now on, and counts them from here.
    pub fn treat(&self, rule: impl FnMut(&Call) -> Option<Fault> + Send + 'static) {
        *self.rule() = Box::new(rule);
        self.shared.calls.send_replace(Vec::new());
    }

    /// Lets all requests pass from now on.
    pub fn mend(&self) {
        self.treat(|_| None);
    }

    /// Returns the requests since the rule was given.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.borrow().clone()
    }

    /// Changes when a process has been killed.
    pub fn deaths(&self) -> watch::Receiver<u32> {
        self.shared.deaths.subscribe()
    }

    /// Changes when a request hangs.
    pub fn hangs(&self) -> watch::Receiver<u32> {
        self.shared.hangs.subscribe()
    }

    /// Returns the largest number of requests that hung at once so far.
    pub fn most_hanging(&self) -> usize {
        self.shared.most_hanging.load(Ordering::SeqCst)
    }

    fn decide(&self, parts: &Parts) -> Option<Fault> {
        let mut rule = self.rule();
        let mut decided = None;
        self.shared.calls.send_modify(|calls| {
            let operation = operation(parts);
            let nth = calls.iter().filter(|call| call.operation == operation).count() + 1;
            let is_last_attempt = is_last_attempt(parts);
            let call = Call { operation, nth, connection: connection(parts), is_last_attempt };
            decided = rule(&call);
            calls.push(call);
        });
        decided
    }

    async fn kill(&self) -> Response {
        self.shared.deaths.send_modify(|deaths| *deaths += 1);
        std::future::pending().await
    }

    async fn hang(&self) -> Response {
        let _hanging = Hanging::new(&self.shared);
        self.shared.hangs.send_modify(|hangs| *hangs += 1);
        std::future::pending().await
    }

    fn rule(&self) -> MutexGuard<'_, Rule> {
        self.shared.rule.lock().expect("no rule panics")
    }
}

/// A request that hangs until its sender gives up.
struct Hanging<'a>(&'a Shared);

impl<'a> Hanging<'a> {
    fn new(shared: &'a Shared) -> Self {
        let hanging = shared.hanging.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_hanging.fetch_max(hanging, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.0.hanging.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn meet(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // A function that was killed does not finish its request.
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else { return StatusCode::BAD_REQUEST.into_response() };
    let carry_out = |body: Bytes| next.clone().run(Request::from_parts(parts.clone(), Body::from(body)));
    match faults.decide(&parts) {
        None => carry_out(body).await,
        Some(Fault::KilledBefore) => faults.kill().await,
        Some(Fault::KilledAfter) => {
            carry_out(body).await;
            faults.kill().await
        }
        Some(Fault::Unavailable) => unavailable(),
        Some(Fault::Throttled) => throttled(&parts),
        Some(Fault::AnswerLost) => {
            carry_out(body).await;
            unavailable()
        }
        Some(Fault::Twice) => {
            carry_out(body.clone()).await;
            carry_out(body).await
        }
        Some(Fault::Hangs) => faults.hang().await,
        Some(Fault::Gone) => StatusCode::GONE.into_response(),
    }
}

fn operation(parts: &Parts) -> String {
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    match (target.and_then(|target| target.split_once('.')), &parts.method) {
        (Some((_, operation)), _) => operation.to_owned(),
        (None, &Method::POST) => "PostToConnection".to_owned(),
        (None, &Method::PUT) => "PutObject".to_owned(),
        (None, &Method::HEAD) => "HeadObject".to_owned(),
        (None, method) => method.to_string(),
    }
}

/// Reads what the SDK says of its attempts, such as `attempt=1; max=4`.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
fn is_last_attempt(parts: &Parts) -> bool {
    let said = parts.headers.get("amz-sdk-request").and_then(|said| said.to_str().ok()).unwrap_or_default();
    let number = |name: &str| said.split("; ").find_map(|part| part.strip_prefix(name)?.parse::<u32>().ok());
    number("attempt=").zip(number("max=")).is_some_and(|(attempt, most)| attempt >= most)
}

fn connection(parts: &Parts) -> Option<String> {
    parts.uri.path().strip_prefix("/@connections/").map(str::to_owned)
}

fn unavailable() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, r#"{"__type":"InternalServerError"}"#).into_response()
}

/// Returns the answer with which the service reports too many requests.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>
fn throttled(parts: &Parts) -> Response {
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let code = match target.split('.').next() {
        Some("DynamoDB_20120810") => "ProvisionedThroughputExceededException",
        Some("AmazonSQS") => "RequestThrottled",
        _ => return StatusCode::TOO_MANY_REQUESTS.into_response(),
    };
    (StatusCode::BAD_REQUEST, format!(r#"{{"__type":"{code}"}}"#)).into_response()
}
