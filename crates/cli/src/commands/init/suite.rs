//! Writes what was found as a suite.

use super::found::{Alternate, Found};
use std::fmt::Write;
use stepcast_suite::SCHEMA_URL;
use url::Url;

/// Most pages of a sitemap that a first run asks for: enough to see something, and polite.
const MOST_PAGES: u32 = 25;

/// Renders the suite.
pub(super) fn render(found: &Found) -> String {
    let mut out = format!("# yaml-language-server: $schema={SCHEMA_URL}\n");
    let host = found.page.host_str().unwrap_or_default();
    let _ = writeln!(out, "suite: {}", quoted(host));
    let _ = writeln!(out, "vars:\n  base: {}", quoted(&found.page.origin().ascii_serialization()));
    out.push_str("tests:\n");
    page(&mut out, found);
    for (url, kind) in &found.alternates {
        alternate(&mut out, found, url, *kind);
    }
    if found.has_links {
        test(&mut out, "The links of the page", &address(found, &found.page));
        out.push_str("      # Each link to the same host has to answer.\n      - links: { scope: same_host }\n");
    }
    if let Some(sitemap) = &found.sitemap {
        let _ = write!(
            out,
            "\n  - name: Pages of the sitemap\n    # Up to {MOST_PAGES} for the beginning; raise the limit to test all of them.\n    \
             discover: {{ sitemap: {}, limit: {MOST_PAGES} }}\n    expect:\n      - status: 200\n      - css: title\n        exists: true\n",
            quoted(&address(found, sitemap))
        );
    }
    out
}

fn page(out: &mut String, found: &Found) {
    let what = if found.media_type.ends_with("json") { "The document" } else { "The page" };
    test(out, what, &address(found, &found.page));
    let _ = writeln!(out, "      - status: {}", found.status);
    if !found.media_type.is_empty() {
        let _ =
            writeln!(out, "      - header: content-type\n        starts_with: {}", quoted(&literal(&found.media_type)));
    }
    for (selector, text) in [("title", &found.title), ("h1", &found.heading)] {
        if let Some(text) = text {
            let _ = writeln!(out, "      - css: {selector}\n        text: {}", quoted(&literal(text)));
        }
    }
    for key in &found.keys {
        let _ = writeln!(out, "      - json: $.{key}\n        exists: true");
    }
    out.push_str("      - time: { below: 5s }\n");
}

fn alternate(out: &mut String, found: &Found, url: &Url, kind: Alternate) {
    match kind {
        Alternate::Json => {
            test(out, &format!("JSON at {}", url.path()), &address(found, url));
            out.push_str("      - status: 200\n      - json: $\n        exists: true\n");
        }
        Alternate::Feed => {
            test(out, &format!("The feed at {}", url.path()), &address(found, url));
            out.push_str("      - status: 200\n      - xpath: //*[local-name()='item' or local-name()='entry']\n        count: { at_least: 1 }\n");
        }
    }
}

/// Begins a test with its checks.
fn test(out: &mut String, name: &str, address: &str) {
    let space = if out.ends_with("tests:\n") { "" } else { "\n" };
    let _ = write!(out, "{space}  - name: {}\n    get: {}\n    expect:\n", quoted(name), quoted(address));
}

/// An address of the site, by the variable that other environments replace.
fn address(found: &Found, url: &Url) -> String {
    let origin = found.page.origin().ascii_serialization();
    match url.as_str().strip_prefix(&origin) {
        Some(path) => format!("${{base}}{}", literal(path)),
        None => literal(url.as_str()),
    }
}

/// A text in which nothing is a template.
fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// A YAML scalar: plain if it can only be text, otherwise in double quotes, as JSON.
fn quoted(text: &str) -> String {
    let is_plain = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '$')
        && text.chars().all(|c| {
            c.is_ascii_alphanumeric()
                || matches!(c, ' ' | '/' | '.' | '-' | '_' | '$' | '{' | '}' | '?' | '=' | '&' | ':')
        })
        && !text.contains(": ")
        && !text.ends_with([' ', ':'])
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        for (text, expected) in [
            ("Paper Lantern", "Paper Lantern"),
            ("${base}/de/", "${base}/de/"),
            ("a: b", "\"a: b\""),
            ("No", "\"No\""),
            ("12", "\"12\""),
            ("a \"b\"", "\"a \\\"b\\\"\""),
            ("# x", "\"# x\""),
        ] {
            assert_eq!(quoted(text), expected);
            let read: serde_json::Value =
                stepcast_suite::document::Node::parse(&format!("a: {expected}")).expect("YAML").to_json();
            assert_eq!(read["a"], text);
        }
    }
}
