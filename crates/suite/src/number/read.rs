//! Reads JSON texts without losing a digit.
//!
//! A number that 64 bits do not hold is replaced in the text by its held form before the library reads it. Finding the
//! numbers takes one pass over the text.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::{KEY, nearest_number, plain};
use serde::de::Error as _;
use serde_json::{Error, Number, Value};
use std::ops::Range;

/// The number of digits that a float holds, whatever the digits are.
const HELD_DIGITS: usize = 15;
/// The longest number for which that is certain without a look at its value, in bytes.
const SHORT: usize = HELD_DIGITS + 1;

/// JSON whose numbers have their value.
#[derive(Debug)]
pub struct ByValue {
    /// The JSON, with the nearest number in place of each that 64 bits do not hold
    pub nearest: Value,
    /// The same with those numbers held, if there are any
    pub exact: Option<Value>,
}

impl ByValue {
    /// The JSON with each of its numbers exact.
    pub fn with_exact_numbers(&self) -> &Value {
        self.exact.as_ref().unwrap_or(&self.nearest)
    }
}

/// Reads JSON so that [`super::to_text`] writes its numbers as they were written.
pub fn read(text: &str) -> Result<Value, Error> {
    let numbers = numbers(text, |number| plain(number).is_none_or(|plain| plain.to_string() != number));
    exact(text, &numbers)
}

/// Reads JSON so that its numbers have the value they were written with. If more than `most` numbers would have to be
/// replaced, reads nothing.
pub fn read_by_value(text: &str, most: usize) -> Option<Result<ByValue, Error>> {
    let numbers = numbers(text, |number| !has_value(number));
    if numbers.len() > most {
        return None;
    }
    if numbers.is_empty() {
        return Some(exact(text, &[]).map(|nearest| ByValue { nearest, exact: None }));
    }
    let replaced = replace(text, &numbers, |number| nearest_number(number).to_string());
    Some(
        exact(text, &numbers)
            .and_then(|exact| Ok(ByValue { nearest: serde_json::from_str(&replaced)?, exact: Some(exact) })),
    )
}

/// Whether 64 bits hold the value of a number. A whole number stays one: in a float it would have an exponent.
fn has_value(number: &str) -> bool {
    let is_short = number.len() <= SHORT && !number.contains(['e', 'E']);
    let is_held = |plain: Number| {
        let is_whole = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        !(is_whole && plain.is_f64()) && super::is_same(&plain.to_string(), number)
    };
    is_short || plain(number).is_some_and(is_held)
}

fn exact(text: &str, numbers: &[Range<usize>]) -> Result<Value, Error> {
    // Nothing in the input may be mistaken for a held number.
    if text.contains('\u{fdd0}') || has_escape(text) {
        return Err(Error::custom("it contains U+FDD0, a noncharacter, which is not allowed in text"));
    }
    if numbers.is_empty() {
        return serde_json::from_str(text);
    }
    let held = replace(text, numbers, |number| format!("{{\"{KEY}\":\"{number}\"}}"));
    serde_json::from_str(&held).map_err(|error| {
        // The error refers to the original text: a replacement of the same length leaves every position unchanged.
        let as_long = replace(text, numbers, |number| format!("{:<width$}", 1, width = number.len()));
        serde_json::from_str::<Value>(&as_long).err().unwrap_or(error)
    })
}

/// Whether the text has the noncharacter as an escape.
fn has_escape(text: &str) -> bool {
    text.split("\\u").skip(1).any(|rest| rest.get(..4).is_some_and(|hex| hex.eq_ignore_ascii_case("fdd0")))
}

fn replace(text: &str, numbers: &[Range<usize>], by: impl Fn(&str) -> String) -> String {
    let added = numbers.len().saturating_mul(KEY.len()).saturating_mul(2);
    let mut out = String::with_capacity(text.len().saturating_add(added));
    let mut at = 0;
    for number in numbers {
        out.push_str(text.get(at..number.start).unwrap_or_default());
        out.push_str(&by(text.get(number.clone()).unwrap_or_default()));
        at = number.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// The positions of the `wanted` numbers in a JSON text.
fn numbers(text: &str, wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = after_string(bytes, at.saturating_add(1)),
            b'-' | b'0'..=b'9' => {
                let length = bytes.iter().skip(at).take_while(|byte| is_part(**byte)).count();
                let end = at.saturating_add(length);
                let number = text.get(at..end).unwrap_or_default();
                if is_number(number) && wanted(number) {
                    found.push(at..end);
                }
                at = end;
            }
            _ => at = at.saturating_add(1),
        }
    }
    found
}

fn after_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at.saturating_add(1),
            b'\\' => at = at.saturating_add(2),
            _ => at = at.saturating_add(1),
        }
    }
    bytes.len()
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

/// Whether this is a number as JSON writes it (RFC 8259, section 6).
pub(super) fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (digits, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(digits, rest)| (digits, Some(rest)));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(are_digits)
        && exponent.is_none_or(|exponent| are_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn by_value(text: &str) -> ByValue {
        read_by_value(text, 10).expect("few numbers").expect("JSON")
    }

    #[test]
    fn a_text_is_written_as_it_was_read() {
        for text in [r#"{"a":[1.10,1e400,12345678901234567890123,-0,1.0,7,"1.10 \" 2.20"],"b\\":2.50}"#, "1e400", "[]"]
        {
            assert_eq!(super::super::to_text(&read(text).expect(text)), text);
        }
    }

    #[test]
    fn only_what_64_bits_do_not_hold_is_held() {
        let usual = by_value("[1.10, 1e2, 18446744073709551615, 0.30000000000000004, 99.95]");
        assert_eq!(usual.nearest, json!([1.1, 100.0, u64::MAX, 0.300_000_000_000_000_04, 99.95]));
        assert!(usual.exact.is_none());
        let unusual = by_value("[1e400, 100000000000000000001, 0.1000000000000000055511151231257827]");
        assert_eq!(unusual.nearest, json!([f64::MAX, 1e20, 0.1]));
        let exact = unusual.exact.expect("numbers to hold");
        assert_eq!(super::super::to_text(&exact), "[1e400,100000000000000000001,0.1000000000000000055511151231257827]");
        assert!(read_by_value("[1e400,1e400]", 1).is_none());
    }

    #[test]
    fn mistakes_are_told_where_they_stand() {
        for text in ["[1e400, 2.50, x]", "{1.10: 2}", "[1.10", "[1.10 1.10]"] {
            let told = read(text).expect_err(text).to_string();
            let plain = serde_json::from_str::<Value>(&text.replace("1e400", "1.500")).expect_err(text).to_string();
            assert_eq!(told, plain);
        }
    }

    #[test]
    fn nothing_passes_for_a_held_number() {
        for text in ["{\"\u{fdd0}number\":\"5\"}", r#"{"\ufDD0number":"5"}"#] {
            assert!(read(text).is_err() && by_value_fails(text), "{text}");
        }
    }

    fn by_value_fails(text: &str) -> bool {
        read_by_value(text, 10).is_some_and(|read| read.is_err())
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_the_library_does(text in r#"[\[\]{}:,"\\ 0-9.eE+-]{0,30}"#) {
            let (own, theirs) = (read(&text), serde_json::from_str::<Value>(&text));
            if theirs.is_ok() {
                prop_assert!(own.is_ok());
            }
        }
    }
}
