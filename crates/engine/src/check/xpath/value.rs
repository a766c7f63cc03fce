//! The values of expressions, and their conversions (sections 3 and 4 of the standard).

use super::Node;
use crate::unclear::Unclear;
use stepcast_suite::xpath::Operator;

/// The value of an expression.
pub enum Value<'p> {
    /// Nodes in document order
    Nodes(Vec<Node<'p>>),
    /// A text
    Text(String),
    /// A number
    Number(f64),
    /// True or false
    Boolean(bool),
}

impl Value<'_> {
    pub fn boolean(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Boolean(boolean) => *boolean,
        }
    }

    pub fn number(&self) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Boolean(boolean) => f64::from(u8::from(*boolean)),
            other => parse(&other.text()),
        }
    }

    pub fn text(&self) -> String {
        match self {
            Self::Nodes(nodes) => nodes.first().map(|node| text_of(*node)).unwrap_or_default(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => spell(*number),
            Self::Boolean(boolean) => boolean.to_string(),
        }
    }

    #[cfg(test)]
    pub fn shown(&self) -> String {
        match self {
            Self::Nodes(nodes) => nodes.iter().map(|node| text_of(*node)).collect::<Vec<_>>().join("|"),
            Self::Text(text) => format!("text {text}"),
            Self::Number(number) => format!("number {number}"),
            Self::Boolean(boolean) => format!("boolean {boolean}"),
        }
    }
}

/// The text of one node; reading it once takes time proportional to the page.
pub fn text_of(node: Node) -> String {
    node.text(&|_| Ok(())).unwrap_or_default()
}

/// Parses a number as the standard does: digits with a point, optionally after a minus.
pub fn parse(text: &str) -> f64 {
    let text = text.trim();
    let is_number = text.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_number { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

fn spell(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    // Minus zero is written without its sign.
    if number == 0.0 { "0".into() } else { number.to_string() }
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "pages are far smaller than 2^53")]
pub fn from_count(count: usize) -> f64 {
    count as f64
}

/// Whether a comparison holds (section 3.4). For nodes, it holds if it holds for one of them.
pub fn compare(
    left: &Value,
    operator: Operator,
    right: &Value,
    spend: &impl Fn(usize) -> Result<(), Unclear>,
) -> Result<bool, Unclear> {
    let each = |nodes: &[Node]| -> Result<Vec<Value<'static>>, Unclear> {
        nodes.iter().map(|node| node.text(spend).map(Value::Text)).collect()
    };
    Ok(match (left, right) {
        (Value::Nodes(_), Value::Boolean(_)) | (Value::Boolean(_), Value::Nodes(_)) => single(left, operator, right),
        (Value::Nodes(left), Value::Nodes(right)) => {
            let (left, right) = (each(left)?, each(right)?);
            spend(left.len().saturating_mul(right.len()))?;
            left.iter().any(|left| right.iter().any(|right| single(left, operator, right)))
        }
        (Value::Nodes(nodes), right) => each(nodes)?.iter().any(|left| single(left, operator, right)),
        (left, Value::Nodes(nodes)) => each(nodes)?.iter().any(|right| single(left, operator, right)),
        _ => single(left, operator, right),
    })
}

fn single(left: &Value, operator: Operator, right: &Value) -> bool {
    let numbers = || (left.number(), right.number());
    match operator {
        Operator::Less => numbers().0 < numbers().1,
        Operator::LessOrEqual => numbers().0 <= numbers().1,
        Operator::Greater => numbers().0 > numbers().1,
        Operator::GreaterOrEqual => numbers().0 >= numbers().1,
        Operator::NotEqual => !are_equal(left, right),
        _ => are_equal(left, right),
    }
}

#[expect(clippy::float_cmp, reason = "the standard compares numbers as they are")]
fn are_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Boolean(_), _) | (_, Value::Boolean(_)) => left.boolean() == right.boolean(),
        (Value::Number(_), _) | (_, Value::Number(_)) => left.number() == right.number(),
        _ => left.text() == right.text(),
    }
}
