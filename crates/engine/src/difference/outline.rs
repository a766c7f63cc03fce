//! The elements and texts of a page in a row, as they are compared.

use super::fresh::unnumbered;
use super::words::{QUOTED, plain};
use crate::check;
use crate::page::{Document, walk, written_name};
use ego_tree::NodeId;
use rustc_hash::{FxHashMap, FxHashSet};
use scraper::Node;
use scraper::node::Element;
use std::fmt::Write;
use stepcast_suite::Subject;

/// Most elements and texts of a page that are compared.
const ITEMS: usize = 30_000;
/// Most classes in the name of an element.
const CLASSES: usize = 3;
/// How many elements around an element are in its path.
const LEVELS: usize = 4;

/// A page in a row.
pub struct Outline<'d> {
    items: Vec<Item<'d>>,
}

/// An element or a text.
pub struct Item<'d> {
    /// Which it is
    pub part: Part<'d>,
    /// The element it is in, by its place
    pub parent: Option<usize>,
    /// The place after the last item in it
    pub end: usize,
    /// Whether a check looks at it or at something around it
    pub is_near: bool,
}

/// An element or a text.
pub enum Part<'d> {
    /// An element, with its attributes by name
    Element(&'d Element, Vec<(String, &'d str)>),
    /// A text with its white space folded
    Text(String),
}

impl<'d> Outline<'d> {
    /// The outline of a page. `looked_at` has what checks looked at.
    pub fn of(document: &'d Document, looked_at: &[Subject]) -> Self {
        let near: FxHashSet<NodeId> = looked_at.iter().flat_map(|subject| check::nodes(subject, document)).collect();
        let mut items: Vec<Item> = Vec::new();
        let mut places: FxHashMap<NodeId, usize> = FxHashMap::default();
        for node in walk(document.html.tree.root()) {
            if items.len() >= ITEMS {
                break;
            }
            let part = match node.value() {
                Node::Element(element) => Part::Element(element, attributes(element)),
                Node::Text(text) => {
                    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                    if text.is_empty() {
                        continue;
                    }
                    Part::Text(text)
                }
                _ => continue,
            };
            let parent = node.parent().and_then(|parent| places.get(&parent.id()).copied());
            let is_around = parent.and_then(|parent| items.get(parent)).is_some_and(|parent| parent.is_near);
            let is_near = is_around || near.contains(&node.id());
            places.insert(node.id(), items.len());
            items.push(Item { part, parent, end: items.len() + 1, is_near });
        }
        // Parents come before what is in them.
        for place in (0..items.len()).rev() {
            let Item { end, parent, .. } = items[place];
            if let Some(parent) = parent.and_then(|parent| items.get_mut(parent)) {
                parent.end = parent.end.max(end);
            }
        }
        Self { items }
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The item at a place.
    pub fn item(&self, place: usize) -> &Item<'d> {
        &self.items[place]
    }

    /// All of an item and the kind of element it is in: two that have the same are the same.
    pub fn content(&self, place: usize) -> String {
        let own = self.own(place);
        match self.items[place].parent {
            Some(parent) => format!("{} {own}", self.kind(parent).1),
            None => own,
        }
    }

    /// An item as it is written, without what is in it.
    pub fn own(&self, place: usize) -> String {
        match &self.items[place].part {
            Part::Element(element, attributes) => {
                let mut own = format!("<{}", element.name());
                for (name, value) in attributes {
                    // Writing to a text does not fail.
                    let _ = write!(own, " {name}={value:?}");
                }
                own + ">"
            }
            Part::Text(text) => text.clone(),
        }
    }

    /// The kind of an item, by its element: two of the same kind can be the same item with changes.
    pub fn kind(&self, place: usize) -> (bool, &str) {
        match &self.items[place].part {
            Part::Element(element, _) => (true, tag(element)),
            Part::Text(_) => (false, self.items[place].parent.map_or("", |parent| self.kind(parent).1)),
        }
    }

    /// Whether a check looks at an item, around it or at something in it.
    pub fn has_near(&self, place: usize) -> bool {
        self.items[place..self.items[place].end].iter().any(|item| item.is_near)
    }

    /// An element as a selector that a person would write: `a.buy`. For a text, that of its element.
    pub fn name(&self, place: usize) -> String {
        match &self.items[place].part {
            Part::Element(element, attributes) => name_of(element, attributes),
            Part::Text(_) => self.items[place].parent.map_or_else(|| "the page".to_owned(), |parent| self.name(parent)),
        }
    }

    /// The path of an item, without numbers and without what is new each time.
    pub fn path(&self, place: usize) -> String {
        let mut names = Vec::new();
        let mut at = Some(place);
        while let Some(place) = at
            && names.len() < LEVELS
        {
            if let Part::Element(element, attributes) = &self.items[place].part {
                let own = name_of(element, attributes);
                let (kind, rest) = own.split_at(tag(element).len());
                names.push(format!("{kind}{}", unnumbered(rest)));
            }
            at = self.items[place].parent;
        }
        names.reverse();
        names.join(" > ")
    }
}

/// The attributes of an element in the order of their names; the order of classes means nothing.
fn attributes(element: &Element) -> Vec<(String, &str)> {
    let mut attributes: Vec<(String, &str)> =
        element.attrs.iter().map(|(name, value)| (written_name(name), &**value)).collect();
    attributes.sort_unstable();
    attributes
}

/// The beginning of the name of an element, which may be as long as the page, and which all that is in it repeats.
fn tag(element: &Element) -> &str {
    let name = element.name();
    &name[..name.floor_char_boundary(QUOTED)]
}

fn name_of(element: &Element, attributes: &[(String, &str)]) -> String {
    let value = |name: &str| attributes.iter().find(|(own, _)| own == name).map(|(_, value)| *value);
    let mut name = tag(element).to_owned();
    if let Some(id) = value("id").filter(|id| !id.trim().is_empty()) {
        // Writing to a text does not fail.
        let _ = write!(name, "#{}", plain(id.trim(), QUOTED / 2));
    }
    for class in value("class").unwrap_or_default().split_whitespace().take(CLASSES) {
        let _ = write!(name, ".{}", plain(class, QUOTED / 2));
    }
    if let Some(own) = value("name").filter(|own| !own.is_empty() && element.name() != "a") {
        let _ = write!(name, "[name={}]", plain(own, QUOTED / 2));
    }
    name
}
