//! Texts in their several forms, with `{{name}}` in them.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::Read;
use super::scanner::Scanner;

/// A text with names to fill in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Template(pub Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Expression(Expression),
}

/// The text between `{{` and `}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expression {
    Variable(String),
    /// A value that Hurl generates, like `newUuid`
    Function(String),
}

/// The names of the functions.
const FUNCTIONS: [&str; 3] = ["newUuid", "newDate", "getEnv"];
/// What escapes stand for in every kind of text.
const CONTROLS: [(char, char); 5] = [('b', '\u{8}'), ('f', '\u{c}'), ('n', '\n'), ('r', '\r'), ('t', '\t')];
/// What may be escaped in texts on a line of their own and in quotes.
const IN_TEXTS: &str = "#\"`\\/";

impl Template {
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// The text, if nothing has to be filled in.
    pub fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    pub fn push(&mut self, c: char) {
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            _ => self.0.push(Piece::Text(c.to_string())),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Scanner<'_> {
    /// A text up to the end of the line or a comment, without the spaces before that.
    pub fn unquoted(&mut self) -> Read<Template> {
        let mut template = Template::default();
        let mut spaces = 0_usize;
        let mut end = self.place();
        while self.peek().is_some_and(|c| !matches!(c, '#' | '\n' | '\r' | '\t')) {
            if self.eat(" ") {
                spaces = spaces.saturating_add(1);
                continue;
            }
            (0..spaces).for_each(|_| template.push(' '));
            spaces = 0;
            self.piece(&mut template, IN_TEXTS)?;
            end = self.place();
        }
        self.go_back(end);
        Ok(template)
    }

    /// A text in `"` or, if that is allowed, in backticks.
    pub fn quoted(&mut self) -> Read<Template> {
        match self.try_quoted()? {
            Some(template) => Ok(template),
            None => self.expected("a text in quotes"),
        }
    }

    pub fn try_quoted(&mut self) -> Read<Option<Template>> {
        if self.eat("\"") { self.quoted_by('"').map(Some) } else { Ok(None) }
    }

    /// A text in single backticks.
    pub fn try_backticks(&mut self) -> Read<Option<Template>> {
        if self.eat("`") { self.quoted_by('`').map(Some) } else { Ok(None) }
    }

    fn quoted_by(&mut self, quote: char) -> Read<Template> {
        let mut template = Template::default();
        while let Some(c) = self.peek() {
            if c == quote {
                self.next();
                return Ok(template);
            }
            if matches!(c, '\n' | '\r') {
                break;
            }
            self.piece(&mut template, IN_TEXTS)?;
        }
        self.expected(&format!("`{quote}`"))
    }

    /// The text before a colon, if there is such a text.
    pub fn key(&mut self) -> Read<Option<Template>> {
        if self.peek() == Some('[') {
            return Ok(None);
        }
        self.text_of(|c| c.is_alphanumeric() || "_-.[]@$".contains(c), "#:\\/")
    }

    /// The name of a file.
    pub fn file_name(&mut self) -> Read<Template> {
        let name = self.text_of(|c| !"#;{} \n\r\\".contains(c), "\\#; {}")?;
        name.map_or_else(|| self.expected("the name of a file"), Ok)
    }

    fn text_of(&mut self, belongs: impl Fn(char) -> bool, escapes: &str) -> Read<Option<Template>> {
        let mut template = Template::default();
        while self.peek().is_some_and(|c| belongs(c) || c == '\\') || self.rest().starts_with("{{") {
            self.piece(&mut template, escapes)?;
        }
        Ok(Some(template).filter(|template| !template.is_empty()))
    }

    /// A text without escapes whose end is known.
    pub fn raw_template(&mut self, bytes: usize) -> Read<Template> {
        let mut template = Template::default();
        let end = self.rest().len().saturating_sub(bytes);
        while self.rest().len() > end {
            match self.placeholder()? {
                Some(expression) => template.0.push(Piece::Expression(expression)),
                None => self.next().into_iter().for_each(|c| template.push(c)),
            }
        }
        Ok(template)
    }

    /// A character, an escaped one or `{{name}}`.
    fn piece(&mut self, template: &mut Template, escapes: &str) -> Read<()> {
        if let Some(expression) = self.placeholder()? {
            template.0.push(Piece::Expression(expression));
        } else if self.eat("\\") {
            template.push(self.escaped(escapes)?);
        } else {
            self.next().into_iter().for_each(|c| template.push(c));
        }
        Ok(())
    }

    fn escaped(&mut self, literal: &str) -> Read<char> {
        let place = self.place();
        let Some(c) = self.next() else { return self.expected("an escaped character") };
        if literal.contains(c) {
            return Ok(c);
        }
        if let Some((_, control)) = CONTROLS.iter().find(|(letter, _)| *letter == c) {
            return Ok(*control);
        }
        if c == 'u' && self.eat("{") {
            let digits = self.take_while(|c| c.is_ascii_hexdigit());
            if let Some(c) = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32) {
                return self.expect("}").map(|()| c);
            }
        }
        self.go_back(place);
        self.fail(format!("`\\{}` is not an escape", c.escape_debug()))
    }

    /// `{{name}}`, if it comes next.
    pub fn placeholder(&mut self) -> Read<Option<Expression>> {
        if !self.eat("{{") {
            return Ok(None);
        }
        self.spaces();
        let name = self.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).to_owned();
        if name.is_empty() {
            return self.expected("the name of a variable");
        }
        self.spaces();
        let is_function = FUNCTIONS.contains(&name.as_str());
        if is_function {
            self.take_while(|c| !matches!(c, '}' | '\n'));
        }
        self.expect("}}")?;
        Ok(Some(if is_function { Expression::Function(name) } else { Expression::Variable(name) }))
    }
}
