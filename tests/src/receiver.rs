//! A receiver of webhooks that records what it gets.

use crate::within;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

/// What was posted.
#[derive(Debug)]
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
}

/// A receiver on loopback.
pub struct Receiver {
    /// Where to post
    pub url: String,
    posted: UnboundedReceiver<Posted>,
    serving: JoinHandle<()>,
}

impl Receiver {
    /// Starts a receiver that takes everything.
    pub async fn start() -> Self {
        let (keep, posted) = unbounded_channel();
        let receive = move |headers: HeaderMap, body: String| async move {
            // If the receiving end is gone, the test is over.
            let _ = keep.send(Posted { headers, body });
            StatusCode::NO_CONTENT
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = Router::new().route("/hook", post(receive));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it is served") });
        Self { url, posted, serving }
    }

    /// Waits for the next request.
    pub async fn next(&mut self) -> Posted {
        within("a notification", self.posted.recv()).await.expect("the receiver runs")
    }

    /// Returns whether there is a request that the test did not wait for.
    pub fn has_more(&mut self) -> bool {
        self.posted.try_recv().is_ok()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
