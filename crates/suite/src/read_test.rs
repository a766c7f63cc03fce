//! Reads tests and their steps.

use super::each::read_each;
use super::read_check::{read_capture, read_checks};
use super::read_names::{check_variable_names, read_name, read_tags};
use super::read_request::{REQUEST_KEYS, read_request, read_url};
use super::read_retries::read_retries;
use super::reader::{At, Fields};
use super::{
    Capture, Check, Defaults, Discover, DiscoverFrom, Evidence, Markup, PAGE_VARIABLE, Request, Step, Test, Until,
};
use crate::document::Kind;
use crate::duration::format;
use crate::limits;
use std::time::Duration;

/// The keys of a step that do not make its request.
pub(super) const OWN_STEP_KEYS: [&str; 7] = ["name", "wait", "until", "capture", "expect", "slow_over", "as"];
/// Those that a test with `steps` cannot have itself.
pub(super) const OF_STEPS: [&str; 5] = ["wait", "until", "capture", "expect", "as"];
/// The keys of `until`.
pub(super) const UNTIL_KEYS: [&str; 2] = ["within", "every"];
/// Least time between two tries.
const LEAST_EVERY: Duration = Duration::from_millis(100);
/// The keys of a test that a step does not have.
pub(super) const TEST_KEYS: [&str; 14] = [
    "tags",
    "each",
    "discover",
    "skip",
    "only",
    "expect_failure",
    "setup",
    "steps",
    "teardown",
    "retries",
    "time_limit",
    "share",
    "evidence",
    "trace",
];
/// The keys of `discover`.
pub(super) const DISCOVER_KEYS: [&str; 8] =
    ["sitemap", "links", "depth", "scope", "limit", "include", "exclude", "robots"];
/// Which pages `discover` takes by links.
pub(super) const DISCOVER_SCOPES: [&str; 2] = ["same_host", "any"];
/// Whether `discover` follows `robots.txt`.
pub(super) const ROBOTS: [&str; 2] = ["respect", "ignore"];
/// Longest threshold for a warning about slowness.
const LONGEST_SLOW: Duration = Duration::from_mins(15);
/// Maximum depth; pages further away are rarely of interest.
pub(super) const DEEPEST: u32 = 10;

fn step_keys() -> Vec<&'static str> {
    OWN_STEP_KEYS.into_iter().chain(REQUEST_KEYS).collect()
}

pub(super) fn read_test(at: &At, defaults: &Defaults) -> Option<Test> {
    let known: Vec<&str> = step_keys().into_iter().chain(TEST_KEYS).collect();
    let fields = at.fields(&known)?;
    let name = fields.require("name").and_then(|at| read_name(&at));
    let discover = fields.get("discover").map(|at| read_discover(&at));
    let steps = read_own_steps(&fields, discover.is_some(), defaults);
    let around = |key| fields.get(key).map_or_else(|| Some(Vec::new()), |at| read_steps(&at, defaults));
    let (setup, teardown) = (around("setup"), around("teardown"));
    let each = fields.get("each").map_or_else(|| Some(Vec::new()), |at| read_each(&at));
    let slow_over = fields.get("slow_over").and_then(|at| at.duration(LONGEST_SLOW));
    let flag = |key| fields.get(key).is_some_and(|at| at.boolean().unwrap_or_default());
    let retries = fields.get("retries").map_or_else(|| Some(defaults.retries), |at| read_retries(&at));
    let time_limit = fields.get("time_limit").map_or(defaults.time_limit, |at| read_time_limit(&at));
    let share = fields.get("share").map_or(Some(defaults.share), |at| at.boolean());
    let evidence = fields.get("evidence").map_or(defaults.evidence, |at| read_evidence(&at));
    let trace = fields.get("trace").map_or(Some(defaults.trace), |at| at.boolean());
    let tags = fields.get("tags").and_then(|at| read_tags(&at)).unwrap_or_default();
    let (skip, only, expect_failure) = (flag("skip"), flag("only"), flag("expect_failure"));
    Some(Test {
        name: name?,
        tags,
        each: each?,
        discover: discover.map_or(Some(None), |discover| discover.map(Some))?,
        skip,
        only,
        expect_failure,
        setup: setup?,
        steps: steps?,
        teardown: teardown?,
        retries: retries?,
        time_limit,
        slow_over,
        share: share?,
        evidence,
        trace: trace?,
    })
}

