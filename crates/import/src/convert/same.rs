//! Asserts in other words: some are equivalent to others that a suite can express.

use super::kind::Kind;
use super::subject::Subject;
use super::{encoding, filter};
use crate::hurl::{Argument, Expression, Filter, Operator, Piece, Predicate, Property, Query, Template, Test, Value};
use std::borrow::Cow;

/// What an assert looks at, and what has to hold for it.
pub(super) struct Asked<'a> {
    pub query: &'a Query,
    pub filters: Cow<'a, [Filter]>,
    pub predicate: Cow<'a, Predicate>,
}

/// The same with the filters that a suite lacks undone.
pub(super) fn simplified(asked: Asked<'_>) -> Asked<'_> {
    let asked = without_pairs(of_text(of_size(asked)));
    let asked = encoded_bytes(decoded_text(asked));
    let (Some((last, before)), Some(expected)) = (asked.filters.split_last(), expected_text(&asked)) else {
        return asked;
    };
    let Some(value) = taken_back(last, before, asked.query, asked.operator(), expected) else { return asked };
    let before = before.to_vec();
    encoded_bytes(of_text(asked.with(before, value)))
}

impl Asked<'_> {
    fn operator(&self) -> Option<Operator> {
        match &self.predicate.test {
            Test::Compare(operator, _) => Some(*operator),
            Test::Is(_) => None,
        }
    }

    /// That these filters give this value, compared as before.
    fn with(mut self, filters: Vec<Filter>, value: Value) -> Self {
        self.filters = Cow::Owned(filters);
        if let Test::Compare(_, known) = &mut self.predicate.to_mut().test {
            *known = value;
        }
        self
    }

    fn is_equal(&self) -> bool {
        !self.predicate.is_negated && self.operator() == Some(Operator::Equal)
    }
}

/// Whether a variable is compared with itself, which holds if it has a value.
pub(super) fn is_same_variable(name: &Template, predicate: &Predicate) -> bool {
    let Test::Compare(Operator::Equal, Value::Variable(Template(pieces))) = &predicate.test else { return false };
    let [Piece::Expression(Expression::Variable(other))] = pieces.as_slice() else { return false };
    name.literal() == Some(other)
}

/// The text to compare with, if it is known.
fn expected_text<'a>(asked: &'a Asked) -> Option<&'a str> {
    match &asked.predicate.test {
        Test::Compare(_, Value::Text(template)) => template.literal(),
        _ => None,
    }
}

/// An empty sequence of bytes is a body of no size.
fn of_size(mut asked: Asked) -> Asked {
    if let (Query::Bytes, [], Test::Is(Property::Empty)) = (asked.query, &*asked.filters, &asked.predicate.test) {
        asked.filters = Cow::Owned(vec![Filter { name: "count", arguments: Vec::new() }]);
        asked.predicate.to_mut().test = Test::Compare(Operator::Equal, Value::Number(0.into()));
    }
    asked
}

/// The bytes of a body as its text, if they are compared with ASCII, which has the same bytes in nearly any charset.
fn of_text(mut asked: Asked) -> Asked {
    if let (Query::Bytes, [], Test::Compare(operator, Value::Bytes(bytes))) =
        (asked.query, &*asked.filters, &asked.predicate.test)
        && matches!(operator, Operator::StartsWith | Operator::EndsWith | Operator::Contains)
        && let Some(text) = str::from_utf8(bytes).ok().filter(|text| text.chars().all(is_plain))
    {
        let test = Test::Compare(*operator, Value::Text(Template::text(text)));
        asked.query = &Query::Body;
        asked.predicate = Cow::Owned(Predicate { test, ..*asked.predicate });
    }
    asked
}

fn is_plain(c: char) -> bool {
    c.is_ascii_graphic() || c.is_ascii_whitespace()
}

/// A value that is encoded and decoded again is the same text as before.
fn without_pairs(mut asked: Asked) -> Asked {
    const PAIRS: [(&str, &str); 2] = [("urlEncode", "urlDecode"), ("htmlEscape", "htmlUnescape")];
    while let Some(at) =
        asked.filters.windows(2).position(|pair| PAIRS.contains(&(pair[0].name, pair[1].name))).filter(|_| {
            // A number equals no text, whether it can be encoded or not.
            asked.is_equal() && matches!(asked.predicate.test, Test::Compare(_, Value::Text(_)))
        })
    {
        asked.filters.to_mut().drain(at..at + 2);
    }
    asked
}

/// The bytes of a body, decoded: a text is equal to them if it has the same bytes.
fn decoded_text(asked: Asked) -> Asked {
    let (Query::Bytes, Some((first, rest))) = (asked.query, asked.filters.split_first()) else { return asked };
    let Some(charset) = encoding::charset(first) else { return asked };
    let bytes = expected_text(&asked).and_then(|text| encoding::encoded(charset, text));
    match bytes.filter(|_| rest.is_empty() && asked.is_equal()) {
        Some(bytes) => asked.with(Vec::new(), Value::Bytes(bytes)),
        None => asked,
    }
}

/// Bytes that are not text are compared as the text they were decoded from, which a suite can write.
fn encoded_bytes(asked: Asked) -> Asked {
    let Some((last, before)) = asked.filters.split_last() else { return asked };
    let Test::Compare(_, Value::Bytes(bytes)) = &asked.predicate.test else { return asked };
    match encoding::text_before(last.name, bytes).filter(|_| asked.is_equal() && str::from_utf8(bytes).is_err()) {
        Some(text) => {
            let before = before.to_vec();
            asked.with(before, Value::Text(Template::text(text)))
        }
        None => asked,
    }
}

/// What has to come before the last filter so that it gives this text.
fn taken_back(
    last: &Filter,
    before: &[Filter],
    query: &Query,
    operator: Option<Operator>,
    expected: &str,
) -> Option<Value> {
    let is_equality = matches!(operator, Some(Operator::Equal | Operator::NotEqual));
    let is_part = last.name == "toHex" && matches!(operator, Some(Operator::StartsWith | Operator::EndsWith));
    match last.name {
        "toHex" | "base64Encode" | "base64UrlSafeEncode" if is_equality || is_part => {
            let (subject, left) = Subject::of(query, before).ok()?;
            let is_bytes = matches!(filter::after(left, subject.kind), Kind::Decoded | Kind::Bytes | Kind::Digest);
            encoding::bytes_of(last.name, expected).filter(|_| is_bytes).map(Value::Bytes)
        }
        "urlEncode" | "htmlEscape" if operator == Some(Operator::Equal) => {
            encoding::text_of(last.name, expected).map(|text| Value::Text(Template::text(text)))
        }
        _ => None,
    }
}

/// The text argument of a filter, if it is known.
pub(super) fn first_text(filter: &Filter) -> Option<&str> {
    match filter.arguments.first() {
        Some(Argument::Text(template)) => template.literal(),
        _ => None,
    }
}
