//! CSS selectors that no element can match.
//!
//! Only what is plain is analysed; about everything else nothing is known.

use crate::selector;
use scraper::selector::Simple as Syntax;
use selectors::attr::{AttrSelectorOperator, ParsedCaseSensitivity};
use selectors::parser::{AnPlusB, Component, SelectorList};

/// A requirement on an element that can contradict another.
#[derive(Debug, PartialEq)]
enum Simple {
    /// Any element
    Any,
    /// `a`, as it is written, because SVG is case-sensitive
    Type(String),
    /// `#a`, in small letters, because a page in quirks mode ignores case
    Id(String),
    /// `.a`
    Class(String),
    /// `[name]`, as it is written
    Has(String),
    /// `[name=value]`, the value in small letters
    Equals(String, String),
    /// `:nth-child(0)` and the like, which match no element
    Nowhere,
    /// None of these
    Not(Vec<Vec<Simple>>),
    /// Something else, about which nothing is known
    Other,
}

/// Whether no element matches any selector of a list.
pub(super) fn never_matches(text: &str) -> bool {
    // Whether it is a selector at all is said elsewhere.
    selector::parse(text, None).is_ok_and(|list| {
        compounds(&list).iter().all(|compounds| compounds.iter().any(|compound| contradicts(compound)))
    })
}

fn contradicts(compound: &[Simple]) -> bool {
    compound.iter().enumerate().any(|(number, one)| {
        is_impossible(one, compound) || compound[number + 1..].iter().any(|other| is_opposite(one, other))
    })
}

fn is_impossible(simple: &Simple, compound: &[Simple]) -> bool {
    match simple {
        Simple::Nowhere => true,
        // The negation excludes a single thing that the compound also requires.
        Simple::Not(left_out) => left_out.iter().any(|one| match one.as_slice() {
            [Simple::Any] => true,
            // Nothing is known about the first three; a value kept in small letters may have been another.
            [Simple::Other | Simple::Not(_) | Simple::Nowhere | Simple::Id(_) | Simple::Equals(..)] => false,
            [Simple::Has(name)] => compound.iter().any(|own| match own {
                Simple::Has(other) | Simple::Equals(other, _) => other == name,
                _ => false,
            }),
            [only] => compound.contains(only),
            _ => false,
        }),
        _ => false,
    }
}

fn is_opposite(one: &Simple, other: &Simple) -> bool {
    match (one, other) {
        (Simple::Id(one), Simple::Id(other)) => one != other,
        (Simple::Equals(name, one), Simple::Equals(same, other)) => name == same && one != other,
        (Simple::Id(id), Simple::Equals(name, value)) | (Simple::Equals(name, value), Simple::Id(id)) => {
            name == "id" && id != value
        }
        _ => false,
    }
}

/// The selectors of a list, each as its compounds.
fn compounds(list: &SelectorList<Syntax>) -> Vec<Vec<Vec<Simple>>> {
    let each = list.slice().iter().map(|selector| {
        let (mut compounds, mut components) = (Vec::new(), selector.iter());
        loop {
            compounds.push(components.by_ref().map(simple).collect());
            if components.next_sequence().is_none() {
                return compounds;
            }
        }
    });
    each.collect()
}

fn simple(component: &Component<Syntax>) -> Simple {
    match component {
        Component::ExplicitUniversalType => Simple::Any,
        Component::LocalName(local) => Simple::Type(local.name.0.to_string()),
        Component::ID(id) => Simple::Id(id.0.to_ascii_lowercase().to_string()),
        Component::Class(class) => Simple::Class(class.0.to_string()),
        Component::AttributeInNoNamespaceExists { local_name, .. } => Simple::Has(local_name.0.to_string()),
        Component::AttributeInNoNamespace {
            local_name,
            operator: AttrSelectorOperator::Equal,
            value,
            case_sensitivity,
        } if *case_sensitivity != ParsedCaseSensitivity::AsciiCaseInsensitive => {
            Simple::Equals(local_name.0.to_string(), value.0.to_lowercase())
        }
        Component::Nth(nth) if is_nowhere(nth.an_plus_b) => Simple::Nowhere,
        Component::Negation(list) => {
            // A negated selector with combinators excludes too little to be sure.
            let single = compounds(list).into_iter().filter_map(|compounds| <[_; 1]>::try_from(compounds).ok());
            Simple::Not(single.map(|[compound]| compound).collect())
        }
        _ => Simple::Other,
    }
}

/// Whether no value of an `An+B` is 1 or more.
fn is_nowhere(AnPlusB(step, offset): AnPlusB) -> bool {
    step <= 0 && offset < 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_match_is_told_from_what_can() {
        for never in [
            ":not(*)",
            "a:not(a)",
            "div.x:not(.x) > p",
            ":nth-child(0)",
            "li:nth-child(-n)",
            "li:nth-last-child(-2n+0)",
            "[type=a][type=b]",
            "#a#b",
            "#a[id=b]",
            "ul > #a#b li",
            "a:not(b, a)",
            "[x='1'][x=\"2\"]",
            "[x='1']:not([x])",
            ":not(*), #a#b",
            r"#a\#b#b",
        ] {
            assert!(never_matches(never), "{never}");
        }
        for possible in [
            "a",
            ":not(a)",
            "a:not(b)",
            "a:not(a b)",
            "a:not(a.x)",
            ":nth-child(1)",
            ":nth-child(n)",
            ":nth-child(-n+3)",
            "#a#A",
            "[type=a][type=A i]",
            "[type^=a][type^=b]",
            "[class~=a][class~=b]",
            "#a, #a#b",
            "[x='1'][y='2']",
            "a:has(:not(*))",
            ".a:not(.A)",
            "#a:not(#A)",
            "[x=a]:not([x=A])",
            r"#a\#b",
            r"#a\#b#a\23 b",
            "a > b + c ~ d",
            ":nth-child(0n+1)",
            "[data-x='a,b'][data-y='c']",
            "[x='a]'][x='a]']",
            "[x=a i][x=b i]",
            ":is(a):not(b)",
            "foreignObject:not(foreignobject)",
            "[viewBox=a][viewbox=b]",
        ] {
            assert!(!never_matches(possible), "{possible}");
        }
    }
}
