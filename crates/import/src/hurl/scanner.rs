//! Goes through a text character by character and keeps the position.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::{Read, SyntaxError};
use stepcast_suite::document::Position;

/// A text and how far it was read.
pub(super) struct Scanner<'t> {
    text: &'t str,
    place: Place,
}

/// A place to come back to.
#[derive(Clone, Copy)]
pub(super) struct Place {
    offset: usize,
    position: Position,
}

impl<'t> Scanner<'t> {
    pub fn new(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { text, place: Place { offset: 0, position: Position { line: 1, column: 1 } } }
    }

    pub fn place(&self) -> Place {
        self.place
    }

    pub fn go_back(&mut self, place: Place) {
        self.place = place;
    }

    pub fn position(&self) -> Position {
        self.place.position
    }

    pub fn rest(&self) -> &'t str {
        self.text.get(self.place.offset..).unwrap_or_default()
    }

    /// The text read since `place`.
    pub fn since(&self, place: Place) -> &'t str {
        self.text.get(place.offset..self.place.offset).unwrap_or_default()
    }

    pub fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        let Place { offset, position } = &mut self.place;
        *offset = offset.saturating_add(c.len_utf8());
        if c == '\n' {
            *position = Position { line: position.line.saturating_add(1), column: 1 };
        } else {
            position.column = position.column.saturating_add(1);
        }
        Some(c)
    }

    /// Reads `bytes` bytes, which end at the end of a character.
    pub fn advance(&mut self, bytes: usize) -> &'t str {
        let from = self.place();
        let end = from.offset.saturating_add(bytes);
        while self.place.offset < end && self.next().is_some() {}
        self.since(from)
    }

    /// Reads `expected` if it comes next.
    pub fn eat(&mut self, expected: &str) -> bool {
        let is_here = self.rest().starts_with(expected);
        if is_here {
            self.advance(expected.len());
        }
        is_here
    }

    pub fn expect(&mut self, expected: &str) -> Read<()> {
        if self.eat(expected) { Ok(()) } else { self.expected(&format!("`{expected}`")) }
    }

    pub fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let from = self.place();
        while self.peek().is_some_and(&belongs) {
            self.next();
        }
        self.since(from)
    }

    /// Reads spaces and tabs; whether there were any.
    pub fn spaces(&mut self) -> bool {
        !self.take_while(|c| matches!(c, ' ' | '\t')).is_empty()
    }

    pub fn some_spaces(&mut self) -> Read<()> {
        if self.spaces() { Ok(()) } else { self.expected("a space") }
    }

    /// Reads a comment, if there is one, and the end of the line or of the text.
    pub fn end_of_line(&mut self) -> Read<()> {
        self.spaces();
        if self.peek() == Some('#') {
            self.take_while(|c| c != '\n');
        }
        if self.is_at_end() || self.eat("\r\n") || self.eat("\n") {
            Ok(())
        } else {
            self.expected("the end of the line")
        }
    }

    /// Reads lines with nothing but comments; returns the comments directly above what follows.
    pub fn blank_lines(&mut self) -> Vec<String> {
        let mut comments = Vec::new();
        loop {
            let before = self.place();
            self.spaces();
            let comment = if self.peek() == Some('#') { Some(self.take_while(|c| c != '\n').trim()) } else { None };
            let is_last = self.is_at_end();
            if !is_last && !self.eat("\r\n") && !self.eat("\n") {
                self.go_back(before);
                return comments;
            }
            match comment {
                Some(comment) => comments.push(comment.to_owned()),
                None => comments.clear(),
            }
            if is_last {
                return comments;
            }
        }
    }

    pub fn expected<T>(&self, what: &str) -> Read<T> {
        let found = match self.peek() {
            None => "the end of the file".to_owned(),
            Some('\n' | '\r') => "the end of the line".to_owned(),
            Some(c) => format!("`{}`", c.escape_debug()),
        };
        self.fail(format!("expected {what}, found {found}"))
    }

    pub fn fail<T>(&self, message: impl Into<String>) -> Read<T> {
        fail_at(self.position(), message, None)
    }
}

pub(super) fn fail_at<T>(position: Position, message: impl Into<String>, hint: Option<String>) -> Read<T> {
    Err(SyntaxError { position, message: message.into(), hint })
}
