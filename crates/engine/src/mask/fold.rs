//! Texts without what does not matter in a long secret: upper and lower case, white space, characters nobody sees.
//!
//! A `+` is left out too: forms write it for a space.

use std::ops::Range;

/// A text without all that.
pub fn fold(bytes: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(bytes.len());
    each(bytes, |byte, _| folded.push(byte));
    folded
}

/// The same, with the bytes each of its bytes was made of.
pub fn fold_with_places(bytes: &[u8]) -> (Vec<u8>, Vec<Range<usize>>) {
    let (mut folded, mut places) = (Vec::new(), Vec::new());
    each(bytes, |byte, place| {
        folded.push(byte);
        places.push(place);
    });
    (folded, places)
}

fn each(bytes: &[u8], mut keep: impl FnMut(u8, Range<usize>)) {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let length = match byte {
            b'\t'..=b'\r' | b' ' | b'+' => 1,
            byte if byte.is_ascii() => {
                keep(byte.to_ascii_lowercase(), at..at + 1);
                1
            }
            _ => beyond_ascii(bytes, at, &mut keep),
        };
        at += length;
    }
}

/// A character beyond ASCII, or a byte that is no part of one; how many bytes it has.
fn beyond_ascii(bytes: &[u8], at: usize, keep: &mut impl FnMut(u8, Range<usize>)) -> usize {
    let near = &bytes[at..bytes.len().min(at + 4)];
    let Some(c) = near.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()) else {
        keep(bytes[at], at..at + 1);
        return 1;
    };
    let place = at..at + c.len_utf8();
    if !c.is_whitespace() && !is_unseen(c) {
        // By way of upper case, where `ß` is `SS`.
        for c in c.to_uppercase().flat_map(char::to_lowercase) {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| keep(byte, place.clone()));
        }
    }
    c.len_utf8()
}

/// Where a word may be broken, and other things of no width.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}
