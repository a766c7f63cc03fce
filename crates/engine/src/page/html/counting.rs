//! A tree that counts what is added to it.

use ego_tree::Tree;
use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, QualName};
use scraper::{Html, HtmlTreeSink, Node};
use std::borrow::Cow;
use std::cell::Cell;

type Handle = <HtmlTreeSink as TreeSink>::Handle;

/// Counts the nodes and attributes that are made, including those that are made again because tags are misnested.
pub struct Counting {
    sink: HtmlTreeSink,
    made: Cell<usize>,
}

impl Counting {
    /// An empty document with room for this many nodes.
    pub fn with_room_for(nodes: usize) -> Self {
        let mut html = Html::new_document();
        html.tree = Tree::with_capacity(Node::Document, nodes);
        Self { sink: HtmlTreeSink::new(html), made: Cell::new(0) }
    }

    /// The number of nodes and attributes.
    pub fn made(&self) -> usize {
        self.made.get()
    }

    fn count(&self, parts: usize) {
        self.made.set(self.made.get() + parts);
    }

    fn count_text(&self, child: &NodeOrText<Handle>) {
        if let NodeOrText::AppendText(_) = child {
            self.count(1);
        }
    }
}

impl TreeSink for Counting {
    type Handle = Handle;
    type Output = Html;
    type ElemName<'a> = <HtmlTreeSink as TreeSink>::ElemName<'a>;

    fn finish(self) -> Html {
        self.sink.finish()
    }

    // A page can have more errors than anything else, and they are never read.
    fn parse_error(&self, _: Cow<'static, str>) {}

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> Handle {
        self.count(1 + attributes.len());
        self.sink.create_element(name, attributes, flags)
    }

    fn create_comment(&self, text: StrTendril) -> Handle {
        self.count(1);
        self.sink.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Handle {
        self.count(1);
        self.sink.create_pi(target, data)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.count_text(&child);
        self.sink.append(parent, child);
    }

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        self.count_text(&child);
        self.sink.append_before_sibling(sibling, child);
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        self.count_text(&child);
        self.sink.append_based_on_parent_node(element, previous, child);
    }

    fn add_attrs_if_missing(&self, target: &Handle, attributes: Vec<Attribute>) {
        self.count(attributes.len());
        self.sink.add_attrs_if_missing(target, attributes);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public_id: StrTendril, system_id: StrTendril) {
        self.sink.append_doctype_to_document(name, public_id, system_id);
    }

    fn get_document(&self) -> Handle {
        self.sink.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> Self::ElemName<'a> {
        self.sink.elem_name(target)
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        self.sink.get_template_contents(target)
    }

    fn same_node(&self, left: &Handle, right: &Handle) -> bool {
        self.sink.same_node(left, right)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.sink.set_quirks_mode(mode);
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.sink.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &Handle, parent: &Handle) {
        self.sink.reparent_children(node, parent);
    }
}
