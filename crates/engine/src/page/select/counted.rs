//! An element that counts the visits to it and its relatives.

use super::super::index::values;
use super::TooMuch;
use ego_tree::NodeRef;
use html5ever::{LocalName, Namespace, local_name};
use scraper::selector::{CssLocalName, CssString, NonTSPseudoClass, PseudoElement, Simple};
use scraper::{CaseSensitivity, Element, ElementRef, Node};
use selectors::OpaqueElement;
use selectors::attr::{AttrSelectorOperation, NamespaceConstraint};
use selectors::bloom::BloomFilter;
use selectors::context::MatchingContext;
use selectors::matching::ElementSelectorFlags;
use std::cell::Cell;

/// The deepest level that `:has` descends to, because it recurses. Browsers nest elements at most 512 deep.
const DEEPEST: usize = 1_000;
/// How many bytes of an attribute's value cost as much as a node.
const BYTES_PER_VISIT: usize = 16;

/// The remaining visits.
#[derive(Debug)]
pub struct VisitBudget {
    left: Cell<usize>,
    problem: Cell<Option<TooMuch>>,
}

impl VisitBudget {
    pub fn new(nodes: usize) -> Self {
        Self { left: Cell::new(nodes), problem: Cell::new(None) }
    }

    /// Why matching was given up, if it was.
    pub fn problem(&self) -> Option<TooMuch> {
        self.problem.get()
    }

    fn spend(&self, cost: usize) -> bool {
        match self.left.get().checked_sub(cost) {
            Some(left) if self.problem.get().is_none() => self.left.set(left),
            Some(_) => {}
            None => self.give_up(TooMuch::Nodes),
        }
        self.problem.get().is_none()
    }

    fn give_up(&self, problem: TooMuch) {
        if self.problem.get().is_none() {
            self.problem.set(Some(problem));
        }
    }
}

/// An element that counts every visit. When no visits are left, it has no relatives and matches nothing.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'p, 'l> {
    element: ElementRef<'p>,
    budget: &'l VisitBudget,
    /// How many levels below the element where matching began
    depth: usize,
}

impl<'p, 'l> Counted<'p, 'l> {
    pub fn new(element: ElementRef<'p>, budget: &'l VisitBudget) -> Self {
        Self { element, budget, depth: 0 }
    }

    /// Counts one visit.
    pub fn visit(&self) -> bool {
        self.budget.spend(1)
    }

    /// Counts what it costs to look an attribute up and to read its value.
    fn read(&self, name: &LocalName) -> bool {
        let length: usize = values(self.element.value(), name.clone()).map(str::len).sum();
        self.budget.spend(self.element.value().attrs.len() + length / BYTES_PER_VISIT)
    }

    fn to(self, element: ElementRef<'p>, depth: usize) -> Self {
        Self { element, depth, ..self }
    }

    /// The first element among nodes, each of which costs a visit.
    fn first_of(self, nodes: impl Iterator<Item = NodeRef<'p, Node>>, depth: usize) -> Option<Self> {
        let mut elements = nodes.take_while(|_| self.visit()).filter_map(ElementRef::wrap);
        elements.next().map(|found| self.to(found, depth))
    }
}

impl Element for Counted<'_, '_> {
    type Impl = Simple;

    fn parent_element(&self) -> Option<Self> {
        let parent = self.element.parent().and_then(ElementRef::wrap).filter(|_| self.visit())?;
        Some(self.to(parent, self.depth.saturating_sub(1)))
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.first_of(self.element.prev_siblings(), self.depth)
    }

    fn next_sibling_element(&self) -> Option<Self> {
        self.first_of(self.element.next_siblings(), self.depth)
    }

    fn first_element_child(&self) -> Option<Self> {
        if self.depth == DEEPEST {
            self.budget.give_up(TooMuch::Depth);
        }
        self.first_of(self.element.children(), self.depth + 1)
    }

    fn is_empty(&self) -> bool {
        let mut children = self.element.children();
        !children.any(|child| !self.visit() || child.value().is_element() || child.value().is_text())
    }

    fn attr_matches(
        &self,
        namespace: &NamespaceConstraint<&Namespace>,
        name: &CssLocalName,
        operation: &AttrSelectorOperation<&CssString>,
    ) -> bool {
        self.read(&name.0) && self.element.attr_matches(namespace, name, operation)
    }

    fn has_class(&self, name: &CssLocalName, case_sensitivity: CaseSensitivity) -> bool {
        let mut classes = values(self.element.value(), local_name!("class")).flat_map(str::split_ascii_whitespace);
        self.read(&local_name!("class"))
            && classes.any(|class| case_sensitivity.eq(class.as_bytes(), name.0.as_bytes()))
    }

    fn has_id(&self, id: &CssLocalName, case_sensitivity: CaseSensitivity) -> bool {
        let mut ids = values(self.element.value(), local_name!("id"));
        self.read(&local_name!("id")) && ids.any(|own| case_sensitivity.eq(own.as_bytes(), id.0.as_bytes()))
    }

    fn opaque(&self) -> OpaqueElement {
        self.element.opaque()
    }

    fn is_root(&self) -> bool {
        self.element.is_root()
    }

    fn is_same_type(&self, other: &Self) -> bool {
        self.element.is_same_type(&other.element)
    }

    fn has_local_name(&self, name: &CssLocalName) -> bool {
        self.element.has_local_name(name)
    }

    fn has_namespace(&self, namespace: &Namespace) -> bool {
        self.element.has_namespace(namespace)
    }

    fn is_html_element_in_html_document(&self) -> bool {
        self.element.is_html_element_in_html_document()
    }

    fn is_link(&self) -> bool {
        self.element.is_link()
    }

    fn is_html_slot_element(&self) -> bool {
        self.element.is_html_slot_element()
    }

    // Pages have none of the following: shadow trees, states, parts, and pseudo-elements.

    fn parent_node_is_shadow_root(&self) -> bool {
        false
    }

    fn containing_shadow_host(&self) -> Option<Self> {
        None
    }

    fn is_pseudo_element(&self) -> bool {
        false
    }

    fn match_non_ts_pseudo_class(&self, _: &NonTSPseudoClass, _: &mut MatchingContext<Simple>) -> bool {
        false
    }

    fn match_pseudo_element(&self, _: &PseudoElement, _: &mut MatchingContext<Simple>) -> bool {
        false
    }

    fn has_custom_state(&self, _: &CssLocalName) -> bool {
        false
    }

    fn imported_part(&self, _: &CssLocalName) -> Option<CssLocalName> {
        None
    }

    fn is_part(&self, _: &CssLocalName) -> bool {
        false
    }

    fn apply_selector_flags(&self, _: ElementSelectorFlags) {}

    fn add_element_unique_hashes(&self, _: &mut BloomFilter) -> bool {
        false
    }
}
