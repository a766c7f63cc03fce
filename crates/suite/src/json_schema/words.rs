//! What editors show of a key, in the words of `docs/SUITES.md`.

use super::super::filter;
use super::super::matcher::Words;
use super::super::subject::row;
use serde_json::Value;

/// The mapping that a key is in.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Suite,
    Defaults,
    Retries,
    Host,
    ClientCertificate,
    CertificateFile,
    Basic,
    Test,
    Step,
    Until,
    Each,
    Discover,
    File,
    Check,
    Matcher,
    Filter,
    DateFilter,
    ReplaceFilter,
    RegexFilter,
    Links,
}

/// The schema of a key with its description. A key without one gets none; a test finds it.
pub(super) fn describe(place: Place, key: &str, schema: Value) -> Value {
    let mut schema = match schema {
        Value::Bool(true) => Value::Object(serde_json::Map::new()),
        other => other,
    };
    if let (Value::Object(schema), Some(words)) = (&mut schema, words(place, key)) {
        schema.insert("description".to_owned(), words.into());
    }
    schema
}

fn words(place: Place, key: &str) -> Option<&'static str> {
    match place {
        Place::Suite => of_suite(key),
        Place::Defaults => of_defaults(key).or_else(|| of_request(key)),
        Place::Retries => of_retries(key),
        Place::Host => of_host(key),
        Place::ClientCertificate => of_client_certificate(key),
        Place::CertificateFile => of_certificate_file(key),
        Place::Basic => of_basic(key),
        Place::Test => of_test(key).or_else(|| of_step(key)).or_else(|| of_request(key)),
        Place::Step => of_step(key).or_else(|| of_request(key)),
        Place::Until => of_until(key),
        Place::Each => of_each(key),
        Place::Discover => of_discover(key),
        Place::File => of_file(key),
        Place::Check => of_check(key).or_else(|| of_matcher(key)),
        Place::Matcher => of_matcher(key),
        Place::Filter => of_filter(key),
        Place::DateFilter => of_date_filter(key),
        Place::ReplaceFilter => of_replace_filter(key),
        Place::RegexFilter => of_regex_filter(key),
        Place::Links => of_links(key),
    }
}

fn of_suite(key: &str) -> Option<&'static str> {
    Some(match key {
        "suite" => "The name of the suite, at most 256 bytes",
        "include" => "Files whose vars, defaults, checks and tests belong to the suite, looked up from this file",
        "vars" => "Values for templates, by name: `${name}` stands for one",
        "defaults" => "What holds where a test says nothing else",
        "checks" => "Lists of checks by name, which `use: NAME` stands for",
        "tests" => "The tests, at least one",
        _ => return None,
    })
}

fn of_defaults(key: &str) -> Option<&'static str> {
    Some(match key {
        "retries" => "When to try a test again: a number of tries, or `{ max, on }`",
        "time_limit" => "How long a test may take with all of its attempts, at most 24h",
        "headers" => "Headers that are sent with every request, those for `discover` included",
        "share" => "Whether tests that make the same request share its answer",
        "host" => "How hard one host may be asked by one worker process",
        "namespaces" => "What prefixes stand for in `css` and `xpath` of XML: `{ dc: ADDRESS }`",
        "proxy" => "The address of the proxy all requests go through, http or https; empty for none",
        "ca" => "Certificates, in PEM, that are trusted besides those of the system, or `{ file }`",
        "insecure" => "Certificates are not verified; a server refuses it unless its operator allows it",
        "client_certificate" => "Shown to servers that ask for one: `{ certificate, key }`",
        _ => return None,
    })
}

fn of_retries(key: &str) -> Option<&'static str> {
    Some(match key {
        "max" => "How many more attempts a test gets",
        "on" => "`network`: after errored and blocked; `any`: also after failed",
        _ => return None,
    })
}

fn of_host(key: &str) -> Option<&'static str> {
    Some(match key {
        "concurrency" => "Most requests at once",
        "interval" => "Least time between the starts of two requests, at most 1m",
        _ => return None,
    })
}

fn of_client_certificate(key: &str) -> Option<&'static str> {
    Some(match key {
        "certificate" => "The certificate and those that vouch for it, in PEM, or `{ file }`",
        "key" => "Its private key: a secret like `${secret.client_key}` and nothing else",
        _ => return None,
    })
}

fn of_certificate_file(key: &str) -> Option<&'static str> {
    Some(match key {
        "file" => "The name of a file in PEM, looked up from this file; the command reads it",
        _ => return None,
    })
}

fn of_basic(key: &str) -> Option<&'static str> {
    Some(match key {
        "user" => "The name, without a colon",
        "password" => "The password; only a `${secret.x}` is sealed where the suite is stored",
        _ => return None,
    })
}

fn of_test(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "What the test is called, unique in the suite; may use the variables of `each`",
        "tags" => "What `--tags` chooses the test by, a text or a list",
        "each" => "Runs the test once for every value, or for every combination of several names",
        "discover" => "Runs the test once for every page of a sitemap, or that links lead to; `${page}` is its address",
        "skip" => "Do not run it; it is reported as skipped",
        "only" => "Skip all tests that do not say so; for writing tests",
        "expect_failure" => "The test is known to fail: it passes where a check does not hold",
        "setup" => "Steps before those of the test, part of every attempt",
        "steps" => "The steps of the test, which share cookies and captured values",
        "teardown" => "Steps that are made however the test ended",
        "retries" => "When to try the test again, in place of that of `defaults`",
        "time_limit" => {
            "How long the test may take with all of its attempts, at most 24h; in place of that of `defaults`"
        }
        "share" => "Whether an answer another test got to the same request will do",
        "slow_over" => "Tells a test whose requests took longer; fails nothing",
        _ => return None,
    })
}

