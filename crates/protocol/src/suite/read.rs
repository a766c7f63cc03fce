//! Reads a suite and its defaults. Tests are read in `read_test`, requests in `read_request`, checks in `read_check`.

use super::groups;
use super::problem::Problems;
use super::read_network::{NETWORK_KEYS, read_network};
use super::read_request::{LONGEST_TIMEOUT, read_auth, read_headers};
use super::read_test::read_test;
use super::reader::{At, Fields, Reader};
use super::{Defaults, HostLimits, Retries, RetryOn, Suite, Test};
use crate::document::{Kind, Node};
use crate::limits;
use crate::template;
use std::collections::BTreeMap;
use std::time::Duration;

/// Reads a suite, or says everything that is wrong with it.
pub fn read(node: &Node) -> Result<Suite, Problems> {
    let reader = Reader::default();
    let expanded = groups::expand(&At { reader: &reader, node, path: String::new() });
    let suite = read_suite(&At { reader: &reader, node: &expanded, path: String::new() });
    drop(expanded);
    reader.finish(suite)
}

fn read_suite(at: &At) -> Option<Suite> {
    let fields = at.fields(&["suite", "include", "vars", "defaults", "checks", "tests"])?;
    if fields.has("include") {
        let hint = "put what they say into this suite, or let `stepcast run` send it".to_owned();
        fields.problem_at_key("include", "only the `stepcast` command reads other files", Some(hint));
    }
    let name = fields.require("suite").and_then(|at| read_name(&at));
    let vars = fields.get("vars").and_then(|at| at.text_pairs()).unwrap_or_default();
    check_variable_names(&fields, "vars", vars.iter().map(|(name, _)| name.as_str()));
    let defaults = fields.get("defaults").map_or_else(|| Some(Defaults::default()), |at| read_defaults(&at))?;
    let tests = fields.require("tests")?.items()?;
    if tests.is_empty() {
        fields.problem_at_key(
            "tests",
            "there is no test here",
            Some("a run in which nothing is tested is never green".into()),
        );
    }
    let tests: Vec<Test> = tests.iter().filter_map(|at| read_test(at, &defaults)).collect();
    report_duplicate_names(&fields, &tests);
    Some(Suite { name: name?, vars: vars.into_iter().collect::<BTreeMap<_, _>>(), defaults, tests })
}

pub(super) fn read_name(at: &At) -> Option<String> {
    let name = at.text_not_empty()?;
    if name.len() > limits::NAME_BYTES {
        at.problem(format!("longer than {} bytes", limits::NAME_BYTES));
        return None;
    }
    Some(name)
}

fn report_duplicate_names(fields: &Fields, tests: &[Test]) {
    let mut seen = std::collections::HashSet::new();
    for test in tests {
        if !seen.insert(&test.name) {
            fields.problem_at_key(
                "tests",
                format!("two tests are called `{}`", test.name),
                Some("results are told apart by name".into()),
            );
        }
    }
}

fn read_defaults(at: &At) -> Option<Defaults> {
    let keys = ["timeout", "retries", "headers", "basic", "bearer", "user_agent", "share", "host"];
    let fields = at.fields(&[keys.as_slice(), &NETWORK_KEYS].concat())?;
    let standard = Defaults::default();
    let (headers, auth) = (read_headers(&fields), read_auth(&fields));
    Some(Defaults {
        timeout: fields.get("timeout").and_then(|at| at.duration(LONGEST_TIMEOUT)).unwrap_or(standard.timeout),
        retries: fields.get("retries").and_then(|at| read_retries(&at)).unwrap_or_default(),
        headers: headers.unwrap_or_default(),
        auth: auth.unwrap_or_default(),
        share: fields.get("share").and_then(|at| at.boolean()).unwrap_or_default(),
        host: fields.get("host").and_then(|at| read_host_limits(&at)).unwrap_or_default(),
        network: read_network(&fields),
    })
}

pub(super) fn read_retries(at: &At) -> Option<Retries> {
    if let Kind::Scalar(_) = at.node.kind {
        return Some(Retries { max: at.whole_number(0, 10)?, on: RetryOn::default() });
    }
    let fields = at.fields(&["max", "on"])?;
    let on = match fields.get("on") {
        None => RetryOn::default(),
        Some(at) => match at.text()?.as_str() {
            "network" => RetryOn::Network,
            "any" => RetryOn::Any,
            _ => return at.expected("`network` or `any`"),
        },
    };
    Some(Retries { max: fields.require("max")?.whole_number(0, 10)?, on })
}

fn read_host_limits(at: &At) -> Option<HostLimits> {
    let fields = at.fields(&["concurrency", "interval"])?;
    let standard = HostLimits::default();
    Some(HostLimits {
        concurrency: fields.get("concurrency").and_then(|at| at.whole_number(1, 256)).unwrap_or(standard.concurrency),
        interval: fields
            .get("interval")
            .and_then(|at| at.duration(Duration::from_mins(1)))
            .unwrap_or(standard.interval),
    })
}

pub(super) fn check_variable_names<'n>(fields: &Fields, key: &str, names: impl Iterator<Item = &'n str>) {
    for name in names {
        if name.starts_with(template::SECRET_PREFIX) || !is_variable_name(name) {
            let key = if key.is_empty() { name } else { key };
            fields.problem_at_key(
                key,
                format!("`{name}` cannot be the name of a variable"),
                Some("use letters, digits, `_` and `-`; `secret.` is kept for secrets".into()),
            );
        }
    }
}

pub(super) fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
