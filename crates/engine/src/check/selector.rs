//! Explains why a selector matches nothing: the longest part that matches, and what the page has that resembles the
//! rest.

use super::candidates::{self, Kind};
use super::{look, unmatched};
use crate::page::Document;
use stepcast_suite::selector::{Part, PartKind, parts};

/// Longer selectors are followed only this far; each part is a walk over the whole page.
const MOST_PARTS: usize = 16;
/// Most nodes that are visited for one part.
const LOOKED_AT: usize = 5_000_000;

/// An explanation like "`.list` matches 1 element, `.list .product` matches none; there is `.products` (3)".
pub fn explain(selector: &str, document: &Document) -> Option<String> {
    let parts = parts(selector);
    let mut longest: Option<(&str, usize)> = None;
    for part in parts.iter().take(MOST_PARTS) {
        let beginning = selector.get(..part.range.end)?;
        match count(beginning, document)? {
            0 => {
                let longest = longest.map(|(text, count)| (text, unmatched::counted(count, "element")));
                let near = near(selector, part, longest.is_some(), document);
                return Some(unmatched::describe(longest, beginning, near));
            }
            matches => longest = Some((beginning, matches)),
        }
    }
    None
}

fn near(selector: &str, part: &Part, has_context: bool, document: &Document) -> Option<String> {
    let text = selector.get(part.range.clone())?;
    if has_context
        && part.kind != PartKind::Other
        && let Some(count) = count(text, document).filter(|count| *count > 0)
    {
        return Some(unmatched::elsewhere(text, count));
    }
    unmatched::there_is(&candidates::near(&kind(part), &document.html), written)
}

fn kind(part: &Part) -> Kind<'_> {
    match &part.kind {
        PartKind::Tag(name) => Kind::Tag(name),
        PartKind::Id(id) => Kind::Id(id),
        PartKind::Class(class) => Kind::Class(class),
        PartKind::Attribute(name, value) => Kind::Attribute(name, value.as_deref()),
        PartKind::Other => Kind::Other,
    }
}

/// The selector for a candidate.
fn written(kind: &Kind) -> String {
    match kind {
        Kind::Tag(name) => (*name).to_owned(),
        Kind::Class(name) => format!(".{name}"),
        Kind::Id(name) => format!("#{name}"),
        Kind::Attribute(name, None) => format!("[{name}]"),
        Kind::Attribute(name, Some(value)) => format!("[{name}=\"{value}\"]"),
        Kind::Text(_) | Kind::Other => String::new(),
    }
}

fn count(selector: &str, document: &Document) -> Option<usize> {
    Some(look::selector(selector, document).ok()?.within(document, LOOKED_AT, usize::MAX).ok()?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<ul class=list id=menu><li class="products x">1<li class="products">2<li class="products">3</ul>
        <form><input name=csrf_token><button type=submit data-action=buy>Buy</button></form><p class=other>"#;

    fn explained(selector: &str) -> Option<String> {
        explain(selector, &Document::of_html(PAGE))
    }

    #[test]
    fn the_longest_part_that_matches_is_told_with_what_is_near() {
        for (selector, expected) in [
            (".list .product", "`.list` matches 1 element, `.list .product` matches none; there is `.products` (3)"),
            ("li.product > a", "`li` matches 3 elements, `li.product` matches none; there is `.products` (3)"),
            (".menu", "nothing matches `.menu`; there is `#menu` (1)"),
            (
                "form .other",
                "`form` matches 1 element, `form .other` matches none; `.other` (1) is elsewhere in the page",
            ),
            (
                "form > input[name=csrf]",
                "`form > input` matches 1 element, `form > input[name=csrf]` matches none; there is `[name=\"csrf_token\"]` (1)",
            ),
            (
                "button[data-actions]",
                "`button` matches 1 element, `button[data-actions]` matches none; there is `[data-action]` (1)",
            ),
            ("li:not(.products), .unrelated", "`li` matches 3 elements, `li:not(.products)` matches none"),
            ("video", "nothing matches `video`"),
        ] {
            assert_eq!(explained(selector).as_deref(), Some(expected), "{selector}");
        }
    }

    #[test]
    fn fuzz_css() {
        let page = Document::of_html(PAGE);
        stepcast_fuzz::fuzz(&stepcast_fuzz::languages::CSS, |selector| {
            if look::selector(selector, &page).is_ok() {
                let _ = (count(selector, &page), explain(selector, &page));
            }
        });
    }

    #[test]
    fn what_matches_needs_no_explanation() {
        assert_eq!(explained(".list .products"), None);
    }
}
