//! Collects differences: the same one in several places is one, and the most telling come first.

use super::words;
use super::{Differences, fresh, learnt};
use std::collections::HashMap;
use stepcast_protocol::difference::{Difference, DifferenceKind};
use stepcast_protocol::exchange::StepNoise;
use stepcast_suite::Subject;
use stepcast_suite::pattern::Pattern;

/// Most differences that are kept of one answer.
pub const MOST: usize = 100;
/// Most that are looked at; two pages that have nothing in common differ everywhere.
const LOOKED_AT: usize = 5_000;

/// A difference in one place.
pub struct Found {
    /// What differs
    pub kind: DifferenceKind,
    /// Where, without numbers that change with what is before it
    pub place: String,
    /// What was there
    pub before: Option<String>,
    /// What is there now
    pub after: Option<String>,
    /// The difference in a line
    pub text: String,
    /// Whether a failing check looks there
    pub is_near: bool,
    /// Whether both values look as if they were new each time
    pub is_fresh: bool,
}

impl Found {
    /// A change of a value, with whether both values look new each time.
    pub fn of_values(kind: DifferenceKind, place: String, before: &str, after: &str, text: String) -> Self {
        let is_fresh = fresh::is_fresh(before, after);
        let (before, after) = words::around_difference(before, after, words::VALUE);
        Self { kind, place, before: Some(before), after: Some(after), text, is_near: false, is_fresh }
    }
}

/// Collects the differences between two answers.
pub struct Collector<'n> {
    noise: Option<&'n StepNoise>,
    /// What failing checks look for in the whole body
    sought: Option<Pattern>,
    collected: Vec<Collected>,
    /// The place of a difference among those collected, by what makes it the same one
    known: HashMap<(DifferenceKind, String, bool, bool), usize>,
    /// What was not looked at any more, noise not counted
    left_out: u32,
}

struct Collected {
    difference: Difference,
    /// Whether all of its places have the same words
    is_same: bool,
    order: usize,
}

impl<'n> Collector<'n> {
    /// Nothing yet. `noise` has what is known about places where passing answers differ, and `looked_at` what failing
    /// checks looked at.
    pub fn new(noise: Option<&'n StepNoise>, looked_at: &[Subject]) -> Self {
        Self { noise, sought: sought(looked_at), collected: Vec::new(), known: HashMap::new(), left_out: 0 }
    }

    /// Whether more differences would not be looked at.
    pub fn is_full(&self) -> bool {
        self.collected.len() >= LOOKED_AT
    }

    /// Adds a difference, or another place of a known one.
    pub fn add(&mut self, found: Found) {
        let is_learnt = self.noise.is_some_and(|noise| learnt::is_noise(noise, found.kind, &found.place));
        // Where a check looks, a value that merely looks new may be the reason.
        let is_noise = is_learnt || (found.is_fresh && !found.is_near);
        let is_near = found.is_near || (!is_noise && self.has_sought(&found));
        let key = (found.kind, found.place.clone(), is_near, is_noise);
        if let Some(known) = self.known.get(&key).and_then(|at| self.collected.get_mut(*at)) {
            known.difference.places = known.difference.places.saturating_add(1);
            known.is_same &= known.difference.text == found.text;
            return;
        }
        if self.is_full() {
            self.left_out = self.left_out.saturating_add(u32::from(!is_noise));
            return;
        }
        let order = self.collected.len();
        self.known.insert(key, order);
        let Found { kind, place, before, after, text, .. } = found;
        let difference = Difference { kind, place, before, after, text, places: 1, is_near, is_noise };
        self.collected.push(Collected { difference, is_same: true, order });
    }

    /// Whether a failing check looks for what was there, or is now.
    fn has_sought(&self, found: &Found) -> bool {
        let Some(sought) = self.sought.as_ref().filter(|_| is_of_body(found.kind)) else { return false };
        let mut values = [&found.before, &found.after].into_iter().flatten();
        values.any(|value| sought.is_match(value).unwrap_or_default())
    }

    /// The places of all differences, for what is learnt from them.
    pub fn places(self) -> impl Iterator<Item = (DifferenceKind, String)> {
        self.collected.into_iter().map(|collected| (collected.difference.kind, collected.difference.place))
    }

    /// The differences in their order. If a check counts elements, those that are gone or new explain it best.
    pub fn finish(self, counts: bool) -> Differences {
        let is_full = self.is_full();
        let mut merged: Vec<Collected> = Vec::new();
        let mut by_text: HashMap<(DifferenceKind, String, bool), usize> = HashMap::new();
        for collected in self.collected {
            let Difference { kind, text, is_noise, .. } = &collected.difference;
            let key = (*kind, text.clone(), *is_noise);
            if let Some(known) = by_text.get(&key).and_then(|at| merged.get_mut(*at)) {
                known.difference.places += collected.difference.places;
                known.difference.is_near |= collected.difference.is_near;
                known.is_same &= collected.is_same;
            } else {
                by_text.insert(key, merged.len());
                merged.push(collected);
            }
        }
        merged.sort_by_key(|collected| {
            let Difference { before, after, is_near, .. } = &collected.difference;
            let is_other = counts && *is_near && before.is_some() && after.is_some();
            (rank(&collected.difference), is_other, collected.order)
        });
        let rest = merged.split_off(merged.len().min(MOST));
        let telling = rest.iter().filter(|collected| !collected.difference.is_noise).count();
        // The rest of pages that differ everywhere was not looked at.
        let not_seen = self.left_out.max(u32::from(is_full));
        let left_out = u32::try_from(telling).unwrap_or(u32::MAX).saturating_add(not_seen);
        Differences { differences: merged.into_iter().map(in_words).collect(), left_out }
    }
}

/// What these subjects look for in the whole body. A pattern that cannot be read has failed its check for that.
fn sought(looked_at: &[Subject]) -> Option<Pattern> {
    let pattern = |subject: &Subject| match subject {
        Subject::Regex { pattern, .. } => Some(pattern.clone()),
        _ => None,
    };
    let patterns: Vec<String> = looked_at.iter().filter_map(pattern).collect();
    if patterns.is_empty() { None } else { Pattern::any_of(&patterns).ok() }
}

fn is_of_body(kind: DifferenceKind) -> bool {
    matches!(kind, DifferenceKind::Json | DifferenceKind::Element | DifferenceKind::Line)
}

/// Says in how many places it is.
fn in_words(collected: Collected) -> Difference {
    let Collected { mut difference, is_same, .. } = collected;
    let more = match (difference.places, is_same) {
        (1, _) => String::new(),
        (places, true) => format!(" ({places} places)"),
        (places, false) => format!(" (and {} more like it)", places - 1),
    };
    difference.text += &more;
    difference
}

/// How telling a difference is: another answer explains another page, and a difference where a check looked explains
/// the check.
fn rank(difference: &Difference) -> (bool, u8) {
    let rank = match difference.kind {
        DifferenceKind::Answer => 0,
        DifferenceKind::Status => 1,
        DifferenceKind::Redirects => 2,
        DifferenceKind::Request => 3,
        DifferenceKind::Header if difference.place == "content-type" => 4,
        _ if difference.is_near => 5,
        DifferenceKind::Element if words::is_of_head(&difference.place) => 7,
        DifferenceKind::Json | DifferenceKind::Element | DifferenceKind::Line | DifferenceKind::Body => 6,
        DifferenceKind::Header => 8,
        DifferenceKind::Time => 9,
    };
    (difference.is_noise, rank)
}
