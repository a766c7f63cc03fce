//! Finds secrets in the decoded forms of a text.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::armour::{self, Wanted};
use super::escapes;
use super::fold::{fold, fold_with_places};
use super::view::View;
use super::wide;
use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{AhoCorasick, Anchored};
use std::collections::BTreeSet;
use std::ops::Range;

/// Shorter secrets are not searched for, in characters.
const SHORTEST: usize = 4;
/// From this length on, the search ignores case and white space; in characters other than white space.
const LOOSE: usize = 8;
/// How many nested encodings are decoded: Base64 in JSON in a `data-` attribute is three.
const LEVELS: usize = 3;
/// The most bytes that encode one byte of a secret: `%26%23x70%3B` has twelve.
const WRITTEN_BYTES: usize = 16;
/// How much of a text is searched at once, which bounds the memory.
const PIECE_BYTES: usize = 64 * 1024;
/// How much of a long secret is searched for first.
const HEAD_BYTES: usize = 64;

/// Finds secrets, and the decoded forms of secrets that contain escapes.
pub struct Finder {
    whole: Search,
    /// Finds the beginnings of secrets, if some are so long that a search for their ends is expensive
    heads: Option<Search>,
}

impl Finder {
    /// Creates a finder for these secrets, if at least one of them is long enough.
    pub fn new<'s>(secrets: impl Iterator<Item = &'s str>) -> Option<Self> {
        let (mut exact, mut loose) = (BTreeSet::new(), BTreeSet::new());
        for secret in secrets.map(str::trim).filter(|secret| secret.chars().count() >= SHORTEST) {
            for form in forms(secret) {
                let folded = fold(&form);
                if characters(&folded) >= LOOSE {
                    loose.insert(folded);
                } else if characters(&form) >= SHORTEST {
                    exact.extend(short_forms(&form));
                }
            }
        }
        let is_long = exact.iter().chain(&loose).any(|pattern| pattern.len() > HEAD_BYTES);
        let head = |pattern: &Vec<u8>| pattern.get(..HEAD_BYTES).unwrap_or(pattern).to_vec();
        let heads = || Search::new(&exact.iter().map(head).collect(), &loose.iter().map(head).collect());
        let heads = if is_long { heads() } else { None };
        Some(Self { whole: Search::new(&exact, &loose)?, heads })
    }

    /// The spans of the secrets in order. Overlapping ones are joined, so that no end of either remains.
    pub fn spans(&self, text: &str) -> Vec<Range<usize>> {
        self.whole.spans(text)
    }

    /// The spans that begin before `end`, whole, without a search far beyond it.
    pub fn spans_before(&self, text: &str, end: usize) -> Vec<Range<usize>> {
        let near = |search: &Search| {
            let end = text.floor_char_boundary(end.saturating_add(search.reach));
            search.spans(text.get(..end).unwrap_or(text))
        };
        if self.heads.as_ref().is_some_and(|heads| near(heads).is_empty()) {
            return Vec::new();
        }
        near(&self.whole)
    }
}

/// Searches for several texts at once.
struct Search {
    exact: Option<Patterns>,
    loose: Option<Patterns>,
    wanted: Wanted,
    /// The most bytes that one of them may take up
    reach: usize,
}

impl Search {
    fn new(exact: &BTreeSet<Vec<u8>>, loose: &BTreeSet<Vec<u8>>) -> Option<Self> {
        let all = || exact.iter().chain(loose);
        let wanted = Wanted { bytes: bytes_of(all()), at_least: all().map(Vec::len).min()? };
        let reach = all().map(Vec::len).max()?.saturating_mul(WRITTEN_BYTES);
        Some(Self { exact: Patterns::new(exact), loose: Patterns::new(loose), wanted, reach })
    }

    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let step = PIECE_BYTES.max(self.reach);
        let mut found = Vec::new();
        for at in (0..=text.len()).step_by(step) {
            let end = text.len().min(at.saturating_add(step).saturating_add(self.reach));
            let view = View::of(text.as_bytes().get(at..end).unwrap_or_default());
            let mut here = Vec::new();
            self.look(&view, 0, &mut here);
            found.extend(here.into_iter().map(|span| span.start.saturating_add(at)..span.end.saturating_add(at)));
            if end == text.len() {
                break;
            }
        }
        merged(found, text)
    }

    fn look(&self, view: &View, level: usize, found: &mut Vec<Range<usize>>) {
        self.search(view, found);
        if level == LEVELS {
            return;
        }
        let level = level.saturating_add(1);
        if let Some(decoded) = escapes::decode(view) {
            self.look(&decoded, level, found);
        }
        let decoded = armour::decode(view, &self.wanted);
        if !decoded.bytes.is_empty() {
            self.look(&decoded, level, found);
        }
        if let Some(decoded) = wide::decode(&decoded) {
            self.look(&decoded, level, found);
        }
    }

    fn search(&self, view: &View, found: &mut Vec<Range<usize>>) {
        if let Some(exact) = &self.exact
            && exact.are_in(&view.bytes)
        {
            exact.each(&view.bytes, |span| found.push(view.place(widened(span, &view.bytes))));
        }
        if let Some(loose) = &self.loose
            && loose.are_in(&fold(&view.bytes))
        {
            let (folded, places) = fold_with_places(&view.bytes);
            loose.each(&folded, |span| {
                // Long enough to have two ends: only long secrets are searched for in this way.
                if let Some([first, .., last]) = places.get(span) {
                    found.push(view.place(widened(first.start..last.end, &view.bytes)));
                }
            });
        }
    }
}

