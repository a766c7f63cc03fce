//! The spans of an attempt's steps, as the trace context of their requests names them.

use super::TestRun;
use crate::fetch::Traceparent;
use crate::scope::Scope;
use std::collections::HashSet;
use std::sync::Arc;
use stepcast_protocol::{TraceContext, TraceId};
use stepcast_suite::template::{self, Lookup};
use stepcast_suite::{DiscoverFrom, PAGE_VARIABLE, Test};
use url::{Origin, Url};

/// What stands for a value that is not known yet. A host, a port and a scheme cannot contain it, so an address whose
/// origin is not in the suite has none (<https://url.spec.whatwg.org/#forbidden-host-code-point>).
const UNKNOWN: &str = "<";

/// Longest address whose origin is looked for. Longer ones are rare, and filling in many would take time.
const ADDRESS_BYTES: usize = 64 * 1024;

/// The spans of the steps of one attempt at a test.
pub struct Spans {
    trace: TraceId,
    test: u32,
    attempt: u32,
    origins: Arc<HashSet<Origin>>,
}

impl Spans {
    /// The spans of an attempt, if the test asks for them and its job is a trace.
    pub fn of(run: TestRun<'_>, test: &Test, attempt: u32, scope: &Scope) -> Option<Self> {
        let trace = TraceId::of_job(run.job).filter(|_| test.trace)?;
        Some(Self { trace, test: run.planned.test, attempt, origins: Arc::new(origins(test, scope)) })
    }

    /// What the requests of a step carry.
    pub fn step(&self, step: u32) -> Traceparent {
        let span = self.trace.step_span(self.test, self.attempt, step);
        Traceparent::new(TraceContext { trace: self.trace, span }, Arc::clone(&self.origins))
    }
}

/// The variables of a test whose values stand in the suite: not the address of a discovered page, which a site chose.
struct Written<'a> {
    scope: &'a Scope,
    test: &'a Test,
}

impl Lookup for Written<'_> {
    fn lookup(&self, name: &str) -> Option<&str> {
        let is_found = self.test.discover.is_some() && name == PAGE_VARIABLE;
        self.scope.lookup(name).filter(|_| !is_found)
    }
}

/// The origins in the addresses of a test, before anything is captured.
fn origins(test: &Test, scope: &Scope) -> HashSet<Origin> {
    let written = Written { scope, test };
    let steps = test.setup.iter().chain(&test.steps).chain(&test.teardown);
    let origin = |template: &str| {
        if scope.filled_in_length(template) > ADDRESS_BYTES {
            return None;
        }
        let address = template::render_or(template, &written, UNKNOWN);
        Url::parse(address.trim()).ok().map(|url| url.origin()).filter(Origin::is_tuple)
    };
    let searched = test.discover.iter().map(|discover| match &discover.from {
        DiscoverFrom::Sitemap(address) | DiscoverFrom::Links { start: address, .. } => address,
    });
    steps.map(|step| &step.request.url).chain(searched).filter_map(|template| origin(template)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_suite::document::Node;

    #[test]
    fn origins_are_those_that_the_suite_writes() {
        let addresses = [
            ("${base}/a", Some("http://shop.example")),
            ("${base}/${captured}?x=${captured}", Some("http://shop.example")),
            ("https://${captured}@api.example:8443/", Some("https://api.example:8443")),
            ("${captured}", None),
            ("${captured}/path", None),
            ("${captured}://shop.example/", None),
            ("https://${captured}/", None),
            ("https://${captured}.example/", None),
            ("https://shop.example:${captured}/", None),
            ("https://shop.example${captured}/", None),
        ];
        for (address, expected) in addresses {
            let suite = serde_json::json!({
                "suite": "s", "vars": { "base": "http://shop.example" },
                "tests": [{ "name": "t", "steps": [
                    { "get": "http://first.example/", "capture": { "captured": { "body": true } } }, { "get": address },
                ] }],
            });
            let suite = stepcast_suite::read(&Node::from(&suite)).expect("a suite");
            let scope = Scope::new(&suite, &[].into(), &[].into()).expect("variables");
            let mut found: Vec<String> =
                origins(&suite.tests[0], &scope).iter().map(Origin::ascii_serialization).collect();
            found.retain(|origin| origin != "http://first.example");
            assert_eq!(found.first().map(String::as_str), expected, "{address}");
        }
    }
}
