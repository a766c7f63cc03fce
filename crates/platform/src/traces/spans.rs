//! The spans of jobs, tests and steps. Their attributes have the standard names where there are any.
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/test/>
//!
//! Everything in them is as clients see it, so secrets are masked.

use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId as OtelTraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};
use stepcast_protocol::state::{Change, CheckResult, Counts, StepState, TestState};
use stepcast_protocol::{Outcome, TraceId, Verdict, trace};

/// A job that has its verdict.
#[derive(Debug, Clone)]
pub struct JobSpan<'a> {
    /// Its id
    pub job: &'a str,
    /// The name of its suite
    pub suite: &'a str,
    /// Its labels
    pub labels: &'a BTreeMap<String, String>,
    /// Its verdict
    pub verdict: Verdict,
    /// How its tests ended
    pub counts: Counts,
    /// Why it could not be planned, or was stopped
    pub problem: Option<&'a str>,
    /// The job that it repeats
    pub replay_of: Option<&'a str>,
    /// When it was accepted
    pub begun: SystemTime,
    /// When it had its verdict
    pub ended: SystemTime,
}

/// A test that has a result.
#[derive(Debug, Clone)]
pub struct TestSpan<'a> {
    /// Its job
    pub job: &'a str,
    /// The name of the suite
    pub suite: &'a str,
    /// Its state
    pub state: &'a TestState,
    /// When its parts ran
    pub times: &'a StepTimes,
}

/// When a test and the steps of its attempts began and ended.
#[derive(Debug, Clone)]
pub struct StepTimes {
    begun: SystemTime,
    attempt: u32,
    steps: BTreeMap<(u32, u32), (SystemTime, SystemTime)>,
}

impl StepTimes {
    /// A test that begins now.
    pub fn start() -> Self {
        Self { begun: SystemTime::now(), attempt: 0, steps: BTreeMap::new() }
    }

    /// Notes that an attempt begins now.
    pub fn attempt_started(&mut self, attempt: u32) {
        self.attempt = attempt;
    }

    /// Notes that a step begins now, or another try of it.
    pub fn step_started(&mut self, step: u32) {
        let now = SystemTime::now();
        self.steps.entry((self.attempt, step)).or_insert((now, now));
    }

    /// Notes that a step ends now.
    pub fn step_finished(&mut self, step: u32) {
        let now = SystemTime::now();
        self.steps.entry((self.attempt, step)).and_modify(|(_, ended)| *ended = now).or_insert((now, now));
    }
}

impl JobSpan<'_> {
    pub(super) fn data(&self, trace: TraceId) -> SpanData {
        let Self { suite, labels, verdict, counts, problem, .. } = self;
        let run_status = match verdict {
            Verdict::Passed => "success",
            Verdict::Failed => "failure",
            Verdict::Cancelled => "aborted",
            // A value of our own: the result is not known, or nothing was tested.
            Verdict::Errored | Verdict::Empty => verdict.as_str(),
        };
        let mut attributes = vec![
            KeyValue::new("test.suite.name", (*suite).to_owned()),
            KeyValue::new("test.suite.run.status", run_status),
            KeyValue::new("stepcast.job", self.job.to_owned()),
            KeyValue::new("stepcast.verdict", verdict.as_str()),
            KeyValue::new("stepcast.tests", i64::from(counts.total)),
        ];
        let by_outcome = Outcome::ALL.into_iter().filter(|outcome| counts.get(*outcome) > 0);
        attributes.extend(by_outcome.map(|outcome| {
            KeyValue::new(format!("stepcast.tests.{}", outcome.as_str()), i64::from(counts.get(outcome)))
        }));
        attributes
            .extend(labels.iter().map(|(name, value)| KeyValue::new(format!("stepcast.label.{name}"), value.clone())));
        let status = match verdict {
            Verdict::Failed | Verdict::Errored => {
                attributes.push(KeyValue::new("error.type", verdict.as_str()));
                Status::error(problem.map_or_else(|| not_passed(counts), str::to_owned))
            }
            Verdict::Passed | Verdict::Empty | Verdict::Cancelled => Status::Unset,
        };
        let mut links = SpanLinks::default();
        if let Some(earlier) = self.replay_of.and_then(TraceId::of_job) {
            let relation = vec![KeyValue::new("stepcast.link", "replay_of")];
            links.links.push(Link::new(context(earlier, earlier.job_span()), relation, 0));
        }
        SpanData {
            attributes,
            links,
            status,
            ..span(trace, trace.job_span(), None, (*suite).to_owned(), (self.begun, self.ended))
        }
    }
}

fn not_passed(counts: &Counts) -> String {
    let shown = [Outcome::Failed, Outcome::Errored, Outcome::Blocked, Outcome::Cancelled];
    let shown = shown.into_iter().filter(|outcome| counts.get(*outcome) > 0);
    let shown: Vec<String> = shown.map(|outcome| format!("{} {}", counts.get(outcome), outcome.as_str())).collect();
    format!("{} of {}", shown.join(", "), counts.total)
}

