//! Sections in square brackets, and pairs of key and value.

use super::scanner::{Scanner, fail_at};
use super::{Assert, Capture, Pair, Part, Read, Request, Response, Template};
use stepcast_suite::closest;
use stepcast_suite::document::Position;

const OF_REQUESTS: [&str; 9] = [
    "Query",
    "QueryStringParams",
    "Form",
    "FormParams",
    "Multipart",
    "MultipartFormData",
    "Cookies",
    "BasicAuth",
    "Options",
];
const OF_RESPONSES: [&str; 2] = ["Captures", "Asserts"];

impl Scanner<'_> {
    pub fn request_sections(&mut self, request: &mut Request) -> Read<()> {
        let mut seen = Vec::new();
        while let Some((at, name)) = self.section(&OF_REQUESTS, "a request")? {
            // The short and the long name of a section are the same section.
            let short = name.replace("StringParams", "").replace("FormData", "").replace("FormParams", "Form");
            match short.as_str() {
                "Query" => request.query = self.pairs()?,
                "Form" => request.form = self.pairs()?,
                "Multipart" => request.multipart = self.repeated(Self::part)?,
                "Cookies" => request.cookies = self.pairs()?,
                "BasicAuth" => request.basic = self.pair()?,
                _ => request.options = self.repeated(Self::option)?,
            }
            note_section(&mut seen, at, short)?;
        }
        Ok(())
    }

    pub fn response_sections(&mut self, response: &mut Response) -> Read<()> {
        let mut seen = Vec::new();
        while let Some((at, name)) = self.section(&OF_RESPONSES, "a response")? {
            match name.as_str() {
                "Captures" => response.captures = self.repeated(Self::capture)?,
                _ => response.asserts = self.asserts()?,
            }
            note_section(&mut seen, at, name)?;
        }
        Ok(())
    }

    /// The head of a section. What begins like one can be a list in JSON.
    fn section(&mut self, known: &[&str], what: &str) -> Read<Option<(Position, String)>> {
        let before = self.place();
        self.blank_lines();
        self.spaces();
        let at = self.position();
        let name = if self.eat("[") { self.take_while(|c| c.is_ascii_alphanumeric()) } else { "" };
        let is_section = name.starts_with(|c: char| c.is_ascii_uppercase()) && self.eat("]");
        if !is_section {
            self.go_back(before);
            return Ok(None);
        }
        if !known.contains(&name) {
            let near = closest(name, known).map(|near| format!("did you mean `[{near}]`?"));
            let hint = near.or_else(|| Some(format!("known here: {}", known.join(", "))));
            return fail_at(at, format!("`[{name}]` is not a section of {what}"), hint);
        }
        self.end_of_line()?;
        Ok(Some((at, name.to_owned())))
    }

    /// As many as there are.
    fn repeated<T>(&mut self, read: fn(&mut Self) -> Read<Option<T>>) -> Read<Vec<T>> {
        let mut items = Vec::new();
        loop {
            let before = self.place();
            self.blank_lines();
            self.spaces();
            let Some(item) = read(self)? else {
                self.go_back(before);
                return Ok(items);
            };
            items.push(item);
        }
    }

    pub fn pairs(&mut self) -> Read<Vec<Pair>> {
        self.repeated(Self::pair_here)
    }

    fn pair(&mut self) -> Read<Option<Pair>> {
        self.blank_lines();
        self.spaces();
        self.pair_here()
    }

    fn pair_here(&mut self) -> Read<Option<Pair>> {
        let at = self.position();
        let Some(key) = self.key_and_colon() else { return Ok(None) };
        let value = self.unquoted()?;
        self.end_of_line()?;
        Ok(Some(Pair { at, key, value }))
    }

    /// A key and its colon; if there is none, nothing is read.
    fn key_and_colon(&mut self) -> Option<Template> {
        let before = self.place();
        // What is not a key can still be a body.
        if let Ok(Some(key)) = self.key() {
            self.spaces();
            if self.eat(":") {
                self.spaces();
                return Some(key);
            }
        }
        self.go_back(before);
        None
    }

    fn part(&mut self) -> Read<Option<Part>> {
        let at = self.position();
        let Some(name) = self.key_and_colon() else { return Ok(None) };
        if !self.eat("file,") {
            let value = self.unquoted()?;
            self.end_of_line()?;
            return Ok(Some(Part::Field(Pair { at, key: name, value })));
        }
        self.spaces();
        let path = self.file_name()?;
        self.spaces();
        self.expect(";")?;
        self.spaces();
        let content_type = Some(self.unquoted()?).filter(|content_type| !content_type.is_empty());
        self.end_of_line()?;
        Ok(Some(Part::File { name, path, content_type }))
    }

    fn capture(&mut self) -> Read<Option<Capture>> {
        let at = self.position();
        let Some(name) = self.key_and_colon() else { return Ok(None) };
        let Some(query) = self.query()? else { return self.expected("what to capture, like `header \"etag\"`") };
        let filters = self.filters()?;
        self.spaces();
        let is_redacted = self.eat("redact");
        self.end_of_line()?;
        Ok(Some(Capture { at, name, query, filters, is_redacted }))
    }

    fn asserts(&mut self) -> Read<Vec<Assert>> {
        self.repeated(Self::assert)
    }

    fn assert(&mut self) -> Read<Option<Assert>> {
        let (at, from) = (self.position(), self.place());
        let Some(query) = self.query()? else { return Ok(None) };
        let filters = self.filters()?;
        self.some_spaces()?;
        let predicate = self.predicate()?;
        let source = self.since(from).lines().next().unwrap_or_default().trim_end().to_owned();
        self.end_of_line()?;
        Ok(Some(Assert { at, source, query, filters, predicate }))
    }
}

fn note_section(seen: &mut Vec<String>, at: Position, name: String) -> Read<()> {
    if seen.contains(&name) {
        return fail_at(at, format!("duplicate section `[{name}]`"), None);
    }
    seen.push(name);
    Ok(())
}
