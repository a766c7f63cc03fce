//! CloudWatch's embedded metric format: a line of JSON in the log, from which CloudWatch makes metrics.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! Every combination of dimensions is a metric of its own that is paid for, and those who run suites choose their names.
//! So results have the dimension `Outcome`, and `Suite` with it only if the operator wants that.

use super::{Measured, Sink};
use crate::Clock;
use serde_json::{Value, json};
use std::time::Duration;

/// The namespace of all metrics.
const NAMESPACE: &str = "Stepcast";

/// What is measured by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// Results by outcome
    Outcome,
    /// Results by outcome, and by suite and outcome
    SuiteAndOutcome,
}

/// Writes what happened as lines of the log.
#[derive(Debug)]
pub struct EmbeddedMetrics {
    grouping: Grouping,
    clock: Clock,
    write: fn(&str),
}

impl EmbeddedMetrics {
    /// Writes lines with `write`.
    pub fn new(grouping: Grouping, clock: Clock, write: fn(&str)) -> Self {
        Self { grouping, clock, write }
    }

    fn line(&self, measured: Measured<'_>) -> Option<Value> {
        Some(match measured {
            Measured::JobFinished { suite, verdict, took } => {
                self.result("JobDuration", took, "Verdict", verdict.as_str(), suite)
            }
            Measured::TestFinished { suite, outcome, took } => {
                self.result("TestDuration", took, "Outcome", outcome.as_str(), suite)
            }
            Measured::LeaseLost => self.metric("LeasesLost", "Count", &json!(1), &json!([[]])),
            // API Gateway has metrics of connections and messages itself.
            // <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html>
            Measured::JobAccepted | Measured::PushEnded(_) => return None,
        })
    }

    fn result(&self, name: &str, took: Duration, dimension: &str, value: &str, suite: &str) -> Value {
        let dimensions = match self.grouping {
            Grouping::Outcome => json!([[dimension]]),
            Grouping::SuiteAndOutcome => json!([[dimension], ["Suite", dimension]]),
        };
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let mut line = self.metric(name, "Milliseconds", &json!(ms), &dimensions);
        line[dimension] = json!(value);
        line["Suite"] = json!(suite);
        line
    }

    fn metric(&self, name: &str, unit: &str, value: &Value, dimensions: &Value) -> Value {
        let directive =
            json!({ "Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": [{ "Name": name, "Unit": unit }] });
        let metadata = json!({ "Timestamp": self.clock.now_ms(), "CloudWatchMetrics": [directive] });
        json!({ "_aws": metadata, name: value })
    }
}

impl Sink for EmbeddedMetrics {
    fn note(&self, measured: Measured<'_>) {
        if let Some(line) = self.line(measured) {
            (self.write)(&line.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_protocol::{Outcome, Verdict};

    fn line(grouping: Grouping, measured: Measured<'_>) -> Option<Value> {
        EmbeddedMetrics::new(grouping, Clock::from_fn(|| 1_764_446_400_000), |_| ()).line(measured)
    }

    fn metadata(name: &str, unit: &str, dimensions: &Value) -> Value {
        let metric = json!({ "Name": name, "Unit": unit });
        let directive = json!({ "Namespace": "Stepcast", "Dimensions": dimensions, "Metrics": [metric] });
        json!({ "Timestamp": 1_764_446_400_000_u64, "CloudWatchMetrics": [directive] })
    }

    #[test]
    fn a_result_is_measured_by_its_outcome_and_by_its_suite_only_if_wanted() {
        let took = Duration::from_millis(1_500);
        let test = Measured::TestFinished { suite: "Shop", outcome: Outcome::Failed, took };
        let expected = json!({
            "_aws": metadata("TestDuration", "Milliseconds", &json!([["Outcome"]])),
            "TestDuration": 1_500, "Outcome": "failed", "Suite": "Shop",
        });
        assert_eq!(line(Grouping::Outcome, test), Some(expected));
        let job = Measured::JobFinished { suite: "Shop", verdict: Verdict::Passed, took };
        let expected = json!({
            "_aws": metadata("JobDuration", "Milliseconds", &json!([["Verdict"], ["Suite", "Verdict"]])),
            "JobDuration": 1_500, "Verdict": "passed", "Suite": "Shop",
        });
        assert_eq!(line(Grouping::SuiteAndOutcome, job), Some(expected));
    }

    #[test]
    fn a_lost_lease_is_counted_without_dimensions() {
        let expected = json!({ "_aws": metadata("LeasesLost", "Count", &json!([[]])), "LeasesLost": 1 });
        assert_eq!(line(Grouping::Outcome, Measured::LeaseLost), Some(expected));
        assert_eq!(line(Grouping::Outcome, Measured::JobAccepted), None, "API Gateway and the table tell that");
    }
}
