//! Finds the elements that match a selector, in document order and within a bound. Only elements that have the id, the
//! class or the name that the selector ends with are looked at.
//!
//! Some selectors take quadratic time or more, and a thread cannot be stopped from outside. So each step of matching is
//! counted. At the limit, the page seems to end, which ends the matching too. The contents of a `template` are not part
//! of the page, as in browsers. In quirks mode, classes and ids ignore case.

mod counted;
mod walk;

use super::document::Document;
use super::index::Key;
use counted::{Counted, VisitBudget};
use html5ever::tree_builder::QuirksMode as PageMode;
use scraper::ElementRef;
use scraper::selector::Simple;
use selectors::context::{MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, QuirksMode, SelectorCaches};
use selectors::matching::{MatchingContext, matches_selector};
use selectors::parser::{Component, Selector as ParsedSelector, SelectorList};
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
    pub fn all<'p>(&self, document: &'p Document) -> Result<Vec<ElementRef<'p>>, TooMuch> {
        self.within(document, LOOKED_AT, usize::MAX)
    }

    /// The first matching element.
    pub fn first<'p>(&self, document: &'p Document) -> Result<Option<ElementRef<'p>>, TooMuch> {
        Ok(self.within(document, LOOKED_AT, 1)?.pop())
    }

    /// The first `most` matching elements, if that takes at most `nodes` visits.
    pub fn within<'p>(
        &self,
        document: &'p Document,
        nodes: usize,
        most: usize,
    ) -> Result<Vec<ElementRef<'p>>, TooMuch> {
        match self.places(document) {
            None => self.among(document.index.all(&document.html), document, nodes, most),
            Some(places) => {
                let candidates = places.iter().filter_map(|place| document.index.element(&document.html, *place));
                self.among(candidates, document, nodes, most)
            }
        }
    }

    fn among<'p>(
        &self,
        candidates: impl Iterator<Item = ElementRef<'p>>,
        document: &Document,
        nodes: usize,
        most: usize,
    ) -> Result<Vec<ElementRef<'p>>, TooMuch> {
        let budget = VisitBudget::new(nodes);
        let mut caches = SelectorCaches::default();
        let mut context = MatchingContext::new(
            MatchingMode::Normal,
            None,
            &mut caches,
            match document.html.quirks_mode {
                PageMode::Quirks => QuirksMode::Quirks,
                PageMode::LimitedQuirks => QuirksMode::LimitedQuirks,
                PageMode::NoQuirks => QuirksMode::NoQuirks,
            },
            NeedsSelectorFlags::No,
            MatchingForInvalidation::No,
        );
        let mut found = Vec::new();
        for element in candidates {
            if found.len() == most {
                break;
            }
            let counted = Counted::new(element, &budget);
            counted.visit();
            let mut selectors = self.0.slice().iter();
            let is_match = selectors.any(|selector| matches_selector(selector, 0, None, &counted, &mut context));
            budget.problem().map_or(Ok(()), Err)?;
            if is_match {
                found.push(element);
            }
        }
        Ok(found)
    }

    /// The places of the elements that may match, in document order; nothing if any element may.
    fn places(&self, document: &Document) -> Option<Vec<u32>> {
        let mut places = Vec::new();
        for selector in self.0.slice() {
            let own = key(selector, |key| document.index.places(&document.html, key))?;
            if places.is_empty() { places = own } else { places.extend(own) }
        }
        if self.0.slice().len() > 1 {
            places.sort_unstable();
            places.dedup();
        }
        Some(places)
    }
}

