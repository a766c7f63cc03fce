//! Decodes Base64 and hexadecimal, wherever such letters occur.
//!
//! Most letters of a page are neither. The bytes they would decode to are checked one by one, and only stretches that
//! could be part of a secret are kept.

use super::view::View;
use std::ops::Range;

/// The condition for decoded bytes to be kept.
pub struct Wanted {
    /// Which bytes a secret, or an encoding of it, may contain
    pub bytes: [bool; 256],
    /// How many of them have to follow one another
    pub at_least: usize,
}

/// Decodes the Base64 and the hexadecimal in a view, in pieces; the result may be empty.
pub fn decode(view: &View, wanted: &Wanted) -> View {
    let mut out = View::default();
    for code in [&BASE64, &HEXADECIMAL] {
        let mut run = Run::default();
        for (at, byte) in view.bytes.iter().enumerate() {
            match code.letters[usize::from(*byte)] {
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
    let mut byte = 0_u8;
    while byte < 128 {
        letters[byte as usize] = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b' ' | b'\t' | b'\r' | b'\n' => BETWEEN,
            _ => OTHER,
        };
        byte += 1;
    }
    letters
}

const fn hexadecimal_letters() -> [u8; 256] {
    let mut letters = [OTHER; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        letters[byte as usize] = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b' ' | b'\t' | b'\r' | b'\n' | b':' | b'-' | b',' => BETWEEN,
            b'x' | b'X' => PREFIX,
            _ => OTHER,
        };
        byte += 1;
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
        if self.values.len() * code.bits >= wanted.at_least * 8 {
            for first in 0..code.beginnings {
                self.decode(first, code.bits, view, wanted, out);
            }
        }
        self.values.clear();
        self.places.clear();
    }

    fn decode(&self, first: usize, bits: usize, view: &View, wanted: &Wanted, out: &mut View) {
        let values = self.values.get(first..).unwrap_or_default();
        let count = values.len() * bits / 8;
        let mut kept = 0;
        for number in 0..=count {
            let byte = (number < count).then(|| byte_of(values, bits, number));
            match byte {
                Some(byte) if wanted.bytes[usize::from(byte)] => kept += 1,
                _ => {
                    if kept >= wanted.at_least {
                        self.keep(number - kept..number, first, bits, view, out);
                    }
                    kept = 0;
                }
            }
        }
    }

    fn keep(&self, bytes: Range<usize>, first: usize, bits: usize, view: &View, out: &mut View) {
        let (values, places) = (&self.values[first..], &self.places[first..]);
        for number in bytes {
            let letters = letters_of(number, bits);
            out.push(byte_of(values, bits, number), view, places[letters.start]..places[letters.end - 1] + 1);
        }
        out.end_piece();
    }
}

/// The letters that encode a byte; those at either end may be part of another byte as well.
fn letters_of(number: usize, bits: usize) -> Range<usize> {
    number * 8 / bits..((number + 1) * 8).div_ceil(bits)
}

#[inline]
fn byte_of(values: &[u8], bits: usize, number: usize) -> u8 {
    let at = number * 8;
    let (letter, skipped) = (at / bits, at % bits);
    let both = (u16::from(values[letter]) << bits) | u16::from(values[letter + 1]);
    // Two letters always hold a whole byte: eight bits from the first unused bit.
    (both >> (2 * bits - 8 - skipped)).to_le_bytes()[0]
}
