//! The engine for large patterns and texts: an automaton that is built while it runs.
//!
//! Each state is built once, which takes time linear in the pattern, and then costs almost nothing. The memory of the
//! states is limited. When it is full, all states are discarded, and the engine gives up if it has made too little
//! progress since.
//! <https://docs.rs/regex-automata/0.4/regex_automata/hybrid/dfa/struct.Config.html#method.minimum_bytes_per_state>

use super::{TooLong, syntax};
use crate::bounds::PATTERN_BYTES;
use regex_automata::hybrid::dfa::{Config, DFA};
use regex_automata::hybrid::regex::{Cache, Regex};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::{Input, MatchError, MatchErrorKind, MatchKind, Span};

/// The memory of the states, in bytes: some 2,000 of them.
const STATES_BYTES: usize = 2 * 1024 * 1024;

/// A pattern, or several of which any may match.
pub(super) struct Large {
    regex: Regex,
    states: Cache,
}

impl Large {
    /// `bytes_per_state` is how many bytes a state has to account for once their memory is full.
    pub fn new(texts: &[String], bytes_per_state: usize) -> Result<Self, TooLong> {
        // The backwards automaton finds where a match begins, among all matches that end there.
        let backwards = automaton(texts, bytes_per_state, true)?;
        let forwards = automaton(texts, bytes_per_state, false)?;
        let regex = Regex::builder().build_from_dfas(forwards, backwards);
        Ok(Self { states: regex.create_cache(), regex })
    }

    pub fn is_match(&mut self, text: &str) -> Result<bool, TooLong> {
        let input = Input::new(text).earliest(true);
        let end = self.regex.forward().try_search_fwd(self.states.forward_mut(), &input);
        end.map(|end| end.is_some()).map_err(|error| why(&error))
    }

    /// The whole of the leftmost match.
    pub fn find(&mut self, text: &str) -> Result<Option<Span>, TooLong> {
        let found = self.regex.try_search(&mut self.states, &Input::new(text)).map_err(|error| why(&error))?;
        Ok(found.map(|found| found.span()))
    }
}

fn automaton(texts: &[String], bytes_per_state: usize, is_backwards: bool) -> Result<DFA, TooLong> {
    let compiled = thompson::Config::new()
        .nfa_size_limit(Some(PATTERN_BYTES))
        .which_captures(WhichCaptures::None)
        .reverse(is_backwards);
    let nfa = NFA::compiler().configure(compiled).syntax(syntax()).build_many(texts).map_err(|_| TooLong::States)?;
    let config = Config::new()
        .match_kind(if is_backwards { MatchKind::All } else { MatchKind::LeftmostFirst })
        .cache_capacity(STATES_BYTES)
        .skip_cache_capacity_check(true)
        .unicode_word_boundary(true)
        .minimum_cache_clear_count(Some(0))
        .minimum_bytes_per_state(Some(bytes_per_state));
    DFA::builder().configure(config).build_from_nfa(nfa).map_err(|_| TooLong::States)
}

/// The engine quits only at text that is not ASCII, because it cannot decide there whether a word ends.
fn why(error: &MatchError) -> TooLong {
    match error.kind() {
        MatchErrorKind::Quit { .. } => TooLong::WordBoundary,
        _ => TooLong::States,
    }
}
