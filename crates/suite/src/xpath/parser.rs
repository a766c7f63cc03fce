//! Builds an expression from tokens, by the grammar of the standard (sections 2 and 3).

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::token::{self, Kind, Token};
use super::{Axis, Expression, FUNCTIONS, Gives, NodeTest, Operator, Start, Step, XPath, XPathError};
use crate::bounds::XPATH;
use crate::closest;
use std::mem;
use std::ops::Range;

/// The operators that bind loosest come first.
const BINARY: [&[(&str, Operator)]; 6] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[("=", Operator::Equal), ("!=", Operator::NotEqual)],
    &[("<=", Operator::LessOrEqual), ("<", Operator::Less), (">=", Operator::GreaterOrEqual), (">", Operator::Greater)],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("div", Operator::Divide), ("mod", Operator::Remainder)],
];

const AXES: [(&str, Axis); 12] = [
    ("ancestor", Axis::Ancestor),
    ("ancestor-or-self", Axis::AncestorOrSelf),
    ("attribute", Axis::Attribute),
    ("child", Axis::Child),
    ("descendant", Axis::Descendant),
    ("descendant-or-self", Axis::DescendantOrSelf),
    ("following", Axis::Following),
    ("following-sibling", Axis::FollowingSibling),
    ("parent", Axis::Parent),
    ("preceding", Axis::Preceding),
    ("preceding-sibling", Axis::PrecedingSibling),
    ("self", Axis::SelfNode),
];

pub fn parse(text: &str) -> Result<XPath, XPathError> {
    XPATH.check_length(text).map_err(|error| token::error(text, 0, error.to_string()))?;
    let tokens = token::tokens(text)?;
    let mut parser = Parser { text, tokens: &tokens, at: 0, depth: 0, first: First::ToCome, cuts: Vec::new() };
    let expression = parser.binary(&BINARY)?;
    if parser.at < tokens.len() {
        return Err(parser.unexpected("the end"));
    }
    Ok(XPath { expression, cuts: parser.cuts })
}

/// Where the parser is, seen from the first path outside of predicates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    /// It has not begun
    ToCome,
    /// It began at this byte
    Inside(usize),
    /// It has ended, or this is a predicate
    Outside,
}

struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    first: First,
    cuts: Vec<Range<usize>>,
}

