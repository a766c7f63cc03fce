//! Writes elements of XML as XML.

use ego_tree::iter::Edge;
use html5ever::QualName;
use quick_xml::escape::{escape, partial_escape};
use scraper::{ElementRef, Node};

/// The contents of an element, as XML without namespace declarations.
pub fn inner_xml(element: ElementRef) -> String {
    let mut out = String::new();
    for edge in element.traverse() {
        match edge {
            Edge::Open(node) if node.id() != element.id() => open(node.value(), node.has_children(), &mut out),
            Edge::Close(node) if node.id() != element.id() && node.has_children() => {
                if let Node::Element(element) = node.value() {
                    out.extend(["</", &name(&element.name), ">"]);
                }
            }
            _ => {}
        }
    }
    out
}

fn open(node: &Node, has_children: bool, out: &mut String) {
    match node {
        Node::Element(element) => {
            out.extend(["<", &name(&element.name)]);
            for (attribute, value) in &element.attrs {
                out.extend([" ", &name(attribute), "=\"", &escape(&**value), "\""]);
            }
            out.push_str(if has_children { ">" } else { "/>" });
        }
        Node::Text(text) => out.push_str(&partial_escape(&**text)),
        Node::Comment(comment) => out.extend(["<!--", &**comment, "-->"]),
        Node::ProcessingInstruction(instruction) => {
            out.extend(["<?", &*instruction.target, " ", &*instruction.data, "?>"]);
        }
        Node::Document | Node::Fragment | Node::Doctype(_) => {}
    }
}

/// A name as written.
pub fn name(name: &QualName) -> String {
    match &name.prefix {
        Some(prefix) => format!("{prefix}:{}", name.local),
        None => name.local.to_string(),
    }
}
