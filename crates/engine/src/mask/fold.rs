//! Folds texts: removes what a search for a long secret ignores, namely case, white space and invisible characters.
//!
//! A `+` is removed too, because forms write it for a space.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

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
    let mut at = 0_usize;
    while let Some(rest @ [byte, ..]) = bytes.get(at..) {
        let next = at.saturating_add(1);
        at = match byte {
            b'\t'..=b'\r' | b' ' | b'+' => next,
            byte if byte.is_ascii() => {
                keep(byte.to_ascii_lowercase(), at..next);
                next
            }
            _ => beyond_ascii(rest, at, &mut keep),
        };
    }
}

/// Handles a character beyond ASCII, or a byte that is not part of one, and returns where it ends.
fn beyond_ascii(rest: &[u8], at: usize, keep: &mut impl FnMut(u8, Range<usize>)) -> usize {
    let near = rest.get(..4).unwrap_or(rest);
    let c = near.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    let end = at.saturating_add(c.map_or(1, char::len_utf8));
    match c {
        Some(c) if c.is_whitespace() || is_unseen(c) => {}
        Some(c) => {
            // Through upper case, because `ß` becomes `SS`.
            for c in c.to_uppercase().flat_map(char::to_lowercase) {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| keep(byte, at..end));
            }
        }
        None => rest.first().into_iter().for_each(|byte| keep(*byte, at..end)),
    }
    end
}

/// Whether the character has no width, like a possible line break within a word.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}
