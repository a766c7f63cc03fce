//! Extracts the addresses of a sitemap: XML, or a text with one address per line.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use stepcast_suite::bounds::SITEMAP_ADDRESSES;
use url::Url;

/// The kinds of sitemaps.
#[derive(Debug, PartialEq, Eq)]
pub enum Document {
    /// Pages
    Pages(Vec<Url>),
    /// Further sitemaps
    Index(Vec<Url>),
}

/// The depth of an address: root, `url` or `sitemap`, `loc`. Image and video extensions have a `loc` further down.
const DEPTH: usize = 3;

/// Reads a sitemap. Addresses that are not http or https are left out.
pub fn parse(text: &str) -> Result<Document, String> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') || text.is_empty() { parse_xml(text) } else { parse_lines(text) }
}

/// Parses one address per line and nothing else (<https://www.sitemaps.org/protocol.html#otherformats>).
fn parse_lines(text: &str) -> Result<Document, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let found: Vec<Url> = lines.filter_map(address).take(SITEMAP_ADDRESSES).collect();
    if found.is_empty() { Err("it is neither XML nor a list of addresses".into()) } else { Ok(Document::Pages(found)) }
}

/// An address that can be fetched.
fn address(text: &str) -> Option<Url> {
    let mut url = Url::parse(text.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.set_fragment(None);
    Some(url)
}

fn parse_xml(xml: &str) -> Result<Document, String> {
    let mut reader = Reader::from_str(xml);
    let mut parser = Parser::default();
    loop {
        let event = reader.read_event().map_err(|error| format!("{error} at byte {}", reader.error_position()))?;
        if matches!(event, Event::Eof) {
            break;
        }
        parser.take(&event)?;
    }
    parser.finish()
}

#[derive(Default)]
struct Parser {
    is_index: Option<bool>,
    depth: usize,
    /// The text of the `loc` that is being read
    address: Option<String>,
    found: Vec<Url>,
}

impl Parser {
    fn take(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Start(start) => {
                self.depth = self.depth.saturating_add(1);
                self.open(start.local_name().into_inner())?;
            }
            Event::Empty(start) if self.depth == 0 => self.open_root(start.local_name().into_inner())?,
            Event::End(_) => {
                self.close();
                self.depth = self.depth.saturating_sub(1);
            }
            Event::Text(text) => self.push(&text.xml10_content()),
            Event::CData(text) => self.push(&text.xml10_content()),
            Event::GeneralRef(reference) => self.push(&resolve(reference)),
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, name: &str) -> Result<(), String> {
        match self.depth {
            1 => self.open_root(name)?,
            DEPTH if name == "loc" => self.address = Some(String::new()),
            _ => {}
        }
        Ok(())
    }

    fn open_root(&mut self, name: &str) -> Result<(), String> {
        match name {
            "urlset" => self.is_index = Some(false),
            "sitemapindex" => self.is_index = Some(true),
            other => return Err(format!("it begins with `<{other}>`")),
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        if let Some(address) = &mut self.address {
            address.push_str(text);
        }
    }

    fn close(&mut self) {
        if self.depth != DEPTH {
            return;
        }
        if let Some(page) = self.address.take().and_then(|text| address(&text))
            && self.found.len() < SITEMAP_ADDRESSES
        {
            self.found.push(page);
        }
    }

    fn finish(self) -> Result<Document, String> {
        match self.is_index {
            Some(true) => Ok(Document::Index(self.found)),
            Some(false) => Ok(Document::Pages(self.found)),
            None => Err("it is not XML".into()),
        }
    }
}

fn resolve(reference: &BytesRef) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(c)) => c.into(),
        _ => resolve_predefined_entity(&reference.xml10_content()).unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(addresses: &[&str]) -> Vec<Url> {
        addresses.iter().map(|address| Url::parse(address).expect("an address")).collect()
    }

    #[test]
    fn addresses_are_read_in_order() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
            <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="i">
              <url><loc> https://h.example/a?x=1&amp;y=&#50; </loc><priority>1</priority></url>
              <url><loc><![CDATA[https://h.example/b&c#part]]></loc>
                <image:image><image:loc>https://h.example/i.png</image:loc></image:image></url>
              <url><loc>/relative</loc></url><url><loc>mailto:a@b</loc></url><url><loc/></url>
            </urlset>"#;
        let expected = urls(&["https://h.example/a?x=1&y=2", "https://h.example/b&c"]);
        assert_eq!(parse(xml), Ok(Document::Pages(expected)));
    }

    #[test]
    fn an_index_is_told_from_a_list_of_pages() {
        let xml =
            "\u{feff}<s:sitemapindex xmlns:s='x'><s:sitemap><s:loc>http://h/1</s:loc></s:sitemap></s:sitemapindex>";
        assert_eq!(parse(xml), Ok(Document::Index(urls(&["http://h/1"]))));
        assert_eq!(parse("<urlset/>"), Ok(Document::Pages(vec![])));
    }

    #[test]
    fn a_text_has_one_address_a_line() {
        let text = "\u{feff}https://h.example/a\r\n\n  http://h.example/b#c\nmailto:a@b\n/relative\n";
        assert_eq!(parse(text), Ok(Document::Pages(urls(&["https://h.example/a", "http://h.example/b"]))));
    }

    #[test]
    fn no_more_addresses_are_taken_than_a_sitemap_may_have() {
        let xml = format!("<urlset>{}</urlset>", "<url><loc>http://h/</loc></url>".repeat(SITEMAP_ADDRESSES + 1));
        let Ok(Document::Pages(pages)) = parse(&xml) else { panic!("pages") };
        assert_eq!(pages.len(), SITEMAP_ADDRESSES);
    }

    #[test]
    fn fuzz_sitemaps() {
        stepcast_fuzz::fuzz(&stepcast_fuzz::languages::SITEMAP, |text| {
            let _ = parse(text);
        });
    }

    #[test]
    fn what_is_no_sitemap_is_told() {
        assert_eq!(parse("<html><body>404</body></html>"), Err("it begins with `<html>`".into()));
        assert_eq!(parse("not found"), Err("it is neither XML nor a list of addresses".into()));
        assert_eq!(parse(""), Err("it is not XML".into()));
        assert!(parse("<urlset><url></urlset>").is_err());
    }
}
