//! Reads what a site excludes for robots: the Robots Exclusion Protocol, RFC 9309.
//!
//! A site without `robots.txt` allows everything. If `robots.txt` is unavailable because of an error, the rules are
//! unknown, so no page of that site is taken.

mod rules;

use super::DiscoverError;
use crate::fetch::FetchRequest;
use crate::sitemap::{Reader, SitemapError};
use http::header::USER_AGENT;
use rules::{Rules, TooMany};
use std::collections::HashMap;
use stepcast_suite::bounds::ROBOTS_BYTES;
use url::{Origin, Url};

/// Our name in `robots.txt`, unless the suite's user agent begins with another word.
const PRODUCT: &str = "stepcast";

/// The rules of all sites requested so far.
pub struct Robots<'a> {
    reader: Reader<'a>,
    ignore: bool,
    by_origin: HashMap<Origin, Rules>,
}

impl<'a> Robots<'a> {
    pub fn new(reader: Reader<'a>, ignore: bool) -> Self {
        Self { reader, ignore, by_origin: HashMap::new() }
    }

    /// Whether the site allows us to fetch this page.
    pub async fn allows(&mut self, page: &Url) -> Result<bool, DiscoverError> {
        if self.ignore {
            return Ok(true);
        }
        let origin = page.origin();
        if !self.by_origin.contains_key(&origin) {
            let rules = self.fetch(page).await.map_err(DiscoverError::Robots)?;
            self.by_origin.insert(origin.clone(), rules);
        }
        Ok(self.by_origin.get(&origin).is_none_or(|rules| rules.allow(page)))
    }

    async fn fetch(&self, page: &Url) -> Result<Rules, SitemapError> {
        let mut address = page.clone();
        address.set_path("/robots.txt");
        address.set_query(None);
        let request = FetchRequest { body_bytes: Some(ROBOTS_BYTES), ..self.reader.request.clone() };
        let reader = Reader { request: &request, ..self.reader };
        match reader.fetch_with_retries(&address).await {
            Ok(response) => {
                let product = self.product();
                // Half a megabyte of rules would block other tasks on this thread.
                let read = move || read(&String::from_utf8_lossy(&response.body), &product);
                let rules = tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string());
                let rules = rules.and_then(|rules| rules.map_err(|error| error.to_string()));
                rules.map_err(|reason| SitemapError::Malformed { address, reason })
            }
            Err(SitemapError::Status { status, .. }) if status.is_client_error() && status.as_u16() != 429 => {
                Ok(Rules::default())
            }
            Err(error) => Err(error),
        }
    }

    fn product(&self) -> String {
        let agent = self.reader.request.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let word = agent.unwrap_or(PRODUCT).split(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '_')));
        word.into_iter().next().filter(|word| !word.is_empty()).unwrap_or(PRODUCT).to_ascii_lowercase()
    }
}

/// The rules of all groups for `product`, or else of the groups for `*`.
fn read(text: &str, product: &str) -> Result<Rules, TooMany> {
    let (mut own, mut general) = (Vec::new(), Vec::new());
    let (mut is_own, mut is_general, mut is_named, mut in_rules) = (false, false, false, true);
    for (key, value) in text.trim_start_matches('\u{feff}').lines().filter_map(line) {
        match key.as_str() {
            "user-agent" => {
                // Consecutive lines of this kind belong to one group.
                if in_rules {
                    (is_own, is_general, in_rules) = (false, false, false);
                }
                is_own |= value.eq_ignore_ascii_case(product);
                is_named |= is_own;
                is_general |= value == "*";
            }
            "allow" | "disallow" => {
                in_rules = true;
                let rule = (key == "allow", value);
                if is_own && !value.is_empty() {
                    own.push(rule);
                }
                if is_general && !value.is_empty() {
                    general.push(rule);
                }
            }
            _ => {}
        }
    }
    Rules::new(if is_named { own } else { general })
}

fn line(line: &str) -> Option<(String, &str)> {
    let (key, value) = line.split('#').next().unwrap_or_default().split_once(':')?;
    Some((key.trim().to_ascii_lowercase(), value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(robots: &str, path: &str) -> bool {
        let page = Url::parse(&format!("https://h.example{path}")).expect("an address");
        read(robots, "stepcast").expect("few rules").allow(&page)
    }

    #[test]
    fn the_longest_rule_decides() {
        let robots =
            "User-agent: *\nDisallow: /a\nAllow: /a/b # but not all of it\nDisallow: /a/b/c$\nDisallow: /*.pdf";
        for (path, expected) in
            [("/", true), ("/a", false), ("/a/b", true), ("/a/b/c", false), ("/a/b/c/d", true), ("/x.pdf?y", false)]
        {
            assert_eq!(allows(robots, path), expected, "{path}");
        }
        assert!(allows("User-agent: *\nDisallow: /x\nAllow: /x", "/x"), "allowing wins a tie");
        assert!(allows("User-agent: *\nDisallow:", "/x"), "an empty rule forbids nothing");
    }

    #[test]
    fn fuzz_robots() {
        let page = Url::parse("https://h.example/a/b/aaa.pdf?x=a/b").expect("an address");
        stepcast_fuzz::fuzz(&stepcast_fuzz::languages::ROBOTS, |text| {
            let _ = read(text, "stepcast").map(|rules| rules.allow(&page));
        });
    }

    #[test]
    fn our_own_group_counts_alone() {
        let robots = "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: Stepcast\nDisallow: /private";
        assert!(allows(robots, "/"));
        assert!(!allows(robots, "/private"));
        assert!(!allows("User-agent: other\nDisallow: /b\nUser-agent: *\nDisallow: /", "/"));
    }
}