/// The forms of a secret: as it is, with its own escapes decoded, and, beyond ASCII, in Latin-1.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = decoded_forms(secret);
    // In another case other parts of it look like escapes: `\T` is not one, `\t` is a tab.
    for text in [secret.to_lowercase(), secret.to_uppercase()] {
        forms.extend(decoded_forms(&text).into_iter().skip(1));
    }
    // A backslash at the end escapes the next character.
    let unescaped = secret.trim_end_matches('\\');
    if unescaped.len() < secret.len() {
        forms.extend(decoded_forms(unescaped));
    }
    let latin: Option<Vec<u8>> = secret.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    forms.extend(latin.filter(|_| !secret.is_ascii()));
    forms
}

/// A text, and what is left of it when its escapes are decoded once, twice and so on.
fn decoded_forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![text.as_bytes().to_vec()];
    let mut view = View::of(text.as_bytes());
    while let Some(decoded) = escapes::decode(&view).filter(|_| forms.len() <= LEVELS) {
        forms.push(decoded.bytes.clone());
        view = decoded;
    }
    forms
}

/// The ways to write a short secret without encoding a letter: hosts are put in lower case, forms write a plus for a
/// space, and pages fold white space.
fn short_forms(form: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![form.to_vec()];
    if let Ok(text) = str::from_utf8(form) {
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let with_pluses = [text.replace(' ', "+"), folded.replace(' ', "+")];
        forms.extend(with_pluses.into_iter().chain([text.to_lowercase(), folded]).map(String::into_bytes));
    }
    forms.retain(|form| characters(form) >= SHORTEST);
    forms
}

/// Extends a span over characters that the search ignored at the ends of a secret: a plus, which is folded, and a
/// backslash, also with white space in between.
fn widened(span: Range<usize>, bytes: &[u8]) -> Range<usize> {
    let before = bytes.get(..span.start).unwrap_or_default().iter().rev();
    let after = bytes.get(span.end..).unwrap_or_default().iter();
    span.start.saturating_sub(left_out(before))..span.end.saturating_add(left_out(after))
}

fn left_out<'b>(bytes: impl Iterator<Item = &'b u8>) -> usize {
    let near = bytes.take_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b'+' | b'\\'));
    near.zip(1..).filter(|(byte, _)| !byte.is_ascii_whitespace()).last().map_or(0, |(_, count)| count)
}

fn characters(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).chars().count()
}

/// The bytes that a secret may contain, and those that encodings use.
fn bytes_of<'p>(mut patterns: impl Iterator<Item = &'p Vec<u8>>) -> [bool; 256] {
    let has_others = patterns.any(|pattern| !pattern.is_ascii());
    // In UTF-16, a character beyond ASCII may have any byte.
    std::array::from_fn(|byte| matches!(byte, 0 | 9..=13 | 0x20..=0x7e) || (has_others && byte != 0xff))
}

/// Joins overlapping spans and extends them to whole characters.
fn merged(mut found: Vec<Range<usize>>, text: &str) -> Vec<Range<usize>> {
    found.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for span in found {
        let span = text.floor_char_boundary(span.start)..text.ceil_char_boundary(span.end);
        match merged.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// Several texts to search for at once.
struct Patterns {
    /// Quickly rules out a match, which is the usual case
    quick: AhoCorasick,
    /// Finds each match
    automaton: NFA,
    lengths: Vec<usize>,
}

impl Patterns {
    fn new(patterns: &BTreeSet<Vec<u8>>) -> Option<Self> {
        if patterns.is_empty() {
            return None;
        }
        let quick = AhoCorasick::new(patterns).expect("secrets are bounded, far below what an automaton can hold");
        let automaton = NFA::new(patterns).expect("secrets are bounded, far below what an automaton can hold");
        Some(Self { quick, automaton, lengths: patterns.iter().map(Vec::len).collect() })
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        self.quick.is_match(bytes)
    }

    /// Reports each match. If several end at the same place, only the longest counts, because there may be as many as
    /// secrets.
    fn each(&self, bytes: &[u8], mut found: impl FnMut(Range<usize>)) {
        let Ok(mut state) = self.automaton.start_state(Anchored::No) else { return };
        for (byte, end) in bytes.iter().zip(1_usize..) {
            state = self.automaton.next_state(Anchored::No, state, *byte);
            if self.automaton.is_match(state) {
                // The automaton lists the longest match first: a state's own pattern precedes those that are its ends.
                let pattern = self.automaton.match_pattern(state, 0).as_usize();
                if let Some(length) = self.lengths.get(pattern) {
                    found(end.saturating_sub(*length)..end);
                }
            }
        }
    }
}
