//! What a stack counts and times, for `/metrics`, in OpenMetrics text.
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>
//!
//! No label has a value that a client chose: each value is a time series that is kept.

use crate::queue::MessageCounts;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use stepcast_platform::metrics::{Measured, Sink};

/// Upper bounds of the histograms, in seconds: from a page in a cache to the longest a test may take.
const SECONDS: [f64; 14] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0];

/// The metrics of a stack.
#[derive(Debug)]
pub struct LocalMetrics {
    registry: Registry,
    happened: Happened,
    /// Locked while it is rendered: two who ask at once would count evictions twice
    present: Mutex<Present>,
}

/// What is counted and timed as it happens.
#[derive(Debug, Clone)]
struct Happened {
    jobs_accepted: Counter,
    jobs: Family<Label, Counter>,
    job_duration: Family<Label, Histogram, Timer>,
    tests: Family<Label, Counter>,
    test_duration: Family<Label, Histogram, Timer>,
    pushes: Family<Label, Counter>,
    leases_lost: Counter,
}

/// What is looked up when it is asked for.
#[derive(Debug, Clone, Default)]
struct Present {
    connections: Gauge,
    messages: Family<Label, Gauge>,
    longest_wait: Gauge<f64, AtomicU64>,
    sockets: Gauge,
    sockets_evicted: Counter,
}

/// The queues at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Queued {
    /// Messages of the queue of work
    pub work: MessageCounts,
    /// How long the oldest of them that is ready has waited
    pub longest_wait: Duration,
    /// Messages that were received too often
    pub dead_letters: MessageCounts,
}

/// One label: its name and its value.
type Label = [(&'static str, &'static str); 1];

/// Makes the histogram of a label.
type Timer = fn() -> Histogram;

fn timed() -> Family<Label, Histogram, Timer> {
    Family::new_with_constructor(|| Histogram::new(SECONDS))
}

impl Default for LocalMetrics {
    fn default() -> Self {
        let happened = Happened {
            jobs_accepted: Counter::default(),
            jobs: Family::default(),
            job_duration: timed(),
            tests: Family::default(),
            test_duration: timed(),
            pushes: Family::default(),
            leases_lost: Counter::default(),
        };
        let present = Present::default();
        let mut registry = Registry::with_prefix("stepcast");
        let Happened { jobs_accepted, jobs, job_duration, tests, test_duration, pushes, leases_lost } =
            happened.clone();
        registry.register("jobs_accepted", "Jobs that were stored", jobs_accepted);
        registry.register("jobs_finished", "Jobs that have their verdict", jobs);
        registry.register_with_unit("job_duration", "From acceptance to verdict", Unit::Seconds, job_duration);
        registry.register("tests_finished", "Results that were counted", tests);
        registry.register_with_unit("test_duration", "A test with all its attempts", Unit::Seconds, test_duration);
        registry.register("pushes", "Messages to connections, by how that ended", pushes);
        registry.register("leases_lost", "Batches of tests that a worker lost to another one", leases_lost);
        let Present { connections, messages, longest_wait, sockets, sockets_evicted } = present.clone();
        registry.register("connections", "WebSocket connections that are open", connections);
        registry.register(
            "queue_messages",
            "Batches and plans in the queue, and those that failed too often",
            messages,
        );
        let about = "How long the oldest message that is ready has waited";
        registry.register_with_unit("queue_longest_wait", about, Unit::Seconds, longest_wait);
        registry.register("sockets", "Sockets that are no WebSockets, or not yet", sockets);
        registry.register("sockets_evicted", "Sockets that were closed to make room for others", sockets_evicted);
        Self { registry, happened, present: Mutex::new(present) }
    }
}

impl LocalMetrics {
    /// Renders all metrics as OpenMetrics text: with the connections that are open, and the sockets that are open and
    /// those that were evicted since the start.
    pub fn render(&self, queued: &Queued, connections: usize, (sockets, evicted): (usize, u64)) -> String {
        let Queued { work, longest_wait, dead_letters } = queued;
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        present.connections.set(i64::try_from(connections).unwrap_or(i64::MAX));
        let states = [
            ("ready", work.visible),
            ("in_flight", work.in_flight),
            ("delayed", work.delayed),
            ("dead_letter", dead_letters.visible + dead_letters.in_flight),
        ];
        for (state, messages) in states {
            present.messages.get_or_create(&[("state", state)]).set(gauge(messages));
        }
        present.longest_wait.set(longest_wait.as_secs_f64());
        present.sockets.set(i64::try_from(sockets).unwrap_or(i64::MAX));
        present.sockets_evicted.inc_by(evicted.saturating_sub(present.sockets_evicted.get()));
        let mut text = String::new();
        // Writing to memory does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Sink for LocalMetrics {
    fn note(&self, measured: Measured<'_>) {
        let happened = &self.happened;
        match measured {
            Measured::JobAccepted => {
                happened.jobs_accepted.inc();
            }
            Measured::JobFinished { verdict, took, .. } => {
                let verdict = [("verdict", verdict.as_str())];
                happened.jobs.get_or_create(&verdict).inc();
                happened.job_duration.get_or_create(&verdict).observe(took.as_secs_f64());
            }
            Measured::TestFinished { outcome, took, .. } => {
                let outcome = [("outcome", outcome.as_str())];
                happened.tests.get_or_create(&outcome).inc();
                happened.test_duration.get_or_create(&outcome).observe(took.as_secs_f64());
            }
            Measured::PushEnded(end) => {
                happened.pushes.get_or_create(&[("result", end.as_str())]).inc();
            }
            Measured::LeaseLost => {
                happened.leases_lost.inc();
            }
        }
    }
}
