//! Hides secrets in everything that leaves the engine.
//!
//! A page may echo a secret, and rarely as it was sent: percent-encoded in a link, JSON-escaped in a script, inside the
//! Base64 of a token. There are more encodings of a secret than can be listed. So the text is decoded before the search
//! (`finder`): its escapes (`escapes`), its Base64 and its hexadecimal (`armour`), nested in each other. Each match is
//! hidden at its place in the original text. Secrets shorter than four characters are left alone: masking `1` or `de`
//! would make every result unreadable, and the reader could fill in the rest.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

mod armour;
mod escapes;
mod finder;
mod fold;
mod view;
mod wide;

use finder::Finder;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use view::View;

/// The text that replaces a secret.
pub const MASKED: &str = "***";

/// Finds the secrets of one run.
#[derive(Default)]
pub struct Mask {
    secrets: BTreeSet<String>,
    /// Missing if there is nothing to find, which then costs nothing
    finder: Option<Finder>,
}

impl Mask {
    /// Creates a mask for the values of these secrets.
    ///
    /// # Panics
    /// If the secrets have gigabytes in total; [`VARIABLE_BYTES`](stepcast_suite::limits::VARIABLE_BYTES) bounds each.
    pub fn new(secrets: &BTreeMap<String, String>) -> Self {
        Self::over(secrets.values().cloned().collect())
    }

    /// Returns a mask that also hides these values, or nothing if this mask already hides them.
    pub fn extended(&self, more: Vec<String>) -> Option<Self> {
        let more: BTreeSet<String> = more.into_iter().filter(|value| !self.secrets.contains(value)).collect();
        (!more.is_empty()).then(|| Self::over(self.secrets.union(&more).cloned().collect()))
    }

    fn over(secrets: BTreeSet<String>) -> Self {
        let finder = Finder::new(secrets.iter().map(String::as_str));
        Self { secrets, finder }
    }

    /// The text with every secret replaced by `***`.
    pub fn hide(&self, text: &str) -> String {
        self.hide_start(text, text.len())
    }

    /// Hides secrets in the first `bytes` of a long text only. A secret that begins within them is hidden whole.
    pub fn hide_start(&self, text: &str, bytes: usize) -> String {
        let end = text.floor_char_boundary(bytes);
        let Some(finder) = &self.finder else { return text.get(..end).unwrap_or_default().to_owned() };
        replaced(text, end, finder.spans_before(text, end))
    }

    /// Whether there is anything to hide.
    pub fn has_secrets(&self) -> bool {
        self.finder.is_some()
    }

    /// The rest of a text after its secrets are removed, if it contains any.
    pub fn rest(&self, text: &str) -> Option<Rest> {
        let spans = self.finder.as_ref()?.spans(text);
        (!spans.is_empty()).then(|| Rest(plain(&replaced(text, text.len(), spans))))
    }
}

/// A text without its secrets.
#[derive(Debug, Clone)]
pub struct Rest(String);

impl Rest {
    /// Whether the rest contains another text, however each is encoded.
    pub fn has(&self, text: &str) -> bool {
        self.0.contains(&plain(text))
    }
}

/// A text in the form for comparison: decoded and folded.
fn plain(text: &str) -> String {
    let view = View::of(text.as_bytes());
    let decoded = escapes::decode(&view).unwrap_or(view);
    String::from_utf8_lossy(&fold::fold(&decoded.bytes)).into_owned()
}

/// The text up to `end`, with the spans that begin before it replaced.
fn replaced(text: &str, end: usize, spans: Vec<Range<usize>>) -> String {
    let mut out = String::with_capacity(end);
    let mut at = 0;
    for Range { start, end: after } in spans.into_iter().take_while(|span| span.start < end) {
        out.push_str(text.get(at..start).unwrap_or_default());
        out.push_str(MASKED);
        at = after;
    }
    out.push_str(text.get(at..end).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests;
