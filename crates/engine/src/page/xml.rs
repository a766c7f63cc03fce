//! Parses XML 1.0 with namespaces within bounds of memory: <https://www.w3.org/TR/xml/>,
//! <https://www.w3.org/TR/xml-names/>
//!
//! `quick-xml` splits the text into tags; this module checks the other rules of a well-formed document. Document types
//! are skipped. Entities that a document declares are not supported, and such a document is rejected: their expansion
//! is how a kilobyte becomes gigabytes.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

mod names;
mod write;

pub use write::{inner_xml, name};

use super::document::DocumentError;
use super::html::{Counting, PARTS, nodes};
use html5ever::interface::{ElementFlags, NodeOrText, TreeSink};
use html5ever::{Attribute, LocalName, Prefix, QualName};
use names::{Names, split};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use scraper::Html;
use std::collections::HashSet;
use stepcast_suite::selector::Prefixes;

type Handle = <Counting as TreeSink>::Handle;

/// Parses a text and returns the document with the prefixes it declares. The prefix `_` means the default namespace of
/// its root element.
pub fn parse(text: &str) -> Result<(Html, Prefixes), DocumentError> {
    parse_within(text, PARTS)
}

fn parse_within(text: &str, parts: usize) -> Result<(Html, Prefixes), DocumentError> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = Reader::from_str(text);
    let mut builder = Builder::new(nodes(text));
    loop {
        let before = reader.buffer_position();
        let event =
            reader.read_event().map_err(|error| malformed(&error.to_string(), text, reader.error_position()))?;
        if matches!(event, Event::Eof) {
            return builder.finish().map_err(|problem| malformed(&problem, text, before));
        }
        builder.take(event).map_err(|problem| match problem {
            Problem::Malformed(problem) => malformed(&problem, text, before),
            Problem::Entities => DocumentError::TooMuch(
                "the document declares entities of its own, which are not expanded; `as: html` leaves them as they are"
                    .to_owned(),
            ),
            Problem::TooMany(what) => DocumentError::TooMuch(format!("the document has more than {what}")),
        })?;
        if builder.tree.made() > parts {
            return Err(DocumentError::TooMuch(format!(
                "the document has more than {parts} elements, texts and attributes"
            )));
        }
    }
}

