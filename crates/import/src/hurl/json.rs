//! JSON with `{{name}}` in its texts, or in place of a value.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::Read;
use super::scanner::Scanner;
use super::template::{Expression, Piece, Template};

/// Deeper than any body is written, and shallow enough for any stack.
const MAX_DEPTH: usize = 128;

#[derive(Debug, Clone)]
pub(crate) enum Json {
    Null,
    Boolean(bool),
    /// As it was written
    Number(String),
    Text(Template),
    /// A number, a boolean or null that is known when it is sent
    Expression(Expression),
    List(Vec<Json>),
    Object(Vec<(Template, Json)>),
}

impl Scanner<'_> {
    /// A JSON value, if one begins here.
    pub fn try_json(&mut self) -> Read<Option<Json>> {
        let begins = self.peek().is_some_and(|c| "[{\"-".contains(c) || c.is_ascii_digit());
        let is_word = ["null", "true", "false"].iter().any(|word| self.rest().starts_with(word));
        if begins || is_word { self.json(0).map(Some) } else { Ok(None) }
    }

    fn json(&mut self, depth: usize) -> Read<Json> {
        if depth > MAX_DEPTH {
            return self.fail(format!("nested more than {MAX_DEPTH} deep"));
        }
        if let Some(expression) = self.placeholder()? {
            return Ok(Json::Expression(expression));
        }
        match self.peek() {
            Some('{') => self.object(depth),
            Some('[') => self.list(depth),
            Some('"') => Ok(Json::Text(self.json_text()?)),
            Some(c) if c == '-' || c.is_ascii_digit() => self.number(),
            _ if self.eat("null") => Ok(Json::Null),
            _ if self.eat("true") => Ok(Json::Boolean(true)),
            _ if self.eat("false") => Ok(Json::Boolean(false)),
            _ => self.expected("a JSON value"),
        }
    }

    fn object(&mut self, depth: usize) -> Read<Json> {
        self.expect("{")?;
        let mut members = Vec::new();
        self.white_space();
        if self.eat("}") {
            return Ok(Json::Object(members));
        }
        loop {
            self.white_space();
            let key = self.json_text()?;
            self.white_space();
            self.expect(":")?;
            self.white_space();
            members.push((key, self.json(depth.saturating_add(1))?));
            self.white_space();
            if !self.eat(",") {
                return self.expect("}").map(|()| Json::Object(members));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Read<Json> {
        self.expect("[")?;
        let mut items = Vec::new();
        self.white_space();
        if self.eat("]") {
            return Ok(Json::List(items));
        }
        loop {
            self.white_space();
            items.push(self.json(depth.saturating_add(1))?);
            self.white_space();
            if !self.eat(",") {
                return self.expect("]").map(|()| Json::List(items));
            }
        }
    }

    fn number(&mut self) -> Read<Json> {
        let from = self.place();
        self.take_while(|c| c.is_ascii_digit() || "+-.eE".contains(c));
        let written = self.since(from);
        if serde_json::from_str::<serde_json::Number>(written).is_err() {
            self.go_back(from);
            return self.fail(format!("`{written}` is not a number"));
        }
        Ok(Json::Number(written.to_owned()))
    }

    fn json_text(&mut self) -> Read<Template> {
        let at = self.place();
        self.expect("\"")?;
        let mut template = Template::default();
        loop {
            if let Some(expression) = self.placeholder()? {
                template.0.push(Piece::Expression(expression));
                continue;
            }
            match self.next() {
                Some('"') => return Ok(template),
                Some('\\') => template.push(self.json_escape()?),
                Some(c) if c != '\n' => template.push(c),
                _ => {
                    self.go_back(at);
                    return self.fail("this text is not closed; close it with `\"`");
                }
            }
        }
    }

    fn json_escape(&mut self) -> Read<char> {
        let place = self.place();
        // The standard's own reader knows escapes, pairs of surrogates included.
        for length in [11, 5, 1] {
            let Some(escape) = self.rest().get(..length) else { continue };
            if let Ok(text) = serde_json::from_str::<String>(&format!("\"\\{escape}\""))
                && let (Some(c), None) = (text.chars().next(), text.chars().nth(1))
            {
                self.advance(length);
                return Ok(c);
            }
        }
        self.go_back(place);
        self.expected("an escape of JSON like `\\n`")
    }

    pub fn white_space(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    /// An object, as the variables of GraphQL are.
    pub fn json_object(&mut self) -> Read<Json> {
        self.object(0)
    }
}
