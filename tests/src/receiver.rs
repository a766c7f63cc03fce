//! Somebody who is told by a webhook, and keeps what it gets.

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
    /// A header's value; nothing is as good as empty.
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
            // Where nobody looks any more, the test is over.
            let _ = keep.send(Posted { headers, body });
            StatusCode::NO_CONTENT
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = Router::new().route("/hook", post(receive));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it is served") });
        Self { url, posted, serving }
    }

    /// Waits for what is posted next.
    pub async fn next(&mut self) -> Posted {
        within("a notification", self.posted.recv()).await.expect("the receiver runs")
    }

    /// Whether something was posted that nobody waited for.
    pub fn has_more(&mut self) -> bool {
        self.posted.try_recv().is_ok()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
