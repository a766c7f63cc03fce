//! A collector of traces that records what it gets, read with OpenTelemetry's own definitions.
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

use crate::site::address;
use crate::within;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::span;
use prost::Message;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Most bytes of a request.
const LARGEST: usize = 64 * 1024 * 1024;

/// A span as it was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The service that it is about
    pub service: String,
    /// The ids of its trace, of itself and of its parent, in hexadecimal
    pub trace: String,
    /// Its own
    pub id: String,
    /// That of its parent, or an empty text
    pub parent: String,
    /// Its name
    pub name: String,
    /// Whether its status is an error
    pub is_error: bool,
    /// The message of its status
    pub message: String,
    /// Its attributes
    pub attributes: BTreeMap<String, String>,
    /// The attributes of its events
    pub events: Vec<BTreeMap<String, String>>,
    /// The traces that it is linked to
    pub links: Vec<String>,
    /// Whether it ends after it begins
    pub is_in_order: bool,
}

impl Span {
    /// Returns an attribute, or an empty text if it is missing.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// A collector on loopback.
pub struct Collector {
    /// Where it listens
    pub address: SocketAddr,
    collected: Arc<Collected>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Collected {
    spans: Mutex<Vec<Span>>,
    headers: Mutex<Vec<HeaderMap>>,
    bodies: Mutex<Vec<Bytes>>,
    arrived: Notify,
}

impl Collector {
    /// Starts a collector that accepts everything.
    pub async fn start() -> Self {
        let collected = Arc::<Collected>::default();
        let accept = {
            let collected = Arc::clone(&collected);
            move |headers: HeaderMap, body: Bytes| async move {
                collected.accept(headers, body);
                ([("content-type", "application/x-protobuf")], Bytes::new())
            }
        };
        Self::serve(Router::new().route("/v1/traces", post(accept)), collected).await
    }

    /// Starts a collector that never answers.
    pub async fn silent() -> Self {
        let never = || async { std::future::pending::<()>().await };
        Self::serve(Router::new().route("/v1/traces", post(never)), Arc::default()).await
    }

    async fn serve(router: Router, collected: Arc<Collected>) -> Self {
        let listener = TcpListener::bind((address(), 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = router.layer(DefaultBodyLimit::max(LARGEST));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.expect("it is served") });
        Self { address, collected, serving }
    }

    /// Returns the variables with which a program exports to it: without the usual wait for more spans.
    pub fn variables(&self) -> [(&'static str, String); 2] {
        let endpoint = format!("http://{}", self.address);
        [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), ("OTEL_BSP_SCHEDULE_DELAY", "50".to_owned())]
    }

    /// Waits until there are this many spans, and returns all of them.
    pub async fn spans(&self, count: usize) -> Vec<Span> {
        within(&format!("{count} spans"), async {
            loop {
                let arrived = self.collected.arrived.notified();
                let spans = lock(&self.collected.spans).clone();
                if spans.len() >= count {
                    return spans;
                }
                arrived.await;
            }
        })
        .await
    }

    /// Returns the headers of the requests so far.
    pub fn headers(&self) -> Vec<HeaderMap> {
        lock(&self.collected.headers).clone()
    }

    /// Returns whether this text was in a request.
    pub fn has_received(&self, text: &str) -> bool {
        let has = |body: &Bytes| body.windows(text.len()).any(|window| window == text.as_bytes());
        lock(&self.collected.bodies).iter().any(has)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Collected {
    fn accept(&self, headers: HeaderMap, body: Bytes) {
        let request = ExportTraceServiceRequest::decode(body.clone()).expect("a request of OTLP");
        for resource in request.resource_spans {
            let attributes = texts(&resource.resource.unwrap_or_default().attributes);
            let service = attributes.get("service.name").cloned().unwrap_or_default();
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            lock(&self.spans).extend(spans.map(|span| read(&service, span)));
        }
        lock(&self.headers).push(headers);
        lock(&self.bodies).push(body);
        self.arrived.notify_waiters();
    }
}

fn read(service: &str, span: opentelemetry_proto::tonic::trace::v1::Span) -> Span {
    let status = span.status.unwrap_or_default();
    Span {
        service: service.to_owned(),
        trace: hexadecimal(&span.trace_id, 32),
        id: hexadecimal(&span.span_id, 16),
        parent: hexadecimal(&span.parent_span_id, 16),
        name: span.name,
        is_error: status.code == 2,
        message: status.message,
        attributes: texts(&span.attributes),
        events: span.events.iter().map(|event: &span::Event| texts(&event.attributes)).collect(),
        links: span.links.iter().map(|link| hexadecimal(&link.trace_id, 32)).collect(),
        is_in_order: span.start_time_unix_nano <= span.end_time_unix_nano,
    }
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &AnyValue| match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().filter_map(|pair| Some((pair.key.clone(), text(pair.value.as_ref()?)))).collect()
}

/// An id with this many digits; the one of nothing is an empty text.
fn hexadecimal(id: &[u8], digits: usize) -> String {
    if id.is_empty() {
        return String::new();
    }
    let number = id.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
    format!("{number:0digits$x}")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