/// What is kept of requests and answers.
pub(super) fn read_evidence(at: &At) -> Option<Evidence> {
    let kept = at.choice(&Evidence::ALL.map(|(name, _)| name))?;
    Evidence::ALL.get(kept).map(|(_, evidence)| *evidence)
}

/// How long a test may take; no longer than a job may.
pub(super) fn read_time_limit(at: &At) -> Option<Duration> {
    let limit = at.duration(limits::JOB_TIME)?;
    if limit.is_zero() {
        at.problem("a time limit must be longer than 0");
        return None;
    }
    Some(limit)
}

/// The steps of a test, or the single step that the test itself is.
fn read_own_steps(fields: &Fields, is_discovered: bool, defaults: &Defaults) -> Option<Vec<Step>> {
    let page = is_discovered.then(|| format!("${{{PAGE_VARIABLE}}}"));
    let Some(steps) = fields.get("steps") else {
        return read_step(fields, defaults, page, None).map(|step| vec![step]);
    };
    if is_discovered {
        fields.problem_at_key("steps", "`discover` takes one request; it cannot have `steps`", None);
        return None;
    }
    for key in REQUEST_KEYS.iter().chain(&OF_STEPS).filter(|key| fields.has(key)) {
        fields.problem_at_key(key, format!("`{key}` belongs in one of the `steps`"), None);
    }
    read_steps(&steps, defaults)
}

fn read_steps(at: &At, defaults: &Defaults) -> Option<Vec<Step>> {
    let items = at.items()?;
    if items.is_empty() || items.len() > limits::STEPS_PER_TEST {
        at.problem(format!("expected 1 to {} steps, found {}", limits::STEPS_PER_TEST, items.len()));
    }
    let read = |(number, at): (usize, &At)| read_step(&at.fields(&step_keys())?, defaults, None, Some(number));
    // Every step is read even if one is invalid, so that all problems are reported at once.
    let steps: Vec<_> = items.iter().enumerate().map(read).collect();
    steps.into_iter().collect()
}

fn read_step(fields: &Fields, defaults: &Defaults, page: Option<String>, number: Option<usize>) -> Option<Step> {
    let request = read_request(fields, defaults, page);
    let capture = fields.get("capture").map_or_else(|| Some(Vec::new()), |at| read_captures(&at));
    let expect = fields.get("expect").map_or_else(|| Some(Vec::new()), |at| read_checks(&at));
    let wait = fields.get("wait").map_or(Some(None), |at| at.duration(limits::STEP_WAIT).map(Some));
    let until = fields.get("until").map_or(Some(None), |at| read_until(&at).map(Some));
    // A test that is its own only step is named after its request; its name and its `slow_over` already belong to the
    // test.
    let own = |key| number.and_then(|_| fields.get(key));
    let markup = fields.get("as").and_then(|at| at.choice(&Markup::ALL.map(|(name, _)| name)));
    let markup = markup.map(|place| Markup::ALL[place].1);
    let namespaces = defaults.namespaces.clone();
    let slow_over = own("slow_over").and_then(|at| at.duration(LONGEST_SLOW));
    let name = own("name").map(|at| read_name(&at));
    let (request, capture, expect) = (request?, capture?, expect?);
    if fields.has("until") && expect.is_empty() && capture.is_empty() {
        let hint = "add `expect` with the checks to wait for".to_owned();
        fields.problem_at_key("until", "this step has no checks to wait for", Some(hint));
    }
    if expect.iter().any(|check| matches!(check, Check::Error(_))) {
        refuse_beside_error(fields);
    }
    let name = name.unwrap_or_else(|| Some(describe(&request)))?;
    Some(Step { name, request, capture, expect, slow_over, markup, namespaces, wait: wait?, until: until? })
}

