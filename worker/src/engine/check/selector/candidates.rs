//! What the page has that is like what a selector asked for.

use super::super::nearest::{MOST, likeness};
use super::parts::Kind;
use scraper::Html;
use scraper::node::Element;
use std::collections::BTreeMap;

/// How much more likely the same kind of thing is meant: a class for a class, not an id of that name.
const SAME_KIND: f64 = 0.05;

/// Up to three simple selectors that match something, best first, each with how often.
pub fn near(wanted: &Kind, html: &Html) -> Vec<(String, usize)> {
    let elements = || html.tree.values().filter_map(scraper::Node::as_element);
    let mut counts: BTreeMap<String, (f64, usize)> = BTreeMap::new();
    let mut add = |text: &dyn Fn() -> String, likeness: Option<f64>| {
        if let Some(likeness) = likeness {
            counts.entry(text()).or_insert((likeness, 0)).1 += 1;
        }
    };
    for element in elements() {
        match wanted {
            Kind::Tag(name) | Kind::Class(name) | Kind::Id(name) => {
                let bonus = |is_same: bool| if is_same { SAME_KIND } else { 0.0 };
                let like = |other: &str, is_same| name_likeness(name, other).map(|like| like + bonus(is_same));
                let tag = element.name();
                add(&|| tag.to_owned(), like(tag, matches!(wanted, Kind::Tag(_))));
                for class in element.classes() {
                    add(&|| format!(".{class}"), like(class, matches!(wanted, Kind::Class(_))));
                }
                if let Some(id) = element.id() {
                    add(&|| format!("#{id}"), like(id, matches!(wanted, Kind::Id(_))));
                }
            }
            Kind::Attribute(name, None) => {
                for (other, _) in element.attrs() {
                    add(&|| format!("[{other}]"), name_likeness(name, other));
                }
            }
            Kind::Attribute(name, Some(value)) => {
                if let Some(other) = attribute(element, name) {
                    add(&|| format!("[{name}=\"{other}\"]"), likeness(value, other).filter(|_| !other.contains('"')));
                }
            }
            Kind::Pseudo => {}
        }
    }
    best(counts)
}

fn attribute<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    element.attr(name)
}

/// Only names that stand in a selector as they are.
fn name_likeness(wanted: &str, name: &str) -> Option<f64> {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    likeness(wanted, name).filter(|_| is_plain && !name.starts_with(|c: char| c.is_ascii_digit()))
}

fn best(counts: BTreeMap<String, (f64, usize)>) -> Vec<(String, usize)> {
    let mut ranked: Vec<_> = counts.into_iter().collect();
    // The sort is stable, so equals stay in the order of their text.
    ranked.sort_by(|(_, (left, left_count)), (_, (right, right_count))| {
        right.total_cmp(left).then(right_count.cmp(left_count))
    });
    ranked.into_iter().take(MOST).map(|(text, (_, count))| (text, count)).collect()
}
