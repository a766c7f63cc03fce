//! Walks a page as browsers see it.

use super::TooMuch;
use ego_tree::NodeRef;
use scraper::{ElementRef, Node};
use std::iter;

/// A node and all its descendants in document order, without the contents of a `template`.
pub fn walk(from: NodeRef<'_, Node>) -> impl Iterator<Item = NodeRef<'_, Node>> {
    iter::successors(Some(from), move |node| {
        // A template's only child is the fragment that has its contents.
        node.first_child().filter(|child| !child.value().is_fragment()).or_else(|| {
            let up = iter::once(*node).chain(node.ancestors());
            up.take_while(|node| node.id() != from.id()).find_map(|node| node.next_sibling())
        })
    })
}

/// The reading limit, in nodes and pieces of text.
const READ: usize = 20_000_000;
/// How many bytes of text cost as much as a node.
const BYTES_A_NODE: usize = 4;

/// Reads texts of elements, up to a total limit.
pub struct Reader {
    left: usize,
}

impl Default for Reader {
    fn default() -> Self {
        Self { left: READ }
    }
}

impl Reader {
    /// The text of an element: all texts in it, in order.
    pub fn text(&mut self, element: ElementRef) -> Result<String, TooMuch> {
        let mut text = String::new();
        for node in walk(*element) {
            let piece = node.value().as_text().map_or("", |piece| &**piece);
            self.left = self.left.checked_sub(1 + piece.len() / BYTES_A_NODE).ok_or(TooMuch::Text)?;
            text.push_str(piece);
        }
        Ok(text)
    }
}