fn of_step(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "What the step is called; its method and address if this is left out",
        "wait" => "How long to wait before the request, at most 2m",
        "until" => "Asks again until the checks hold: `{ within, every }`",
        "capture" => "Keeps values of the answer under names, for the checks of this step and for later steps",
        "expect" => "What has to hold of the answer; all checks are made and reported",
        "slow_over" => "Tells a step whose request took longer; fails nothing",
        "as" => "How `css` and `xpath` read the body, `html` or `xml`; what the answer says where this is left out",
        _ => return None,
    })
}

fn of_until(key: &str) -> Option<&'static str> {
    Some(match key {
        "within" => "No try begins later than this after the first; at most 10m",
        "every" => "Least time between the starts of two tries",
        _ => return None,
    })
}

fn of_request(key: &str) -> Option<&'static str> {
    Some(match key {
        "get" | "post" | "put" | "patch" | "delete" | "head" | "options" => {
            "The address that is requested, absolute, http or https"
        }
        "headers" => "Headers of the request, in place of those of `defaults` with the same name",
        "basic" => "Who asks, by name and password",
        "bearer" => "Who asks, by a token",
        "digest" => "Who asks, by name and password, where the server sends a digest challenge (RFC 7616)",
        "user_agent" => "What requests call themselves",
        "form" => "The body, sent as application/x-www-form-urlencoded",
        "json" => "The body, sent as application/json",
        "text" => "The body, sent as text/plain unless a header says otherwise",
        "multipart" => "The body, sent as multipart/form-data: fields by name, files as `{ name, content, type }`",
        "timeout" => "Time for the request, redirects and body included; at most 2m",
        "follow" => "How many redirects are followed before the answer is looked at; `false` for none",
        _ => return None,
    })
}

fn of_each(key: &str) -> Option<&'static str> {
    Some(match key {
        "csv" => "A table of comma-separated values whose first line names the variables, or the name of a file",
        "json" => "A list of objects with the same keys, or the name of a file",
        _ => return None,
    })
}

fn of_discover(key: &str) -> Option<&'static str> {
    Some(match key {
        "sitemap" => "The address of a sitemap or a sitemap index",
        "links" => "The address of the page to begin with",
        "depth" => "How many links away from the first page",
        "scope" => "`any` takes pages of other hosts as well",
        "limit" => "Most pages",
        "include" => "Patterns; a page's address has to match one",
        "exclude" => "Patterns; a page's address must match none",
        "robots" => "`ignore` takes what the site's robots.txt keeps robots from",
        _ => return None,
    })
}

fn of_file(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "The name of the file",
        "content" => "What is in the file",
        "type" => "The media type of the file",
        _ => return None,
    })
}

fn of_check(key: &str) -> Option<&'static str> {
    Some(match key {
        "charset" => "Reads the body in this charset, whatever the answer says",
        "group" => "Takes that group of the pattern, 0 all of it",
        "text" => "The first element's text, white space folded",
        "texts" => "The texts of all elements, a list",
        "html" => "The first element's markup",
        "attr" => "An attribute of the first element or of the cookie, or what of the redirects is meant",
        "nth" => "Which of the redirects that were followed, from 0; -1 is the last",
        "from" => "`answer`: only a cookie the answer sets; `jar`: only one the jar has",
        "filter" => "What is made of the value before it is judged: one filter or a list",
        "any" => "Holds if one of these checks does",
        "all" => "Holds if every one of these checks does",
        "not" => "Holds if this check does not",
        "links" => "Asks where the links of the page lead",
        "error" => "Holds if the request fails in this way, or in one of a list; alone in its step",
        "use" => "The group of checks of this name, under `checks` of the suite",
        _ => return row(key).map(|row| row.description),
    })
}

fn of_matcher(key: &str) -> Option<&'static str> {
    Words::of(key).map(|words| words.description)
}

fn of_filter(key: &str) -> Option<&'static str> {
    filter::row(key)?.description
}

fn of_date_filter(key: &str) -> Option<&'static str> {
    Some(match key {
        "from" => "How the date is written; ISO 8601 or as in HTTP headers where this is left out",
        "to" => "How it is to be written, in UTC; ISO 8601 where this is left out",
        _ => return None,
    })
}

fn of_replace_filter(key: &str) -> Option<&'static str> {
    Some(match key {
        "pattern" => "All that this pattern matches is replaced",
        "with" => "What stands there instead: `$1` is what the first group matched, `$$` a dollar",
        _ => return None,
    })
}

fn of_regex_filter(key: &str) -> Option<&'static str> {
    Some(match key {
        "pattern" => "The pattern",
        "group" => "Takes that group of the pattern, 0 all of it",
        _ => return None,
    })
}

fn of_links(key: &str) -> Option<&'static str> {
    Some(match key {
        "scope" => "`same_host`: links to the page's own host; `internal`: also to names below it; `all`: to anywhere",
        "accept" => "What they have to answer after redirects: `200`, `2xx`, `200-299`",
        "fragments" => "Whether `#part` has to be the `id` of something in the page it leads to",
        "limit" => "Most addresses that are asked",
        "ignore" => "Patterns of addresses that are left out",
        _ => return None,
    })
}
