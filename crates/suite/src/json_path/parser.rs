//! The grammar of RFC 9535: <https://www.rfc-editor.org/rfc/rfc9535#appendix-A>

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::{Comparable, Comparison, Condition, Query, Segment, Selector};
use crate::number::{self, Decimal};
use serde_json::Value;

/// The largest index and step that other implementations read as well (section 2.1).
const LARGEST: i64 = 9_007_199_254_740_991;

/// Why a text is not a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SyntaxError<'t> {
    /// It does not begin with `$`
    Start,
    /// It ends where something has to follow
    End,
    /// What begins at this byte cannot be there
    At(usize),
    /// It has a number that others may read as another number
    Number(&'t str),
}

type Parsed<'t, T> = Result<T, SyntaxError<'t>>;

/// Reads a path from its beginning to its end.
pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
}

/// What a filter tests or compares.
enum Operand {
    Value(Comparable),
    /// A query that can lead to several places, which has no value to compare
    Places(Query),
    Condition(Condition),
}

impl<'t> Parser<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub fn path(mut self) -> Parsed<'t, Vec<Segment>> {
        if !self.take("$") {
            return Err(SyntaxError::Start);
        }
        let segments = self.segments()?;
        if self.rest().is_empty() { Ok(segments) } else { self.fail() }
    }

    /// As many segments as follow, also after blanks. Blanks that no segment follows are left.
    fn segments(&mut self) -> Parsed<'t, Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.skip_blanks();
            let is_descendant = self.take("..");
            let selectors = if self.take("[") {
                self.bracketed()?
            } else if is_descendant || self.take(".") {
                vec![if self.take("*") { Selector::Wildcard } else { Selector::Name(self.shorthand()?) }]
            } else {
                self.at = before;
                return Ok(segments);
            };
            segments.push(Segment { is_descendant, selectors, end: self.at });
        }
    }

    /// A name without quotes.
    fn shorthand(&mut self) -> Parsed<'t, String> {
        let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
        if !self.peek().is_some_and(is_first) {
            return self.fail();
        }
        Ok(self.take_while(|c| is_first(c) || c.is_ascii_digit()).to_owned())
    }

    /// Selectors after their opening bracket, with the closing one.
    fn bracketed(&mut self) -> Parsed<'t, Vec<Selector>> {
        let mut selectors = Vec::new();
        loop {
            self.skip_blanks();
            selectors.push(self.selector()?);
            self.skip_blanks();
            if self.take("]") {
                return Ok(selectors);
            }
            self.expect(",")?;
        }
    }

    fn selector(&mut self) -> Parsed<'t, Selector> {
        match self.peek() {
            Some('"' | '\'') => Ok(Selector::Name(self.quoted()?)),
            Some('*') => {
                self.take("*");
                Ok(Selector::Wildcard)
            }
            Some('?') => {
                self.take("?");
                self.skip_blanks();
                Ok(Selector::Filter(self.condition()?))
            }
            _ => self.index_or_slice(),
        }
    }

    fn index_or_slice(&mut self) -> Parsed<'t, Selector> {
        let start = self.integer()?;
        let after = self.at;
        self.skip_blanks();
        if !self.take(":") {
            self.at = after;
            return start.map_or_else(|| self.fail(), |index| Ok(Selector::Index(index)));
        }
        self.skip_blanks();
        let end = self.integer()?;
        let after = self.at;
        self.skip_blanks();
        let mut step = None;
        if self.take(":") {
            let colon = self.at;
            self.skip_blanks();
            step = self.integer()?;
            if step.is_none() {
                self.at = colon;
            }
        } else {
            self.at = after;
        }
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    /// An index or a bound of a slice, if there is one.
    fn integer(&mut self) -> Parsed<'t, Option<i64>> {
        let begin = self.at;
        let is_negative = self.take("-");
        let first = self.at;
        let digits = self.take_while(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return if is_negative { self.fail() } else { Ok(None) };
        }
        if digits.starts_with('0') && digits.len() > 1 {
            return Err(SyntaxError::At(first.saturating_add(1)));
        }
        let number: i64 = digits.parse().ok().filter(|number| *number <= LARGEST).ok_or(SyntaxError::At(begin))?;
        match (is_negative, number) {
            (true, 0) => Err(SyntaxError::At(begin)),
            (true, number) => Ok(Some(number.saturating_neg())),
            (false, number) => Ok(Some(number)),
        }
    }

    /// Conditions joined by `||`.
    fn condition(&mut self) -> Parsed<'t, Condition> {
        self.joined("||", Condition::Any, |parser| parser.joined("&&", Condition::All, Self::basic_condition))
    }

    fn joined(
        &mut self,
        operator: &str,
        join: impl FnOnce(Vec<Condition>) -> Condition,
        mut read: impl FnMut(&mut Self) -> Parsed<'t, Condition>,
    ) -> Parsed<'t, Condition> {
        let first = read(self)?;
        let mut all = vec![first];
        while self.take_after_blanks(operator) {
            self.skip_blanks();
            all.push(read(self)?);
        }
        Ok(if all.len() == 1 { all.swap_remove(0) } else { join(all) })
    }

    fn basic_condition(&mut self) -> Parsed<'t, Condition> {
        if self.take("!") {
            self.skip_blanks();
            let negated = if self.peek() == Some('(') { self.grouped()? } else { self.test()? };
            return Ok(Condition::Not(Box::new(negated)));
        }
        if self.peek() == Some('(') {
            return self.grouped();
        }
        let begin = self.at;
        let left = self.operand()?;
        let Some(comparison) = self.comparison() else { return self.tested(left) };
        let left = Self::compared(left, begin)?;
        self.skip_blanks();
        let begin = self.at;
        let right = self.operand()?;
        Ok(Condition::Comparison(left, comparison, Self::compared(right, begin)?))
    }

    fn grouped(&mut self) -> Parsed<'t, Condition> {
        self.expect("(")?;
        self.skip_blanks();
        let condition = self.condition()?;
        self.skip_blanks();
        self.expect(")")?;
        Ok(condition)
    }

    fn test(&mut self) -> Parsed<'t, Condition> {
        let operand = self.operand()?;
        self.tested(operand)
    }

    /// The condition that an operand is by itself: that a query selects something, or that a pattern matches.
    fn tested(&self, operand: Operand) -> Parsed<'t, Condition> {
        match operand {
            Operand::Value(Comparable::Query(query)) | Operand::Places(query) => Ok(Condition::Exists(query)),
            Operand::Condition(condition) => Ok(condition),
            Operand::Value(_) => self.fail(),
        }
    }

    fn compared(operand: Operand, begin: usize) -> Parsed<'t, Comparable> {
        match operand {
            Operand::Value(value) => Ok(value),
            Operand::Places(_) | Operand::Condition(_) => Err(SyntaxError::At(begin)),
        }
    }

    fn comparison(&mut self) -> Option<Comparison> {
        // The longer ones first: `<=` begins with `<`.
        const OPERATORS: [(&str, Comparison); 6] = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        OPERATORS.into_iter().find(|(operator, _)| self.take_after_blanks(operator)).map(|(_, comparison)| comparison)
    }

    fn operand(&mut self) -> Parsed<'t, Operand> {
        match self.peek() {
            Some('@' | '$') => {
                let query = self.query()?;
                let is_singular = query.segments.iter().all(Segment::is_singular);
                Ok(if is_singular { Operand::Value(Comparable::Query(query)) } else { Operand::Places(query) })
            }
            Some('"' | '\'') => Ok(Operand::Value(Comparable::Literal(self.quoted()?.into()))),
            Some('-' | '0'..='9') => Ok(Operand::Value(Comparable::Literal(self.number()?))),
            Some('a'..='z') => self.word(),
            _ => self.fail(),
        }
    }

    fn query(&mut self) -> Parsed<'t, Query> {
        let is_relative = self.take("@");
        if !is_relative {
            self.expect("$")?;
        }
        Ok(Query { is_relative, segments: self.segments()? })
    }

    /// `true`, `false`, `null`, or the call of a function.
    fn word(&mut self) -> Parsed<'t, Operand> {
        let begin = self.at;
        let word = self.take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !self.take("(") {
            let literal = match word {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => return Err(SyntaxError::At(begin)),
            };
            return Ok(Operand::Value(Comparable::Literal(literal)));
        }
        self.skip_blanks();
        let called = match word {
            "length" => Operand::Value(Comparable::Length(Box::new(self.value_argument()?))),
            "count" => Operand::Value(Comparable::Count(self.query()?)),
            "value" => Operand::Value(Comparable::Value(self.query()?)),
            "match" | "search" => {
                let text = self.value_argument()?;
                self.skip_blanks();
                self.expect(",")?;
                self.skip_blanks();
                let pattern = self.value_argument()?;
                Operand::Condition(Condition::Matches { text, pattern, is_whole: word == "match" })
            }
            _ => return Err(SyntaxError::At(begin)),
        };
        self.skip_blanks();
        self.expect(")")?;
        Ok(called)
    }

    fn value_argument(&mut self) -> Parsed<'t, Comparable> {
        let begin = self.at;
        let operand = self.operand()?;
        Self::compared(operand, begin)
    }

    fn number(&mut self) -> Parsed<'t, Value> {
        let begin = self.at;
        self.take("-");
        let first = self.at;
        let whole = self.digits()?;
        if whole.starts_with('0') && whole.len() > 1 {
            return Err(SyntaxError::At(first.saturating_add(1)));
        }
        if self.take(".") {
            self.digits()?;
        }
        if self.take("e") || self.take("E") {
            let _ = self.take("-") || self.take("+");
            self.digits()?;
        }
        let number = self.text.get(begin..self.at).unwrap_or_default();
        if !is_exact(number) {
            return Err(SyntaxError::Number(number));
        }
        number::of_text(number).ok_or(SyntaxError::At(begin))
    }

    fn digits(&mut self) -> Parsed<'t, &'t str> {
        let digits = self.take_while(|c| c.is_ascii_digit());
        if digits.is_empty() { self.fail() } else { Ok(digits) }
    }

    fn quoted(&mut self) -> Parsed<'t, String> {
        let quote = self.next()?;
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.next()? {
                c if c == quote => return Ok(text),
                '\\' => text.push(self.escaped(quote)?),
                c if c < ' ' => return Err(SyntaxError::At(at)),
                c => text.push(c),
            }
        }
    }

    /// The character of an escape after its backslash.
    fn escaped(&mut self, quote: char) -> Parsed<'t, char> {
        let at = self.at;
        match self.next()? {
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            c @ ('/' | '\\') => Ok(c),
            'u' => self.unicode(at),
            c if c == quote => Ok(c),
            _ => Err(SyntaxError::At(at)),
        }
    }

    /// The character of `uXXXX`, or of a surrogate pair.
    fn unicode(&mut self, at: usize) -> Parsed<'t, char> {
        let first = self.four_digits()?;
        let Some(high) = first.checked_sub(0xd800).filter(|high| *high < 0x400) else {
            return char::from_u32(first).ok_or(SyntaxError::At(at));
        };
        self.expect("\\u")?;
        let second = self.four_digits()?;
        let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or(SyntaxError::At(at))?;
        char::from_u32(0x1_0000_u32.saturating_add((high << 10) | low)).ok_or(SyntaxError::At(at))
    }

    fn four_digits(&mut self) -> Parsed<'t, u32> {
        let mut number = 0_u32;
        for _ in 0..4 {
            let at = self.at;
            number = (number << 4) | self.next()?.to_digit(16).ok_or(SyntaxError::At(at))?;
        }
        Ok(number)
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Parsed<'t, char> {
        let c = self.peek().ok_or(SyntaxError::End)?;
        self.at = self.at.saturating_add(c.len_utf8());
        Ok(c)
    }

    fn take(&mut self, token: &str) -> bool {
        let is_there = self.rest().starts_with(token);
        if is_there {
            self.at = self.at.saturating_add(token.len());
        }
        is_there
    }

    fn take_after_blanks(&mut self, token: &str) -> bool {
        let before = self.at;
        self.skip_blanks();
        let is_there = self.take(token);
        if !is_there {
            self.at = before;
        }
        is_there
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = rest.find(|c| !belongs(c)).and_then(|end| rest.get(..end)).unwrap_or(rest);
        self.at = self.at.saturating_add(taken.len());
        taken
    }

    fn skip_blanks(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    fn expect(&mut self, token: &str) -> Parsed<'t, ()> {
        if self.take(token) { Ok(()) } else { self.fail() }
    }

    fn fail<T>(&self) -> Parsed<'t, T> {
        Err(if self.rest().is_empty() { SyntaxError::End } else { SyntaxError::At(self.at) })
    }
}

/// Whether a float holds the number, and no other near it. Others compare numbers as floats, which is exact as far as
/// the standard promises it (section 2.1): up to 2^53. A larger number in a path would match other numbers there.
fn is_exact(number: &str) -> bool {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    let Some(decimal) = Decimal::parse(number) else { return true };
    let Ok(float) = number.parse::<f64>() else { return true };
    float.abs() <= SAFE
        && number::is_same(&float.to_string(), number)
        && (decimal.digits() <= 15 || decimal.is_integer())
}
