//! Texts as bytes, and what encoded texts stand for.

use super::same::first_text;
use crate::hurl::Filter;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use encoding_rs::{Encoding, UTF_8};
use std::fmt::Write;

/// The charset with which a filter decodes, if it decodes bytes and the charset is known.
pub(super) fn charset(filter: &Filter) -> Option<&'static Encoding> {
    match filter.name {
        "utf8Decode" => Some(UTF_8),
        "decode" | "charsetDecode" => Encoding::for_label(first_text(filter)?.as_bytes()),
        _ => None,
    }
}

/// The bytes of a text in a charset, if it has all of its characters.
pub(super) fn encoded(charset: &'static Encoding, text: &str) -> Option<Vec<u8>> {
    let (bytes, used, has_others) = charset.encode(text);
    (used == charset && !has_others).then(|| bytes.into_owned())
}

/// The only bytes from which a filter makes this text.
pub(super) fn bytes_of(filter: &str, text: &str) -> Option<Vec<u8>> {
    let (bytes, again) = match filter {
        "base64Encode" => STANDARD.decode(text).ok().map(|bytes| (STANDARD.encode(&bytes), bytes))?,
        "base64UrlSafeEncode" => {
            URL_SAFE_NO_PAD.decode(text).ok().map(|bytes| (URL_SAFE_NO_PAD.encode(&bytes), bytes))?
        }
        _ => of_hexadecimal(text).map(|bytes| (super::matcher::hexadecimal(&bytes), bytes))?,
    };
    (bytes == text).then_some(again)
}

/// The only text from which a filter makes these bytes.
pub(super) fn text_before(filter: &str, bytes: &[u8]) -> Option<String> {
    match filter {
        "base64Decode" => Some(STANDARD.encode(bytes)),
        "base64UrlSafeDecode" => Some(URL_SAFE_NO_PAD.encode(bytes)),
        _ => None,
    }
}

fn of_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| str::from_utf8(pair).ok().filter(|_| pair.len() == 2))
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}

/// The text from which a filter makes this one, if there is one.
pub(super) fn text_of(filter: &str, text: &str) -> Option<String> {
    let (before, again) = if filter == "urlEncode" {
        let before = percent_decoded(text)?;
        let again = percent_encoded(&before);
        (before, again)
    } else {
        let before = unescaped(text);
        let again = escaped(&before);
        (before, again)
    };
    (again == text).then_some(before)
}

/// The characters that Hurl leaves unescaped, apart from letters and digits.
const UNRESERVED: &str = "-._~/";

fn percent_encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || UNRESERVED.contains(c) {
            out.push(c);
        } else {
            // Writing to memory does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        rest = others;
        match (first, others) {
            (b'%', [high, low, others @ ..]) => {
                bytes.extend(of_hexadecimal(str::from_utf8(&[*high, *low]).ok()?)?);
                rest = others;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).ok()
}

/// The characters Hurl escapes in HTML; the ampersand comes first, because it begins all of them.
const ESCAPED: [(&str, &str); 5] = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#x27;")];

fn escaped(text: &str) -> String {
    ESCAPED.iter().fold(text.to_owned(), |text, (character, escape)| text.replace(character, escape))
}

fn unescaped(text: &str) -> String {
    ESCAPED.iter().rev().fold(text.to_owned(), |text, (character, escape)| text.replace(escape, character))
}
