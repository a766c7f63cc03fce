//! Finds which parts of two sequences belong together.

use imara_diff::{Algorithm, Diff, InternedInput, Interner};
use std::hash::Hash;
use std::ops::Range;

/// A part of two sequences in which nothing is the same.
pub struct Changed {
    /// What was there
    pub before: Range<usize>,
    /// What is there now
    pub after: Range<usize>,
}

/// The parts in which two sequences differ. Myers' algorithm with the heuristics of Git needs about linear time, also
/// if the sequences have nothing in common.
pub fn changed<T: Hash + Eq>(before: impl Iterator<Item = T>, after: impl Iterator<Item = T>) -> Vec<Changed> {
    let mut input = InternedInput { before: Vec::new(), after: Vec::new(), interner: Interner::new(0) };
    input.update_before(before);
    input.update_after(after);
    let range = |part: Range<u32>| part.start as usize..part.end as usize;
    let hunks = Diff::compute(Algorithm::Myers, &input);
    hunks.hunks().map(|hunk| Changed { before: range(hunk.before), after: range(hunk.after) }).collect()
}

/// Pairs the items of two sequences that have the same key, in order. Returns the pairs, then what is left of both.
pub fn paired<T: Hash + Eq>(
    before: impl ExactSizeIterator<Item = T>,
    after: impl ExactSizeIterator<Item = T>,
) -> Paired {
    let (lengths, mut paired) = ((before.len(), after.len()), Paired::default());
    let mut done = (0, 0);
    let same = |until: usize, from: (usize, usize), pairs: &mut Vec<(usize, usize)>| {
        pairs.extend((from.0..until).zip(from.1..));
    };
    for part in changed(before, after) {
        same(part.before.start, done, &mut paired.pairs);
        paired.before.extend(part.before.clone());
        paired.after.extend(part.after.clone());
        done = (part.before.end, part.after.end);
    }
    same(lengths.0, done, &mut paired.pairs);
    paired
}

/// Which items of two sequences belong together, by their places.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Paired {
    /// Those that belong together
    pub pairs: Vec<(usize, usize)>,
    /// Those that are only in the first
    pub before: Vec<usize>,
    /// Those that are only in the second
    pub after: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_with_the_same_key_are_paired_in_order() {
        let found = paired("axbyc".bytes(), "abzc".bytes());
        assert_eq!(found, Paired { pairs: vec![(0, 0), (2, 1), (4, 3)], before: vec![1, 3], after: vec![2] });
        assert_eq!(paired("".bytes(), "ab".bytes()).after, [0, 1]);
    }
}
