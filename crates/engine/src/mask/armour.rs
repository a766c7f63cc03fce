//! Decodes Base64 and hexadecimal, wherever such letters occur.
//!
//! Most letters of a page are neither. The bytes they would decode to are checked one by one, and only stretches that
//! could be part of a secret are kept.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::view::View;
use std::ops::Range;

/// The condition for decoded bytes to be kept.
pub struct Wanted {
    /// Which bytes a secret, or an encoding of it, may contain
    pub bytes: [bool; 256],
    /// How many of them have to follow one another
    pub at_least: usize,
}

impl Wanted {
    fn has(&self, byte: u8) -> bool {
        self.bytes.get(usize::from(byte)) == Some(&true)
    }
}

/// Decodes the Base64 and the hexadecimal in a view, in pieces; the result may be empty.
pub fn decode(view: &View, wanted: &Wanted) -> View {
    let mut out = View::default();
    for code in [&BASE64, &HEXADECIMAL] {
        let mut run = Run::default();
        for (at, byte) in view.bytes.iter().enumerate() {
            match code.letters.get(usize::from(*byte)).copied().unwrap_or(OTHER) {
                BETWEEN => {}
                PREFIX if run.values.last() == Some(&0) => run.pop(),
                PREFIX | OTHER => run.end(code, view, wanted, &mut out),
                value => run.push(value, at),
            }
        }
        run.end(code, view, wanted, &mut out);
    }
    out
}

/// An encoding of bytes as letters.
struct Code {
    /// How many bits a letter holds
    bits: usize,
    /// After how many letters whole bytes end, so at how many letters decoding may begin
    beginnings: usize,
    /// The value of every letter, or the kind of any other byte
    letters: [u8; 256],
}

/// A byte between letters that has no meaning.
const BETWEEN: u8 = 0xfd;
/// The `x` of `0x`.
const PREFIX: u8 = 0xfe;
const OTHER: u8 = 0xff;

/// Both alphabets of RFC 4648, with line breaks.
static BASE64: Code = Code { bits: 6, beginnings: 4, letters: base64_letters() };
/// In upper or lower case, with the separators that dumps, fingerprints and lists put between bytes.
static HEXADECIMAL: Code = Code { bits: 4, beginnings: 2, letters: hexadecimal_letters() };

const fn base64_letters() -> [u8; 256] {
    let mut letters = [OTHER; 256];
    let (mut rest, mut byte) = (letters.as_mut_slice(), 0_u8);
    while let Some((letter, others)) = rest.split_first_mut() {
        *letter = match byte {
            b'A'..=b'Z' => byte.saturating_sub(b'A'),
            b'a'..=b'z' => byte.saturating_sub(b'a').saturating_add(26),
            b'0'..=b'9' => byte.saturating_sub(b'0').saturating_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b' ' | b'\t' | b'\r' | b'\n' => BETWEEN,
            _ => OTHER,
        };
        (rest, byte) = (others, byte.saturating_add(1));
    }
    letters
}

const fn hexadecimal_letters() -> [u8; 256] {
    let mut letters = [OTHER; 256];
    let (mut rest, mut byte) = (letters.as_mut_slice(), 0_u8);
    while let Some((letter, others)) = rest.split_first_mut() {
        *letter = match byte {
            b'0'..=b'9' => byte.saturating_sub(b'0'),
            b'a'..=b'f' => byte.saturating_sub(b'a').saturating_add(10),
            b'A'..=b'F' => byte.saturating_sub(b'A').saturating_add(10),
            b' ' | b'\t' | b'\r' | b'\n' | b':' | b'-' | b',' => BETWEEN,
            b'x' | b'X' => PREFIX,
            _ => OTHER,
        };
        (rest, byte) = (others, byte.saturating_add(1));
    }
    letters
}

/// Letters that follow one another, with their places.
#[derive(Default)]
struct Run {
    values: Vec<u8>,
    places: Vec<usize>,
}

impl Run {
    fn push(&mut self, value: u8, place: usize) {
        self.values.push(value);
        self.places.push(place);
    }

    fn pop(&mut self) {
        self.values.pop();
        self.places.pop();
    }

    /// Decodes the run from each letter it may begin at.
    fn end(&mut self, code: &Code, view: &View, wanted: &Wanted, out: &mut View) {
        if self.values.len().saturating_mul(code.bits) >= wanted.at_least.saturating_mul(8) {
            for first in 0..code.beginnings {
                self.decode(first, code.bits, view, wanted, out);
            }
        }
        self.values.clear();
        self.places.clear();
    }

    fn decode(&self, first: usize, bits: usize, view: &View, wanted: &Wanted, out: &mut View) {
        let values = self.values.get(first..).unwrap_or_default();
        let count = values.len().saturating_mul(bits) / 8;
        let mut kept = 0_usize;
        for number in 0..=count {
            match byte_of(values, bits, number) {
                Some(byte) if wanted.has(byte) => kept = kept.saturating_add(1),
                _ => {
                    if kept >= wanted.at_least {
                        self.keep(number.saturating_sub(kept)..number, first, bits, view, out);
                    }
                    kept = 0;
                }
            }
        }
    }

    fn keep(&self, bytes: Range<usize>, first: usize, bits: usize, view: &View, out: &mut View) {
        let values = self.values.get(first..).unwrap_or_default();
        let places = self.places.get(first..).unwrap_or_default();
        for number in bytes {
            if let Some(byte) = byte_of(values, bits, number)
                && let Some(([start, last], _)) = letters_of(places, bits, number)
            {
                out.push(byte, view, start..last.saturating_add(1));
            }
        }
        out.end_piece();
    }
}

/// The two letters that encode a byte, and how many bits of the first belong to the byte before. Other bits of the
/// second may belong to the byte after.
#[inline]
fn letters_of<T: Copy>(letters: &[T], bits: usize, number: usize) -> Option<([T; 2], usize)> {
    let at = number.saturating_mul(8);
    let both = letters.get(at.checked_div(bits)?..)?.first_chunk::<2>()?;
    Some((*both, at.checked_rem(bits)?))
}

/// The byte of this number, if the letters hold all of it.
#[inline]
fn byte_of(values: &[u8], bits: usize, number: usize) -> Option<u8> {
    let ([first, second], skipped) = letters_of(values, bits, number)?;
    let both = (u16::from(first) << bits) | u16::from(second);
    // Two letters always hold a whole byte: eight bits from the first unused bit.
    let behind = bits.saturating_mul(2).saturating_sub(8).saturating_sub(skipped);
    Some((both >> behind).to_le_bytes()[0])
}
