//! Bodies, of requests and of the answers that are expected.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::json::Json;
use super::scanner::{Scanner, fail_at};
use super::{Body, Language, Located, Read, Template};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use quick_xml::events::Event;

const FENCE: &str = "```";
const LANGUAGES: [(&str, Language); 3] = [("", Language::Plain), ("json", Language::Json), ("xml", Language::Xml)];

impl Scanner<'_> {
    pub fn body(&mut self) -> Read<Option<Located<Body>>> {
        let before = self.place();
        self.blank_lines();
        self.spaces();
        let at = self.position();
        let body = match self.encoded()? {
            Some(body) => Some(body),
            None if self.peek() == Some('<') => Some(Body::Xml(self.markup()?)),
            None => self.json_body()?,
        };
        let Some(value) = body else {
            self.go_back(before);
            return Ok(None);
        };
        self.end_of_line()?;
        Ok(Some(Located { at, value }))
    }

    fn json_body(&mut self) -> Read<Option<Body>> {
        let before = self.place();
        let Some(value) = self.try_json()? else { return Ok(None) };
        let length = self.since(before).len();
        self.go_back(before);
        Ok(Some(Body::Json { value, written: self.raw_template(length)? }))
    }

    /// A body that marks its own form: between backticks, in Base64, in hexadecimal, or in a file.
    pub fn encoded(&mut self) -> Read<Option<Body>> {
        if self.eat(FENCE) {
            return self.fenced().map(Some);
        }
        if let Some(text) = self.try_backticks()? {
            return Ok(Some(Body::Text { language: Language::Plain, text }));
        }
        let at = self.position();
        Ok(Some(if self.eat("base64,") {
            let text: String = self.up_to_semicolon()?.split_whitespace().collect();
            let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
            match GeneralPurpose::new(&alphabet::STANDARD, config).decode(text) {
                Ok(bytes) => Body::Bytes(bytes),
                Err(_) => return fail_at(at, "this is not Base64", None),
            }
        } else if self.eat("hex,") {
            match bytes_of_hex(self.up_to_semicolon()?.trim()) {
                Some(bytes) => Body::Bytes(bytes),
                None => return fail_at(at, "this is not hexadecimal: expected pairs of digits", None),
            }
        } else if self.eat("file,") {
            self.spaces();
            let path = self.file_name()?;
            self.spaces();
            self.expect(";")?;
            Body::File(path)
        } else {
            return Ok(None);
        }))
    }

    fn up_to_semicolon(&mut self) -> Read<&str> {
        let from = self.place();
        self.take_while(|c| c != ';');
        let text = self.since(from);
        self.expect(";").map(|()| text)
    }

    fn fenced(&mut self) -> Read<Body> {
        let at = self.position();
        let language = self.take_while(|c| !matches!(c, '\n' | '\r' | '`')).trim().trim_end_matches(',');
        if !self.eat("\r\n") && !self.eat("\n") {
            return self.expected("the end of the line");
        }
        match language {
            "graphql" => self.graphql(),
            "raw" => Ok(Body::Text { language: Language::Plain, text: Template::text(self.up_to_fence()?) }),
            _ => match LANGUAGES.iter().find(|(name, _)| *name == language) {
                Some((_, language)) => {
                    let length = self.fence_ahead()?;
                    let text = self.raw_template(length)?;
                    self.expect(FENCE)?;
                    Ok(Body::Text { language: *language, text })
                }
                None => fail_at(at, format!("`{language}` is not a language Hurl knows"), None),
            },
        }
    }

    fn up_to_fence(&mut self) -> Read<&str> {
        let length = self.fence_ahead()?;
        let text = self.advance(length);
        self.expect(FENCE).map(|()| text)
    }

    /// How many bytes there are before the closing backticks.
    fn fence_ahead(&self) -> Read<usize> {
        match self.rest().find(FENCE) {
            Some(length) => Ok(length),
            None => self.fail("the closing ``` is missing"),
        }
    }

    /// A query, and perhaps a line that begins with `variables`.
    fn graphql(&mut self) -> Read<Body> {
        let length = self.fence_ahead()?;
        let text = self.rest().get(..length).unwrap_or_default();
        let begins = |at: usize| {
            let Some((before, rest)) = text.split_at_checked(at) else { return false };
            let is_line = before.is_empty() || before.ends_with('\n');
            is_line && rest.strip_prefix("variables").is_some_and(|rest| rest.trim_start().starts_with('{'))
        };
        let variables_at = text.match_indices("variables").map(|(at, _)| at).find(|at| begins(*at));
        // The white space behind a query is not sent.
        let query = variables_at.and_then(|at| text.get(..at)).unwrap_or(text).trim_end();
        let query = self.raw_template(query.len())?;
        self.white_space();
        let variables = match variables_at {
            Some(_) => Some(self.graphql_variables()?),
            None => None,
        };
        self.expect(FENCE)?;
        Ok(Body::GraphQl { query, variables })
    }

    fn graphql_variables(&mut self) -> Read<Json> {
        self.expect("variables")?;
        self.spaces();
        let variables = self.json_object()?;
        self.white_space();
        Ok(variables)
    }

    /// One element of XML with all its contents, and what may come before it.
    fn markup(&mut self) -> Read<String> {
        let mut reader = quick_xml::Reader::from_str(self.rest());
        let mut depth = 0_usize;
        loop {
            let event = reader.read_event();
            let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let is_closed = match event {
                Ok(Event::Start(_)) => {
                    depth = depth.saturating_add(1);
                    false
                }
                Ok(Event::End(_)) => {
                    depth = depth.saturating_sub(1);
                    depth == 0
                }
                Ok(Event::Empty(_)) => depth == 0,
                Ok(Event::Eof) => return self.fail("this XML is not closed"),
                Ok(_) => false,
                Err(error) => return self.fail(format!("this is not XML: {error}")),
            };
            if is_closed {
                return Ok(self.advance(end).to_owned());
            }
        }
    }
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|&[high, low]| u8::try_from(high << 4 | low).ok()).collect()
}
