//! Traces of runs, exported over OTLP as the standard variables `OTEL_*` say.
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>
//!
//! A job is a trace, its tests and their steps are spans. They are made when a result is counted, so a trace has what
//! the verdict has, and each test once. Exporting takes place on a thread of its own and never delays a result; what a
//! slow collector does not take is dropped.

mod exporter;
mod settings;
mod spans;

pub use spans::{JobSpan, StepTimes, TestSpan};

use exporter::Exporter;
use opentelemetry_sdk::trace::SpanData;
use settings::{Settings, variable};
use std::sync::Arc;
use stepcast_protocol::TraceId;

/// The traces of a process. Without an exporter nothing is traced.
#[derive(Clone, Debug, Default)]
pub struct Traces(Option<Arc<Exporter>>);

impl Traces {
    /// Exports traces if the environment says so. A mistake in it is logged, and nothing is exported: tests have to run
    /// whatever it says, because the variables are shared by all programs of a machine. Has to be called in a Tokio
    /// runtime.
    pub fn from_environment() -> Self {
        match Self::configured() {
            Ok(traces) => traces,
            Err(problem) => {
                tracing::warn!("No traces are exported: {problem}");
                Self::default()
            }
        }
    }

    /// Exports traces if the environment says so, or says what is wrong with it. Has to be called in a Tokio runtime.
    pub fn configured() -> Result<Self, String> {
        let Some(settings) = Settings::read(&variable)? else { return Ok(Self::default()) };
        Ok(Self(Some(Arc::new(Exporter::start(settings)?))))
    }

    /// Exports the span of a job that has its verdict.
    pub fn job(&self, job: &JobSpan<'_>) {
        self.export(job.job, |trace| vec![job.data(trace)]);
    }

    /// Exports the spans of a test that has a result, and of its steps.
    pub fn test(&self, test: &TestSpan<'_>) {
        self.export(test.job, |trace| test.data(trace));
    }

    fn export(&self, job: &str, spans: impl FnOnce(TraceId) -> Vec<SpanData>) {
        let Some(exporter) = &self.0 else { return };
        if let Some(trace) = TraceId::of_job(job).filter(|trace| exporter.takes(*trace)) {
            for span in spans(trace) {
                exporter.export(span);
            }
        }
    }

    /// Waits until everything so far is exported, at most some seconds, or returns why not all of it was. A process that
    /// ends, or that Lambda stops after each invocation, has to call it.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
    pub async fn flush(&self) -> Result<(), String> {
        match &self.0 {
            Some(exporter) => Arc::clone(exporter).flush().await,
            None => Ok(()),
        }
    }
}
