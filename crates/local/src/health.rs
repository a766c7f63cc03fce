//! What a service manager and a monitoring system ask a stack: `/healthz`, `/readyz` and `/metrics`.
//!
//! The first two say a word to everybody. Metrics show how much is tested and how it ends, so they need a token, which
//! Prometheus sends if its `authorization` has one.
//! <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config>

use crate::gateway::{Gateway, Routes};
use crate::metrics::{LocalMetrics, Queued};
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
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// OpenMetrics 1.0, as the specification names it.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// A table or a queue that takes longer cannot be worked with.
const READY_WITHIN: Duration = Duration::from_secs(5);
/// How long an answer is good for: whoever asks again and again costs those who run tests no more than that.
const FRESH: Duration = Duration::from_secs(1);

/// The last answer to a question. Those who ask while it is being looked up wait for the same one.
struct Recent<T>(Mutex<Option<(Instant, T)>>);

impl<T: Clone> Recent<T> {
    /// Returns the last answer if it is fresh. An error is no answer.
    async fn get<E>(&self, look_up: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let mut last = self.0.lock().await;
        if let Some((_, answer)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(answer.clone());
        }
        let answer = look_up.await?;
        *last = Some((Instant::now(), answer.clone()));
        Ok(answer)
    }
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

/// What is asked, with the last answers.
struct Asked<R> {
    health: Health<R>,
    ready: Recent<()>,
    queued: Recent<Queued>,
}

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
            .with_state(Arc::new(Asked { health: self, ready: Recent::default(), queued: Recent::default() }))
    }

    async fn queued(&self) -> Result<Queued, QueueError> {
        Ok(Queued {
            work: self.queue.counts(self.work).await?,
            longest_wait: self.queue.longest_wait(self.work).await?,
            dead_letters: self.queue.counts(self.dead_letters).await?,
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

async fn ready<R: Routes>(State(asked): State<Arc<Asked<R>>>) -> Response {
    let asked = timeout(READY_WITHIN, asked.ready.get(asked.health.ask())).await;
    let error = match asked {
        Ok(Ok(())) => return "ready\n".into_response(),
        Ok(Err(error)) => error,
        Err(late) => late.into(),
    };
    tracing::warn!(%error, "The server is not ready");
    (StatusCode::SERVICE_UNAVAILABLE, "the table or the queue does not answer; see the log\n").into_response()
}

async fn metrics<R: Routes>(State(asked): State<Arc<Asked<R>>>, headers: HeaderMap) -> Response {
    let health = &asked.health;
    if !health.may_see(&headers).await {
        let text = "metrics need a token: `authorization: Bearer TOKEN`, from `stepcast token new --role viewer`\n";
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], text).into_response();
    }
    match asked.queued.get(health.queued()).await {
        Ok(queued) => {
            let sockets = (health.sockets.open(), health.sockets.evicted());
            let text = health.metrics.render(&queued, health.gateway.open_connections(), sockets);
            ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "The queue could not be counted for the metrics");
            (StatusCode::SERVICE_UNAVAILABLE, "the queue does not answer\n").into_response()
        }
    }
}
