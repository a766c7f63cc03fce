//! A receiver of webhooks that answers as the test says and records what it gets.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use stepcast_local::server;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The key of every receiver, as its owner has it.
pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What was posted.
#[derive(Clone)]
pub struct Posted {
    pub headers: HeaderMap,
    pub body: String,
}

impl Posted {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A receiver on loopback.
pub struct Receiver {
    pub url: String,
    posted: Arc<Mutex<Vec<Posted>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let (posted, answers) = (Arc::<Mutex<Vec<Posted>>>::default(), Arc::<Mutex<VecDeque<u16>>>::default());
        let (kept, next) = (posted.clone(), answers.clone());
        let receive = move |headers: HeaderMap, body: String| async move {
            kept.lock().expect("nobody failed").push(Posted { headers, body });
            let status = next.lock().expect("nobody failed").pop_front().unwrap_or(204);
            (StatusCode::from_u16(status).expect("a status"), [("retry-after", "600")])
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("{}/hunter2", server::endpoint(&listener).expect("an address"));
        let router = Router::new().route("/hunter2", post(receive));
        tokio::spawn(server::serve(listener, router, CancellationToken::new()));
        Self { url, posted, answers }
    }

    /// Sets the statuses of the next answers; all later answers are 204.
    pub fn answers(&self, statuses: &[u16]) {
        self.answers.lock().expect("nobody failed").extend(statuses);
    }

    /// Returns what was posted since the last call.
    pub fn posted(&self) -> Vec<Posted> {
        std::mem::take(&mut *self.posted.lock().expect("nobody failed"))
    }
}
