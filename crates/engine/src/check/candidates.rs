//! Finds what the page has that resembles what a selector or an `XPath` asked for.

use super::nearest::{MOST, likeness};
use crate::page;
use scraper::Html;
use scraper::node::Element;
use std::collections::BTreeMap;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind<'s> {
    /// An id
    Id(&'s str),
    /// A class
    Class(&'s str),
    /// An attribute, perhaps with a value
    Attribute(&'s str, Option<&'s str>),
    /// An element by its name
    Tag(&'s str),
    /// An element by its text
    Text(&'s str),
    /// Something else, like `:first-child`
    Other,
}

/// The bonus for the same kind: a class is more likely meant as a class than as an id of that name.
const SAME_KIND: f64 = 0.05;

/// Up to three similar things the page has, best first, each with its count.
pub fn near<'p>(wanted: &Kind, html: &'p Html) -> Vec<(Kind<'p>, usize)> {
    let mut tally = Tally::default();
    for element in page::walk(html.tree.root()).filter_map(|node| node.value().as_element()) {
        match wanted {
            Kind::Tag(name) | Kind::Class(name) | Kind::Id(name) => tally.add_names(wanted, name, element),
            Kind::Attribute(name, None) => {
                for (other, _) in element.attrs() {
                    tally.add(name_likeness(name, other), Kind::Attribute(other, None));
                }
            }
            Kind::Attribute(name, Some(value)) => {
                for (name, other) in element.attrs().filter(|(other, _)| other.eq_ignore_ascii_case(name)) {
                    tally.add(value_likeness(value, other), Kind::Attribute(name, Some(other)));
                }
            }
            Kind::Text(_) | Kind::Other => {}
        }
    }
    tally.best()
}

/// Up to three similar texts, like [`near`].
pub fn near_text<'t>(wanted: &str, texts: &'t [String]) -> Vec<(Kind<'t>, usize)> {
    let mut tally = Tally::default();
    for text in texts {
        tally.add(value_likeness(wanted, text), Kind::Text(text));
    }
    tally.best()
}

/// The similar things, each with its likeness and its count.
#[derive(Default)]
struct Tally<'p>(BTreeMap<Kind<'p>, (f64, usize)>);

impl<'p> Tally<'p> {
    fn add(&mut self, likeness: Option<f64>, kind: Kind<'p>) {
        if let Some(likeness) = likeness {
            self.0.entry(kind).or_insert((likeness, 0)).1 += 1;
        }
    }

    fn add_names(&mut self, wanted: &Kind, name: &str, element: &'p Element) {
        let like = |other: &str, is_same_kind: bool| {
            let bonus = if is_same_kind { SAME_KIND } else { 0.0 };
            name_likeness(name, other).map(|likeness| likeness + bonus)
        };
        let tag = element.name();
        self.add(like(tag, matches!(wanted, Kind::Tag(_))), Kind::Tag(tag));
        for class in element.classes() {
            self.add(like(class, matches!(wanted, Kind::Class(_))), Kind::Class(class));
        }
        if let Some(id) = element.id() {
            self.add(like(id, matches!(wanted, Kind::Id(_))), Kind::Id(id));
        }
    }

    fn best(self) -> Vec<(Kind<'p>, usize)> {
        let mut ranked: Vec<_> = self.0.into_iter().collect();
        // The sort is stable, so equals stay in the order of their text.
        ranked.sort_by(|(_, (left, left_count)), (_, (right, right_count))| {
            right.total_cmp(left).then(right_count.cmp(left_count))
        });
        ranked.into_iter().take(MOST).map(|(kind, (_, count))| (kind, count)).collect()
    }
}

/// Compares only names that a selector can contain without escapes.
fn name_likeness(wanted: &str, name: &str) -> Option<f64> {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    likeness(wanted, name).filter(|_| is_plain && !name.starts_with(|c: char| c.is_ascii_digit()))
}

/// Compares only values that can be written between quotes.
fn value_likeness(wanted: &str, value: &str) -> Option<f64> {
    likeness(wanted, value).filter(|_| !value.contains('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_kind_comes_first_and_what_cannot_be_written_down_not_at_all() {
        let page = Html::parse_document(
            r#"<p id=menus class="menus md:flex" title='say "hi"'><p class=2menus><p title="say ho">"#,
        );
        for (wanted, expected) in [
            (Kind::Class("menu"), vec![(Kind::Class("menus"), 1), (Kind::Id("menus"), 1)]),
            (Kind::Id("menu"), vec![(Kind::Id("menus"), 1), (Kind::Class("menus"), 1)]),
            (Kind::Class("md-flex"), vec![]),
            (Kind::Attribute("title", Some("say hi")), vec![(Kind::Attribute("title", Some("say ho")), 1)]),
        ] {
            assert_eq!(near(&wanted, &page), expected, "{wanted:?}");
        }
    }
}
