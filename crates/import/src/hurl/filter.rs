//! Filters, which are applied to a value before it is compared or captured.

use super::scanner::Scanner;
use super::{Argument, Filter, Read};

/// The arguments that follow a filter's name.
#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    Text,
    Pattern,
    Integer,
    TwoTexts,
    PatternAndText,
}

const FILTERS: [(&str, Takes); 33] = [
    ("base64Decode", Takes::Nothing),
    ("base64Encode", Takes::Nothing),
    ("base64UrlSafeDecode", Takes::Nothing),
    ("base64UrlSafeEncode", Takes::Nothing),
    ("charsetDecode", Takes::Text),
    ("count", Takes::Nothing),
    ("dateFormat", Takes::Text),
    ("daysAfterNow", Takes::Nothing),
    ("daysBeforeNow", Takes::Nothing),
    ("decode", Takes::Text),
    ("first", Takes::Nothing),
    ("format", Takes::Text),
    ("htmlEscape", Takes::Nothing),
    ("htmlUnescape", Takes::Nothing),
    ("jsonpath", Takes::Text),
    ("last", Takes::Nothing),
    ("location", Takes::Nothing),
    ("nth", Takes::Integer),
    ("regex", Takes::Pattern),
    ("replace", Takes::TwoTexts),
    ("replaceRegex", Takes::PatternAndText),
    ("split", Takes::Text),
    ("toDate", Takes::Text),
    ("toFloat", Takes::Nothing),
    ("toHex", Takes::Nothing),
    ("toInt", Takes::Nothing),
    ("toString", Takes::Nothing),
    ("urlDecode", Takes::Nothing),
    ("urlEncode", Takes::Nothing),
    ("urlQueryParam", Takes::Text),
    ("utf8Decode", Takes::Nothing),
    ("utf8Encode", Takes::Nothing),
    ("xpath", Takes::Text),
];

impl Scanner<'_> {
    pub fn filters(&mut self) -> Read<Vec<Filter>> {
        let mut filters = Vec::new();
        loop {
            let before = self.place();
            self.spaces();
            let name = self.take_while(|c| c.is_ascii_alphanumeric());
            let Some((name, takes)) = FILTERS.into_iter().find(|(known, _)| *known == name) else {
                self.go_back(before);
                return Ok(filters);
            };
            filters.push(Filter { name, arguments: self.arguments(takes)? });
        }
    }

    fn arguments(&mut self, takes: Takes) -> Read<Vec<Argument>> {
        Ok(match takes {
            Takes::Nothing => Vec::new(),
            Takes::Text => vec![Argument::Text(self.spaced_text()?)],
            Takes::Pattern => vec![Argument::Text(self.spaced_pattern()?)],
            Takes::Integer => vec![self.integer()?],
            Takes::TwoTexts => vec![Argument::Text(self.spaced_text()?), Argument::Text(self.spaced_text()?)],
            Takes::PatternAndText => vec![Argument::Text(self.spaced_pattern()?), Argument::Text(self.spaced_text()?)],
        })
    }

    fn integer(&mut self) -> Read<Argument> {
        self.some_spaces()?;
        if let Some(expression) = self.placeholder()? {
            return Ok(Argument::Text(super::Template(vec![super::Piece::Expression(expression)])));
        }
        let from = self.place();
        self.eat("-");
        self.take_while(|c| c.is_ascii_digit());
        match self.since(from).parse() {
            Ok(number) => Ok(Argument::Integer(number)),
            Err(_) => self.expected("a whole number"),
        }
    }
}
