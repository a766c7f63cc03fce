//! What the page has that is like what a selector asked for.

use super::super::nearest::{MOST, likeness};
use super::parts::Kind;
use crate::engine::page;
use scraper::Html;
use scraper::node::Element;
use std::collections::BTreeMap;

/// How much more likely the same kind of thing is meant: a class for a class, not an id of that name.
const SAME_KIND: f64 = 0.05;

/// Up to three simple selectors that match something, best first, each with how often.
pub fn near(wanted: &Kind, html: &Html) -> Vec<(String, usize)> {
    let mut tally = Tally::default();
    for element in page::walk(html.tree.root()).filter_map(|node| node.value().as_element()) {
        match wanted {
            Kind::Tag(_) | Kind::Class(_) | Kind::Id(_) => tally.add_names(wanted, element),
            Kind::Attribute(name, None) => {
                for (other, _) in element.attrs() {
                    tally.add(name_likeness(name, other), || format!("[{other}]"));
                }
            }
            Kind::Attribute(name, Some(value)) => {
                if let Some(other) = element.attr(name).filter(|other| !other.contains('"')) {
                    tally.add(likeness(value, other), || format!("[{name}=\"{other}\"]"));
                }
            }
            Kind::Pseudo => {}
        }
    }
    tally.best()
}

/// What is alike, with how much and how often.
#[derive(Default)]
struct Tally(BTreeMap<String, (f64, usize)>);

impl Tally {
    fn add(&mut self, likeness: Option<f64>, text: impl FnOnce() -> String) {
        if let Some(likeness) = likeness {
            self.0.entry(text()).or_insert((likeness, 0)).1 += 1;
        }
    }

    fn add_names(&mut self, wanted: &Kind, element: &Element) {
        let (Kind::Tag(name) | Kind::Class(name) | Kind::Id(name)) = wanted else { return };
        let like = |other: &str, is_same_kind: bool| {
            let bonus = if is_same_kind { SAME_KIND } else { 0.0 };
            name_likeness(name, other).map(|likeness| likeness + bonus)
        };
        let tag = element.name();
        self.add(like(tag, matches!(wanted, Kind::Tag(_))), || tag.to_owned());
        for class in element.classes() {
            self.add(like(class, matches!(wanted, Kind::Class(_))), || format!(".{class}"));
        }
        if let Some(id) = element.id() {
            self.add(like(id, matches!(wanted, Kind::Id(_))), || format!("#{id}"));
        }
    }

    fn best(self) -> Vec<(String, usize)> {
        let mut ranked: Vec<_> = self.0.into_iter().collect();
        // The sort is stable, so equals stay in the order of their text.
        ranked.sort_by(|(_, (left, left_count)), (_, (right, right_count))| {
            right.total_cmp(left).then(right_count.cmp(left_count))
        });
        ranked.into_iter().take(MOST).map(|(text, (_, count))| (text, count)).collect()
    }
}

/// Only names that stand in a selector as they are.
fn name_likeness(wanted: &str, name: &str) -> Option<f64> {
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    likeness(wanted, name).filter(|_| is_plain && !name.starts_with(|c: char| c.is_ascii_digit()))
}
