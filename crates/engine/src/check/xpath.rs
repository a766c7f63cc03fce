//! Evaluates `XPath` 1.0 on a page: <https://www.w3.org/TR/1999/REC-xpath-19991116/>
//!
//! In HTML, elements match by name alone, whatever their namespace and case, as in browsers; in XML, by name and
//! namespace, as the standard requires. Evaluation counts the nodes it visits and gives up beyond a bound: a few nested
//! `//*` would otherwise take days.

mod asked;
mod explain;
mod function;
mod node;
mod value;

use crate::page::{Document, Key};
use crate::unclear::Unclear;
pub use explain::explain;
pub use node::Node;
use node::{BYTES_A_LOOK, Order};
use scraper::Html;
use std::cell::{Cell, OnceCell};
use std::collections::HashSet;
use stepcast_suite::xpath::{Axis, Expression, NodeTest, Operator, Start, Step, XPath};
pub use value::Value;

/// Most nodes an evaluation visits; seconds on a large page.
const LOOKED_AT: usize = 20_000_000;

/// Parses an expression again, because templates may have changed it.
pub fn parse(text: &str) -> Result<XPath, Unclear> {
    XPath::parse(text).map_err(|error| Unclear(format!("`{text}` is not an XPath: {error}")))
}

/// Evaluates the expression on the page.
pub fn evaluate<'p>(xpath: &XPath, document: &'p Document) -> Result<Value<'p>, Unclear> {
    evaluate_within(xpath, document, LOOKED_AT)
}

/// The text of each node.
pub fn texts(nodes: &[Node]) -> Result<Vec<String>, Unclear> {
    let left = Cell::new(LOOKED_AT);
    nodes.iter().map(|node| node.text(&|cost| spend(&left, cost))).collect()
}

fn evaluate_within<'p>(xpath: &XPath, document: &'p Document, nodes: usize) -> Result<Value<'p>, Unclear> {
    check_prefixes(xpath, document)?;
    Page::new(document, nodes).whole(xpath)
}

