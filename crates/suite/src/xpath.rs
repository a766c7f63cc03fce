//! `XPath` 1.0 expressions, parsed: <https://www.w3.org/TR/1999/REC-xpath-19991116/>
//!
//! This module reads and checks them; `worker` evaluates them. Variables are left out: templates are filled in before
//! an expression is read.

mod parser;
mod token;

use std::ops::Range;

/// An expression and the places at which it can be cut.
#[derive(Debug, Clone, PartialEq)]
pub struct XPath {
    /// What it says
    pub expression: Expression,
    /// The beginnings of its first path that are paths too, the shortest first and the whole last; in bytes
    pub cuts: Vec<Range<usize>>,
}

/// Why a text is not a valid expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at character {place}")]
pub struct XPathError {
    /// The problem
    pub message: String,
    /// The position of the problem, in characters from 1
    pub place: usize,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// Two with an operator between them
    Binary(Box<Expression>, Operator, Box<Expression>),
    /// `-` before an expression
    Negative(Box<Expression>),
    /// The nodes on a path from a start
    Path(Start, Vec<Step>),
    /// A text in quotes
    Literal(String),
    /// A number
    Number(f64),
    /// A function with its arguments
    Call(&'static str, Vec<Expression>),
}

/// The start of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// The context node
    Here,
    /// The document
    Root,
    /// The nodes of an expression for which all the predicates hold
    Nodes(Box<Expression>, Vec<Expression>),
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Where it leads
    pub axis: Axis,
    /// What it takes there
    pub test: NodeTest,
    /// What has to hold of it
    pub predicates: Vec<Expression>,
}

impl Step {
    /// Whether it is the first half of `//`.
    pub fn goes_anywhere_below(&self) -> bool {
        self.axis == Axis::DescendantOrSelf && self.test == NodeTest::Node && self.predicates.is_empty()
    }

    /// Whether it takes children whose place among the others does not matter.
    pub fn is_child_wherever_it_stands(&self) -> bool {
        self.axis == Axis::Child && !self.predicates.iter().any(Expression::is_about_position)
    }
}

/// What a step takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeTest {
    /// Elements, or attributes on their axis, of any name
    AnyName,
    /// Those of this name, perhaps with a prefix; `a:*` is every name of a namespace
    Name(String),
    /// Every node
    Node,
    /// Texts
    Text,
    /// Comments
    Comment,
    /// Processing instructions; those of one target if it is named
    Instruction(Option<String>),
}

/// The directions in which a step can lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the standard, section 2.2")]
pub enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Parent,
    Preceding,
    PrecedingSibling,
    SelfNode,
}

impl Axis {
    /// Whether positions count against the order of the document.
    pub fn is_reverse(self) -> bool {
        matches!(self, Self::Ancestor | Self::AncestorOrSelf | Self::Preceding | Self::PrecedingSibling)
    }

    /// Whether it leads to a node itself and what is in it, and nowhere else.
    pub fn is_downward(self) -> bool {
        matches!(self, Self::Attribute | Self::Child | Self::Descendant | Self::DescendantOrSelf | Self::SelfNode)
    }
}

/// The operators that can join two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the signs of the standard, section 3")]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Union,
}

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Nodes of the page
    Nodes,
    /// A text
    Text,
    /// A number
    Number,
    /// True or false
    Boolean,
}

impl XPath {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, XPathError> {
        parser::parse(text)
    }
}

impl Expression {
    /// Whether, as a predicate, it may depend on the position of a node among the others (section 2.4).
    fn is_about_position(&self) -> bool {
        self.gives() == Gives::Number || self.asks_for_position()
    }

    /// The prefixes of the names in it.
    pub fn prefixes(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.gather_prefixes(&mut found);
        found
    }

    fn gather_prefixes<'x>(&'x self, found: &mut Vec<&'x str>) {
        match self {
            Self::Binary(left, _, right) => {
                left.gather_prefixes(found);
                right.gather_prefixes(found);
            }
            Self::Negative(inner) => inner.gather_prefixes(found),
            Self::Call(_, arguments) => {
                for argument in arguments {
                    argument.gather_prefixes(found);
                }
            }
            Self::Path(start, steps) => {
                if let Start::Nodes(expression, predicates) = start {
                    expression.gather_prefixes(found);
                    for predicate in predicates {
                        predicate.gather_prefixes(found);
                    }
                }
                for step in steps {
                    if let NodeTest::Name(name) = &step.test {
                        found.extend(name.split_once(':').map(|(prefix, _)| prefix));
                    }
                    for predicate in &step.predicates {
                        predicate.gather_prefixes(found);
                    }
                }
            }
            Self::Literal(_) | Self::Number(_) => {}
        }
    }

    fn asks_for_position(&self) -> bool {
        let any = |expressions: &[Self]| expressions.iter().any(Self::asks_for_position);
        match self {
            Self::Negative(inner) => inner.asks_for_position(),
            Self::Binary(left, _, right) => left.asks_for_position() || right.asks_for_position(),
            Self::Call(name, arguments) => matches!(*name, "position" | "last") || any(arguments),
            Self::Path(Start::Nodes(expression, predicates), _) => expression.asks_for_position() || any(predicates),
            // Predicates of a path's steps are about other positions.
            Self::Path(..) | Self::Literal(_) | Self::Number(_) => false,
        }
    }

    /// What it gives, which does not depend on the page.
    pub fn gives(&self) -> Gives {
        match self {
            Self::Path(..) | Self::Binary(_, Operator::Union, _) => Gives::Nodes,
            Self::Literal(_) => Gives::Text,
            Self::Number(_) | Self::Negative(_) => Gives::Number,
            Self::Binary(_, operator, _) => match operator {
                Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder => {
                    Gives::Number
                }
                _ => Gives::Boolean,
            },
            Self::Call(name, _) => match *name {
                "id" => Gives::Nodes,
                "boolean" | "not" | "true" | "false" | "lang" | "contains" | "starts-with" => Gives::Boolean,
                "last" | "position" | "count" | "string-length" | "number" | "sum" | "floor" | "ceiling" | "round" => {
                    Gives::Number
                }
                _ => Gives::Text,
            },
        }
    }
}

/// The functions of the standard (section 4), with the least and the most arguments each takes.
const FUNCTIONS: [(&str, usize, usize); 27] = [
    ("last", 0, 0),
    ("position", 0, 0),
    ("count", 1, 1),
    ("id", 1, 1),
    ("local-name", 0, 1),
    ("namespace-uri", 0, 1),
    ("name", 0, 1),
    ("string", 0, 1),
    ("concat", 2, usize::MAX),
    ("starts-with", 2, 2),
    ("contains", 2, 2),
    ("substring-before", 2, 2),
    ("substring-after", 2, 2),
    ("substring", 2, 3),
    ("string-length", 0, 1),
    ("normalize-space", 0, 1),
    ("translate", 3, 3),
    ("boolean", 1, 1),
    ("not", 1, 1),
    ("true", 0, 0),
    ("false", 0, 0),
    ("lang", 1, 1),
    ("number", 0, 1),
    ("sum", 1, 1),
    ("floor", 1, 1),
    ("ceiling", 1, 1),
    ("round", 1, 1),
];
