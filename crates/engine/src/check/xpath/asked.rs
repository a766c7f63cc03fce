//! Finds out what the last part of a path asks for.

use crate::check::candidates::Kind;
use stepcast_suite::xpath::{Axis, Expression, NodeTest, Operator, Start, Step};

/// The subject of a predicate.
enum About<'x> {
    Attribute(&'x str),
    Text,
}

/// What a step selects, without its predicates.
pub fn of_step(step: &Step) -> Kind<'_> {
    match (&step.test, step.axis) {
        (NodeTest::Name(name), Axis::Attribute) => Kind::Attribute(name, None),
        (NodeTest::Name(name), _) => Kind::Tag(name),
        _ => Kind::Other,
    }
}

/// What a predicate requires of a node.
pub fn of_predicate(predicate: &Expression) -> Kind<'_> {
    match predicate {
        Expression::Path(Start::Here, steps) => steps.last().map_or(Kind::Other, of_step),
        Expression::Binary(one, Operator::Equal, other) => match (&**one, &**other) {
            (Expression::Literal(value), about) | (about, Expression::Literal(value)) => equal(about, value),
            _ => Kind::Other,
        },
        Expression::Call("contains" | "starts-with", arguments) => match arguments.as_slice() {
            [about, Expression::Literal(value)] => containing(about, value),
            _ => Kind::Other,
        },
        _ => Kind::Other,
    }
}

/// The name and the value, if a predicate is `@name = 'value'`.
pub fn for_attribute(predicate: &Expression) -> Option<(&str, &str)> {
    let Expression::Binary(one, Operator::Equal, other) = predicate else { return None };
    let (Expression::Path(Start::Here, steps), Expression::Literal(value)) = (&**one, &**other) else { return None };
    match steps.as_slice() {
        [Step { axis: Axis::Attribute, test: NodeTest::Name(name), predicates }] if predicates.is_empty() => {
            Some((name, value))
        }
        _ => None,
    }
}

fn equal<'x>(subject: &'x Expression, value: &'x str) -> Kind<'x> {
    match about(subject) {
        Some(About::Attribute(name)) => Kind::Attribute(name, Some(value)),
        Some(About::Text) => Kind::Text(value),
        None => Kind::Other,
    }
}

/// A `contains` condition. A part of `class` is one class, or the beginning of one.
fn containing<'x>(subject: &'x Expression, value: &'x str) -> Kind<'x> {
    match equal(subject, value) {
        Kind::Attribute(name, _) if name.eq_ignore_ascii_case("class") => Kind::Class(value.trim()),
        kind => kind,
    }
}

/// The subject of an expression. People wrap it, as in `concat(' ', normalize-space(@class), ' ')`.
fn about(expression: &Expression) -> Option<About<'_>> {
    match expression {
        Expression::Path(Start::Here, steps) => match steps.as_slice() {
            [Step { axis: Axis::Attribute, test: NodeTest::Name(name), .. }] => Some(About::Attribute(name)),
            [Step { axis: Axis::SelfNode, .. } | Step { axis: Axis::Child, test: NodeTest::Text, .. }] => {
                Some(About::Text)
            }
            _ => None,
        },
        Expression::Call("normalize-space" | "string", arguments) if arguments.is_empty() => Some(About::Text),
        Expression::Call(_, arguments) => arguments.iter().find_map(about),
        _ => None,
    }
}

/// The step for a candidate.
pub fn written_as_step(kind: &Kind) -> String {
    match kind {
        Kind::Tag(name) => (*name).to_owned(),
        Kind::Attribute(name, None) => format!("@{name}"),
        other => format!("*{}", written_as_predicate(other)),
    }
}

/// The predicate for a candidate.
pub fn written_as_predicate(kind: &Kind) -> String {
    match kind {
        Kind::Tag(name) => format!("[{name}]"),
        Kind::Class(name) => format!("[contains(@class, \"{name}\")]"),
        Kind::Id(name) => format!("[@id=\"{name}\"]"),
        Kind::Attribute(name, None) => format!("[@{name}]"),
        Kind::Attribute(name, Some(value)) => format!("[@{name}=\"{value}\"]"),
        // People overlook white space around a text.
        Kind::Text(text) => format!("[normalize-space()=\"{text}\"]"),
        Kind::Other => String::new(),
    }
}
