//! The nodes of a page as `XPath` sees them (section 5 of the standard).

use crate::page::{self, written_name};
use crate::unclear::Unclear;
use ego_tree::{NodeId, NodeRef};
use html5ever::QualName;
use rustc_hash::{FxBuildHasher, FxHashMap};
use scraper::{Html, Node as Kind};
use stepcast_suite::selector::Prefixes;
use stepcast_suite::xpath::{Axis, NodeTest};

/// How many bytes of text cost as much as a node: text is copied, and may be read again for each element around it.
pub const BYTES_A_LOOK: usize = 4;

/// How deep a node may be nested for its ancestors to be searched.
const DEEP: usize = 64;

/// A node of the tree, or an attribute of one.
#[derive(Clone, Copy)]
pub struct Node<'p> {
    tree: NodeRef<'p, Kind>,
    attribute: Option<(usize, &'p str, &'p str)>,
}

/// The place of each node in the document. The tree's own numbers follow the order in which nodes were made.
pub struct Order(FxHashMap<NodeId, usize>);

impl Order {
    pub fn of(html: &Html) -> Self {
        let mut places = FxHashMap::with_capacity_and_hasher(html.tree.values().len(), FxBuildHasher);
        places.extend(page::walk(html.tree.root()).enumerate().map(|(place, node)| (node.id(), place)));
        Self(places)
    }

    /// The place of a node. Attributes come after their element and before its content.
    pub fn place(&self, node: Node) -> (usize, usize) {
        let place = self.0.get(&node.tree.id()).copied().unwrap_or_default();
        (place, node.attribute.map_or(0, |(number, ..)| number + 1))
    }
}

impl<'p> Node<'p> {
    /// The id of the node, or of the element whose attribute it is.
    pub fn id(&self) -> NodeId {
        self.tree.id()
    }

    pub fn root(html: &'p Html) -> Self {
        Self::of(html.tree.root())
    }

    pub fn of(tree: NodeRef<'p, Kind>) -> Self {
        Self { tree, attribute: None }
    }

