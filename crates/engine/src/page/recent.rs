//! The document that a thread parsed last, so that the same bytes are not parsed again.
//!
//! Many tests of a job look at one page, and a monitor at the same pages again and again. Parsing is most of what a page
//! costs. A document cannot leave its thread, so each thread keeps one: until it parses another page, or ends.

use super::document::{Document, DocumentError};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use stepcast_suite::Markup;
use stepcast_suite::selector::Prefixes;

/// About how many bytes a node takes in the tree and in the index.
const NODE: usize = 256;
/// The largest document that is kept, in bytes as they are estimated here.
const LARGEST: usize = 4 * 1024 * 1024;
/// The most that all threads keep, in bytes.
const MOST: usize = 32 * 1024 * 1024;

/// How many bytes are kept.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static LAST: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// A document with what it was parsed from.
struct Kept {
    text: Rc<String>,
    markup: Markup,
    namespaces: Prefixes,
    document: Rc<Document>,
    _room: Room,
}

/// The part of [`MOST`] that a document takes; free again when this is dropped.
struct Room(usize);

impl Room {
    fn of(bytes: usize) -> Option<Self> {
        let room = Self(bytes);
        let taken = TAKEN.fetch_add(bytes, Ordering::Relaxed);
        (bytes <= LARGEST && taken.saturating_add(bytes) <= MOST).then_some(room)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        TAKEN.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// Parses a text, unless it is what this thread has parsed last.
pub fn parse(text: &Rc<String>, markup: Markup, namespaces: &Prefixes) -> Result<Rc<Document>, DocumentError> {
    LAST.with_borrow_mut(|last| {
        if let Some(kept) = last
            && (&kept.text, kept.markup, &kept.namespaces) == (text, markup, namespaces)
        {
            return Ok(Rc::clone(&kept.document));
        }
        // Its memory is free before the next document needs some.
        *last = None;
        let document = Rc::new(Document::parse(text, markup, namespaces)?);
        // The tree has the text a second time.
        let bytes = 2 * text.len() + document.html.tree.values().len() * NODE;
        if let Some(room) = Room::of(bytes) {
            let (text, namespaces, document) = (Rc::clone(text), namespaces.clone(), Rc::clone(&document));
            *last = Some(Kept { text, markup, namespaces, document, _room: room });
        }
        Ok(document)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Rc<Document> {
        parse(&Rc::new(text.to_owned()), Markup::Html, &Prefixes::new()).expect("a page")
    }

    #[test]
    fn the_page_that_was_parsed_last_is_kept_until_the_next_one() {
        let first = parsed("<p>1");
        assert!(Rc::ptr_eq(&first, &parsed("<p>1")));
        let second = parsed("<p>2");
        assert_eq!(second.html.root_element().text().collect::<String>(), "2");
        assert!(!Rc::ptr_eq(&first, &parsed("<p>1")), "another page came between");
    }

    #[test]
    fn a_page_that_is_read_in_another_way_is_parsed() {
        let (text, none) = (Rc::new("<p>1</p>".to_owned()), Prefixes::new());
        let html = parse(&text, Markup::Html, &none).expect("HTML");
        let xml = parse(&text, Markup::Xml, &none).expect("XML");
        assert!(html.prefixes.is_none() && xml.prefixes.is_some());
        let given = Prefixes::from([("a".to_owned(), "urn:a".to_owned())]);
        let prefixed = parse(&text, Markup::Xml, &given).expect("XML");
        assert_eq!(prefixed.prefix_of("urn:a"), Some("a"));
    }

    #[test]
    fn a_large_page_is_not_kept_and_takes_no_room() {
        for large in ["x".repeat(LARGEST / 2), "<p>".repeat(LARGEST / NODE)] {
            let first = parsed(&large);
            assert!(!Rc::ptr_eq(&first, &parsed(&large)));
        }
        let rooms: Vec<_> = (0..2 * MOST / LARGEST).filter_map(|_| Room::of(LARGEST)).collect();
        assert!(rooms.len() <= MOST / LARGEST);
        drop(rooms);
        assert!(Room::of(LARGEST).is_some(), "it is free again");
    }
}