/// Gives the key that every matching element has to a function: an id rather than a class, a class rather than a name.
fn key<T>(selector: &ParsedSelector<Simple>, found_by: impl FnOnce(Key) -> T) -> Option<T> {
    let mut own: Option<&Component<Simple>> = None;
    // These are the components of the element itself; those of its relatives come after a combinator.
    for component in selector.iter() {
        let rank = |component: &Component<Simple>| match component {
            Component::ID(_) => 3,
            Component::Class(_) => 2,
            Component::LocalName(_) => 1,
            _ => 0,
        };
        if rank(component) > own.map_or(0, rank) {
            own = Some(component);
        }
    }
    match own? {
        Component::ID(id) => Some(found_by(Key::Id(&id.0))),
        Component::Class(class) => Some(found_by(Key::Class(&class.0))),
        Component::LocalName(name) => Some(found_by(Key::Name(&name.lower_name.0))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Low enough for a test, and more than a reasonable selector needs for these pages.
    const FEW: usize = 50_000;

    fn found(selector: &str, page: &str, nodes: usize) -> Result<usize, TooMuch> {
        let selector = Selector::parse(selector).expect(selector);
        selector.within(&Document::of_html(page), nodes, usize::MAX).map(|elements| elements.len())
    }

    #[test]
    fn what_takes_too_long_is_given_up() {
        let siblings = "<p></p>".repeat(1_000);
        let nested = "<b>".repeat(900);
        let comments = format!("<i></i>{}{}", "<!---->".repeat(1_000), "<i></i>".repeat(100));
        let attributes = (0..1_000).fold(String::new(), |text, n| text + &format!(" a{n}"));
        let attributes = format!("<u{attributes}>{}", "<p>".repeat(200));
        let value = format!("<u title={0} class={0}>{1}", "a".repeat(100_000), "<p>".repeat(200));
        for (selector, page) in [
            ("i ~ p", &siblings),
            ("i b", &nested),
            ("i * * * *", &nested),
            (":has(i)", &nested),
            ("p:has(~ i)", &siblings),
            ("u ~ i", &comments),
            ("[x] p", &attributes),
            ("[title*=b] p", &value),
            (".x p", &attributes),
            ("#x p", &attributes),
            (".x p", &value),
        ] {
            assert_eq!(found(selector, page, FEW), Err(TooMuch::Nodes), "{selector}");
        }
        // A short page, because debug builds also count without the cache.
        assert_eq!(found("p:nth-child(2n)", &"<p></p>".repeat(100), FEW), Ok(50));
        assert_eq!(found("b > b", &nested, FEW), Ok(899));
        assert_eq!(found("b:nth-child(1 of .a, b)", &nested, FEW), Ok(900));
    }

    #[test]
    fn what_is_looked_at_is_enough() {
        let body = "<p id=a class='x y'>1<i class=X></i><svg viewBox=0><linearGradient id=G></svg><ul><li class=x><b>\
                    </b><li id=A></ul><template><p class=x></p></template><a:b class=y></a:b>";
        let pages = [format!("<!doctype html>{body}"), body.to_owned()].map(|page| Document::of_html(&page));
        let xml = "<r xmlns:n='urn:n'><n:Item id='a' class='x'/><item/><Item class='X y'/></r>";
        let xml = Document::parse(xml, stepcast_suite::Markup::Xml, &Prefixes::new()).expect("XML");
        let declared = Prefixes::from([("n".to_owned(), "urn:n".to_owned())]);
        for text in [
            "p",
            "P",
            "#a",
            "#A",
            ".x",
            ".X",
            ".x.y",
            "p#a.x",
            "li, p, .y",
            "p, p",
            "ul .x, li",
            "*",
            "[class]",
            "p *",
            "linearGradient",
            "lineargradient",
            "LINEARGRADIENT",
            "Item",
            "item",
            "n|Item",
            "*|item",
            "*|*",
            ":root",
            "li:not(.x)",
            ":is(p, .y)",
            ":not(p)",
            "ul > :first-child",
            "p:has(i)",
            "li + li",
            "i ~ svg",
            "a\\:b",
            ".nothing",
            "li:nth-child(2 of li)",
            "svg|*, .x",
            ":is(#a, li).x",
        ] {
            let Ok(selector) = Selector::with_prefixes(text, &declared) else { continue };
            for page in pages.iter().chain([&xml]) {
                let every = selector.among(page.index.all(&page.html), page, FEW, usize::MAX).expect(text);
                let found = selector.all(page).expect(text);
                assert_eq!(found, every, "{text}");
            }
        }
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
                        assert!(parsed.within(&Document::of_html(&page), FEW, usize::MAX).is_ok(), "{selector}");
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