impl TestSpan<'_> {
    /// The span of the test, and those of the steps of all attempts. A test that was not run has none.
    pub(super) fn data(&self, trace: TraceId) -> Vec<SpanData> {
        let Self { suite, state, times, .. } = self;
        let Some(outcome) = state.outcome else { return Vec::new() };
        if state.attempt == 0 && state.steps.is_empty() {
            return Vec::new();
        }
        let own = trace.test_span(state.test);
        let mut attributes = vec![
            KeyValue::new("test.suite.name", (*suite).to_owned()),
            KeyValue::new("test.case.name", state.name.clone()),
            KeyValue::new("test.case.result.status", result_status(outcome)),
            KeyValue::new("stepcast.job", self.job.to_owned()),
            KeyValue::new("stepcast.test", i64::from(state.test)),
            KeyValue::new("stepcast.outcome", outcome.as_str()),
            KeyValue::new("stepcast.attempts", i64::from(state.attempt)),
        ];
        attributes.extend(state.change.map(Change::as_str).map(|change| KeyValue::new("stepcast.change", change)));
        attributes.extend(state.ran.as_ref().map(|ran| KeyValue::new("stepcast.worker", ran.worker.clone())));
        let first = state.failures().into_iter().next().map(|failure| failure.result);
        let status = status(outcome, first.as_ref(), &mut attributes);
        let ended = times.begun + Duration::from_millis(state.duration_ms.unwrap_or_default());
        // The duration is rounded down, and a span should not end before its children.
        let ended = times.steps.values().map(|(_, ended)| *ended).fold(ended, SystemTime::max);
        let parent = Some(trace.job_span());
        let whole = span(trace, own, parent, state.name.clone(), (times.begun, ended));
        let test = SpanData { attributes, status, ..whole };
        let earlier = state.earlier.iter().map(|attempt| (attempt.attempt, &attempt.steps));
        let attempts = earlier.chain([(state.attempt, &state.steps)]);
        let steps =
            attempts.flat_map(|(attempt, steps)| steps.iter().filter_map(move |step| self.step(trace, attempt, step)));
        std::iter::once(test).chain(steps).collect()
    }

    fn step(&self, trace: TraceId, attempt: u32, step: &StepState) -> Option<SpanData> {
        let outcome = step.outcome?;
        let Self { state, times, .. } = self;
        let own = trace.step_span(state.test, attempt, step.step);
        let mut attributes = vec![
            KeyValue::new("stepcast.step", i64::from(step.step)),
            KeyValue::new("stepcast.attempt", i64::from(attempt)),
            KeyValue::new("stepcast.outcome", outcome.as_str()),
        ];
        attributes.extend(step.tries.map(|tries| KeyValue::new("stepcast.tries", i64::from(tries))));
        let failing: Vec<&CheckResult> = step.checks.iter().filter(|check| !check.outcome.is_pass()).collect();
        let status = status(outcome, failing.first().copied(), &mut attributes);
        // A step that is not of the suite, like that of a test which no worker could finish, has no time.
        let whole = times.steps.get(&(attempt, step.step)).copied();
        let (begun, ended) = whole.unwrap_or((times.begun, times.begun));
        let mut events = SpanEvents::default();
        events.events.extend(failing.into_iter().map(|check| event(check, ended)));
        let parent = trace.test_span(state.test);
        Some(SpanData {
            attributes,
            events,
            status,
            span_kind: SpanKind::Client,
            ..span(trace, own, Some(parent), step.name.clone(), (begun, ended))
        })
    }
}

/// The standard has `pass` and `fail`, and lets others have their own values: only a page that is wrong has failed.
fn result_status(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed | Outcome::Flaky => "pass",
        Outcome::Failed => "fail",
        Outcome::Errored | Outcome::Blocked | Outcome::Skipped | Outcome::Cancelled => outcome.as_str(),
    }
}

/// The status of a span. What failed and what errored differ in `error.type`.
fn status(outcome: Outcome, first: Option<&CheckResult>, attributes: &mut Vec<KeyValue>) -> Status {
    if !outcome.is_failure() {
        return Status::Unset;
    }
    attributes.push(KeyValue::new("error.type", outcome.as_str()));
    Status::error(first.map_or_else(|| outcome.as_str().to_owned(), CheckResult::in_a_line))
}

fn event(check: &CheckResult, at: SystemTime) -> Event {
    let mut attributes = vec![
        KeyValue::new("stepcast.check", check.check.clone()),
        KeyValue::new("stepcast.outcome", check.outcome.as_str()),
    ];
    let more = [("expected", &check.expected), ("actual", &check.actual), ("hint", &check.hint)];
    attributes.extend(
        more.into_iter()
            .filter_map(|(name, value)| Some(KeyValue::new(format!("stepcast.check.{name}"), value.clone()?))),
    );
    Event::new("check", at, attributes, 0)
}

fn span(
    trace: TraceId,
    own: trace::SpanId,
    parent: Option<trace::SpanId>,
    name: String,
    (start_time, end_time): (SystemTime, SystemTime),
) -> SpanData {
    let scope = InstrumentationScope::builder("stepcast").with_version(env!("CARGO_PKG_VERSION")).build();
    SpanData {
        span_context: context(trace, own),
        parent_span_id: parent.map_or(SpanId::INVALID, id),
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time,
        end_time: end_time.max(start_time),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: scope,
    }
}

fn context(trace: TraceId, span: trace::SpanId) -> SpanContext {
    let trace = OtelTraceId::from_bytes(trace.to_bytes());
    SpanContext::new(trace, id(span), TraceFlags::SAMPLED, false, TraceState::default())
}

fn id(span: trace::SpanId) -> SpanId {
    SpanId::from_bytes(span.to_bytes())
}
