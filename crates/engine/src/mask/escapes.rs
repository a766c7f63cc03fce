//! Decodes escapes: percent-encoding, those of JSON, JavaScript and C, and the character references of HTML.
//!
//! All of them at once, because the language of an echo is unknown. So a `%41` that belongs to the secret itself is
//! decoded too; for that case, the finder also searches for the decoded secret.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::view::View;
use html5ever::data::NAMED_ENTITIES;

/// The most digits in the number of a character reference; more are leading zeros, or no character.
const DIGITS: usize = 12;

/// The view with its escapes decoded once, if it has any.
pub fn decode(view: &View) -> Option<View> {
    let bytes = view.bytes.as_slice();
    let is_start = |byte: &u8| matches!(byte, b'%' | b'\\' | b'&');
    let mut at = bytes.iter().position(is_start)?;
    let (mut out, mut done) = (View::beside(view), 0);
    let mut decoded = Vec::new();
    loop {
        decoded.clear();
        let end = match escape(bytes.get(at..).unwrap_or_default(), &mut decoded) {
            Some(length) => {
                out.extend(view, done..at);
                done = at.saturating_add(length);
                for byte in &decoded {
                    out.push(*byte, view, at..done);
                }
                done
            }
            None => at.saturating_add(1),
        };
        match bytes.get(end..).and_then(|rest| rest.iter().position(is_start)) {
            Some(next) => at = end.saturating_add(next),
            None => break,
        }
    }
    if done == 0 {
        return None;
    }
    out.extend(view, done..bytes.len());
    Some(out)
}

/// Decodes the escape at the beginning and returns its length in bytes.
fn escape(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    match bytes {
        [b'%', b'u' | b'U', ..] => unit(bytes, out),
        [b'%', high, low, ..] => byte(*high, *low, out).map(|()| 3),
        [b'\\', rest @ ..] => after_backslash(rest, out).map(|length| length.saturating_add(1)),
        [b'&', b'#', b'x' | b'X', rest @ ..] => reference(rest, 16, out).map(|length| length.saturating_add(3)),
        [b'&', b'#', rest @ ..] => reference(rest, 10, out).map(|length| length.saturating_add(2)),
        [b'&', rest @ ..] => named(rest, out).map(|length| length.saturating_add(1)),
        _ => None,
    }
}

fn after_backslash(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let control = |byte: u8, out: &mut Vec<u8>| {
        out.push(byte);
        Some(1)
    };
    match rest {
        [b'u', b'{', digits @ ..] => {
            let (number, length) = number(digits, 16)?;
            (digits.get(length) == Some(&b'}')).then_some(())?;
            character(number, out).map(|()| length.saturating_add(3))
        }
        [b'u', ..] => unit_after_backslash(rest, out),
        [b'U', digits @ ..] => {
            let digits = digits.get(..8)?;
            let (number, length) = number(digits, 16)?;
            (length == 8).then_some(())?;
            character(number, out).map(|()| 9)
        }
        [b'x', high, low, ..] => byte(*high, *low, out).map(|()| 3),
        [high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', ..] => {
            // The lowest bits of a digit are its value.
            out.push((*high & 0b11) << 6 | (*middle & 0b111) << 3 | (*low & 0b111));
            Some(3)
        }
        [b'b', ..] => control(8, out),
        [b'f', ..] => control(12, out),
        [b'n', ..] => control(b'\n', out),
        [b'r', ..] => control(b'\r', out),
        [b't', ..] => control(b'\t', out),
        [b'v', ..] => control(11, out),
        // A line continuation.
        [b'\r', b'\n', ..] => Some(2),
        [b'\n', ..] => Some(1),
        [byte @ (b'\\' | b'/' | b'"' | b'\'' | b'`' | b'$'), ..] => control(*byte, out),
        _ => None,
    }
}

/// `\uXXXX`, or two of them for a character beyond the first 65,536.
fn unit_after_backslash(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let first = hexadecimal(rest.get(1..5)?)?;
    if let Some([b'\\', b'u', digits @ ..]) = rest.get(5..11)
        && let Some(second) = hexadecimal(digits)
        && let Some(number) = pair(first, second)
    {
        return character(number, out).map(|()| 11);
    }
    character(first, out).map(|()| 5)
}

/// `%uXXXX`, as JavaScript's `escape` writes it, also in pairs.
fn unit(bytes: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let first = hexadecimal(bytes.get(2..6)?)?;
    if let Some([b'%', b'u' | b'U', digits @ ..]) = bytes.get(6..12)
        && let Some(second) = hexadecimal(digits)
        && let Some(number) = pair(first, second)
    {
        return character(number, out).map(|()| 12);
    }
    character(first, out).map(|()| 6)
}

/// Joins a surrogate pair of UTF-16.
fn pair(high: u32, low: u32) -> Option<u32> {
    let is_pair = (0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low);
    is_pair.then(|| ((high & 0x3ff) << 10 | (low & 0x3ff)).saturating_add(0x1_0000))
}

/// A numeric reference after its `&#`, with or without its semicolon.
fn reference(rest: &[u8], radix: u32, out: &mut Vec<u8>) -> Option<usize> {
    let (number, length) = number(rest, radix)?;
    character(number, out)?;
    Some(length.saturating_add(usize::from(rest.get(length) == Some(&b';'))))
}

/// A named reference after its `&`: the longest that matches, as in browsers.
fn named(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let mut longest = None;
    for length in 1..=rest.len() {
        // Every beginning of a name is in the map, so this ends with the name.
        let name = rest.get(..length).and_then(|name| str::from_utf8(name).ok());
        let Some(&(first, second)) = name.and_then(|name| NAMED_ENTITIES.get(name)) else { break };
        if first != 0 {
            longest = Some((length, first, second));
        }
    }
    let (length, first, second) = longest?;
    character(first, out)?;
    if second != 0 {
        character(second, out)?;
    }
    Some(length)
}

fn character(number: u32, out: &mut Vec<u8>) -> Option<()> {
    let c = char::from_u32(number)?;
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}

fn byte(high: u8, low: u8, out: &mut Vec<u8>) -> Option<()> {
    let number = hexadecimal(&[high, low])?;
    out.push(u8::try_from(number).ok()?);
    Some(())
}

/// All of these digits as a number.
fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        number.checked_mul(16)?.checked_add(digit)
    })
}

/// The number at the beginning, and how many digits it has.
fn number(bytes: &[u8], radix: u32) -> Option<(u32, usize)> {
    let digits = bytes.iter().take(DIGITS).map_while(|byte| char::from(*byte).to_digit(radix));
    let (mut number, mut length) = (0_u32, 0);
    for (digit, count) in digits.zip(1..) {
        number = number.saturating_mul(radix).saturating_add(digit);
        length = count;
    }
    (length > 0).then_some((number, length))
}
