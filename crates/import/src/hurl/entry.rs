//! Entries: a request, and the answer that is expected.

use super::scanner::{Scanner, fail_at};
use super::{Entry, Read, Request, Response};
use stepcast_suite::closest;

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
const VERSIONS: [&str; 5] = ["1.0", "1.1", "2", "3", "*"];

impl Scanner<'_> {
    pub fn entries(&mut self) -> Read<Vec<Entry>> {
        let mut entries = Vec::new();
        loop {
            let comment = self.blank_lines();
            if self.is_at_end() {
                return Ok(entries);
            }
            let request = self.request()?;
            entries.push(Entry { comment, request, response: self.response()? });
        }
    }

    fn request(&mut self) -> Read<Request> {
        self.spaces();
        let at = self.position();
        let method = self.method()?;
        self.some_spaces()?;
        let url = self.unquoted()?;
        if url.is_empty() {
            return self.expected("an address");
        }
        self.end_of_line()?;
        let mut request = Request {
            at,
            method,
            url,
            headers: self.pairs()?,
            query: Vec::new(),
            form: Vec::new(),
            multipart: Vec::new(),
            cookies: Vec::new(),
            basic: None,
            options: Vec::new(),
            body: None,
        };
        self.request_sections(&mut request)?;
        request.body = self.body()?;
        Ok(request)
    }

    fn method(&mut self) -> Read<String> {
        let at = self.position();
        let name = self.take_while(|c| c.is_ascii_alphabetic()).to_owned();
        if name.is_empty() {
            return self.expected("a request like `GET https://example.com/`");
        }
        if name.chars().all(|c| c.is_ascii_uppercase()) {
            return Ok(name);
        }
        let near = closest(&name.to_ascii_uppercase(), &METHODS);
        let hint = near.map(|near| format!("did you mean `{near}`?"));
        fail_at(at, format!("`{name}` is not a method"), hint)
    }

    fn response(&mut self) -> Read<Option<Response>> {
        let before = self.place();
        self.blank_lines();
        self.spaces();
        let at = self.position();
        if !self.eat("HTTP") {
            self.go_back(before);
            return Ok(None);
        }
        let version = if self.eat("/") { self.version()? } else { None };
        self.some_spaces()?;
        let status = self.status()?;
        self.end_of_line()?;
        let headers = self.pairs()?;
        let mut response =
            Response { at, version, status, headers, captures: Vec::new(), asserts: Vec::new(), body: None };
        self.response_sections(&mut response)?;
        response.body = self.body()?;
        Ok(Some(response))
    }

    fn version(&mut self) -> Read<Option<String>> {
        let at = self.position();
        let version = self.take_while(|c| !c.is_whitespace()).to_owned();
        if !VERSIONS.contains(&version.as_str()) {
            let hint = "write `HTTP`, `HTTP/1.0`, `HTTP/1.1`, `HTTP/2` or `HTTP/3`".to_owned();
            return fail_at(at, format!("`{version}` is not a version of HTTP"), Some(hint));
        }
        Ok(Some(version).filter(|version| version != "*"))
    }

    fn status(&mut self) -> Read<Option<u16>> {
        if self.eat("*") {
            return Ok(None);
        }
        let at = self.position();
        let digits = self.take_while(|c| c.is_ascii_digit());
        match digits.parse() {
            Ok(status) => Ok(Some(status)),
            Err(_) => fail_at(at, "expected a status code or `*`", None),
        }
    }
}