    /// The name of an element or attribute, or the target of a processing instruction; empty for others.
    pub fn name(self) -> &'p str {
        match (self.attribute, self.tree.value()) {
            (Some((_, name, _)), _) => name,
            (None, Kind::Element(element)) => element.name(),
            (None, Kind::ProcessingInstruction(instruction)) => &instruction.target,
            _ => "",
        }
    }

    /// The value of an attribute of this node.
    pub fn attribute(self, name: &str) -> Option<&'p str> {
        self.tree.value().as_element().and_then(|element| element.attr(name))
    }

    /// The declared language of an element: `lang` in HTML, `xml:lang` in XML.
    pub fn language(self) -> Option<&'p str> {
        let element = self.tree.value().as_element()?;
        element.attr("lang").or_else(|| {
            element.attrs.iter().find(|(name, _)| written_name(name) == "xml:lang").map(|(_, value)| &**value)
        })
    }

    /// The text of a node: all texts in it, in order.
    pub fn text(self, spend: &impl Fn(usize) -> Result<(), Unclear>) -> Result<String, Unclear> {
        let own = match (self.attribute, self.tree.value()) {
            (Some((_, _, value)), _) => Some(value),
            (None, Kind::Comment(comment)) => Some(&**comment),
            (None, Kind::ProcessingInstruction(instruction)) => Some(&*instruction.data),
            _ => None,
        };
        if let Some(own) = own {
            spend(1 + own.len() / BYTES_A_LOOK)?;
            return Ok(own.to_owned());
        }
        let mut text = String::new();
        for node in page::walk(self.tree) {
            let piece = node.value().as_text().map_or("", |piece| &**piece);
            spend(1 + piece.len() / BYTES_A_LOOK)?;
            text.push_str(piece);
        }
        Ok(text)
    }

    /// Whether this is the document.
    pub fn is_root(self) -> bool {
        self.attribute.is_none() && self.tree.parent().is_none()
    }

    /// The node around an element.
    pub fn parent(self) -> Option<Self> {
        self.tree.parent().map(Self::of)
    }

    /// Whether both are the same node of the tree.
    pub fn is_same_element(self, other: Self) -> bool {
        self.tree == other.tree
    }

    /// The children of an element; an attribute has none.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let tree = Some(self.tree).filter(|_| self.attribute.is_none());
        tree.into_iter().flat_map(|tree| tree.children()).map(Self::of)
    }

    /// How many attributes it has.
    pub fn attributes(self) -> usize {
        self.tree.value().as_element().map_or(0, |element| element.attrs.len())
    }

    /// Whether this is an element that has an attribute with this name and value.
    pub fn has_attribute(self, name: &str, value: &str, prefixes: Option<&Prefixes>) -> bool {
        let own = Some(self.tree).filter(|_| self.attribute.is_none()).into_iter().flat_map(attributes);
        let mut named = own.filter(|own| own.is_named(name, prefixes));
        named.any(|own| own.attribute.is_some_and(|(.., own)| own == value))
    }

    /// The nodes on an axis, the nearest first.
    pub fn along(self, axis: Axis) -> Box<dyn Iterator<Item = Self> + 'p> {
        let tree = self.tree;
        let is_attribute = self.attribute.is_some();
        let this = std::iter::once(self);
        // An attribute has a parent, but no siblings or descendants.
        match axis {
            Axis::SelfNode => Box::new(this),
            Axis::Parent if is_attribute => Box::new(std::iter::once(Self::of(tree))),
            Axis::Parent => Box::new(tree.parent().map(Self::of).into_iter()),
            Axis::Ancestor if is_attribute => Box::new(std::iter::once(tree).chain(tree.ancestors()).map(Self::of)),
            Axis::Ancestor => Box::new(tree.ancestors().map(Self::of)),
            Axis::AncestorOrSelf => Box::new(this.chain(self.along(Axis::Ancestor))),
            Axis::DescendantOrSelf if is_attribute => Box::new(this),
            Axis::Following if is_attribute => Box::new(page::walk(tree).skip(1).chain(following(tree)).map(Self::of)),
            Axis::Preceding if is_attribute => Self::of(tree).along(Axis::Preceding),
            _ if is_attribute => Box::new(std::iter::empty()),
            Axis::Attribute => Box::new(attributes(tree)),
            Axis::Child => Box::new(self.children()),
            Axis::Descendant => Box::new(page::walk(tree).skip(1).map(Self::of)),
            Axis::DescendantOrSelf => Box::new(page::walk(tree).map(Self::of)),
            Axis::FollowingSibling => Box::new(tree.next_siblings().map(Self::of)),
            Axis::PrecedingSibling => Box::new(tree.prev_siblings().map(Self::of)),
            Axis::Following => Box::new(following(tree).map(Self::of)),
            Axis::Preceding => Box::new(preceding(tree).map(Self::of)),
        }
    }

    /// Whether a step selects this node. In XML, names match exactly, in the namespaces of their prefixes.
    pub fn passes(self, test: &NodeTest, axis: Axis, prefixes: Option<&Prefixes>) -> bool {
        let kind = self.tree.value();
        let is_principal = if axis == Axis::Attribute { self.attribute.is_some() } else { self.is_element() };
        match test {
            // A node that the standard does not know, like the document type, does not count.
            NodeTest::Node => !matches!(kind, Kind::Doctype(_) | Kind::Fragment),
            NodeTest::AnyName => is_principal,
            NodeTest::Name(name) => is_principal && self.is_named(name, prefixes),
            NodeTest::Text => self.attribute.is_none() && kind.is_text(),
            NodeTest::Comment => self.attribute.is_none() && kind.is_comment(),
            NodeTest::Instruction(target) => match kind {
                Kind::ProcessingInstruction(instruction) if self.attribute.is_none() => {
                    target.as_ref().is_none_or(|target| *instruction.target == **target)
                }
                _ => false,
            },
        }
    }

    fn is_named(self, name: &str, prefixes: Option<&Prefixes>) -> bool {
        let Some(prefixes) = prefixes else { return self.name().eq_ignore_ascii_case(name) };
        let (namespace, local) = match name.split_once(':') {
            Some((prefix, local)) => (prefixes.get(prefix).map_or("", String::as_str), local),
            None => ("", name),
        };
        self.namespace() == namespace && (local == "*" || self.name() == local)
    }

    /// The namespace of an element or attribute; empty for others.
    pub fn namespace(self) -> &'p str {
        self.qualified().map_or("", |name| &*name.ns)
    }

    /// The name with its prefix.
    pub fn written_name(self) -> String {
        self.qualified().map_or_else(|| self.name().to_owned(), written_name)
    }

    fn qualified(self) -> Option<&'p QualName> {
        let element = self.tree.value().as_element()?;
        match self.attribute {
            Some((number, ..)) => element.attrs.get(number).map(|(name, _)| name),
            None => Some(&element.name),
        }
    }

    /// Whether this node is inside the other, or nested too deep to tell.
    pub fn may_be_in(self, other: Self) -> bool {
        let mut around = self.tree.ancestors().take(DEEP + 1);
        let is_own_attribute = self.attribute.is_some() && self.tree == other.tree;
        is_own_attribute || around.by_ref().take(DEEP).any(|node| node == other.tree) || around.next().is_some()
    }

    /// Whether it is an element and not an attribute of one.
    pub fn is_element(self) -> bool {
        self.attribute.is_none() && self.tree.value().is_element()
    }
}

fn attributes(tree: NodeRef<'_, Kind>) -> impl Iterator<Item = Node<'_>> {
    let attributes = tree.value().as_element().into_iter().flat_map(scraper::node::Element::attrs);
    let node = move |(number, (name, value))| Node { tree, attribute: Some((number, name, value)) };
    attributes.enumerate().map(node)
}

fn following(tree: NodeRef<'_, Kind>) -> impl Iterator<Item = NodeRef<'_, Kind>> {
    let up = std::iter::once(tree).chain(tree.ancestors());
    up.flat_map(|node| node.next_siblings().flat_map(|sibling| page::walk(sibling)))
}

/// The nodes that end before this node begins, the nearest first.
fn preceding(tree: NodeRef<'_, Kind>) -> impl Iterator<Item = NodeRef<'_, Kind>> {
    let up = std::iter::once(tree).chain(tree.ancestors());
    up.flat_map(|node| node.prev_siblings().flat_map(backwards))
}

fn backwards(tree: NodeRef<'_, Kind>) -> impl Iterator<Item = NodeRef<'_, Kind>> {
    let mut nodes: Vec<_> = page::walk(tree).collect();
    nodes.reverse();
    nodes.into_iter()
}
