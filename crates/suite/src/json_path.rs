//! JSONPath (RFC 9535) as a syntax tree. Reading a path takes linear time, and a stack as deep as its brackets, which
//! are bounded. The engine evaluates the tree.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

mod parser;

use crate::bounds::JSON_PATH;
use crate::quote::shorten;
use parser::{Parser, SyntaxError};
use serde_json::Value;

/// A path, or a query inside of a filter.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath {
    text: String,
    segments: Vec<Segment>,
}

/// Why a text is not a path that a suite may use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is not a path
    #[error("{0}")]
    Invalid(String),
    /// It may be a path, but is too long, nested too deep, or has a number that is not compared
    #[error("{0}")]
    Beyond(String),
}

/// A step from values to values below them.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Whether it begins with `..`: its selectors apply to the values and to everything below them
    pub is_descendant: bool,
    /// What it selects, in order; the same value may be selected several times
    pub selectors: Vec<Selector>,
    /// Where it ends in the path, in bytes
    end: usize,
}

/// What selects children of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Selector {
    /// The member of this name
    Name(String),
    /// All members or items
    Wildcard,
    /// The item at this place; from the end if it is negative
    Index(i64),
    /// Items at regular distances
    Slice {
        /// The first; from the end if it is negative
        start: Option<i64>,
        /// The first that is not selected; from the end if it is negative
        end: Option<i64>,
        /// The distance; backwards if it is negative
        step: i64,
    },
    /// The members or items that meet a condition
    Filter(Condition),
}

/// What has to be true of a member or an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// One of these is
    Any(Vec<Self>),
    /// All of these are
    All(Vec<Self>),
    /// This is not
    Not(Box<Self>),
    /// The query selects something
    Exists(Query),
    /// A comparison holds
    Comparison(Comparable, Comparison, Comparable),
    /// A text matches a pattern
    Matches {
        /// The text
        text: Comparable,
        /// The pattern, in the subset of RFC 9485
        pattern: Comparable,
        /// Whether the whole text has to match (`match`), or a part of it is enough (`search`)
        is_whole: bool,
    },
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// One value, or none.
#[derive(Debug, Clone, PartialEq)]
pub enum Comparable {
    /// A value that is written in the path
    Literal(Value),
    /// What a query that can lead to one place only leads to
    Query(Query),
    /// The characters of a text, the items of a list or the members of an object (`length`)
    Length(Box<Self>),
    /// The number of values that a query selects (`count`)
    Count(Query),
    /// The value that a query selects, if it selects one (`value`)
    Value(Query),
}

/// A query inside of a filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Whether it begins at the member or item (`@`), or at the document (`$`)
    pub is_relative: bool,
    /// Where it leads from there
    pub segments: Vec<Segment>,
}

impl JsonPath {
    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let invalid = |why: &str| PathError::Invalid(format!("`{}` is not a JSONPath: {why}", shorten(text)));
        JSON_PATH.check(text).map_err(|beyond| PathError::Beyond(invalid(&beyond.to_string()).to_string()))?;
        match Parser::new(text).path() {
            Ok(segments) => Ok(Self { text: text.to_owned(), segments }),
            Err(SyntaxError::Start) => Err(invalid("it starts with `$`, like `$.items[0].name`")),
            Err(SyntaxError::End) => Err(invalid("it ends too early")),
            Err(SyntaxError::At(at)) => {
                let character = text.char_indices().take_while(|(place, _)| *place < at).count().saturating_add(1);
                Err(invalid(&format!("it is invalid from character {character} on")))
            }
            Err(SyntaxError::Number(number)) => Err(PathError::Beyond(format!(
                "`{}`: `{}` is too large or too long to be compared here; take the values and compare them with a \
                 matcher",
                shorten(text),
                shorten(number)
            ))),
        }
    }

    /// Its segments, from the document on.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The text of its first segments.
    pub fn beginning(&self, segments: usize) -> &str {
        let end = segments.checked_sub(1).and_then(|last| self.segments.get(last)).map_or(1, |segment| segment.end);
        self.text.get(..end).unwrap_or(&self.text)
    }

    /// Whether the path can lead to one place only: names and indexes, no wildcards, filters, slices or descents (RFC
    /// 9535, section 2.3.5.1).
    pub fn is_singular(&self) -> bool {
        self.segments.iter().all(Segment::is_singular)
    }

    /// Calls `each` with every pattern that is written in the path.
    pub fn each_pattern<'p>(&'p self, each: &mut impl FnMut(&'p Value)) {
        each_pattern(&self.segments, each);
    }
}