fn read_until(at: &At) -> Option<Until> {
    let fields = at.fields(&UNTIL_KEYS)?;
    let within = fields.require("within").and_then(|at| at.duration(limits::STEP_UNTIL));
    let every = fields.get("every").map_or(Some(Duration::from_secs(1)), |at| at.duration(limits::STEP_UNTIL));
    let (within, every) = (within?, every?);
    if every < LEAST_EVERY {
        fields.problem_at_key("every", format!("tries must start at least {} apart", format(LEAST_EVERY)), None);
    } else if every > within {
        fields.problem_at_key(
            "within",
            format!("there would be no second try: tries start {} apart", format(every)),
            None,
        );
    } else if within.div_duration_f64(every) > f64::from(limits::TRIES_PER_STEP) {
        // In tenths of a second, as it is written.
        let tenths = within.as_millis().div_ceil(100 * u128::from(limits::TRIES_PER_STEP));
        let least = format(Duration::from_millis(100 * u64::try_from(tenths).unwrap_or_default()));
        let message = format!("a step has at most {} tries", limits::TRIES_PER_STEP);
        fields.problem_at_key("within", message, Some(format!("make `every` {least} or longer")));
    }
    Some(Until { within, every })
}

/// A step that expects no answer cannot have anything that needs one.
fn refuse_beside_error(fields: &Fields) {
    for (key, why) in [("capture", "there is nothing to capture"), ("follow", "there is no redirect to follow")] {
        if fields.has(key) {
            fields.problem_at_key(key, format!("the check `error` expects that no answer arrives, so {why}"), None);
        }
    }
}

fn describe(request: &Request) -> String {
    format!("{} {}", request.method, request.url)
}

fn read_discover(at: &At) -> Option<Discover> {
    let fields = at.fields(&DISCOVER_KEYS)?;
    let most = u32::try_from(limits::TESTS_PER_JOB).unwrap_or(u32::MAX);
    let from = read_discover_from(&fields);
    let patterns = |key| fields.get(key).map_or_else(|| Some(Vec::new()), |at| read_patterns(&at));
    let (include, exclude) = (patterns("include"), patterns("exclude"));
    let ignore_robots = fields.get("robots").map_or(Some(0), |at| at.choice(&ROBOTS));
    let limit = fields.get("limit").map_or(Some(most), |at| at.whole_number(1, most));
    Some(Discover {
        from: from?,
        limit: limit?,
        include: include?,
        exclude: exclude?,
        ignore_robots: ignore_robots? == 1,
    })
}

fn read_discover_from(fields: &Fields) -> Option<DiscoverFrom> {
    let depth = fields.get("depth").map_or(Some(1), |at| at.whole_number(0, DEEPEST));
    let scope = fields.get("scope").map_or(Some(0), |at| at.choice(&DISCOVER_SCOPES));
    match (fields.get("sitemap"), fields.get("links")) {
        (Some(sitemap), None) => {
            for key in ["depth", "scope"].into_iter().filter(|key| fields.has(key)) {
                fields.problem_at_key(key, format!("a sitemap lists its pages; `{key}` belongs to `links`"), None);
            }
            read_url(&sitemap).map(DiscoverFrom::Sitemap)
        }
        (None, Some(start)) => {
            Some(DiscoverFrom::Links { start: read_url(&start)?, depth: depth?, other_hosts: scope? == 1 })
        }
        (None, None) => {
            fields.at().problem_with_hint("this does not say where to look", "add `sitemap` or `links`");
            None
        }
        (Some(_), Some(_)) => {
            fields.problem_at_key("links", "pages come from `sitemap` or from `links`, not from both", None);
            None
        }
    }
}

fn read_patterns(at: &At) -> Option<Vec<String>> {
    match at.node.kind {
        Kind::List(_) => {
            let patterns: Vec<_> = at.items()?.iter().map(|at| at.regex().map(|(text, _)| text)).collect();
            patterns.into_iter().collect()
        }
        _ => Some(vec![at.regex()?.0]),
    }
}

fn read_captures(at: &At) -> Option<Vec<(String, Capture)>> {
    let fields = at.open_fields()?;
    check_variable_names(&fields, fields.entries().map(|(name, _)| name));
    // Every capture is read even if one is invalid, so that all problems are reported at once.
    let captures: Vec<_> = fields.entries().map(|(name, at)| Some((name.to_owned(), read_capture(&at)?))).collect();
    captures.into_iter().collect()
}
