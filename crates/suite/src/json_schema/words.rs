//! The descriptions that editors show for keys, in the words of `docs/SUITES.md`.

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
        "vars" => "Values for templates, by name: `${name}` inserts one",
        "defaults" => "Settings that apply unless a test sets its own",
        "checks" => "Lists of checks by name; `use: NAME` inserts one",
        "tests" => "The tests, at least one",
        _ => return None,
    })
}

fn of_defaults(key: &str) -> Option<&'static str> {
    Some(match key {
        "retries" => "When to retry a test: the number of retries, or `{ max, on }`",
        "time_limit" => "How long a test may take, all attempts included; at most 24h",
        "headers" => "Headers to send with every request, including those for `discover`",
        "share" => "Whether tests that make the same request share its answer",
        "evidence" => "Which attempts have their requests and answers kept",
        "trace" => "Whether requests to the addresses in the suite carry a `traceparent`",
        "host" => "Limits on the requests that a deployment sends to one host",
        "namespaces" => "Namespaces for the prefixes in `css` and `xpath` of XML: `{ dc: ADDRESS }`",
        "proxy" => "The address of the proxy for all requests, http or https; empty for no proxy",
        "ca" => "Certificates, in PEM, to trust in addition to those of the system, or `{ file }`",
        "insecure" => "Do not verify certificates; a server refuses this unless its operator allows it",
        "client_certificate" => "The client certificate for servers that request one: `{ certificate, key }`",
        _ => return None,
    })
}

fn of_retries(key: &str) -> Option<&'static str> {
    Some(match key {
        "max" => "How many retries a test gets",
        "on" => "`network`: retry errored and blocked tests; `any`: also failed tests",
        _ => return None,
    })
}

fn of_host(key: &str) -> Option<&'static str> {
    Some(match key {
        "concurrency" => "Maximum number of requests at once",
        "interval" => "Minimum time between the starts of two requests, at most 1m",
        _ => return None,
    })
}

fn of_client_certificate(key: &str) -> Option<&'static str> {
    Some(match key {
        "certificate" => "The certificate and its chain, in PEM, or `{ file }`",
        "key" => "Its private key; only a secret like `${secret.client_key}` is accepted",
        _ => return None,
    })
}

fn of_certificate_file(key: &str) -> Option<&'static str> {
    Some(match key {
        "file" => "The name of a PEM file, relative to this file; the `stepcast` command reads it",
        _ => return None,
    })
}

fn of_basic(key: &str) -> Option<&'static str> {
    Some(match key {
        "user" => "The name, without a colon",
        "password" => "The password; use `${secret.x}`, because a stored suite keeps any other text unencrypted",
        _ => return None,
    })
}

fn of_test(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "The name of the test, unique in the suite; may use the variables of `each`",
        "tags" => "The tags by which `--tags` selects the test, a text or a list",
        "each" => "Runs the test once for every value, or for every combination of the values of several names",
        "discover" => "Runs the test once for every page in a sitemap or reached by links; `${page}` is its address",
        "skip" => "Do not run the test; report it as skipped",
        "only" => "Skip all tests without `only`; meant for writing tests",
        "expect_failure" => "The test is known to fail: it passes if a check does not hold",
        "setup" => "Steps to run before those of the test, in every attempt",
        "steps" => "The steps of the test, which share cookies and captured values",
        "teardown" => "Steps to run after those of the test, whatever its outcome",
        "retries" => "When to retry the test; replaces the setting of `defaults`",
        "time_limit" => {
            "How long the test may take, all attempts included; at most 24h; replaces the setting of `defaults`"
        }
        "share" => "Whether the test may use the answer that another test got to the same request",
        "evidence" => "Which attempts of the test have their requests and answers kept",
        "trace" => "Whether requests to the addresses in the test carry a `traceparent`",
        "slow_over" => "Reports the test as slow if its requests took longer; does not fail it",
        _ => return None,
    })
}

fn of_step(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "The name of the step; by default its method and address",
        "wait" => "How long to wait before the request, at most 2m",
        "until" => "Repeats the request until the checks hold: `{ within, every }`",
        "capture" => "Stores values of the answer in variables, for the checks of this step and for later steps",
        "expect" => "The checks of the answer; all of them are evaluated and reported",
        "slow_over" => "Reports the step as slow if its request took longer; does not fail it",
        "as" => "How `css` and `xpath` read the body, `html` or `xml`; by default as the answer declares it",
        _ => return None,
    })
}

