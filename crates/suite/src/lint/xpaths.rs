//! `XPath`s that select no node on any page.

use crate::xpath::{Expression, Operator, Start, Step, XPath};

/// Whether an expression gives nodes but can never find one.
pub(super) fn never_matches(text: &str) -> bool {
    XPath::parse(text).is_ok_and(|xpath| is_empty(&xpath.expression))
}

fn is_empty(expression: &Expression) -> bool {
    match expression {
        Expression::Path(start, steps) => starts_nowhere(start) || steps.iter().any(takes_nothing),
        Expression::Binary(one, Operator::Union, other) => is_empty(one) && is_empty(other),
        _ => false,
    }
}

fn starts_nowhere(start: &Start) -> bool {
    match start {
        Start::Here | Start::Root => false,
        Start::Nodes(nodes, predicates) => is_empty(nodes) || contradicts(predicates),
    }
}

fn takes_nothing(step: &Step) -> bool {
    contradicts(&step.predicates)
}

/// Whether one of these is always false, or two cannot both hold for a node.
fn contradicts(predicates: &[Expression]) -> bool {
    predicates.iter().any(|predicate| is_no_position(predicate) || constant(predicate) == Some(false))
        || predicates.iter().any(|predicate| predicates.iter().any(|other| is_opposite(predicate, other)))
}

/// A number is a position; the first is 1.
fn is_no_position(predicate: &Expression) -> bool {
    match predicate {
        Expression::Number(number) => *number < 1.0 || number.fract() != 0.0,
        Expression::Negative(inner) => matches!(**inner, Expression::Number(number) if number >= 0.0),
        _ => false,
    }
}

/// The boolean that an expression gives on every page, if that is known.
fn constant(expression: &Expression) -> Option<bool> {
    match expression {
        Expression::Call("true", _) => Some(true),
        Expression::Call("false", _) => Some(false),
        Expression::Call("not", arguments) => constant(arguments.first()?).map(|value| !value),
        Expression::Literal(text) => Some(!text.is_empty()),
        Expression::Path(..) if is_empty(expression) => Some(false),
        Expression::Binary(one, Operator::And, other) => match (constant(one), constant(other)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Expression::Binary(one, Operator::Or, other) => match (constant(one), constant(other)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Expression::Binary(one, Operator::Equal, other) => is_same(one, other),
        Expression::Binary(one, Operator::NotEqual, other) => is_same(one, other).map(|same| !same),
        _ => None,
    }
}

fn is_same(one: &Expression, other: &Expression) -> Option<bool> {
    match (one, other) {
        (Expression::Number(one), Expression::Number(other)) => Some(one.total_cmp(other).is_eq()),
        (Expression::Literal(one), Expression::Literal(other)) => Some(one == other),
        _ => None,
    }
}

/// Whether one requires that something exists, and the other that it does not. Both apply to the same node.
fn is_opposite(one: &Expression, other: &Expression) -> bool {
    let Expression::Call("not", arguments) = other else { return false };
    matches!(one, Expression::Path(..)) && arguments.first() == Some(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_nowhere_is_told_from_what_may_lead_somewhere() {
        for never in [
            "//a[false()]",
            "//a[1=2]",
            "//a[@x][not(@x)]",
            "//a[0]",
            "//a[-1]",
            "//a[1.5]",
            "//a['']",
            "//a[false()] | //b[0]",
            "//a[b[0]]/c",
            "(//a)[0]",
            "//a[@x and false()]",
            "//a[not('x'='x')]",
        ] {
            assert!(never_matches(never), "{never}");
        }
        for possible in [
            "//a",
            "//a[1]",
            "//a[true()]",
            "//a[@x][not(@y)]",
            "//a[false()] | //b",
            "//a[not(b[0])]",
            "//a[position()=0]",
            "count(//a[0])",
            "//a[@x or not(@x)]",
            "//a[1=1]",
            "//a[last()][not(last())]",
        ] {
            assert!(!never_matches(possible), "{possible}");
        }
    }
}
