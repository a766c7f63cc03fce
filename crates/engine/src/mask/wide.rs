//! Decodes UTF-16, which PowerShell, Windows and Java's `char` sometimes encode as Base64.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::view::View;

/// Decodes a view as UTF-16, if it can be that: from both alignments and in both byte orders.
pub fn decode(view: &View) -> Option<View> {
    if !view.bytes.contains(&0) {
        return None;
    }
    let mut out = View::beside(view);
    for first in [0, 1] {
        for unit_of in [u16::from_le_bytes, u16::from_be_bytes] {
            decode_from(first, unit_of, view, &mut out);
            out.end_piece();
        }
    }
    Some(out)
}

fn decode_from(first: usize, unit_of: fn([u8; 2]) -> u16, view: &View, out: &mut View) {
    let units = view.bytes.get(first..).unwrap_or_default().as_chunks().0.iter().map(|unit| unit_of(*unit));
    let mut at = first;
    for decoded in char::decode_utf16(units) {
        let Ok(c) = decoded else {
            out.end_piece();
            at = at.saturating_add(2);
            continue;
        };
        let end = at.saturating_add(c.len_utf16().saturating_mul(2));
        c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push(byte, view, at..end));
        at = end;
    }
}
