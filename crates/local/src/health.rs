//! What a service manager and a monitoring system ask a stack: `/healthz`, `/readyz` and `/metrics`.
//!
//! The first two say a word to everybody. Metrics show how much is tested and how it ends, so they need a token, which
//! Prometheus sends if its `authorization` has one.
//! <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config>

use crate::gateway::{Gateway, Routes};
use crate::metrics::{LocalMetrics, Snapshot};
use crate::queue::{QueueError, QueueService};
use crate::server::Sockets;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use stepcast_platform::Platform;
use stepcast_platform::auth::Identity;
use tokio::time::timeout;

/// OpenMetrics 1.0, as the specification names it.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// A table or a queue that takes longer cannot be worked with.
const READY_WITHIN: Duration = Duration::from_secs(5);

/// What is asked.
pub struct Health<R> {
    /// The table is asked whether it answers
    pub platform: Platform,
    /// The gateway
    pub gateway: Gateway<R>,
    /// The queues
    pub queue: QueueService,
    /// The name of the queue of work
    pub work: &'static str,
    /// The name of its dead-letter queue
    pub dead_letters: &'static str,
    /// The sockets of the public listener
    pub sockets: Sockets,
    /// What was counted
    pub metrics: Arc<LocalMetrics>,
}

impl<R: Routes> Health<R> {
    /// Serves the answers.
    pub fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready::<R>))
            .route("/metrics", get(metrics::<R>))
            .with_state(Arc::new(self))
    }

    async fn snapshot(&self) -> Result<Snapshot, QueueError> {
        Ok(Snapshot {
            connections: self.gateway.open_connections(),
            work: self.queue.counts(self.work).await?,
            longest_wait: self.queue.longest_wait(self.work).await?,
            dead_letters: self.queue.counts(self.dead_letters).await?,
            sockets: self.sockets.open(),
            sockets_evicted: self.sockets.evicted(),
        })
    }

    /// Asks whether new jobs can be stored and worked on.
    async fn ask(&self) -> anyhow::Result<()> {
        self.platform.table.answer().await?;
        self.queue.visible(self.work, 1).await?;
        Ok(())
    }

    /// Whether a request has a token of somebody who may see all jobs. A shared link shows one job only.
    async fn may_see(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = given.and_then(|value| value.strip_prefix("Bearer ")) else { return false };
        let Ok(Identity { job: None, token, .. }) = self.platform.authenticator.verify(token).await else {
            return false;
        };
        match token {
            Some(token) => self.platform.table.is_revoked(&token).await.is_ok_and(|is_revoked| !is_revoked),
            None => true,
        }
    }
}

async fn ready<R: Routes>(State(health): State<Arc<Health<R>>>) -> Response {
    let asked = timeout(READY_WITHIN, health.ask()).await;
    let error = match asked {
        Ok(Ok(())) => return "ready\n".into_response(),
        Ok(Err(error)) => error,
        Err(late) => late.into(),
    };
    tracing::warn!(%error, "The server is not ready");
    (StatusCode::SERVICE_UNAVAILABLE, "the table or the queue does not answer; see the log\n").into_response()
}

async fn metrics<R: Routes>(State(health): State<Arc<Health<R>>>, headers: HeaderMap) -> Response {
    if !health.may_see(&headers).await {
        let text = "metrics need a token: `authorization: Bearer TOKEN`, from `stepcast token new --role viewer`\n";
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], text).into_response();
    }
    match health.snapshot().await {
        Ok(now) => ([(CONTENT_TYPE, OPEN_METRICS)], health.metrics.render(&now)).into_response(),
        Err(error) => {
            tracing::warn!(%error, "The queue could not be counted for the metrics");
            (StatusCode::SERVICE_UNAVAILABLE, "the queue does not answer\n").into_response()
        }
    }
}
