//! A proxy between the functions and the services that records every request, and treats some as a test says.

use super::Call;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Larger than any request an AWS service takes.
const LARGEST_BODY: usize = 8 * 1024 * 1024;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// It reaches the service
    Pass,
    /// It reaches the service twice, as after a lost answer; the function gets the second answer
    Twice,
    /// It does not reach the service, which appears to be down
    Fail,
    /// It does not reach the service, which appears to have too many requests
    Throttle,
    /// It reaches the service, and all processes of the function are killed before the answer arrives
    Kill,
}

type Rule = Box<dyn Fn(&Call) -> Treatment + Send>;

/// A running proxy.
pub struct Proxy {
    /// Where it listens
    pub address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    address: SocketAddr,
    services: String,
    client: Client<HttpConnector, Body>,
    calls: watch::Sender<Vec<Call>>,
    rule: Mutex<Option<Rule>>,
    killed: AtomicUsize,
}

impl Proxy {
    /// Starts a proxy in front of the services at this address.
    pub(super) async fn start(services: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            address,
            services: services.to_string(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            calls: watch::Sender::new(Vec::new()),
            rule: Mutex::new(None),
            killed: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(pass).with_state(shared.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, shared, serving }
    }

    /// Treats requests as the rule says from now on. Without a rule, all of them pass.
    pub fn treat(&self, rule: impl Fn(&Call) -> Treatment + Send + 'static) {
        *self.shared.rule.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(rule));
    }

    /// Lets all requests pass again.
    pub fn mend(&self) {
        self.treat(|_| Treatment::Pass);
    }

    /// Returns all requests so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls.borrow().clone()
    }

    /// Returns how many processes of functions were killed so far.
    pub fn killed(&self) -> usize {
        self.shared.killed.load(Ordering::Relaxed)
    }

    /// Waits until there were `count` fitting requests.
    pub async fn called(&self, count: usize, fits: impl Fn(&Call) -> bool) {
        let mut calls = self.shared.calls.subscribe();
        let happened = calls.wait_for(|calls| calls.iter().filter(|call| fits(call)).count() >= count);
        crate::within("a request to a service", happened).await.expect("the proxy runs");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let call = Call::read(&parts.method, &parts.uri, &parts.headers, &body);
    let function = call.as_ref().map(|call| call.function.clone()).unwrap_or_default();
    let treatment = call.map_or(Treatment::Pass, |call| shared.note(call));
    let times = match treatment {
        Treatment::Pass | Treatment::Kill => 1,
        Treatment::Twice => 2,
        Treatment::Fail => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Treatment::Throttle => return StatusCode::TOO_MANY_REQUESTS.into_response(),
    };
    let mut response = StatusCode::BAD_GATEWAY.into_response();
    for _ in 0..times {
        // The `Host` header stays as it was signed.
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut forwarded = Request::builder().method(parts.method.clone());
        forwarded = forwarded.uri(Uri::try_from(format!("http://{}{path}", shared.services)).expect("an address"));
        let mut forwarded = forwarded.body(Body::from(body.clone())).expect("a request");
        *forwarded.headers_mut() = parts.headers.clone();
        response = match shared.client.request(forwarded).await {
            Ok(answer) => answer.map(Body::new),
            Err(_) => StatusCode::BAD_GATEWAY.into_response(),
        };
    }
    if treatment == Treatment::Kill {
        shared.kill(&function);
    }
    response
}

impl Shared {
    /// Kills the processes of a function of this stack and of no other: their environment has this proxy as the
    /// endpoint.
    fn kill(&self, function: &str) {
        let marks = [
            format!("AWS_LAMBDA_FUNCTION_NAME=stepcast-{function}"),
            format!("AWS_ENDPOINT_URL=http://{}", self.address),
        ];
        for process in std::fs::read_dir("/proc").expect("the processes").flatten() {
            // An entry that is not a process, or whose process has ended, has no environment.
            let Ok(environment) = std::fs::read(process.path().join("environ")) else { continue };
            let variables: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
            if marks.iter().all(|mark| variables.contains(&mark.as_bytes())) {
                let killed = std::process::Command::new("kill").arg("-KILL").arg(process.file_name()).status();
                self.killed.fetch_add(usize::from(killed.is_ok_and(|status| status.success())), Ordering::Relaxed);
            }
        }
    }

    fn note(&self, call: Call) -> Treatment {
        let rule = self.rule.lock().unwrap_or_else(PoisonError::into_inner);
        let treatment = rule.as_ref().map_or(Treatment::Pass, |rule| rule(&call));
        self.calls.send_modify(|calls| calls.push(call));
        treatment
    }
}
