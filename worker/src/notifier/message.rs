//! Builds a notification from a job as it is stored, where secrets are already masked.

use stepcast_platform::clock::rfc3339;
use stepcast_platform::table::{JobRecord, TestRecord};
use stepcast_protocol::notification::{ChangedSuite, FailingTest, Notification};
use stepcast_protocol::state::{CheckResult, Outcome};

/// Longest message about one test, in characters.
const MESSAGE_CHARS: usize = 500;

/// Returns the notification of a job that broke or recovered its suite, or `None` if it did neither.
pub fn notification(job: &JobRecord, failing: &[TestRecord], dashboard_url: Option<&str>) -> Option<Notification> {
    let (change, verdict) = (job.suite_change?, job.verdict?);
    Some(Notification {
        kind: change.into(),
        timestamp: rfc3339(job.finished_at.unwrap_or(job.moved_at)),
        data: ChangedSuite {
            suite: job.suite.clone(),
            branch: job.labels.get("branch").cloned(),
            tags: job.tags.clone(),
            labels: job.labels.clone(),
            job: job.job.to_string(),
            verdict,
            counts: job.counts,
            problem: job.problem.clone(),
            url: dashboard_url.map(|address| format!("{}/#/jobs/{}", address.trim_end_matches('/'), job.job)),
            failures: failing.iter().map(failing_test).collect(),
        },
    })
}

fn failing_test(test: &TestRecord) -> FailingTest {
    let state = test.state();
    let failures = state.failures();
    let message = failures.first().map(|failure| describe(&failure.name, &failure.result));
    let traceparent = failures.first().and_then(|failure| failure.traceparent);
    let since = state.steps.iter().find_map(|step| step.since_passed.clone());
    FailingTest {
        test: state.name,
        outcome: state.outcome.unwrap_or(Outcome::Errored),
        message: shortened(&message.unwrap_or_default()),
        passed_in: since.as_ref().map(|since| since.job.clone()),
        since_passed: since.map(|since| since.lines).unwrap_or_default(),
        trace_id: traceparent.map(|context| context.trace.to_string()),
    }
}

fn describe(step: &str, result: &CheckResult) -> String {
    let found = match (&result.expected, &result.actual) {
        (Some(expected), Some(actual)) => format!(": expected {expected}, found {actual}"),
        (Some(expected), None) => format!(": expected {expected}"),
        (None, Some(actual)) => format!(": {actual}"),
        (None, None) => String::new(),
    };
    format!("{step}: {}{found}", result.check)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