fn of_until(key: &str) -> Option<&'static str> {
    Some(match key {
        "within" => "No try starts later than this after the first; at most 10m",
        "every" => "Minimum time between the starts of two tries",
        _ => return None,
    })
}

fn of_request(key: &str) -> Option<&'static str> {
    Some(match key {
        "get" | "post" | "put" | "patch" | "delete" | "head" | "options" => {
            "The address to request, absolute, http or https"
        }
        "headers" => "Headers of the request; they replace those of `defaults` with the same name",
        "basic" => "Basic authentication: a name and a password",
        "bearer" => "Bearer authentication: a token",
        "digest" => {
            "Digest authentication (RFC 7616): a name and a password, used if the server sends a digest challenge"
        }
        "user_agent" => "The `user-agent` header of requests",
        "form" => "The body, sent as application/x-www-form-urlencoded",
        "json" => "The body, sent as application/json",
        "text" => "The body, sent as text/plain unless a header says otherwise",
        "multipart" => "The body, sent as multipart/form-data: fields by name, files as `{ name, content, type }`",
        "timeout" => "Time for the request, redirects and body included; at most 2m",
        "follow" => "How many redirects to follow; `false` for none",
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
        "links" => "The address of the page to start from",
        "depth" => "Maximum number of links between the first page and another page",
        "scope" => "`any` also includes pages of other hosts",
        "limit" => "Maximum number of pages",
        "include" => "Patterns; a page's address must match at least one",
        "exclude" => "Patterns; a page's address must match none",
        "robots" => "`ignore` includes pages that the site's robots.txt disallows",
        _ => return None,
    })
}

fn of_file(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "The name of the file",
        "content" => "The content of the file",
        "type" => "The media type of the file",
        _ => return None,
    })
}

fn of_check(key: &str) -> Option<&'static str> {
    Some(match key {
        "charset" => "Decodes the body with this charset, whatever the answer declares",
        "group" => "The group of the pattern to use; 0 is the whole match",
        "text" => "The first element's text, with white space collapsed",
        "texts" => "The texts of all elements, as a list",
        "html" => "The first element's markup",
        "attr" => "An attribute of the first element or of the cookie, or a property of the redirects",
        "nth" => "Which of the followed redirects: 0 is the first, -1 the last",
        "from" => "`answer`: only a cookie that the answer sets; `jar`: only one in the cookie jar",
        "filter" => "One filter or a list of filters, applied to the value before it is checked",
        "any" => "Holds if at least one of these checks holds",
        "all" => "Holds if all of these checks hold",
        "not" => "Holds if this check does not hold",
        "links" => "Requests the links of the page and checks the answers",
        "error" => "Holds if the request fails with this kind of error, or one of a list; the only check of its step",
        "use" => "Inserts the group of checks of this name, from `checks` of the suite",
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
        "from" => "The format of the date; by default ISO 8601 or that of HTTP headers",
        "to" => "The format to write it in, in UTC; by default ISO 8601",
        _ => return None,
    })
}

fn of_replace_filter(key: &str) -> Option<&'static str> {
    Some(match key {
        "pattern" => "The pattern; everything it matches is replaced",
        "with" => "The replacement: `$1` is what the first group matched, `$$` a dollar sign",
        _ => return None,
    })
}

fn of_regex_filter(key: &str) -> Option<&'static str> {
    Some(match key {
        "pattern" => "The pattern",
        "group" => "The group of the pattern to use; 0 is the whole match",
        _ => return None,
    })
}

fn of_links(key: &str) -> Option<&'static str> {
    Some(match key {
        "scope" => "`same_host`: links to the page's own host; `internal`: also to names below it; `all`: to anywhere",
        "accept" => "The status codes to accept after redirects: `200`, `2xx`, `200-299`",
        "fragments" => "Whether `#part` must be the `id` of something in the page it leads to",
        "limit" => "Maximum number of addresses to request",
        "ignore" => "Patterns of addresses to leave out",
        _ => return None,
    })
}
