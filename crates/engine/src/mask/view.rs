//! A text as it reads once something in it is decoded, with the place in the first text of every byte.

use std::ops::Range;

/// Stands between pieces that do not follow each other. No secret has this byte: it is never part of UTF-8.
const GAP: u8 = 0xff;

/// Decoded bytes, each with the bytes of the first text it was made of.
#[derive(Default)]
pub struct View {
    /// What it reads
    pub bytes: Vec<u8>,
    places: Vec<Range<u32>>,
}

impl View {
    /// A text as it is. Longer ones than 4 GiB have to be cut before.
    pub fn of(text: &[u8]) -> Self {
        let places = (0..u32::try_from(text.len()).unwrap_or(u32::MAX)).map(|at| at..at + 1);
        Self { bytes: text.to_vec(), places: places.collect() }
    }

    /// An empty one with room for what is made of `other`.
    pub fn beside(other: &Self) -> Self {
        Self { bytes: Vec::with_capacity(other.bytes.len()), places: Vec::with_capacity(other.bytes.len()) }
    }

    /// The bytes of the first text these bytes were made of.
    pub fn place(&self, bytes: Range<usize>) -> Range<usize> {
        let bytes = &self.places[bytes];
        let (first, last) = (bytes.first(), bytes.last());
        first.map_or(0, |first| first.start as usize)..last.map_or(0, |last| last.end as usize)
    }

    /// Adds a byte that was made of these bytes of another view.
    pub fn push(&mut self, byte: u8, other: &Self, made_of: Range<usize>) {
        self.bytes.push(byte);
        self.places.push(other.places[made_of.start].start..other.places[made_of.end - 1].end);
    }

    /// Adds bytes of another view as they are.
    pub fn extend(&mut self, other: &Self, bytes: Range<usize>) {
        self.bytes.extend_from_slice(&other.bytes[bytes.clone()]);
        self.places.extend_from_slice(&other.places[bytes]);
    }

    /// Ends a piece: what comes next does not follow what is there.
    pub fn end_piece(&mut self) {
        let end = self.places.last().map_or(0, |last| last.end);
        self.bytes.push(GAP);
        self.places.push(end..end);
    }
}
