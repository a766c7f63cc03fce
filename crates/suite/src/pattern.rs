//! Regular expressions whose work is bounded.
//!
//! The syntax and the matches are those of the [`regex`](https://docs.rs/regex) crate; this is its engine. It takes
//! time linear in the text, times the size of the pattern, and cannot be stopped: a pattern of 64 KiB on a page of 10
//! MiB may take a minute. So that product is counted. While it is small, the usual engine matches the patterns. Beyond
//! that, another engine does, which is as fast on ordinary patterns and texts and gives up on the others.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

mod large;

use crate::bounds::{PATTERN, PATTERN_BYTES, PATTERN_CLASSES};
use large::Large;
use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Most work, in bytes of the pattern times bytes of text: about four seconds.
const WORK: usize = 30_000_000_000;
/// The longest text to expect, in bytes: a page.
const TEXT_BYTES: usize = 10 * 1024 * 1024;

/// Maximum that is searched for all matches of a text together, in bytes.
const SEARCHED: usize = 1_000_000_000;

/// A pattern, or several of which any may match. Its work is counted over its whole life.
pub struct Pattern {
    regex: Regex,
    texts: Vec<String>,
    /// The maximum work in total
    work: usize,
    state: Mutex<State>,
}

struct State {
    /// The work that is left
    left: usize,
    /// The engine for when it is used up
    large: Option<Large>,
}

/// Why a text is not a valid pattern: the error, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

/// It takes too long to find out whether a pattern matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLong {
    /// It keeps reaching new states
    #[error(
        "takes too long on a text of this size; use fewer or smaller repetitions, or match it against a part of the \
         page"
    )]
    States,
    /// Only the slow engine finds the ends of words that are not ASCII
    #[error(
        r"takes too long on a text of this size that is not ASCII; write `(?-u:\b)` for `\b`, or match it against a part of the page"
    )]
    WordBoundary,
}

