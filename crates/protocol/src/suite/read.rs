//! Reads a suite: its tests, steps and requests. The checks are read in `read_check`.

use super::problem::Problems;
use super::read_check::{read_checks, read_subject};
use super::reader::{At, Fields, Reader};
use super::{
    Body, Capture, Defaults, Discover, HostLimits, PAGE_VARIABLE, Request, Retries, RetryOn, Step, Suite, Test,
};
use crate::document::{Kind, Node};
use crate::limits;
use crate::template;
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest one request may take: a worker on Lambda has 15 minutes for all its tests.
const LONGEST_TIMEOUT: Duration = Duration::from_mins(2);
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];
const STEP_KEYS: [&str; 15] = [
    "name", "get", "post", "put", "patch", "delete", "head", "options", "headers", "form", "json", "text", "timeout",
    "capture", "expect",
];
const TEST_KEYS: [&str; 7] = ["name", "tags", "each", "discover", "skip", "retries", "steps"];

/// Reads a suite, or says everything that is wrong with it.
pub fn read(node: &Node) -> Result<Suite, Problems> {
    let reader = Reader::default();
    let suite = read_suite(&At { reader: &reader, node, path: String::new() });
    reader.finish(suite)
}

fn read_suite(at: &At) -> Option<Suite> {
    let fields = at.fields(&["suite", "vars", "defaults", "tests"])?;
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

fn read_name(at: &At) -> Option<String> {
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
    let fields = at.fields(&["timeout", "retries", "headers", "host"])?;
    let standard = Defaults::default();
    Some(Defaults {
        timeout: fields.get("timeout").and_then(|at| at.duration(LONGEST_TIMEOUT)).unwrap_or(standard.timeout),
        retries: fields.get("retries").and_then(|at| read_retries(&at)).unwrap_or_default(),
        headers: fields.get("headers").and_then(|at| read_headers(&at)).unwrap_or_default(),
        host: fields.get("host").and_then(|at| read_host_limits(&at)).unwrap_or_default(),
    })
}

fn read_retries(at: &At) -> Option<Retries> {
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

fn read_headers(at: &At) -> Option<Vec<(String, String)>> {
    let fields = at.open_fields()?;
    let mut headers = Vec::new();
    for (name, value) in fields.entries() {
        if name.is_empty()
            || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
        {
            fields.problem_at_key(name, format!("`{name}` cannot be the name of a header"), None);
            continue;
        }
        if let Some(value) = value.text() {
            headers.push((name.to_ascii_lowercase(), value));
        }
    }
    Some(headers)
}

fn read_test(at: &At, defaults: &Defaults) -> Option<Test> {
    let known: Vec<&str> = TEST_KEYS.iter().chain(&STEP_KEYS).copied().collect();
    let fields = at.fields(&known)?;
    let name = fields.require("name").and_then(|at| read_name(&at));
    let discover = fields.get("discover").map(|at| read_discover(&at));
    let steps = match (fields.get("steps"), &discover) {
        (Some(steps), None) => read_steps(&fields, &steps, defaults),
        (Some(_), Some(_)) => {
            fields.problem_at_key("steps", "`discover` takes one request; it cannot have `steps`", None);
            None
        }
        (None, Some(_)) => {
            read_step(&fields, defaults, Some(format!("${{{PAGE_VARIABLE}}}")), None).map(|step| vec![step])
        }
        (None, None) => read_step(&fields, defaults, None, None).map(|step| vec![step]),
    };
    let each = fields.get("each").map_or_else(|| Some(Vec::new()), |at| read_each(&at));
    Some(Test {
        name: name?,
        tags: fields.get("tags").and_then(|at| at.texts()).unwrap_or_default(),
        each: each?,
        discover: match discover {
            Some(discover) => Some(discover?),
            None => None,
        },
        skip: fields.get("skip").is_some_and(|at| at.boolean().unwrap_or_default()),
        steps: steps?,
        retries: fields.get("retries").map_or_else(|| Some(defaults.retries), |at| read_retries(&at))?,
    })
}

fn read_discover(at: &At) -> Option<Discover> {
    let fields = at.fields(&["sitemap", "limit"])?;
    let most = u32::try_from(limits::TESTS_PER_JOB).unwrap_or(u32::MAX);
    Some(Discover {
        sitemap: read_url(&fields.require("sitemap")?)?,
        limit: fields.get("limit").map_or(Some(most), |at| at.whole_number(1, most))?,
    })
}

fn read_each(at: &At) -> Option<Vec<(String, Vec<String>)>> {
    let fields = at.open_fields()?;
    let mut each = Vec::new();
    for (name, values) in fields.entries() {
        let values = values.items()?.iter().filter_map(At::text).collect::<Vec<_>>();
        if values.is_empty() {
            fields.problem_at_key(name, "there is no value here, so the test would never run", None);
        }
        each.push((name.to_owned(), values));
    }
    check_variable_names(&fields, "", each.iter().map(|(name, _)| name.as_str()));
    Some(each)
}

fn read_steps(test: &Fields, at: &At, defaults: &Defaults) -> Option<Vec<Step>> {
    for key in STEP_KEYS.iter().filter(|key| **key != "name" && test.has(key)) {
        test.problem_at_key(key, format!("`{key}` belongs into one of the `steps`"), None);
    }
    let items = at.items()?;
    if items.is_empty() || items.len() > limits::STEPS_PER_TEST {
        at.problem(format!("a test has 1 to {} steps, this one has {}", limits::STEPS_PER_TEST, items.len()));
    }
    let read = |(number, at): (usize, &At)| read_step(&at.fields(&STEP_KEYS)?, defaults, None, Some(number));
    items.iter().enumerate().map(read).collect()
}

fn read_step(fields: &Fields, defaults: &Defaults, page: Option<String>, number: Option<usize>) -> Option<Step> {
    let request = read_request(fields, defaults, page);
    let capture = fields.get("capture").map_or_else(|| Some(Vec::new()), |at| read_captures(&at));
    let expect = fields.get("expect").map_or_else(|| Some(Vec::new()), |at| read_checks(&at));
    let request = request?;
    // A test that is its own only step is told by its request; its name is already the test's.
    let name = match number {
        Some(_) => fields.get("name").map_or_else(|| Some(describe(&request)), |at| read_name(&at))?,
        None => describe(&request),
    };
    Some(Step { name, request, capture: capture?, expect: expect? })
}

fn describe(request: &Request) -> String {
    format!("{} {}", request.method, request.url)
}

fn read_request(fields: &Fields, defaults: &Defaults, page: Option<String>) -> Option<Request> {
    // Everything is read before anything is missed, so that all problems are told at once.
    let target = read_target(fields, page);
    let headers = read_own_headers(fields, defaults);
    let body = read_body(fields, target.as_ref().map_or("post", |(method, _)| method));
    let timeout = fields.get("timeout").map_or(Some(defaults.timeout), |at| at.duration(LONGEST_TIMEOUT));
    let (method, url) = target?;
    Some(Request { method: method.to_ascii_uppercase(), url, headers: headers?, body: body?, timeout: timeout? })
}

fn read_own_headers(fields: &Fields, defaults: &Defaults) -> Option<Vec<(String, String)>> {
    let mut headers = defaults.headers.clone();
    if let Some(own) = fields.get("headers") {
        let own = read_headers(&own)?;
        headers.retain(|(name, _)| !own.iter().any(|(other, _)| other == name));
        headers.extend(own);
    }
    Some(headers)
}

/// The method and the address.
fn read_target(fields: &Fields, page: Option<String>) -> Option<(&'static str, String)> {
    let methods: Vec<&'static str> = METHODS.into_iter().filter(|method| fields.has(method)).collect();
    match (methods.as_slice(), page) {
        ([], Some(page)) => Some(("get", page)),
        ([method], Some(_)) => {
            fields.problem_at_key(method, "`discover` says which pages to get; leave this out", None);
            None
        }
        ([method], None) => Some((*method, read_url(&fields.get(method)?)?)),
        ([], None) => {
            fields.at().problem_with_hint("there is no request here", "add one, like `get: https://example.com/`");
            None
        }
        ([_, second, ..], _) => {
            fields.problem_at_key(
                second,
                "this would be a second request; a step makes one",
                Some("use `steps`".into()),
            );
            None
        }
    }
}

#[expect(clippy::option_option, reason = "outside: could it be read, inside: is there one")]
fn read_body(fields: &Fields, method: &str) -> Option<Option<Body>> {
    let given: Vec<&str> = ["form", "json", "text"].into_iter().filter(|key| fields.has(key)).collect();
    let [key] = given.as_slice() else {
        if let [_, second, ..] = given.as_slice() {
            fields.problem_at_key(second, "a request has one body", None);
        }
        return Some(None);
    };
    if matches!(method, "get" | "head") {
        fields.problem_at_key(key, format!("a {} request has no body", method.to_uppercase()), None);
    }
    let at = fields.get(key)?;
    Some(Some(match *key {
        "form" => Body::Form(at.text_pairs()?),
        "json" => Body::Json(at.node.to_json()),
        _ => Body::Text(at.text()?),
    }))
}

fn read_url(at: &At) -> Option<String> {
    at.pattern(|url| match url::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(()),
        Ok(parsed) => Err(format!("`{}:` addresses cannot be fetched; use http or https", parsed.scheme())),
        Err(_) => {
            Err(format!("`{url}` is not an absolute address; write it like `https://example.com/` or `${{base}}/`"))
        }
    })
}

fn read_captures(at: &At) -> Option<Vec<(String, Capture)>> {
    let fields = at.open_fields()?;
    let captures: Option<Vec<_>> =
        fields.entries().map(|(name, at)| Some((name.to_owned(), Capture { subject: read_subject(&at)? }))).collect();
    let captures = captures?;
    check_variable_names(&fields, "", captures.iter().map(|(name, _)| name.as_str()));
    Some(captures)
}

fn check_variable_names<'n>(fields: &Fields, key: &str, names: impl Iterator<Item = &'n str>) {
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

fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
