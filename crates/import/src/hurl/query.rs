//! The part of an answer that a capture or an assert looks at.

use super::scanner::{Scanner, fail_at};
use super::{Query, Read, Template};

const COOKIE_ATTRIBUTES: [&str; 8] =
    ["value", "expires", "max-age", "domain", "path", "secure", "httponly", "samesite"];
const CERTIFICATE_FIELDS: [&str; 7] =
    ["Subject", "Issuer", "Start-Date", "Expire-Date", "Serial-Number", "Subject-Alt-Name", "Value"];

impl Scanner<'_> {
    /// A query, if there is one here.
    pub fn query(&mut self) -> Read<Option<Query>> {
        let before = self.place();
        let name = self.take_while(|c| c.is_ascii_alphanumeric());
        Ok(Some(match name {
            "status" => Query::Status,
            "version" => Query::Version,
            "url" => Query::Url,
            "body" => Query::Body,
            "duration" => Query::Duration,
            "bytes" => Query::Bytes,
            "rawbytes" => Query::RawBytes,
            "sha256" => Query::Sha256,
            "md5" => Query::Md5,
            "ip" => Query::Ip,
            "redirects" => Query::Redirects,
            "header" => Query::Header(self.spaced_text()?),
            "xpath" => Query::XPath(self.spaced_text()?),
            "jsonpath" => Query::JsonPath(self.spaced_text()?),
            "variable" => Query::Variable(self.spaced_text()?),
            "regex" => Query::Regex(self.spaced_pattern()?),
            "cookie" => self.cookie()?,
            "certificate" => self.certificate()?,
            _ => {
                self.go_back(before);
                return Ok(None);
            }
        }))
    }

    pub fn spaced_text(&mut self) -> Read<Template> {
        self.some_spaces()?;
        self.quoted()
    }

    /// A pattern in quotes or between slashes.
    pub fn spaced_pattern(&mut self) -> Read<Template> {
        self.some_spaces()?;
        if let Some(template) = self.try_quoted()? {
            return Ok(template);
        }
        match self.try_pattern()? {
            Some(pattern) => Ok(Template::text(pattern)),
            None => self.expected("a pattern in quotes or between slashes"),
        }
    }

    /// A pattern between slashes. Only the slash is escaped; other backslashes are the pattern's own.
    pub fn try_pattern(&mut self) -> Read<Option<String>> {
        let at = self.position();
        if !self.eat("/") {
            return Ok(None);
        }
        let mut pattern = String::new();
        while let Some(c) = self.next() {
            match c {
                '/' => return Ok(Some(pattern)),
                '\\' if self.eat("/") => pattern.push('/'),
                '\n' => break,
                c => pattern.push(c),
            }
        }
        fail_at(at, "this pattern is not closed; close it with `/`", None)
    }

    /// A cookie's name, perhaps with one of its attributes: `session[Secure]`.
    fn cookie(&mut self) -> Read<Query> {
        self.some_spaces()?;
        let at = self.position();
        let template = self.quoted()?;
        let Some(text) = template.literal().filter(|text| text.ends_with(']')) else {
            return Ok(Query::Cookie { name: template, attribute: None });
        };
        let Some((name, attribute)) = text.trim_end_matches(']').split_once('[') else {
            return fail_at(at, "expected a cookie like `session` or `session[Secure]`", None);
        };
        let attribute = attribute.trim().to_ascii_lowercase();
        if !COOKIE_ATTRIBUTES.contains(&attribute.as_str()) {
            let hint = format!("known are {}", COOKIE_ATTRIBUTES.join(", "));
            return fail_at(at, format!("`{attribute}` is not an attribute of a cookie"), Some(hint));
        }
        Ok(Query::Cookie { name: Template::text(name.trim()), attribute: Some(attribute) })
    }

    fn certificate(&mut self) -> Read<Query> {
        self.some_spaces()?;
        let at = self.position();
        let field = self.quoted()?;
        if let Some(field) = field.literal().filter(|field| CERTIFICATE_FIELDS.contains(field)) {
            return Ok(Query::Certificate(field.to_owned()));
        }
        let hint = format!("known are {}", CERTIFICATE_FIELDS.join(", "));
        fail_at(at, "this is not a field of a certificate", Some(hint))
    }
}
