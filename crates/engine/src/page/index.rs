//! The elements of a document by name, id and class.
//!
//! One walk over the page finds them, and each selector then looks only at elements that it may match, as style rules
//! do in browsers. What is found is a superset: case does not count here, and the caller matches each element itself.

use super::select::walk;
use ego_tree::NodeId;
use html5ever::{LocalName, local_name};
use rustc_hash::FxHashMap;
use scraper::node::Element;
use scraper::{ElementRef, Html};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::hash::{BuildHasher, RandomState};

/// What elements are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    /// The name without a prefix
    Name(&'a str),
    /// The id
    Id(&'a str),
    /// A class
    Class(&'a str),
}

/// Elements by their keys; each kind of key is collected on first use.
#[derive(Default)]
pub struct Index {
    /// A page chooses its names, so the hash of a name must not be known before.
    hasher: RandomState,
    elements: OnceCell<Vec<NodeId>>,
    names: OnceCell<Chains>,
    ids: OnceCell<Chains>,
    classes: OnceCell<Chains>,
}

impl Index {
    /// The places of the elements with a key among all elements, in document order.
    pub fn places(&self, html: &Html, key: Key) -> Vec<u32> {
        let (Key::Name(text) | Key::Id(text) | Key::Class(text)) = key;
        self.chains(html, key).places(self.hash(text))
    }

    /// The element at a place.
    pub fn element<'p>(&self, html: &'p Html, place: u32) -> Option<ElementRef<'p>> {
        let id = self.elements(html).get(usize::try_from(place).ok()?)?;
        html.tree.get(*id).and_then(ElementRef::wrap)
    }

    /// All elements, in document order.
    pub fn all<'p>(&self, html: &'p Html) -> impl Iterator<Item = ElementRef<'p>> {
        self.elements(html).iter().filter_map(|id| html.tree.get(*id).and_then(ElementRef::wrap))
    }

    fn elements(&self, html: &Html) -> &[NodeId] {
        let elements = || walk(html.tree.root()).filter(|node| node.value().is_element()).map(|node| node.id());
        self.elements.get_or_init(|| elements().collect())
    }

    fn chains(&self, html: &Html, key: Key) -> &Chains {
        match key {
            Key::Name(_) => self.names.get_or_init(|| self.collect(html, |element| [element.name()])),
            Key::Id(_) => self.ids.get_or_init(|| self.collect(html, |element| values(element, local_name!("id")))),
            Key::Class(_) => self.classes.get_or_init(|| {
                self.collect(html, |element| {
                    values(element, local_name!("class")).flat_map(str::split_ascii_whitespace)
                })
            }),
        }
    }

    fn collect<'p, K: IntoIterator<Item = &'p str>>(&self, html: &'p Html, keys: impl Fn(&'p Element) -> K) -> Chains {
        let mut chains = Chains::default();
        for (place, element) in (0..).zip(self.all(html)) {
            keys(element.value()).into_iter().for_each(|key| chains.add(self.hash(key), place));
        }
        chains
    }

    fn hash(&self, key: &str) -> u64 {
        self.hasher.hash_one(lower(key).as_bytes())
    }
}

/// The values of an attribute of an element. In XML there may be several, in different namespaces.
pub fn values(element: &Element, name: LocalName) -> impl Iterator<Item = &str> {
    element.attrs.iter().filter(move |(own, _)| own.local == name).map(|(_, value)| &**value)
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) { text.to_ascii_lowercase().into() } else { text.into() }
}

/// Places by hash. All of them share one allocation, since many keys have a single place.
#[derive(Default)]
struct Chains {
    /// The first and the last link of each chain
    ends: FxHashMap<u64, (u32, u32)>,
    links: Vec<Link>,
}

struct Link {
    place: u32,
    /// The next link of the chain; 0 at its end, because the first link follows no other
    next: u32,
}

impl Chains {
    /// Adds a place, which is not before those that were added.
    fn add(&mut self, hash: u64, place: u32) {
        let Ok(link) = u32::try_from(self.links.len()) else { return };
        self.links.push(Link { place, next: 0 });
        let ends = self.ends.entry(hash).or_insert((link, link));
        let last = std::mem::replace(&mut ends.1, link);
        if last != link {
            self.links[last as usize].next = link;
        }
    }

    fn places(&self, hash: u64) -> Vec<u32> {
        let mut places = Vec::new();
        let mut next = self.ends.get(&hash).map(|(first, _)| *first);
        while let Some(link) = next.map(|link| &self.links[link as usize]) {
            if places.last() != Some(&link.place) {
                places.push(link.place);
            }
            next = Some(link.next).filter(|next| *next != 0);
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_name_id_and_class_in_document_order() {
        let html = Html::parse_document(
            "<p id=A class='x y x' title=1><template><p title=no></p></template></p>\
             <svg><foreignObject title=2></svg><b class=X title=3></b><p title=4>",
        );
        let index = Index::default();
        let found = |key| {
            let places = index.places(&html, key).into_iter();
            let elements = places.map(|place| index.element(&html, place).expect("an element"));
            elements.filter_map(|element| element.attr("title")).collect::<String>()
        };
        for (key, expected) in [
            (Key::Name("P"), "14"),
            (Key::Name("foreignobject"), "2"),
            (Key::Id("a"), "1"),
            (Key::Class("x"), "13"),
            (Key::Class("y"), "1"),
            (Key::Name("x"), ""),
            (Key::Id("x"), ""),
            (Key::Class("a"), ""),
            (Key::Class("p"), ""),
        ] {
            assert_eq!(found(key), expected, "{key:?}");
        }
        assert_eq!(index.all(&html).count(), 9, "html, head, body, and six in it");
    }
}