impl Pattern {
    /// Reads a pattern.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        Self::any_of(&[text.to_owned()])
    }

    /// Reads several patterns, any of which may match. An empty list matches nothing.
    pub fn any_of(texts: &[String]) -> Result<Self, PatternError> {
        Self::within(texts, WORK)
    }

    fn within(texts: &[String], work: usize) -> Result<Self, PatternError> {
        texts.iter().try_for_each(|text| check_bounds(text))?;
        let config = Config::new().nfa_size_limit(Some(PATTERN_BYTES));
        let regex = Regex::builder().configure(config).syntax(syntax()).build_many(texts);
        let regex = regex.map_err(|error| PatternError::of(&error))?;
        Ok(Self { regex, texts: texts.to_vec(), work, state: Mutex::new(State { left: work, large: None }) })
    }

    /// Its size in bytes, compiled.
    pub fn size(&self) -> usize {
        self.regex.memory_usage()
    }

    /// The number of its groups, not counting the whole match.
    pub fn groups(&self) -> usize {
        self.regex.captures_len().saturating_sub(self.regex.pattern_len())
    }

    /// Whether the pattern is found in the text.
    pub fn is_match(&self, text: &str) -> Result<bool, TooLong> {
        if self.is_affordable(text.len()) {
            return Ok(self.regex.is_match(text));
        }
        self.large(|large| large.is_match(text))
    }

    /// What a group matched at the first match of the pattern. If no group is requested, the first one, or the whole
    /// match if the pattern has no group or that one took no part.
    pub fn find<'t>(&self, text: &'t str, group: Option<u32>) -> Result<Option<&'t str>, TooLong> {
        let mut input = Input::new(text);
        if !self.is_affordable(text.len()) {
            let Some(all) = self.large(|large| large.find(text))? else { return Ok(None) };
            if group == Some(0) || self.groups() == 0 {
                return Ok(text.get(all.range()));
            }
            // The groups are searched for only in what the whole pattern matched.
            if !self.is_affordable(all.len()) {
                return Err(TooLong::States);
            }
            input = input.span(all).anchored(Anchored::Yes);
        }
        let mut captures = self.regex.create_captures();
        self.regex.search_captures(&input, &mut captures);
        let found = match group {
            Some(group) => captures.get_group(group as usize),
            None => captures.get_group(1).or_else(|| captures.get_group(0)),
        };
        Ok(found.and_then(|found| text.get(found.range())))
    }

    /// The text with all matches of the pattern replaced by `with`, or `None` if the result is longer than `most`
    /// bytes. In `with`, `$1` is what the first group matched and `$$` is a dollar.
    pub fn replace_all(&self, text: &str, with: &str, most: usize) -> Result<Option<String>, TooLong> {
        if !self.is_affordable(text.len()) {
            return Err(TooLong::States);
        }
        let (mut out, mut at, mut left) = (String::new(), 0, SEARCHED);
        for found in self.regex.captures_iter(text) {
            let Some(all) = found.get_match() else { break };
            // Finding the next match may read the whole rest of the text.
            left = left.checked_sub(text.len().saturating_sub(at)).ok_or(TooLong::States)?;
            out.push_str(text.get(at..all.start()).unwrap_or_default());
            found.interpolate_string_into(text, with, &mut out);
            at = all.end();
            if out.len() > most {
                return Ok(None);
            }
        }
        out.push_str(text.get(at..).unwrap_or_default());
        Ok(Some(out).filter(|out| out.len() <= most))
    }

    /// Whether the work left is enough for this much text; if so, it is used up.
    fn is_affordable(&self, text: usize) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let left = state.left.checked_sub(text.saturating_mul(self.size()));
        state.left = left.unwrap_or(state.left);
        left.is_some()
    }

    fn large<T>(&self, ask: impl FnOnce(&mut Large) -> Result<T, TooLong>) -> Result<T, TooLong> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.large.is_none() {
            // Building a state takes time linear in the pattern; this keeps the work for all states within the limit.
            let bytes_per_state = TEXT_BYTES.saturating_mul(self.size()).div_ceil(self.work);
            state.large = Some(Large::new(&self.texts, bytes_per_state)?);
        }
        state.large.as_mut().map_or(Err(TooLong::States), ask)
    }
}

/// How a pattern is parsed: with limited nesting, so that it does not take much of the stack.
fn syntax() -> syntax::Config {
    syntax::Config::new().nest_limit(u32::try_from(PATTERN.depth).unwrap_or(u32::MAX))
}

/// Rejects, before parsing, what takes too long to parse.
fn check_bounds(text: &str) -> Result<(), PatternError> {
    PATTERN.check_length(text).map_err(|error| PatternError(error.to_string()))?;
    if classes(text) > PATTERN_CLASSES {
        return Err(PatternError(format!("it has more than {PATTERN_CLASSES} classes like `\\p{{L}}`")));
    }
    Ok(())
}

/// The maximum number of classes like `\p{L}`.
fn classes(text: &str) -> usize {
    text.matches(r"\p").chain(text.matches(r"\P")).count()
}

/// The maximum cost of finding out whether a text is a pattern, in bytes of a compiled one: it may be invalid.
pub fn cost_of_reading(text: &str) -> usize {
    /// What a byte of a pattern may cost; `a?a?a?` costs most
    const BYTE: usize = 400;
    /// What a class like `\p{L}` costs if letters match in any case
    const CLASS: usize = 80 * 1024;
    let (bytes, classes) = (text.len().min(PATTERN.bytes), classes(text).min(PATTERN_CLASSES));
    bytes.saturating_mul(BYTE).saturating_add(classes.saturating_mul(CLASS))
}

impl PatternError {
    /// The library's message may have several lines; the last says what is wrong.
    fn of(error: &BuildError) -> Self {
        if let Some(limit) = error.size_limit() {
            return Self(format!("it takes more than {limit} bytes of memory; use fewer or smaller repetitions"));
        }
        let message = error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string);
        Self(message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.texts).finish()
    }
}

#[cfg(test)]
mod tests;
