//! Finds the elements that match a selector, in document order and within a bound.
//!
//! Some selectors take quadratic time or more, and a thread cannot be stopped from outside. So each step of matching is
//! counted. At the limit, the page seems to end, which ends the matching too. The contents of a `template` are not part
//! of the page, as in browsers. In quirks mode, classes and ids ignore case.

mod counted;
mod walk;

use counted::{Counted, VisitBudget};
use html5ever::tree_builder::QuirksMode as PageMode;
use scraper::selector::Simple;
use scraper::{ElementRef, Html};
use selectors::context::{MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, QuirksMode, SelectorCaches};
use selectors::matching::{MatchingContext, matches_selector};
use selectors::parser::SelectorList;
use stepcast_suite::selector::{self, Prefixes};
pub use walk::{Reader, walk};

/// Most nodes a selector visits; about a second on a large page.
const LOOKED_AT: usize = 50_000_000;

/// A selector, or a list of them.
pub struct Selector(SelectorList<Simple>);

/// Why a selector takes too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// It visits more nodes than the bound
    #[error("the selector looks at too many nodes of this page; make it more direct")]
    Nodes,
    /// `:has` descends too deep into nested elements
    #[error("the page is nested too deep for `:has`")]
    Depth,
    /// Nested elements repeat too much of the same text
    #[error("the texts of these elements are too long together; select fewer of them")]
    Text,
}

impl Selector {
    /// Parses a selector; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::with_prefixes(text, &Prefixes::new())
    }

    /// Parses a selector with prefixes for namespaces.
    pub fn with_prefixes(text: &str, prefixes: &Prefixes) -> Result<Self, String> {
        selector::parse(text, Some(prefixes)).map(Self)
    }

    /// All matching elements, in document order.
    pub fn all<'p>(&self, html: &'p Html) -> Result<Vec<ElementRef<'p>>, TooMuch> {
        self.within(html, LOOKED_AT, usize::MAX)
    }

    /// The first matching element.
    pub fn first<'p>(&self, html: &'p Html) -> Result<Option<ElementRef<'p>>, TooMuch> {
        Ok(self.within(html, LOOKED_AT, 1)?.pop())
    }

    /// The first `most` matching elements, if that takes at most `nodes` visits.
    pub fn within<'p>(&self, html: &'p Html, nodes: usize, most: usize) -> Result<Vec<ElementRef<'p>>, TooMuch> {
        let budget = VisitBudget::new(nodes);
        let mut caches = SelectorCaches::default();
        let mut found = Vec::new();
        for element in walk(html.tree.root()).filter_map(ElementRef::wrap) {
            if found.len() == most {
                break;
            }
            let is_match = self.matches(Counted::new(element, &budget), html.quirks_mode, &mut caches);
            budget.problem().map_or(Ok(()), Err)?;
            if is_match {
                found.push(element);
            }
        }
        Ok(found)
    }

    fn matches(&self, element: Counted, mode: PageMode, caches: &mut SelectorCaches) -> bool {
        let mode = match mode {
            PageMode::Quirks => QuirksMode::Quirks,
            PageMode::LimitedQuirks => QuirksMode::LimitedQuirks,
            PageMode::NoQuirks => QuirksMode::NoQuirks,
        };
        let mut context = MatchingContext::new(
            MatchingMode::Normal,
            None,
            caches,
            mode,
            NeedsSelectorFlags::No,
            MatchingForInvalidation::No,
        );
        element.visit();
        self.0.slice().iter().any(|selector| matches_selector(selector, 0, None, &element, &mut context))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Low enough for a test, and more than a reasonable selector needs for these pages.
    const FEW: usize = 50_000;

    fn found(selector: &str, page: &str, nodes: usize) -> Result<usize, TooMuch> {
        let selector = Selector::parse(selector).expect(selector);
        selector.within(&Html::parse_document(page), nodes, usize::MAX).map(|elements| elements.len())
    }

    #[test]
    fn what_takes_too_long_is_given_up() {
        let siblings = "<p></p>".repeat(1_000);
        let nested = "<b>".repeat(900);
        let comments = format!("<i></i>{}{}", "<!---->".repeat(1_000), "<i></i>".repeat(100));
        let attributes = (0..1_000).fold(String::new(), |text, n| text + &format!(" a{n}"));
        let attributes = format!("<u{attributes}>{}", "<p>".repeat(200));
        let value = format!("<u title={}>{}", "a".repeat(100_000), "<p>".repeat(200));
        for (selector, page) in [
            ("i ~ p", &siblings),
            ("i b", &nested),
            ("i * * * *", &nested),
            (":has(i)", &nested),
            ("p:has(~ i)", &siblings),
            ("u ~ i", &comments),
            ("[x] p", &attributes),
            ("[title*=b] p", &value),
        ] {
            assert_eq!(found(selector, page, FEW), Err(TooMuch::Nodes), "{selector}");
        }
        // A short page, because debug builds also count without the cache.
        assert_eq!(found("p:nth-child(2n)", &"<p></p>".repeat(100), FEW), Ok(50));
        assert_eq!(found("b > b", &nested, FEW), Ok(899));
        assert_eq!(found("b:nth-child(1 of .a, b)", &nested, FEW), Ok(900));
    }

    #[test]
    fn any_place_among_siblings_can_be_asked_for() {
        let page = "<p></p>".repeat(3);
        let (low, high) = (i64::from(i32::MIN), i64::from(i32::MAX));
        for step in [low - 1, low, -1, 0, 1, high, high + 1] {
            for offset in [low - 1, low, -1, 0, 1, high, high + 1] {
                for name in ["nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"] {
                    let selector = format!("p:{name}({step}n{offset:+})");
                    if let Ok(parsed) = Selector::parse(&selector) {
                        assert!(parsed.within(&Html::parse_document(&page), FEW, usize::MAX).is_ok(), "{selector}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_page_too_deep_for_recursion_is_given_up() {
        let nested = "<b>".repeat(5_000);
        assert_eq!(found("b:has(i)", &nested, LOOKED_AT), Err(TooMuch::Depth));
        assert_eq!(found("b:has(> b)", &nested, LOOKED_AT), Ok(4_999));
    }
}
