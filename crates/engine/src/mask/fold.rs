//! Folds texts: removes what a search for a long secret ignores, namely case, white space and invisible characters.
//!
//! A `+` is removed too, because forms write it for a space.

use std::ops::Range;

/// The folded text.
pub fn fold(bytes: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(bytes.len());
    each(bytes, |byte, _| folded.push(byte));
    folded
}

/// The folded text, with the original bytes of each of its bytes.
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

/// Handles a character beyond ASCII, or a byte that is not part of one, and returns its length in bytes.
fn beyond_ascii(bytes: &[u8], at: usize, keep: &mut impl FnMut(u8, Range<usize>)) -> usize {
    let near = &bytes[at..bytes.len().min(at + 4)];
    let Some(c) = near.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()) else {
        keep(bytes[at], at..at + 1);
        return 1;
    };
    let place = at..at + c.len_utf8();
    if !c.is_whitespace() && !is_unseen(c) {
        // Through upper case, because `ß` becomes `SS`.
        for c in c.to_uppercase().flat_map(char::to_lowercase) {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| keep(byte, place.clone()));
        }
    }
    c.len_utf8()
}

/// Whether the character has no width, like a possible line break within a word.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}