fn each_pattern<'p>(segments: &'p [Segment], each: &mut impl FnMut(&'p Value)) {
    for selector in segments.iter().flat_map(|segment| &segment.selectors) {
        if let Selector::Filter(condition) = selector {
            condition.each_pattern(each);
        }
    }
}

impl Segment {
    /// Whether it can lead to one place only.
    pub fn is_singular(&self) -> bool {
        !self.is_descendant && matches!(&*self.selectors, [Selector::Name(_) | Selector::Index(_)])
    }

    /// The name it asks for, if it asks for one.
    pub fn name(&self) -> Option<&str> {
        match &*self.selectors {
            [Selector::Name(name)] => Some(name),
            _ => None,
        }
    }
}

impl Condition {
    fn each_pattern<'p>(&'p self, each: &mut impl FnMut(&'p Value)) {
        match self {
            Self::Any(conditions) | Self::All(conditions) => {
                for condition in conditions {
                    condition.each_pattern(each);
                }
            }
            Self::Not(condition) => condition.each_pattern(each),
            Self::Exists(query) => each_pattern(&query.segments, each),
            Self::Comparison(left, _, right) => {
                left.each_pattern(each);
                right.each_pattern(each);
            }
            Self::Matches { text, pattern, .. } => {
                if let Comparable::Literal(pattern) = pattern {
                    each(pattern);
                }
                text.each_pattern(each);
                pattern.each_pattern(each);
            }
        }
    }
}

impl Comparable {
    fn each_pattern<'p>(&'p self, each: &mut impl FnMut(&'p Value)) {
        match self {
            Self::Literal(_) => {}
            Self::Length(of) => of.each_pattern(each),
            Self::Query(query) | Self::Count(query) | Self::Value(query) => each_pattern(&query.segments, each),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_knows_where_its_segments_end() {
        let path = JsonPath::parse("$.a['b.c'] [0]..d[?(@.e[1] == ']')]..[*].*").expect("a path");
        let beginnings: Vec<_> = (0..=path.segments().len()).map(|count| path.beginning(count)).collect();
        assert_eq!(
            beginnings,
            [
                "$",
                "$.a",
                "$.a['b.c']",
                "$.a['b.c'] [0]",
                "$.a['b.c'] [0]..d",
                "$.a['b.c'] [0]..d[?(@.e[1] == ']')]",
                "$.a['b.c'] [0]..d[?(@.e[1] == ']')]..[*]",
                "$.a['b.c'] [0]..d[?(@.e[1] == ']')]..[*].*",
            ]
        );
        assert_eq!(path.segments()[1].name(), Some("b.c"));
    }

    #[test]
    fn only_names_and_indexes_are_singular() {
        let is_singular = |path: &str| JsonPath::parse(path).expect(path).is_singular();
        for path in ["$", "$.a.b", "$['a']", "$[\"a'b\"][-1]", r"$['it\'s']", "$['*']"] {
            assert!(is_singular(path), "{path}");
        }
        for path in ["$.*", "$[*]", "$..a", "$[0:2]", "$[0,1]", "$['a','b']", "$[?@.a]"] {
            assert!(!is_singular(path), "{path}");
        }
    }

    #[test]
    fn mistakes_are_found_where_they_are() {
        let error = |path: &str| JsonPath::parse(path).expect_err(path).to_string();
        assert!(error("a.b").ends_with("it starts with `$`, like `$.items[0].name`"));
        for path in ["$.", "$.a[", "$..", "$['a", "$[?@.a ==", "$[1:", "$[?match(@.a, 'x'"] {
            assert!(error(path).ends_with("it ends too early"), "{}", error(path));
        }
        for (path, character) in [
            ("$.ä-b", 4),
            ("$[01]", 4),
            ("$[-0]", 3),
            ("$['a\\x']", 6),
            ("$[?@.a == @.*]", 11),
            ("$[?@.a = 1]", 8),
            ("$[?length(@.*) == 1]", 11),
            ("$[?length(@.a)]", 15),
            ("$[?nope(@.a)]", 4),
            ("$ ", 2),
        ] {
            assert!(error(path).ends_with(&format!("from character {character} on")), "{}", error(path));
        }
    }
}