/// The error, with its line and column.
fn malformed(problem: &str, text: &str, byte: u64) -> DocumentError {
    let at = text.floor_char_boundary(usize::try_from(byte).unwrap_or(usize::MAX));
    let before = text.get(..at).unwrap_or_default();
    let line = before.split('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    DocumentError::Malformed(format!("{problem} at line {line}, column {column}"))
}

/// Why a document is rejected.
enum Problem {
    Malformed(String),
    Entities,
    TooMany(&'static str),
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Malformed(problem)
    }
}

impl From<&str> for Problem {
    fn from(problem: &str) -> Self {
        Self::Malformed(problem.to_owned())
    }
}

struct Builder {
    tree: Counting,
    root: Handle,
    names: Names,
    /// The elements that are not closed yet, with their names as written
    open: Vec<(Handle, String)>,
    has_root: bool,
}

impl Builder {
    fn new(nodes: usize) -> Self {
        let tree = Counting::with_room_for(nodes);
        let root = tree.get_document();
        Self { tree, root, names: Names::default(), open: Vec::new(), has_root: false }
    }

    fn take(&mut self, event: Event) -> Result<(), Problem> {
        match event {
            Event::Start(start) => self.start(&start),
            Event::Empty(start) => {
                self.start(&start)?;
                self.end();
                Ok(())
            }
            Event::End(_) => {
                self.end();
                Ok(())
            }
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(_) if self.open.is_empty() => Err("there is text outside of the root element".into()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => self.text(&resolved(&reference)?),
            Event::Comment(comment) => {
                let comment = self.tree.create_comment((&*comment.xml10_content()).into());
                self.append(comment);
                Ok(())
            }
            Event::PI(instruction) => {
                let instruction = self.tree.create_pi(instruction.target().into(), instruction.content().trim().into());
                self.append(instruction);
                Ok(())
            }
            Event::DocType(doctype) if doctype.contains("<!ENTITY") => Err(Problem::Entities),
            Event::DocType(_) | Event::Decl(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart) -> Result<(), Problem> {
        if self.open.is_empty() && self.has_root {
            return Err("a second root element begins".into());
        }
        let attributes = self.attributes(start)?;
        let name = start.name().into_inner();
        let element = QualName::new(prefix(name), self.names.of_element(name)?, LocalName::from(split(name).1));
        let element = self.tree.create_element(element, attributes, ElementFlags::default());
        self.append(element);
        self.open.push((element, name.to_owned()));
        self.has_root = true;
        Ok(())
    }

    /// The attributes of an element, without its namespace declarations, which are applied here.
    fn attributes(&mut self, start: &BytesStart) -> Result<Vec<Attribute>, Problem> {
        let (mut written, mut seen) = (Vec::new(), HashSet::new());
        self.names.enter();
        // The library would compare each with all earlier ones.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let name = attribute.key.into_inner();
            if !seen.insert(name.to_owned()) {
                return Err(format!("`{name}` is there twice in one element").into());
            }
            if attribute.value.contains('<') {
                return Err(format!("`{name}` has a `<` in its value").into());
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            if !self.names.declare(name, &value, self.open.is_empty())? {
                written.push((name.to_owned(), value.into_owned()));
            }
        }
        let attribute = |(name, value): (String, String)| {
            let namespace = self.names.of_attribute(&name)?;
            let name = QualName::new(prefix(&name), namespace, LocalName::from(split(&name).1));
            Ok(Attribute { name, value: value.into() })
        };
        written.into_iter().map(attribute).collect()
    }

    fn end(&mut self) {
        self.open.pop();
        self.names.leave();
    }

    fn text(&mut self, text: &str) -> Result<(), Problem> {
        match self.open.last() {
            Some((parent, _)) => {
                self.tree.append(parent, NodeOrText::AppendText(text.into()));
                Ok(())
            }
            None if text.trim().is_empty() => Ok(()),
            None => Err("there is text outside of the root element".into()),
        }
    }

    fn append(&self, node: Handle) {
        let parent = self.open.last().map_or(&self.root, |(parent, _)| parent);
        self.tree.append(parent, NodeOrText::AppendNode(node));
    }

    fn finish(self) -> Result<(Html, Prefixes), String> {
        match self.open.last() {
            Some((_, name)) => Err(format!("it ends before `<{name}>` is closed")),
            None if !self.has_root => Err("it has no element".to_owned()),
            None => Ok((self.tree.finish(), self.names.declared())),
        }
    }
}

fn prefix(name: &str) -> Option<Prefix> {
    split(name).0.map(Prefix::from)
}

fn resolved(reference: &BytesRef) -> Result<String, Problem> {
    match reference.resolve_char_ref() {
        Ok(Some(c)) => Ok(c.into()),
        Ok(None) => {
            let name = reference.xml10_content();
            let known = quick_xml::escape::resolve_predefined_entity(&name);
            known.map(str::to_owned).ok_or_else(|| format!("`&{name};` is not an XML entity").into())
        }
        Err(error) => Err(error.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn malformed(text: &str) -> String {
        parse(text).map(|_| ()).expect_err(text).to_string()
    }

    #[test]
    fn what_is_not_well_formed_is_told_with_its_place() {
        for (text, expected) in [
            ("<a>\n  <b></a>", "line 2, column 6"),
            ("<a/><b/>", "a second root element begins at line 1, column 5"),
            ("<a/>x", "there is text outside of the root element at line 1, column 5"),
            ("", "it has no element at line 1, column 1"),
            ("<a><b></b>", "it ends before `<a>` is closed at line 1, column 11"),
            ("<a x='1' x='2'/>", "`x` is there twice in one element"),
            ("<a x='<'/>", "`x` has a `<` in its value"),
            ("<a x=1/>", "at line 1, column 1"),
            ("<a>&nbsp;</a>", "`&nbsp;` is not an XML entity at line 1, column 4"),
            ("<dc:a/>", "the prefix `dc` is not declared at line 1, column 1"),
            ("<a dc:b=''/>", "the prefix `dc` is not declared"),
            ("<a b:c:d=''/>", "`b:c:d` is not a valid name"),
            ("<1a/>", "`1a` is not a valid name"),
            ("{}", "there is text outside of the root element"),
        ] {
            let told = malformed(text);
            assert!(told.starts_with("the body is not well-formed XML: ") && told.contains(expected), "{text}: {told}");
        }
    }

    #[test]
    fn entities_are_not_expanded() {
        let bomb = "<!DOCTYPE a [<!ENTITY x 'xxxxxxxxxx'><!ENTITY y '&x;&x;&x;&x;&x;&x;'>]><a>&y;</a>";
        assert!(matches!(parse(bomb), Err(DocumentError::TooMuch(told)) if told.contains("entities")));
        assert!(
            parse("<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\" \"http://127.0.0.1/x.dtd\"><html/>")
                .is_ok()
        );
    }

    #[test]
    fn a_document_that_is_too_large_is_given_up() {
        for text in [
            format!("<a>{}</a>", "<b/>".repeat(6_000)),
            format!("<a>{}</a>", "<b>x</b>".repeat(3_000)),
            format!("<a>{}</a>", "<!---->".repeat(6_000)),
            format!("<a{}/>", (0..6_000).fold(String::new(), |text, n| text + &format!(" a{n}=''"))),
        ] {
            let told = parse_within(&text, 5_000).map(|_| ()).expect_err("too large").to_string();
            assert_eq!(told, "the document has more than 5000 elements, texts and attributes");
        }
        let namespaces = (0..6_000).fold(String::new(), |text, n| text + &format!(" xmlns:a{n}='u'"));
        assert!(malformed(&format!("<a{namespaces}/>")).contains("more than 1000 declarations"));
        assert!(parse(&format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000))).is_ok());
    }
}