impl Parser<'_> {
    fn binary(&mut self, levels: &[&[(&str, Operator)]]) -> Result<Expression, XPathError> {
        let Some((operators, tighter)) = levels.split_first() else { return self.unary() };
        let mut left = self.binary(tighter)?;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.is(sign)) {
            self.skip(1);
            left = Expression::Binary(Box::new(left), *operator, Box::new(self.binary(tighter)?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, XPathError> {
        if self.take("-") {
            return self.nested(Self::unary).map(|inner| Expression::Negative(Box::new(inner)));
        }
        let mut left = self.path()?;
        while self.take("|") {
            left = Expression::Binary(Box::new(left), Operator::Union, Box::new(self.path()?));
        }
        Ok(left)
    }

    fn path(&mut self) -> Result<Expression, XPathError> {
        let begin = Some(self.place()).filter(|_| self.first == First::ToCome);
        let path = if self.starts_primary() {
            let primary = self.primary()?;
            self.path_from(primary, begin)
        } else {
            self.open(begin);
            self.location_path()
        };
        if begin.is_some() && self.first != First::ToCome {
            self.first = First::Outside;
        }
        path
    }

    fn location_path(&mut self) -> Result<Expression, XPathError> {
        let mut steps = Vec::new();
        let start = if self.take("/") {
            if self.starts_step() {
                steps.push(self.step()?);
            }
            Start::Root
        } else if self.is("//") {
            Start::Root
        } else {
            steps.push(self.step()?);
            Start::Here
        };
        self.further_steps(start, steps)
    }

    /// The path that starts with an expression, or the expression itself if no path does.
    fn path_from(&mut self, primary: Expression, begin: Option<usize>) -> Result<Expression, XPathError> {
        let is_path = self.is("[") || self.is("/") || self.is("//");
        if primary.gives() != Gives::Nodes {
            return if is_path { Err(self.problem("only nodes have a path or a predicate")) } else { Ok(primary) };
        }
        if begin.is_some() && !matches!(primary, Expression::Path(..)) {
            self.cut_whole(begin, is_path);
        }
        if !is_path {
            return Ok(primary);
        }
        self.open(begin);
        let start = Start::Nodes(Box::new(primary), self.predicates()?);
        self.further_steps(start, Vec::new())
    }

    fn further_steps(&mut self, start: Start, mut steps: Vec<Step>) -> Result<Expression, XPathError> {
        while self.is("/") || self.is("//") {
            if self.take("//") {
                steps.push(Step { axis: Axis::DescendantOrSelf, test: NodeTest::Node, predicates: Vec::new() });
            } else {
                self.skip(1);
            }
            steps.push(self.step()?);
        }
        Ok(Expression::Path(start, steps))
    }

    fn primary(&mut self) -> Result<Expression, XPathError> {
        let Some(token) = self.tokens.get(self.at).cloned() else { return Err(self.unexpected("an expression")) };
        self.skip(1);
        match token.kind {
            Kind::Literal(text) => Ok(Expression::Literal(text)),
            Kind::Number(number) => Ok(Expression::Number(number)),
            Kind::Name(name) => self.call(&name, token.start),
            _ => {
                let inner = self.nested(|parser| parser.binary(&BINARY))?;
                self.expect(")")?;
                Ok(inner)
            }
        }
    }

    fn call(&mut self, name: &str, start: usize) -> Result<Expression, XPathError> {
        let names = FUNCTIONS.map(|(name, ..)| name);
        let Some((name, least, most)) = FUNCTIONS.into_iter().find(|(known, ..)| *known == name) else {
            let near = closest(name, &names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(token::error(self.text, start, format!("there is no function `{name}`{near}")));
        };
        self.expect("(")?;
        let mut arguments = Vec::new();
        while !self.take(")") {
            if !arguments.is_empty() {
                self.expect(",")?;
            }
            arguments.push(self.nested(|parser| parser.binary(&BINARY))?);
        }
        if !(least..=most).contains(&arguments.len()) {
            let message = format!("`{name}()` does not take {} arguments", arguments.len());
            return Err(token::error(self.text, start, message));
        }
        let needs_nodes = matches!(name, "count" | "sum" | "name" | "local-name" | "namespace-uri");
        if needs_nodes && arguments.first().is_some_and(|argument| argument.gives() != Gives::Nodes) {
            return Err(token::error(self.text, start, format!("`{name}()` takes nodes")));
        }
        Ok(Expression::Call(name, arguments))
    }

    fn step(&mut self) -> Result<Step, XPathError> {
        let short = if self.take("..") {
            Some(Axis::Parent)
        } else if self.take(".") {
            Some(Axis::SelfNode)
        } else {
            None
        };
        if let Some(axis) = short {
            self.cut();
            return Ok(Step { axis, test: NodeTest::Node, predicates: Vec::new() });
        }
        let axis = self.axis()?;
        let test = self.node_test()?;
        self.cut();
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn axis(&mut self) -> Result<Axis, XPathError> {
        if self.take("@") {
            return Ok(Axis::Attribute);
        }
        let (Some(Kind::Name(name)), true) = (self.kind(0), self.is_at(1, "::")) else { return Ok(Axis::Child) };
        let Some((_, axis)) = AXES.into_iter().find(|(known, _)| known == name) else {
            let near = closest(name, &AXES.map(|(name, _)| name));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(self.problem(format!("there is no axis `{name}`{near}")));
        };
        self.skip(2);
        Ok(axis)
    }

    fn node_test(&mut self) -> Result<NodeTest, XPathError> {
        if self.kind(0) == Some(&Kind::Symbol("*")) {
            self.skip(1);
            return Ok(NodeTest::AnyName);
        }
        let Some(Kind::Name(name)) = self.kind(0).cloned() else { return Err(self.unexpected("the name of a node")) };
        if name.starts_with(':') || name.ends_with(':') {
            return Err(self.problem(format!("`{name}` is not a valid name")));
        }
        if !self.is_at(1, "(") {
            self.skip(1);
            return Ok(NodeTest::Name(name));
        }
        let mut test = match name.as_str() {
            "node" => NodeTest::Node,
            "text" => NodeTest::Text,
            "comment" => NodeTest::Comment,
            "processing-instruction" => NodeTest::Instruction(None),
            _ => return Err(self.problem(format!("`{name}()` cannot be a step"))),
        };
        self.skip(2);
        if let (NodeTest::Instruction(_), Some(Kind::Literal(target))) = (&test, self.kind(0)) {
            test = NodeTest::Instruction(Some(target.clone()));
            self.skip(1);
        }
        self.expect(")")?;
        Ok(test)
    }

    fn predicates(&mut self) -> Result<Vec<Expression>, XPathError> {
        let mut predicates = Vec::new();
        while self.take("[") {
            let first = mem::replace(&mut self.first, First::Outside);
            predicates.push(self.nested(|parser| parser.binary(&BINARY))?);
            self.first = first;
            self.expect("]")?;
            self.cut();
        }
        Ok(predicates)
    }

    /// The first path begins here, if it has not begun.
    fn open(&mut self, begin: Option<usize>) {
        if let Some(begin) = begin {
            self.first = First::Inside(begin);
        }
    }

    /// Remembers that the first path can be cut behind the last token.
    fn cut(&mut self) {
        let before = self.tokens.get(..self.at).unwrap_or_default();
        if let (First::Inside(begin), Some(last)) = (self.first, before.last()) {
            self.cuts.push(begin..last.end);
        }
    }

    /// Where a path starts with several put together, the first of them may be missing, but not all.
    fn cut_whole(&mut self, begin: Option<usize>, is_path: bool) {
        if is_path {
            self.cuts.clear();
        }
        if self.cuts.is_empty() {
            self.open(begin);
            self.cut();
        }
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, XPathError>) -> Result<T, XPathError> {
        if self.depth == XPATH.depth {
            return Err(self.problem(format!("it is nested more than {} deep", XPATH.depth)));
        }
        let depth = self.depth;
        self.depth = depth.saturating_add(1);
        let result = read(self);
        self.depth = depth;
        result
    }

    fn starts_primary(&self) -> bool {
        match self.kind(0) {
            Some(Kind::Literal(_) | Kind::Number(_) | Kind::Symbol("(")) => true,
            Some(Kind::Name(name)) => {
                let is_node_type = matches!(name.as_str(), "node" | "text" | "comment" | "processing-instruction");
                self.is_at(1, "(") && !is_node_type
            }
            _ => false,
        }
    }

    fn starts_step(&self) -> bool {
        matches!(self.kind(0), Some(Kind::Name(_) | Kind::Symbol("*" | "@" | "." | "..")))
    }

    fn kind(&self, ahead: usize) -> Option<&Kind> {
        self.tokens.get(self.at.saturating_add(ahead)).map(|token| &token.kind)
    }

    fn is(&self, sign: &str) -> bool {
        self.is_at(0, sign)
    }

    fn is_at(&self, ahead: usize, sign: &str) -> bool {
        match self.kind(ahead) {
            Some(Kind::Symbol(symbol) | Kind::Operator(symbol)) => *symbol == sign,
            _ => false,
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.skip(usize::from(found));
        found
    }

    fn skip(&mut self, tokens: usize) {
        self.at = self.at.saturating_add(tokens);
    }

    fn expect(&mut self, sign: &str) -> Result<(), XPathError> {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, expected: &str) -> XPathError {
        match self.tokens.get(self.at) {
            Some(token) => {
                let found = self.text.get(token.start..token.end).unwrap_or_default();
                self.problem(format!("expected {expected}, found `{found}`"))
            }
            None => self.problem(format!("expected {expected}, but it ends")),
        }
    }

    fn problem(&self, message: impl Into<String>) -> XPathError {
        token::error(self.text, self.place(), message)
    }

    /// The start of the next token, in bytes.
    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.text.len(), |token| token.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, expected) in [
            ("//a[", "expected the name of a node, but it ends at character 5"),
            ("//a]", "expected the end, found `]` at character 4"),
            ("//h:", "`h:` is not a valid name at character 3"),
            ("cuont(//a)", "there is no function `cuont`; did you mean `count`? at character 1"),
            ("count(1)", "`count()` takes nodes at character 1"),
            ("contains(//a)", "`contains()` does not take 1 arguments at character 1"),
            ("chidl::a", "there is no axis `chidl`; did you mean `child`? at character 1"),
            ("//a[@b='ü\"]", "the quoted text is not closed at character 8"),
            ("$a", "expected the name of a node, found `$` at character 1"),
            ("'a'/b", "only nodes have a path or a predicate at character 4"),
            ("", "expected the name of a node, but it ends at character 1"),
        ] {
            assert_eq!(XPath::parse(text).expect_err(text).to_string(), expected, "{text}");
        }
        assert!(XPath::parse(&format!("{}1{}", "(".repeat(100), ")".repeat(100))).is_err());
        assert!(XPath::parse(&"-".repeat(400)).is_err());
        assert!(XPath::parse(&format!("1{}", "+1".repeat(1_000))).is_err());
    }

    #[test]
    fn the_first_path_can_be_cut() {
        for (text, expected) in [
            (
                "//ul[@a = 'b'][1]/li//@c",
                &["//ul", "//ul[@a = 'b']", "//ul[@a = 'b'][1]", "//ul[@a = 'b'][1]/li", "//ul[@a = 'b'][1]/li//@c"][..],
            ),
            ("//a[b | c] | //d", &["//a", "//a[b | c]"]),
            ("(//a/b)[1]/c", &["//a", "//a/b", "(//a/b)[1]", "(//a/b)[1]/c"]),
            ("(//a | //b)[c]", &["(//a | //b)", "(//a | //b)[c]"]),
            ("(//a | //b)", &["//a"]),
            ("1 + count(//a/b) - count(//c)", &["//a", "//a/b"]),
            ("id('a')/b", &["id('a')", "id('a')/b"]),
            ("id('a')", &["id('a')"]),
            ("/", &[]),
            ("'a'", &[]),
        ] {
            let xpath = XPath::parse(text).expect(text);
            let cut: Vec<_> = xpath.cuts.into_iter().map(|cut| &text[cut]).collect();
            assert_eq!(cut, expected, "{text}");
        }
    }

    #[test]
    fn names_and_signs_are_told_apart_by_what_stands_before() {
        for text in [
            "//h:a/@h:*",
            "div div div",
            "* * *",
            "//div[. * 2 mod 3 = 1 or and]",
            "..//*",
            "/",
            "a-b",
            "self::node()",
            "-a | b",
        ] {
            assert!(XPath::parse(text).is_ok(), "{text}: {:?}", XPath::parse(text));
        }
    }
}
