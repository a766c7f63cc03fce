//! Compares what is around the bodies: requests, redirects, status, headers and times.

use super::collected::{Collector, Found};
use super::words::{QUOTED, VALUE, plain, quote, quoted_pair};
use super::{fresh, header};
use http::header::{CONTENT_TYPE, LOCATION};
use std::time::Duration;
use stepcast_protocol::difference::DifferenceKind;
use stepcast_protocol::exchange::{Answer, Exchange, HeaderField};
use stepcast_suite::{Subject, duration};

/// Headers that are about one answer or the way it took, and not about the page.
const ABOUT_ONE_ANSWER: [&str; 22] = [
    "age",
    "alt-svc",
    "cf-cache-status",
    "cf-ray",
    "connection",
    "content-length",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "nel",
    "report-to",
    "server-timing",
    "traceparent",
    "transfer-encoding",
    "via",
    "x-amz-cf-id",
    "x-cache",
    "x-request-id",
    "x-served-by",
    "x-timer",
];
/// How many times as long an answer takes that is slow, if no check looks at the time.
const SLOW: u32 = 3;
/// How much longer it takes at least.
const SLOWER_BY: Duration = Duration::from_secs(1);

/// Compares the requests of a step with those of another run.
pub fn compare(before: &[Exchange], now: &[Exchange], looked_at: &[Subject], collector: &mut Collector<'_>) {
    let (Some(old), Some(new)) = (before.last(), now.last()) else { return };
    request(before, now, collector);
    let (Some(old_answer), Some(new_answer)) = (&old.answer, &new.answer) else {
        return no_answer(old, new, collector);
    };
    redirects(before, now, looked_at, collector);
    status(old_answer, new_answer, looked_at, collector);
    headers(old_answer, new_answer, looked_at, collector);
    time(before, now, looked_at, collector);
}

/// What the step asked for, which a suite decides and not the site.
fn request(before: &[Exchange], now: &[Exchange], collector: &mut Collector<'_>) {
    let asked = |exchanges: &[Exchange]| {
        let request = exchanges.first().map(|exchange| &exchange.request);
        request.map(|request| format!("{} {}", request.method, request.url)).unwrap_or_default()
    };
    let (old, new) = (asked(before), asked(now));
    if old != new {
        let (was, is) = (plain(&old, QUOTED * 2), plain(&new, QUOTED * 2));
        let text = format!("the step asked for {is}, and before for {was}");
        collector.add(Found::of_values(DifferenceKind::Request, String::new(), &old, &new, text));
    }
}

fn no_answer(old: &Exchange, new: &Exchange, collector: &mut Collector<'_>) {
    let shown = |exchange: &Exchange| match &exchange.answer {
        Some(answer) => format!("status {} in {}", answer.status, in_words(&[exchange])),
        None => "no answer".to_owned(),
    };
    let (was, is) = (shown(old), shown(new));
    if was == is {
        return;
    }
    collector.add(Found {
        kind: DifferenceKind::Answer,
        place: String::new(),
        text: format!("there was {is}, and before {was}"),
        before: Some(was),
        after: Some(is),
        is_near: true,
        is_fresh: false,
    });
}

fn redirects(before: &[Exchange], now: &[Exchange], looked_at: &[Subject], collector: &mut Collector<'_>) {
    let (old, new) = (hops(before), hops(now));
    if old == new {
        return;
    }
    let shown = |hops: &[String]| if hops.is_empty() { "none".to_owned() } else { hops.join(", then ") };
    let (was, is) = (shown(&old), shown(&new));
    let text = match (old.is_empty(), new.is_empty()) {
        (true, _) => format!("there is a redirect now: {}", plain(&is, QUOTED * 2)),
        (_, true) => format!("there is no redirect any more: it was {}", plain(&was, QUOTED * 2)),
        _ => format!("the redirects are {}, and were {}", plain(&is, QUOTED * 2), plain(&was, QUOTED * 2)),
    };
    let is_near =
        looked_at.iter().any(|subject| matches!(subject, Subject::Redirects | Subject::Hops { .. } | Subject::Url));
    let found = Found::of_values(DifferenceKind::Redirects, String::new(), &was, &is, text);
    collector.add(Found { is_near, ..found });
}

/// The redirects on the way to the last answer, as `302 to https://…`.
fn hops(exchanges: &[Exchange]) -> Vec<String> {
    let hop = |answer: &Answer| {
        let to = header(answer, LOCATION.as_str())?;
        Some(format!("{} to {to}", answer.status))
    };
    let before = exchanges.split_last().map_or(&[][..], |(_, before)| before);
    let redirected = before.iter().filter_map(|exchange| exchange.answer.as_ref());
    redirected.filter(|answer| (300..400).contains(&answer.status)).filter_map(hop).collect()
}

fn status(old: &Answer, new: &Answer, looked_at: &[Subject], collector: &mut Collector<'_>) {
    if old.status != new.status {
        collector.add(Found {
            kind: DifferenceKind::Status,
            place: String::new(),
            before: Some(old.status.to_string()),
            after: Some(new.status.to_string()),
            text: format!("the status is {}, and was {}", new.status, old.status),
            is_near: looked_at.contains(&Subject::Status),
            is_fresh: false,
        });
    }
}

