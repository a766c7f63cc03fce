//! A receiver of webhooks that answers as the test says and records what it gets.

use crate::within;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What was posted.
#[derive(Debug, Clone)]
pub struct Posted {
    /// Its headers
    pub headers: HeaderMap,
    /// Its body
    pub body: String,
}

impl Posted {
    /// Returns a header's value, or an empty text if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A receiver on loopback.
pub struct Receiver {
    /// Where to post. Its path is a secret, as with many services
    pub url: String,
    calls: Arc<Calls>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Calls {
    posted: Mutex<VecDeque<Posted>>,
    answers: Mutex<VecDeque<u16>>,
    arrived: Notify,
}

impl Receiver {
    /// The key of every receiver, as its owner has it.
    pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// Starts a receiver that takes everything until it is given other answers.
    pub async fn start() -> Self {
        let calls = Arc::<Calls>::default();
        let receive = {
            let calls = calls.clone();
            move |headers: HeaderMap, body: String| async move {
                lock(&calls.posted).push_back(Posted { headers, body });
                calls.arrived.notify_one();
                let status = lock(&calls.answers).pop_front().unwrap_or(204);
                (StatusCode::from_u16(status).expect("a status"), [("retry-after", "600")])
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hunter2", listener.local_addr().expect("an address"));
        let router = Router::new().route("/hunter2", post(receive));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it is served") });
        Self { url, calls, serving }
    }

    /// Sets the statuses of the next answers; all later answers are 204.
    pub fn answers(&self, statuses: &[u16]) {
        lock(&self.calls.answers).extend(statuses);
    }

    /// Waits for the next request.
    pub async fn next(&self) -> Posted {
        loop {
            if let Some(posted) = lock(&self.calls.posted).pop_front() {
                return posted;
            }
            within("a notification", self.calls.arrived.notified()).await;
        }
    }

    /// Returns the requests that no test has taken yet.
    pub fn posted(&self) -> Vec<Posted> {
        lock(&self.calls.posted).drain(..).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
