//! What is kept, for people.

use super::fetch::Kept;
use crate::report::{ago, one_line, whole_difference};
use std::fmt::Write;
use std::time::Duration;
use stepcast_engine::Bodies;
use stepcast_protocol::difference::StepDifferences;
use stepcast_protocol::exchange::{Content, Exchange, ExchangeTimes, HeaderField};
use stepcast_protocol::state::StepState;
use stepcast_suite::duration;

/// How many lines of a body are shown.
const BODY_LINES: usize = 40;
/// Longest line that is shown whole, in characters.
const LINE_CHARS: usize = 200;

/// An attempt with its requests and answers.
pub(super) fn attempt(test: &str, number: u32, states: &[StepState], kept: &Kept) -> String {
    let mut out = String::new();
    for step in &kept.steps {
        let state = states.iter().find(|state| state.step == step.step);
        let name = state.map_or("", |state| state.name.as_str());
        let outcome = state.and_then(|state| state.outcome).map_or("", |outcome| outcome.as_str());
        line(
            &mut out,
            0,
            &format!("{}: step {} `{}`, attempt {number}: {outcome}", one_line(test), step.step, one_line(name)),
        );
        for changed in kept.differences.iter().filter(|changed| changed.step == step.step) {
            differences(&mut out, changed);
        }
        for one in &step.exchanges {
            exchange(&mut out, one, &kept.bodies);
        }
    }
    out
}

fn differences(out: &mut String, changed: &StepDifferences) {
    let StepDifferences { job, at, differences, left_out, .. } = changed;
    let (noise, told): (Vec<_>, Vec<_>) = differences.iter().partition(|difference| difference.is_noise);
    let same = if told.is_empty() && *left_out == 0 { " nothing" } else { "" };
    line(out, 1, &format!("changed since job {}, {}:{same}", one_line(job), ago(at)));
    for difference in told {
        for text in whole_difference(difference) {
            line(out, 2, &text);
        }
    }
    if *left_out > 0 {
        line(out, 2, &format!("and {left_out} more, which were too many to keep"));
    }
    if !noise.is_empty() {
        line(out, 1, "different each time:");
        for difference in noise {
            line(out, 2, &one_line(&difference.text));
        }
    }
}

fn exchange(out: &mut String, exchange: &Exchange, bodies: &Bodies) {
    let Exchange { at, request, answer, failure, remote, times, is_link } = exchange;
    let to = remote.as_ref().map_or_else(String::new, |remote| format!(" to {remote}"));
    let link = if *is_link { "link: " } else { "" };
    line(out, 1, &format!("{link}{} {}  ({at}{to})", request.method, request.url));
    headers(out, &request.headers);
    content(out, request.body.as_ref(), bodies);
    if let Some(answer) = answer {
        line(out, 1, &format!("{} {}  ({})", answer.version, answer.status, parts(*times)));
        headers(out, &answer.headers);
        content(out, answer.body.as_ref(), bodies);
    }
    if let Some(failure) = failure {
        line(out, 1, &format!("failed: {}", failure.message));
    }
}

fn parts(times: ExchangeTimes) -> String {
    let ExchangeTimes { waiting_us, name_us, connect_us, tls_us, answer_us, body_us } = times;
    let waiting = Some(waiting_us).filter(|time| *time >= 1_000);
    let parts = [
        ("waiting for the host", waiting),
        ("name", name_us),
        ("connection", connect_us),
        ("TLS", tls_us),
        ("answer", Some(answer_us)),
        ("body", Some(body_us)),
    ];
    let shown = parts.into_iter().filter_map(|(name, time)| {
        Some(format!("{name} {}", duration::format(Duration::from_micros(time?.next_multiple_of(1_000)))))
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn headers(out: &mut String, headers: &[HeaderField]) {
    for HeaderField { name, value } in headers {
        line(out, 2, &format!("{name}: {value}"));
    }
}

fn content(out: &mut String, content: Option<&Content>, bodies: &Bodies) {
    let Some(content) = content else { return };
    let kept = content.sha256.as_ref().and_then(|sha256| bodies.get(sha256));
    let reason = content.left_out.as_ref().map_or_else(String::new, |reason| format!("; {reason}"));
    let bytes = content.bytes;
    match kept.map(|body| std::str::from_utf8(body)) {
        None => line(out, 2, &format!("[{bytes} bytes, which are not kept{reason}]")),
        Some(Err(_)) => line(out, 2, &format!("[{bytes} bytes that are not text; `--body FILE` writes them{reason}]")),
        Some(Ok(text)) => {
            out.push('\n');
            text.lines().take(BODY_LINES).for_each(|text| line(out, 2, text));
            let more = text.lines().count().saturating_sub(BODY_LINES);
            if more > 0 || !reason.is_empty() {
                line(out, 2, &format!("[{bytes} bytes, {more} more lines; `--body FILE` writes them all{reason}]"));
            }
            out.push('\n');
        }
    }
}

/// Text of strangers, on one line and without what a terminal would obey.
fn line(out: &mut String, depth: usize, text: &str) {
    let text = one_line(text.trim_end());
    let shown: String = text.chars().take(LINE_CHARS).collect();
    let more = if text.chars().nth(LINE_CHARS).is_some() { "…" } else { "" };
    let _ = writeln!(out, "{:width$}{shown}{more}", "", width = depth * 2);
}
