//! Reads a suite and its defaults. Tests are read in `read_test`, requests in `read_request`, checks in `read_check`.

use super::groups;
use super::network::NETWORK_KEYS;
use super::problem::{Problem, Problems};
use super::read_names::{check_variable_names, read_name};
use super::read_network::read_network;
use super::read_request::{read_auth, read_follow, read_headers, read_timeout};
use super::read_retries::read_retries;
use super::read_test::{read_evidence, read_test, read_time_limit};
use super::reader::{At, Reader};
use super::template_names;
use super::{Defaults, HostLimits, Suite, Test};
use crate::document::Node;
use crate::limits;
use crate::selector::Prefixes;
use crate::template;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// The keys of a suite.
pub(super) const SUITE_KEYS: [&str; 6] = ["suite", "include", "vars", "defaults", "checks", "tests"];
/// The keys of `defaults` other than those of the network.
pub(super) const DEFAULTS_KEYS: [&str; 14] = [
    "timeout",
    "retries",
    "time_limit",
    "headers",
    "basic",
    "bearer",
    "digest",
    "user_agent",
    "follow",
    "share",
    "evidence",
    "trace",
    "host",
    "namespaces",
];
/// Longest pause between the starts of two requests.
const LONGEST_INTERVAL: Duration = Duration::from_mins(1);
/// The keys of `host`.
pub(super) const HOST_KEYS: [&str; 2] = ["concurrency", "interval"];
/// Most requests one host may get at once.
pub(super) const MOST_CONCURRENCY: u32 = 256;

/// Reads a suite, or reports everything that is wrong with it.
pub fn read(node: &Node) -> Result<Suite, Problems> {
    node.check_bounds().map_err(|message| Problems(vec![Problem { message, ..Problem::default() }]))?;
    let reader = Reader::default();
    template_names::check(&At::whole(&reader, node));
    let expanded = groups::expand(&At::whole(&reader, node));
    let suite = read_suite(&At::whole(&reader, &expanded));
    drop(expanded);
    reader.finish(suite)
}

fn read_suite(at: &At) -> Option<Suite> {
    let fields = at.fields(&SUITE_KEYS)?;
    if fields.has("include") {
        let hint = "copy their content into this suite, or send it with `stepcast run`".to_owned();
        fields.problem_at_key("include", "only the `stepcast` command reads other files", Some(hint));
    }
    let name = fields.require("suite").and_then(|at| read_name(&at));
    let vars = fields.get("vars").and_then(|at| read_variables(&at)).unwrap_or_default();
    // Problems in the defaults are reported; the tests are read anyway.
    let defaults = fields.get("defaults").and_then(|at| read_defaults(&at)).unwrap_or_default();
    let tests = fields.require("tests")?.items()?;
    if tests.is_empty() {
        fields.problem_at_key("tests", "there is no test here", Some("a run without tests never passes".into()));
    }
    report_duplicate_names(&tests);
    let tests: Vec<Test> = tests.iter().filter_map(|at| read_test(at, &defaults)).collect();
    Some(Suite { name: name?, vars: vars.into_iter().collect::<BTreeMap<_, _>>(), defaults, tests })
}

fn read_variables(at: &At) -> Option<Vec<(String, String)>> {
    let fields = at.open_fields()?;
    let count = fields.entries().count();
    if count > limits::VARS {
        let hint = "give tests their values with `each`, or split this suite";
        at.problem_with_hint(
            format!("a suite may have at most {} variables; this one has {count}", limits::VARS),
            hint,
        );
        return None;
    }
    check_variable_names(&fields, fields.entries().map(|(name, _)| name));
    at.text_pairs()
}

fn report_duplicate_names(tests: &[At]) {
    let mut seen = HashSet::new();
    for name in tests.iter().filter_map(|test| test.child("name")) {
        if let Some(text) = name.scalar().and_then(Value::as_str)
            && !seen.insert(text)
        {
            let hint = "results identify a test by its name; use another name";
            name.problem_with_hint(format!("an earlier test is also called `{text}`"), hint);
        }
    }
}

fn read_defaults(at: &At) -> Option<Defaults> {
    let fields = at.fields(&[&DEFAULTS_KEYS[..], &NETWORK_KEYS].concat())?;
    let standard = Defaults::default();
    let (headers, auth) = (read_headers(&fields), read_auth(&fields));
    Some(Defaults {
        timeout: fields.get("timeout").and_then(|at| read_timeout(&at)).unwrap_or(standard.timeout),
        retries: fields.get("retries").and_then(|at| read_retries(&at)).unwrap_or_default(),
        time_limit: fields.get("time_limit").and_then(|at| read_time_limit(&at)),
        headers: headers.unwrap_or_default(),
        auth: auth.unwrap_or_default(),
        follow: fields.get("follow").and_then(|at| read_follow(&at)).flatten(),
        share: fields.get("share").and_then(|at| at.boolean()).unwrap_or_default(),
        evidence: fields.get("evidence").and_then(|at| read_evidence(&at)),
        trace: fields.get("trace").and_then(|at| at.boolean()).unwrap_or_default(),
        host: fields.get("host").and_then(|at| read_host_limits(&at)).unwrap_or_default(),
        network: read_network(&fields),
        namespaces: fields.get("namespaces").and_then(|at| read_namespaces(&at)).unwrap_or_default(),
    })
}

/// Prefixes and their namespaces, written out: they belong to the names in the suite.
fn read_namespaces(at: &At) -> Option<Prefixes> {
    let fields = at.open_fields()?;
    let read = |(prefix, namespace): (&str, At)| {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !prefix.starts_with(|c: char| c.is_alphabetic() || c == '_') || !prefix.chars().all(is_part) {
            fields.problem_at_key(prefix, format!("`{prefix}` cannot be a prefix"), Some("write it like `dc`".into()));
        }
        let text = namespace.text_not_empty()?;
        if template::is_template(&text) {
            namespace.problem("a namespace cannot contain variables");
        }
        Some((prefix.to_owned(), text))
    };
    Some(fields.entries().filter_map(read).collect())
}

fn read_host_limits(at: &At) -> Option<HostLimits> {
    let fields = at.fields(&HOST_KEYS)?;
    let standard = HostLimits::default();
    Some(HostLimits {
        concurrency: fields
            .get("concurrency")
            .and_then(|at| at.whole_number(1, MOST_CONCURRENCY))
            .unwrap_or(standard.concurrency),
        interval: fields.get("interval").and_then(|at| at.duration(LONGEST_INTERVAL)).unwrap_or(standard.interval),
    })
}