fn headers(old: &Answer, new: &Answer, looked_at: &[Subject], collector: &mut Collector<'_>) {
    let mut names: Vec<String> = old.headers.iter().chain(&new.headers).map(name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        if name == "set-cookie" {
            cookies(old, new, looked_at, collector);
            continue;
        }
        let (was, is) = (values(old, &name), values(new, &name));
        if was == is {
            continue;
        }
        let shown = plain(&name, QUOTED);
        let text = match (&was, &is) {
            (Some(was), None) => format!("the header `{shown}` is gone: it was {}", quote(was, QUOTED)),
            (None, Some(is)) => format!("there is a header `{shown}` now: {}", quote(is, QUOTED)),
            (Some(was), Some(is)) => {
                let (was, is) = quoted_pair(was, is);
                format!("the header `{shown}` is {is}, and was {was}")
            }
            (None, None) => continue,
        };
        let looks_there = |subject: &Subject| match subject {
            Subject::Header(looked_at) => looked_at.eq_ignore_ascii_case(&name),
            _ => false,
        };
        let is_near = looked_at.iter().any(looks_there);
        let is_about_one = ABOUT_ONE_ANSWER.contains(&name.as_str());
        let differs_each_time = match (&was, &is) {
            (Some(was), Some(is)) => name != CONTENT_TYPE.as_str() && fresh::is_fresh(was, is),
            _ => false,
        };
        let kind = DifferenceKind::Header;
        let is_fresh = is_about_one || differs_each_time;
        let value = |value: Option<String>| value.map(|value| plain(&value, VALUE));
        let (before, after) = (value(was), value(is));
        collector.add(Found { kind, place: shown, before, after, text, is_near, is_fresh });
    }
}

fn name(field: &HeaderField) -> String {
    field.name.to_ascii_lowercase()
}

/// All values of a header in one text.
fn values(answer: &Answer, name: &str) -> Option<String> {
    let fields = answer.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
    let values: Vec<&str> = fields.map(|field| field.value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Cookies are compared by their names: their values are for one visitor.
fn cookies(old: &Answer, new: &Answer, looked_at: &[Subject], collector: &mut Collector<'_>) {
    let (was, is) = (cookie_names(old), cookie_names(new));
    let changed = |from: &[String], to: &[String], collector: &mut Collector<'_>, is_gone: bool| {
        for name in from.iter().filter(|name| !to.contains(name)) {
            let is_near = |subject: &Subject| matches!(subject, Subject::Cookie { name: asked, .. } if asked == name);
            let shown = plain(name, QUOTED);
            let (before, after, text) = if is_gone {
                (Some(shown.clone()), None, format!("the cookie `{shown}` is not set any more"))
            } else {
                (None, Some(shown.clone()), format!("there is a cookie `{shown}` now"))
            };
            collector.add(Found {
                kind: DifferenceKind::Header,
                place: format!("set-cookie {}", fresh::stable(&shown)),
                before,
                after,
                text,
                is_near: looked_at.iter().any(is_near),
                is_fresh: fresh::stable(name) != *name,
            });
        }
    };
    changed(&was, &is, collector, true);
    changed(&is, &was, collector, false);
}

fn cookie_names(answer: &Answer) -> Vec<String> {
    let set = answer.headers.iter().filter(|field| field.name.eq_ignore_ascii_case("set-cookie"));
    let mut names: Vec<String> =
        set.filter_map(|field| Some(field.value.split_once('=')?.0.trim().to_owned())).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn time(before: &[Exchange], now: &[Exchange], looked_at: &[Subject], collector: &mut Collector<'_>) {
    let all = |exchanges: &[Exchange]| total(&exchanges.iter().collect::<Vec<_>>());
    let (was, is) = (all(before), all(now));
    let is_near = looked_at.contains(&Subject::Time) && is > was;
    if is_near || (is > was * SLOW && is > was + SLOWER_BY) {
        let (was, is) = (duration::format(was), duration::format(is));
        collector.add(Found {
            kind: DifferenceKind::Time,
            place: String::new(),
            text: format!("the answer took {is}, and {was} before{}", slowest(before, now)),
            before: Some(was),
            after: Some(is),
            is_near,
            is_fresh: false,
        });
    }
}

/// Which part of the time became longer, if one of them did alone.
fn slowest(before: &[Exchange], now: &[Exchange]) -> &'static str {
    let sum = |exchanges: &[Exchange], part: fn(&Exchange) -> u64| exchanges.iter().map(part).sum::<u64>();
    let longer = |part: fn(&Exchange) -> u64| sum(now, part).saturating_sub(sum(before, part));
    let parts = [
        (longer(|exchange| exchange.times.name_us.unwrap_or_default()), ": resolving the name took longer"),
        (longer(|exchange| exchange.times.connect_us.unwrap_or_default()), ": connecting took longer"),
        (longer(|exchange| exchange.times.tls_us.unwrap_or_default()), ": the TLS handshake took longer"),
        (longer(|exchange| exchange.times.answer_us), ": the site took longer to answer"),
        (longer(|exchange| exchange.times.body_us), ": the body took longer"),
    ];
    let all: u64 = parts.iter().map(|(longer, _)| longer).sum();
    parts.into_iter().find(|(longer, _)| longer * 2 > all).map_or("", |(_, words)| words)
}

fn total(exchanges: &[&Exchange]) -> Duration {
    Duration::from_micros(exchanges.iter().map(|exchange| exchange.times.total_us()).sum())
}

fn in_words(exchanges: &[&Exchange]) -> String {
    duration::format(total(exchanges))
}
