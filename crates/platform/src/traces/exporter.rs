//! Sends spans to a collector: OpenTelemetry's own queue and encoding, over this workspace's HTTP client.

use super::settings::Settings;
use crate::http_client::{HttpClient, cause};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use opentelemetry::KeyValue;
use opentelemetry_http::{HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanProcessor};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use stepcast_protocol::TraceId;
use stepcast_suite::duration;
use tokio::runtime::Handle;
use url::Url;

/// Most bytes of a collector's answer that are read: it says how many spans it rejected, and why.
const ANSWER_BYTES: usize = 64 * 1024;

/// Most problems that are kept for the next flush. The log has all of them.
const MOST_PROBLEMS: usize = 3;

/// How many random bits of a trace's id decide whether it is exported.
/// <https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>
const RANDOM_BITS: u32 = 56;

/// Exports spans in batches.
#[derive(Debug)]
pub struct Exporter {
    processor: BatchSpanProcessor,
    share: f64,
    queue: usize,
    progress: Arc<Progress>,
}

/// How far the export is, and what went wrong since the last flush.
#[derive(Debug, Default)]
struct Progress {
    /// Spans that wait or are being sent
    waiting: AtomicUsize,
    /// Spans for which there was no room, until the log has them
    dropped: AtomicUsize,
    /// Why the last request failed
    cause: Mutex<Option<String>>,
    /// What was lost
    problems: Mutex<Vec<String>>,
}

impl Exporter {
    /// Starts the thread that exports. Requests are made in the present Tokio runtime.
    pub fn start(settings: Settings) -> Result<Self, String> {
        let progress = Arc::new(Progress::default());
        let http = Arc::new(HttpClient::new(settings.timeout));
        let client = Client { http, runtime: Handle::current(), progress: Arc::clone(&progress) };
        let exporter = SpanExporter::builder().with_http().with_http_client(client).build();
        let exporter = exporter.map_err(|error| error.to_string())?;
        let reporting = Reporting { exporter, progress: Arc::clone(&progress) };
        let batches = BatchConfigBuilder::default().with_max_queue_size(settings.queue).build();
        let mut processor = BatchSpanProcessor::builder(reporting).with_batch_config(batches).build();
        processor.set_resource(&resource());
        Ok(Self { processor, share: settings.share, queue: settings.queue, progress })
    }

    /// Whether this trace belongs to those that are exported. The 56 bits that decide are random in a version 7 UUID.
    pub fn takes(&self, trace: TraceId) -> bool {
        is_in_share(trace, self.share)
    }

    /// Exports a span with the next batch, if there is room for it.
    pub fn export(&self, span: SpanData) {
        let Progress { waiting, dropped, .. } = &*self.progress;
        if waiting.fetch_add(1, Ordering::Relaxed) < self.queue {
            self.processor.on_end(span);
        } else {
            waiting.fetch_sub(1, Ordering::Relaxed);
            dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// See [`Traces::flush`](super::Traces::flush).
    pub async fn flush(self: Arc<Self>) -> Result<(), String> {
        let flushed = {
            let exporter = Arc::clone(&self);
            tokio::task::spawn_blocking(move || exporter.processor.force_flush()).await
        };
        self.progress.report_dropped();
        let mut problems = std::mem::take(&mut *lock(&self.progress.problems));
        match flushed {
            Ok(Err(OTelSdkError::Timeout(limit))) => {
                problems.push(format!("not all spans were exported within {}", duration::format(limit)));
            }
            Ok(Err(error)) if problems.is_empty() => problems.push(error.to_string()),
            _ => {}
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }
}

fn is_in_share(trace: TraceId, share: f64) -> bool {
    let random = u128::from_be_bytes(trace.to_bytes()) & ((1 << RANDOM_BITS) - 1);
    #[expect(clippy::cast_precision_loss, reason = "56 bits lose three, of no weight here")]
    let position = random as f64 / (1_u64 << RANDOM_BITS) as f64;
    position >= 1.0 - share
}

/// What the spans are about: this program, unless the variables say otherwise.
/// <https://opentelemetry.io/docs/specs/otel/resource/sdk/>
fn resource() -> Resource {
    let name = opentelemetry::Key::from_static_str("service.name");
    let detected = Resource::builder().build();
    let is_named = detected.get(&name).is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let own = (!is_named).then(|| KeyValue::new(name, "stepcast"));
    Resource::builder().with_attributes(own.into_iter().chain([version])).build()
}

/// Reports what could not be exported.
#[derive(Debug)]
struct Reporting {
    exporter: SpanExporter,
    progress: Arc<Progress>,
}

impl opentelemetry_sdk::trace::SpanExporter for Reporting {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let exported = self.exporter.export(batch).await;
        self.progress.waiting.fetch_sub(count, Ordering::Relaxed);
        self.progress.report_dropped();
        if let Err(error) = &exported {
            let cause = lock(&self.progress.cause).take().unwrap_or_else(|| error.to_string());
            self.progress.report(format!("{} could not be exported: {cause}", spans(count)));
        }
        exported
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl Progress {
    fn report_dropped(&self) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            self.report(format!("{} could not be exported: too many waited", spans(dropped)));
        }
    }

    fn report(&self, problem: String) {
        tracing::warn!("Traces are not complete: {problem}");
        let mut problems = lock(&self.problems);
        if problems.len() < MOST_PROBLEMS {
            problems.push(problem);
        }
    }
}

fn spans(count: usize) -> String {
    if count == 1 { "1 span".to_owned() } else { format!("{count} spans") }
}

/// Makes the requests of the exporter. Its thread has no runtime, so they run in that of the process.
struct Client {
    http: Arc<HttpClient>,
    runtime: Handle,
    progress: Arc<Progress>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

#[async_trait]
impl opentelemetry_http::HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // An address may have credentials in it; its origin has none.
        let collector = Url::parse(&request.uri().to_string()).map(|url| url.origin().ascii_serialization());
        let collector = collector.unwrap_or_default();
        let http = Arc::clone(&self.http);
        let sent = self.runtime.spawn(async move { send(&http, request).await }).await;
        let answer = sent.map_err(|_| "the process is stopping".to_owned()).flatten();
        let problem = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("{collector} answered {}", answer.status())),
            Err(problem) => Some(format!("{collector}: {problem}")),
        };
        *lock(&self.progress.cause) = problem;
        answer.map_err(HttpError::from)
    }
}

/// Sends a request, and returns the start of the answer.
async fn send(http: &HttpClient, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
    let request = reqwest::Request::try_from(request).map_err(cause)?;
    let mut answer = http.get().map_err(cause)?.execute(request).await.map_err(cause)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = BytesMut::new();
    while let Some(part) = answer.chunk().await.map_err(cause)? {
        body.extend_from_slice(&part[..part.len().min(ANSWER_BYTES - body.len())]);
        if body.len() == ANSWER_BYTES {
            break;
        }
    }
    let mut response = Response::new(body.freeze());
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    Ok(response)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::{NoContext, Timestamp, Uuid};

    #[test]
    fn a_share_of_the_jobs_is_traced() {
        let job = |second| Uuid::new_v7(Timestamp::from_unix(NoContext, second, 0)).to_string();
        let jobs: Vec<TraceId> = (0..2_000).filter_map(|second| TraceId::of_job(&job(second))).collect();
        for (share, least, most) in [(0.0, 0, 0), (0.25, 300, 700), (0.5, 800, 1_200), (1.0, 2_000, 2_000)] {
            let taken = jobs.iter().filter(|job| is_in_share(**job, share)).count();
            assert!((least..=most).contains(&taken), "{share}: {taken}");
        }
    }
}
