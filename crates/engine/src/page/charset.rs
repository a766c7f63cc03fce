//! Detects the encoding of a body, in the order that browsers use.
//! <https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding>

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use regex::bytes::Regex;
use std::sync::LazyLock;

/// How far into a page the standard looks for a `<meta>`, in bytes.
const PRESCAN: usize = 1024;

static COMMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s-u)<!--.*?-->"));
/// `<?xml version="1.0" encoding="x"?>` (XML 1.0, section 4.3.3), which also counts in HTML pages.
static DECLARATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"^(?-u)<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']"#));
/// `<meta charset=x>`, and `<meta http-equiv=content-type content="text/html; charset=x">`.
static META: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i-u)<meta\s[^>]*?charset\s*=\s*["']?\s*([^\s"'/>;]+)"#));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that a test compiles")
}

/// The body as text; bytes that are not valid become `U+FFFD`.
pub fn decode(headers: &HeaderMap, body: &[u8]) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        return decode_as(encoding, body.get(mark..).unwrap_or_default());
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoding = declared(content_type).or_else(|| prescan(content_type, body)).unwrap_or(UTF_8);
    decode_as(encoding, body)
}

/// The body as text in the charset of this name, if there is one.
pub fn decode_by_label(label: &str, body: &[u8]) -> Option<String> {
    Encoding::for_label(label.as_bytes()).map(|encoding| decode_as(encoding, body))
}

fn decode_as(encoding: &'static Encoding, body: &[u8]) -> String {
    encoding.decode_without_bom_handling(body).0.into_owned()
}

fn declared(content_type: &str) -> Option<&'static Encoding> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let charset = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?.1;
    Encoding::for_label(charset.trim().trim_matches(['"', '\'']).as_bytes())
}

fn prescan(content_type: &str, body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..PRESCAN).unwrap_or(body);
    if let Some(declared) = DECLARATION.captures(head) {
        return of_label(declared.get(1)?.as_bytes());
    }
    let is_html = content_type.is_empty() || content_type.to_ascii_lowercase().contains("html");
    if !is_html {
        return None;
    }
    let head = COMMENT.replace_all(head, &b""[..]).into_owned();
    of_label(META.captures(&head)?.get(1)?.as_bytes())
}

fn of_label(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label)?;
    // A page in UTF-16 could not have been read this far; the standard uses UTF-8 instead.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &[u8]) -> String {
        let content_type = content_type.parse().expect("a header");
        decode(&HeaderMap::from_iter([(CONTENT_TYPE, content_type)]), body)
    }

    #[test]
    fn the_mark_comes_before_the_header_and_the_header_before_the_page() {
        let meta = b"<meta charset=windows-1251>\xe9";
        assert_eq!(read("text/html; charset=\"Windows-1252\"", meta), "<meta charset=windows-1251>é");
        assert_eq!(read("text/html; charset=windows-1252", b"\xef\xbb\xbf\xc3\xa9"), "é");
        assert_eq!(read("text/plain", b"\xff\xfe\xe9\x00"), "é");
    }

    #[test]
    fn a_page_may_declare_its_own() {
        for meta in [
            "<meta charset=windows-1252>",
            "<META name=x CHARSET = 'latin1' />",
            r#"<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">"#,
            "<!-- <meta charset=utf-16> --><meta charset=\"windows-1252\">",
        ] {
            let body = [b"<!doctype html><head>", meta.as_bytes(), b"\xe9"].concat();
            assert!(read("text/html", &body).ends_with('é'), "{meta}");
        }
    }

    #[test]
    fn xml_declares_its_own() {
        let declared = b"<?xml version='1.0' encoding=\"ISO-8859-1\"?><a>\xe9</a>";
        for content_type in ["application/xml", "text/plain", ""] {
            assert!(read(content_type, declared).contains('é'), "{content_type}");
        }
        assert!(read("text/xml; charset=windows-1251", declared).contains('й'));
        assert!(read("text/xml", "<?xml version='1.0' encoding='UTF-16'?>ü".as_bytes()).ends_with('ü'));
    }

    #[test]
    fn what_nobody_declares_is_utf_8() {
        assert_eq!(read("text/html", "ü".as_bytes()), "ü");
        assert_eq!(read("text/html; charset=nonsense", "ü".as_bytes()), "ü");
        assert_eq!(read("text/html", b"a\xffb"), "a\u{fffd}b");
        assert_eq!(read("text/html", "<meta charset=utf-16>ü".as_bytes()), "<meta charset=utf-16>ü");
        assert_eq!(read("application/json", "<meta charset=latin1>ü".as_bytes()), "<meta charset=latin1>ü");
        let late = format!("{}<meta charset=latin1>ü", " ".repeat(PRESCAN));
        assert!(read("text/html", late.as_bytes()).ends_with('ü'));
    }
}
