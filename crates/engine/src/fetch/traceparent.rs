//! The header `traceparent`, by which a site's own tracing finds the requests of a test.
//! <https://www.w3.org/TR/trace-context/#traceparent-header>
//!
//! Only the origins that the suite itself names get it. A redirect, a captured address or a link may lead to anybody.

use http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use stepcast_protocol::TraceContext;
use url::{Origin, Url};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace context that requests carry, if any. Clones share whether one carried it.
#[derive(Debug, Clone, Default)]
pub struct Traceparent(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    context: TraceContext,
    origins: Arc<HashSet<Origin>>,
    carried: OnceLock<TraceContext>,
}

impl Traceparent {
    /// Requests to these origins carry this context.
    pub fn new(context: TraceContext, origins: Arc<HashSet<Origin>>) -> Self {
        Self(Some(Arc::new(Inner { context, origins, carried: OnceLock::new() })))
    }

    /// Adds the header to a request to this address, unless the suite sends its own.
    pub(super) fn add_to(&self, headers: &mut HeaderMap, url: &Url) {
        let Some(inner) = self.0.as_ref().filter(|inner| inner.origins.contains(&url.origin())) else { return };
        if headers.contains_key(TRACEPARENT) {
            return;
        }
        // It has hexadecimal digits and hyphens.
        if let Ok(value) = HeaderValue::from_str(&inner.context.to_string()) {
            headers.insert(TRACEPARENT, value);
            let _ = inner.carried.set(inner.context);
        }
    }

    /// Notes that the answer is that to a request of another test.
    pub(super) fn share(&self, other: Option<TraceContext>) {
        if let (Some(inner), Some(other)) = (&self.0, other) {
            let _ = inner.carried.set(other);
        }
    }

    /// Returns what the requests carried: the context of another test if the answer is shared.
    pub fn carried(&self) -> Option<TraceContext> {
        self.0.as_ref()?.carried.get().copied()
    }
}
