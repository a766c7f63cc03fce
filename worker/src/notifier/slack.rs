//! Formats a notification as text for people, in Slack's markup.
//! <https://docs.slack.dev/messaging/formatting-message-text>

use serde_json::{Value, json};
use stepcast_protocol::notification::{ChangedSuite, FailingTest, Notification, NotificationKind};
use stepcast_protocol::state::{Counts, Outcome};

/// Builds the body that is posted to an incoming webhook.
pub fn message(notification: &Notification) -> Value {
    let data = &notification.data;
    let mut lines = vec![headline(notification.kind, data), summary(&data.counts)];
    lines.extend(data.problem.as_deref().map(escaped));
    lines.extend(data.failures.iter().map(failure));
    let more = not_passed(&data.counts).saturating_sub(data.failures.len());
    if more > 0 && !data.failures.is_empty() {
        lines.push(format!("… and {more} more"));
    }
    lines.extend(data.url.as_ref().map(|url| format!("<{url}|Look at the job>")));
    json!({ "text": lines.join("\n") })
}

fn headline(kind: NotificationKind, data: &ChangedSuite) -> String {
    let (sign, what) = match kind {
        NotificationKind::SuiteBroke => (":red_circle:", "broke"),
        NotificationKind::SuiteRecovered => (":large_green_circle:", "recovered"),
    };
    let branch = data.branch.as_deref().map(|branch| format!(" on `{}`", escaped(branch))).unwrap_or_default();
    let tags = if data.tags.is_empty() { String::new() } else { format!(" ({})", escaped(&data.tags.join(", "))) };
    format!("{sign} *{}*{tags} {what}{branch}", escaped(&data.suite))
}

fn summary(counts: &Counts) -> String {
    let parts = Outcome::ALL.iter().filter(|outcome| counts.get(**outcome) > 0);
    let parts: Vec<_> = parts.map(|outcome| format!("{} {}", counts.get(*outcome), outcome.as_str())).collect();
    match counts.total {
        0 => "no test was run".to_owned(),
        total => format!("{} of {total} test{}", parts.join(", "), if total == 1 { "" } else { "s" }),
    }
}

fn failure(failing: &FailingTest) -> String {
    let changed = failing.since_passed.first().map(|line| format!("\n    changed: {}", escaped(line)));
    let trace = failing.trace_id.as_deref().map(|id| format!("\n    trace: `{}`", escaped(id))).unwrap_or_default();
    let (test, message) = (escaped(&failing.test), escaped(&failing.message));
    format!("• {} *{test}* {message}{}{trace}", failing.outcome.as_str(), changed.unwrap_or_default())
}

fn not_passed(counts: &Counts) -> usize {
    usize::try_from(counts.failed + counts.errored + counts.blocked).unwrap_or(usize::MAX)
}

/// Names and pages are untrusted. Unescaped, they could add links, and mentions of everybody in the channel; a line
/// break would begin a new line of the message.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.split(['\n', '\r']).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