fn check_prefixes(xpath: &XPath, document: &Document) -> Result<(), Unclear> {
    for prefix in xpath.expression.prefixes() {
        match &document.prefixes {
            None => {
                return Err(Unclear(format!(
                    "`{prefix}:` is a prefix, and HTML has no prefixes; write the name alone"
                )));
            }
            Some(known) if !known.contains_key(prefix) => {
                let declared: Vec<_> = known.keys().map(|known| format!("`{known}:`")).collect();
                return Err(Unclear(format!(
                    "`{prefix}:` has no namespace; declare it under `namespaces` of `defaults`, or use {}",
                    declared.join(", ")
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// A page during the evaluation of an expression.
struct Page<'p> {
    document: &'p Document,
    html: &'p Html,
    order: OnceCell<Order>,
    root: Node<'p>,
    left: Cell<usize>,
}

/// The context of an expression (section 1 of the standard).
#[derive(Clone, Copy)]
struct Context<'p> {
    node: Node<'p>,
    position: usize,
    size: usize,
}

impl<'p> Page<'p> {
    fn new(document: &'p Document, nodes: usize) -> Self {
        let html = &document.html;
        Self { document, html, order: OnceCell::new(), root: Node::root(html), left: Cell::new(nodes) }
    }

    /// Evaluates an expression that is not part of another.
    fn whole(&self, xpath: &XPath) -> Result<Value<'p>, Unclear> {
        self.value(&xpath.expression, Context { node: self.root, position: 1, size: 1 })
    }

    fn value(&self, expression: &Expression, context: Context<'p>) -> Result<Value<'p>, Unclear> {
        Ok(match expression {
            Expression::Literal(text) => Value::Text(text.clone()),
            Expression::Number(number) => Value::Number(*number),
            Expression::Negative(inner) => Value::Number(-self.number(&self.value(inner, context)?)?),
            Expression::Binary(left, operator, right) => self.binary(left, *operator, right, context)?,
            Expression::Call(name, arguments) => self.call(name, arguments, context)?,
            Expression::Path(start, steps) => Value::Nodes(self.path(start, steps, context)?),
        })
    }

    fn binary(
        &self,
        left: &Expression,
        operator: Operator,
        right: &Expression,
        context: Context<'p>,
    ) -> Result<Value<'p>, Unclear> {
        let first = self.value(left, context)?;
        // The right side is not evaluated if the left decides.
        match operator {
            Operator::Or if first.boolean() => return Ok(Value::Boolean(true)),
            Operator::And if !first.boolean() => return Ok(Value::Boolean(false)),
            _ => {}
        }
        let second = self.value(right, context)?;
        let number = |calculate: fn(f64, f64) -> f64| -> Result<Value<'p>, Unclear> {
            Ok(Value::Number(calculate(self.number(&first)?, self.number(&second)?)))
        };
        Ok(match operator {
            Operator::Or | Operator::And => Value::Boolean(second.boolean()),
            Operator::Add => number(|left, right| left + right)?,
            Operator::Subtract => number(|left, right| left - right)?,
            Operator::Multiply => number(|left, right| left * right)?,
            Operator::Divide => number(|left, right| left / right)?,
            Operator::Remainder => number(|left, right| left % right)?,
            Operator::Union => match (first, second) {
                (Value::Nodes(first), Value::Nodes(second)) => {
                    Value::Nodes(self.sorted(first.into_iter().chain(second).collect()))
                }
                _ => return Err(Unclear("`|` combines only nodes".into())),
            },
            _ => Value::Boolean(value::compare(&first, operator, &second, &|cost| self.spend(cost))?),
        })
    }

    fn path(&self, start: &Start, steps: &[Step], context: Context<'p>) -> Result<Vec<Node<'p>>, Unclear> {
        let mut nodes = match start {
            Start::Here => vec![context.node],
            Start::Root => vec![self.root],
            Start::Nodes(expression, predicates) => {
                let Value::Nodes(mut nodes) = self.value(expression, context)? else {
                    return Err(Unclear("only nodes have a path".into()));
                };
                for predicate in predicates {
                    nodes = self.that_hold(nodes, predicate)?;
                }
                nodes
            }
        };
        let mut steps = steps.iter().peekable();
        while let Some(step) = steps.next() {
            // `//a` is short for two steps; the first would collect the whole page.
            nodes = match steps.next_if(|next| step.goes_anywhere_below() && next.axis == Axis::Child) {
                Some(child) if child.is_child_wherever_it_stands() => self.step(&nodes, Axis::Descendant, child)?,
                Some(child) => self.step(&self.parents(&nodes, step, child)?, Axis::Child, child)?,
                None => self.step(&nodes, step.axis, step)?,
            };
        }
        Ok(nodes)
    }

    /// The nodes below these whose children a step looks at. If the step is about names, nodes without such a child are
    /// left out.
    fn parents(&self, from: &[Node<'p>], below: &Step, child: &Step) -> Result<Vec<Node<'p>>, Unclear> {
        let named = match from {
            [root] => self.named_below(*root, Axis::Descendant, &child.test),
            _ => None,
        };
        let Some(named) = named else { return self.step(from, below.axis, below) };
        self.spend(named.len())?;
        let mut parents: Vec<_> = named.into_iter().filter_map(Node::parent).collect();
        parents.dedup_by(|next, before| next.is_same_element(*before));
        Ok(if parents.len() < 2 { parents } else { self.sorted(parents) })
    }

    fn step(&self, from: &[Node<'p>], axis: Axis, step: &Step) -> Result<Vec<Node<'p>>, Unclear> {
        if from.len() < 2 || (axis.is_downward() && self.are_apart(from)?) {
            let mut found = Vec::new();
            for node in from {
                found.extend(self.step_from(*node, axis, step)?);
            }
            if axis.is_reverse() {
                found.reverse();
            }
            return Ok(found);
        }
        let (order, mut found, mut seen) = (self.order(), Vec::new(), HashSet::new());
        for node in from {
            let nodes = self.step_from(*node, axis, step)?;
            found.extend(nodes.into_iter().filter(|node| seen.insert(order.place(*node))));
        }
        Ok(self.sorted(found))
    }

    fn step_from(&self, from: Node<'p>, axis: Axis, step: &Step) -> Result<Vec<Node<'p>>, Unclear> {
        let mut nodes = Vec::new();
        let mut look_at = |next: Node<'p>| {
            self.spend(1)?;
            if next.passes(&step.test, axis, self.document.prefixes.as_ref()) {
                nodes.push(next);
            }
            Ok::<(), Unclear>(())
        };
        match self.named_below(from, axis, &step.test) {
            Some(named) => named.into_iter().try_for_each(&mut look_at)?,
            None if axis == Axis::Child => from.children().try_for_each(look_at)?,
            None => from.along(axis).try_for_each(look_at)?,
        }
        for predicate in &step.predicates {
            nodes = self.that_hold(nodes, predicate)?;
        }
        Ok(nodes)
    }

    /// The elements of the whole page that a test of names may select, in document order.
    fn named_below(&self, from: Node<'p>, axis: Axis, test: &NodeTest) -> Option<Vec<Node<'p>>> {
        let NodeTest::Name(name) = test else { return None };
        let local = name.rsplit(':').next().filter(|local| *local != "*")?;
        if axis != Axis::Descendant || !from.is_root() {
            return None;
        }
        let (html, index) = (self.html, &self.document.index);
        let places = index.places(html, Key::Name(local)).into_iter();
        Some(places.filter_map(|place| index.element(html, place).map(|element| Node::of(*element))).collect())
    }

    /// Whether none of these nodes, which are in document order, is inside another. Then the nodes below them are in
    /// order too, each once. False for nodes that are nested too deep to tell.
    fn are_apart(&self, nodes: &[Node<'p>]) -> Result<bool, Unclear> {
        for pair in nodes.windows(2) {
            self.spend(1)?;
            if pair[1].may_be_in(pair[0]) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The nodes for which a predicate holds. A number means a position (section 2.4).
    fn that_hold(&self, nodes: Vec<Node<'p>>, predicate: &Expression) -> Result<Vec<Node<'p>>, Unclear> {
        let size = nodes.len();
        let mut held = Vec::new();
        if let Some((name, value)) = asked::for_attribute(predicate) {
            for node in nodes {
                self.spend(1 + node.attributes() + value.len() / BYTES_A_LOOK)?;
                if node.has_attribute(name, value, self.document.prefixes.as_ref()) {
                    held.push(node);
                }
            }
            return Ok(held);
        }
        for (node, position) in nodes.into_iter().zip(1..) {
            self.spend(1)?;
            let holds = match self.value(predicate, Context { node, position, size })? {
                Value::Number(number) => (number - value::from_count(position)).abs() < f64::EPSILON,
                other => other.boolean(),
            };
            if holds {
                held.push(node);
            }
        }
        Ok(held)
    }

    /// The nodes in document order, each once.
    fn sorted(&self, mut nodes: Vec<Node<'p>>) -> Vec<Node<'p>> {
        let order = self.order();
        nodes.sort_by_cached_key(|node| order.place(*node));
        nodes.dedup_by_key(|node| order.place(*node));
        nodes
    }

    /// The order, built on first use: most expressions find their nodes in order.
    fn order(&self) -> &Order {
        self.order.get_or_init(|| Order::of(self.html))
    }

    fn spend(&self, cost: usize) -> Result<(), Unclear> {
        spend(&self.left, cost)
    }

    /// The text of a node; the cost grows with the nodes and text below it.
    fn text(&self, node: Node<'p>) -> Result<String, Unclear> {
        node.text(&|cost| self.spend(cost))
    }

    /// The number a value spells; for nodes, the first of them decides.
    fn number(&self, value: &Value<'p>) -> Result<f64, Unclear> {
        match value {
            Value::Nodes(nodes) => {
                Ok(nodes.first().map_or(Ok(f64::NAN), |node| self.text(*node).map(|text| value::parse(&text)))?)
            }
            other => Ok(other.number()),
        }
    }

    fn texts(&self, nodes: &[Node<'p>]) -> Result<Vec<String>, Unclear> {
        nodes.iter().map(|node| self.text(*node)).collect()
    }
}

fn spend(looks: &Cell<usize>, cost: usize) -> Result<(), Unclear> {
    let left = looks.get().checked_sub(cost);
    looks.set(left.unwrap_or_default());
    left.map(|_| ())
        .ok_or_else(|| Unclear("the XPath looks at too many nodes of this page; make it more direct".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<ul id=u class='a b'><li>1<li>2<li lang=en-GB>3</ul><p>x <b>y</b></p><!--c--><p>z</p>";

    fn shown(text: &str) -> String {
        let html = Document::of_html(PAGE);
        match evaluate(&parse(text).expect(text), &html) {
            Ok(value) => value.shown(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn expressions_give_what_the_standard_says() {
        for (text, expected) in [
            ("//li[2]", "2"),
            ("//li[last()]/preceding-sibling::li[1]", "2"),
            ("//li[position() > 1]", "2|3"),
            ("//LI[. = 3]/@lang", "en-GB"),
            ("(//p)[2] | //b", "y|z"),
            ("//b/ancestor::*[1]", "x y"),
            ("//b/following::*", "z"),
            ("count(//p/node())", "number 3"),
            ("string(//p)", "text x y"),
            ("sum(//li) div 2", "number 3"),
            ("7 mod -3 + -1", "number 0"),
            ("//li = 2", "boolean true"),
            ("//li != 2", "boolean true"),
            ("//li > 3", "boolean false"),
            ("not(//table) and true()", "boolean true"),
            ("//li[lang('en')]", "3"),
            ("id('u')/li[1]", "1"),
            ("//comment()", "c"),
            ("//*[contains(concat(' ', @class, ' '), ' b ')]/@id", "u"),
            ("substring('12345', 1.5, 2.6)", "text 234"),
            ("substring('12345', 0 div 0)", "text "),
            ("translate('bar', 'abc', 'AB')", "text BAr"),
            ("normalize-space('  a  b ')", "text a b"),
            ("concat(1.0, '-', 0.5, '-', 1 div 0, '-', 'a' + 1)", "text 1-0.5-Infinity-NaN"),
            ("round(-0.5) = 0 and round(2.5) = 3", "boolean true"),
            ("name(//@lang)", "text lang"),
            ("substring-after('a=b=c', '=')", "text b=c"),
            ("//li/..//self::ul/@class", "a b"),
            ("/html/body/*[self::p or self::ul][1]/@id", "u"),
            ("//nothing", ""),
            ("//li[not(@lang)][2]", "2"),
            ("//b[1] | //p[1]", "x y|y"),
            ("//LI[1]/@lang | //li[3]/@LANG", "en-GB"),
            ("//*[li]/li[last()] | //ul//li[position() = 1]", "1|3"),
            ("//ul | //li | //ul/@id | //ul/@class", "123|a b|u|1|2|3"),
            ("(//ul | //ul/@id)/self::node()", "123|u"),
            ("//li/ancestor-or-self::*[last()]/@id | //li/preceding::li", "1|2"),
            ("//@*/..//li[1]", "1"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn places_count_within_each_parent() {
        let html = Document::of_html("<div><p><i>1</i></p><i>2</i><i>3</i></div><i>4</i><template><i>5</i></template>");
        for (text, expected) in [("//i[1]", "1|2|4"), ("//i[2]", "3"), ("//i[last()]", "1|3|4"), ("//b[1]", "")] {
            assert_eq!(evaluate(&parse(text).expect(text), &html).expect(text).shown(), expected, "{text}");
        }
    }

    #[test]
    fn fuzz_xpath() {
        let page = Document::of_html(PAGE);
        stepcast_fuzz::fuzz(&stepcast_fuzz::languages::XPATH, |text| {
            if let Ok(xpath) = parse(text)
                && evaluate(&xpath, &page).is_ok()
            {
                let _ = explain(text, &page);
            }
        });
    }

    #[test]
    fn what_takes_too_long_is_given_up() {
        let html = Document::of_html(&"<p><b>x</b></p>".repeat(300));
        let expression = parse("count(//*[count(//*[count(//*) > 1]) > 1])").expect("an expression");
        let error = evaluate_within(&expression, &html, 100_000).map(|value| value.shown()).expect_err("too long");
        assert_eq!(error.to_string(), "the XPath looks at too many nodes of this page; make it more direct");
    }
}
