//! The decoded form of a text, with the place of every byte in the original text.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use std::ops::Range;

/// Separates pieces that are not adjacent. No secret has this byte: it is never part of UTF-8.
const GAP: u8 = 0xff;

/// Decoded bytes, each with the bytes of the original text that it comes from.
#[derive(Default)]
pub struct View {
    /// The decoded bytes
    pub bytes: Vec<u8>,
    places: Vec<Range<u32>>,
}

impl View {
    /// The view of a text as it is. Texts longer than 4 GiB have to be cut before.
    pub fn of(text: &[u8]) -> Self {
        let places = (0..u32::try_from(text.len()).unwrap_or(u32::MAX)).map(|at| at..at.saturating_add(1));
        Self { bytes: text.to_vec(), places: places.collect() }
    }

    /// An empty view with room for the decoded form of `other`.
    pub fn beside(other: &Self) -> Self {
        Self { bytes: Vec::with_capacity(other.bytes.len()), places: Vec::with_capacity(other.bytes.len()) }
    }

    /// The bytes of the original text that these bytes come from.
    pub fn place(&self, bytes: Range<usize>) -> Range<usize> {
        let place = self.joined(bytes);
        place.start as usize..place.end as usize
    }

    /// From the place of the first of these bytes to that of the last.
    fn joined(&self, bytes: Range<usize>) -> Range<u32> {
        let places = self.places.get(bytes).unwrap_or_default();
        places.first().map_or(0, |first| first.start)..places.last().map_or(0, |last| last.end)
    }

    /// Adds a byte that comes from these bytes of another view.
    pub fn push(&mut self, byte: u8, other: &Self, made_of: Range<usize>) {
        self.bytes.push(byte);
        self.places.push(other.joined(made_of));
    }

    /// Adds bytes of another view as they are.
    pub fn extend(&mut self, other: &Self, bytes: Range<usize>) {
        self.bytes.extend_from_slice(other.bytes.get(bytes.clone()).unwrap_or_default());
        self.places.extend_from_slice(other.places.get(bytes).unwrap_or_default());
    }

    /// Ends a piece: the next byte is not adjacent to the last.
    pub fn end_piece(&mut self) {
        let end = self.places.last().map_or(0, |last| last.end);
        self.bytes.push(GAP);
        self.places.push(end..end);
    }
}
