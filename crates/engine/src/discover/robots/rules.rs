//! The rules of a `robots.txt`, indexed so that an address is compared with few of them.
//!
//! A site may have 39,000 rules, and there may be 10,000 addresses. Most rules are path prefixes. They are sorted, and
//! each links to the longest other one that it begins with. So the longest prefix of an address is found by binary
//! search and then by following the links. Rules that end with `$` are looked up as whole paths. Only rules with a `*`
//! in the middle are matched one by one, and their number is limited.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use std::collections::HashMap;
use stepcast_suite::bounds::ROBOTS_WILDCARDS;
use stepcast_suite::wildcard;
use url::Url;

/// There are more rules with a `*` in the middle than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has more than {ROBOTS_WILDCARDS} rules with a `*` in the middle")]
pub struct TooMany;

/// The rules of one site that apply to us.
#[derive(Debug, Default)]
pub struct Rules {
    /// Rules without a `*`, in order
    prefixes: Vec<Prefix>,
    /// Whether the path of a rule with `$` is allowed
    exact: HashMap<String, bool>,
    /// In the order in which they decide
    wildcards: Vec<Rule>,
}

#[derive(Debug)]
struct Prefix {
    text: String,
    allows: bool,
    /// The place of the longest other rule that this one begins with
    shorter: Option<usize>,
}

#[derive(Debug)]
struct Rule {
    pattern: String,
    allows: bool,
}

impl Rules {
    /// Indexes the rules; each allows or disallows the paths that match its pattern.
    pub fn new(rules: Vec<(bool, &str)>) -> Result<Self, TooMany> {
        let (mut prefixes, mut exact, mut wildcards) = (HashMap::new(), HashMap::new(), Vec::new());
        for (allows, pattern) in rules {
            // A star at the end has no effect.
            let pattern = pattern.trim_end_matches('*');
            if pattern.contains('*') {
                wildcards.push(Rule { pattern: pattern.to_owned(), allows });
            } else if let Some(path) = pattern.strip_suffix('$') {
                *exact.entry(path.to_owned()).or_default() |= allows;
            } else {
                *prefixes.entry(pattern).or_default() |= allows;
            }
        }
        if wildcards.len() > ROBOTS_WILDCARDS {
            return Err(TooMany);
        }
        wildcards.sort_by_key(|rule| std::cmp::Reverse((rule.pattern.len(), rule.allows)));
        Ok(Self { prefixes: chained(prefixes), exact, wildcards })
    }

    /// Whether the page is allowed. The longest matching pattern decides; if two are equally long, allowing wins.
    pub fn allow(&self, page: &Url) -> bool {
        let path = page.query().map_or_else(|| page.path().to_owned(), |query| format!("{}?{query}", page.path()));
        let plain = self.plain(&path);
        let longest = plain.map_or(0, |(length, _)| length);
        let wildcard = self.wildcards.iter().take_while(|rule| rule.pattern.len() >= longest);
        let wildcard = { wildcard }.find(|rule| fits(&rule.pattern, &path));
        let deciding = wildcard.map(|rule| (rule.pattern.len(), rule.allows)).max(plain);
        deciding.is_none_or(|(_, allows)| allows)
    }

    /// The longest matching rule without a `*`: its length, and whether it allows.
    fn plain(&self, path: &str) -> Option<(usize, bool)> {
        if let Some(allows) = self.exact.get(path) {
            return Some((path.len().saturating_add(1), *allows));
        }
        // A prefix of the path sorts before it, and every rule between the two begins with that prefix.
        let mut place = self.prefixes.partition_point(|prefix| prefix.text.as_str() <= path).checked_sub(1);
        while let Some(prefix) = place.and_then(|place| self.prefixes.get(place)) {
            if path.starts_with(&prefix.text) {
                return Some((prefix.text.len(), prefix.allows));
            }
            place = prefix.shorter;
        }
        None
    }
}

/// Sorts prefixes and links each to the longest other one that it begins with.
fn chained(prefixes: HashMap<&str, bool>) -> Vec<Prefix> {
    let mut sorted: Vec<_> = prefixes.into_iter().collect();
    sorted.sort_unstable();
    let (mut chained, mut open): (Vec<Prefix>, Vec<usize>) = (Vec::with_capacity(sorted.len()), Vec::new());
    for (text, allows) in sorted {
        while open.last().and_then(|place| chained.get(*place)).is_some_and(|prefix| !text.starts_with(&prefix.text)) {
            open.pop();
        }
        let shorter = open.last().copied();
        open.push(chained.len());
        chained.push(Prefix { text: text.to_owned(), allows, shorter });
    }
    chained
}

/// Whether a path matches. `*` is any text, and `$` at the end is the end.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('$') {
        Some(whole) => wildcard::matches(whole, path),
        None => wildcard::matches_beginning(pattern, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_are_any_text() {
        for (pattern, path, expected) in [
            ("/*/b", "/a/b", true),
            ("/*/b", "/a/c", false),
            ("/a*b*c$", "/abbc", true),
            ("/a*b*c$", "/abcd", false),
            ("/a$", "/a", true),
            ("/a$", "/ab", false),
            ("*", "/anything", true),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn few_of_many_rules_are_held_against_an_address() {
        let paths: Vec<String> = (0..39_000).map(|number| format!("/a{number}")).collect();
        let rules = Rules::new(paths.iter().map(|path| (false, path.as_str())).collect()).expect("no stars");
        let page = Url::parse("https://h.example/b").expect("an address");
        assert!(rules.allow(&page));
        // Follows the links: `/a38999` begins with `/a3899`, and so on.
        let longest = (0..rules.prefixes.len()).map(|place| chain(&rules, place)).max();
        assert_eq!(longest, Some(5));
    }

    fn chain(rules: &Rules, place: usize) -> usize {
        1 + rules.prefixes[place].shorter.map_or(0, |place| chain(rules, place))
    }

    #[test]
    fn too_many_stars_are_not_followed() {
        let patterns: Vec<String> = (0..=ROBOTS_WILDCARDS).map(|number| format!("/*{number}.pdf")).collect();
        let rules =
            |count: usize| Rules::new(patterns[..count].iter().map(|pattern| (false, pattern.as_str())).collect());
        assert!(rules(ROBOTS_WILDCARDS).is_ok());
        assert_eq!(rules(ROBOTS_WILDCARDS + 1).map(|_| ()), Err(TooMany));
    }

    /// The result by the standard, rule by rule (RFC 9309, section 2.2.2).
    fn by_the_standard(rules: &[(bool, String)], path: &str) -> bool {
        let rules = rules.iter().map(|(allows, pattern)| (*allows, pattern.trim_end_matches('*')));
        let fitting = rules.filter(|(_, pattern)| fits(pattern, path));
        fitting.max_by_key(|(allows, pattern)| (pattern.len(), *allows)).is_none_or(|(allows, _)| allows)
    }

    proptest! {
        #[test]
        fn the_rule_that_decides_is_the_one_of_the_standard(
            rules in prop::collection::vec((any::<bool>(), "/[ab/*]{0,4}\\$?"), 0..12),
            path in "/[ab/]{0,6}",
        ) {
            let page = Url::parse(&format!("https://h.example{path}")).expect("an address");
            let own = Rules::new(rules.iter().map(|(allows, pattern)| (*allows, pattern.as_str())).collect());
            let own = own.expect("few rules");
            prop_assert_eq!(own.allow(&page), by_the_standard(&rules, page.path()));
        }
    }
}
