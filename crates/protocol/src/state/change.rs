//! Compares a test's outcome with earlier runs.

use super::Outcome;
use serde::{Deserialize, Serialize};

/// How often a test may change between passing and failing before another change is not news.
const TURNS: usize = 2;

/// How a test's outcome compares with earlier runs of the same suite and branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Change {
    /// It fails, and passed before or was never seen
    NewFailure,
    /// It fails, and did before
    StillFailing,
    /// It passes, and failed before
    Fixed,
    /// It passed on a retry, or keeps going between passing and failing
    Flaky,
}

impl Change {
    /// Compares an outcome with those of the runs before, newest first. `None` if there is nothing new to say, or the
    /// outcome says nothing about the page.
    pub fn of(outcome: Outcome, before: &[Outcome]) -> Option<Self> {
        if outcome == Outcome::Flaky {
            return Some(Self::Flaky);
        }
        if !outcome.is_conclusive() {
            return None;
        }
        let fails = outcome.is_failure();
        let Some(last) = before.first() else { return fails.then_some(Self::NewFailure) };
        if last.is_failure() == fails {
            return fails.then_some(Self::StillFailing);
        }
        let turns = before.windows(2).filter(|pair| pair[0].is_failure() != pair[1].is_failure()).count();
        Some(match fails {
            _ if turns >= TURNS => Self::Flaky,
            true => Self::NewFailure,
            false => Self::Fixed,
        })
    }

    /// The change as it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewFailure => "new_failure",
            Self::StillFailing => "still_failing",
            Self::Fixed => "fixed",
            Self::Flaky => "flaky",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the last of these runs compares with the others, oldest first: `P`assed, `F`ailed, `E`rrored, `B`locked, `~`
    /// flaky, `S`kipped, `C`ancelled.
    fn change(runs: &str) -> Option<&'static str> {
        let outcome = |letter| match letter {
            'P' => Outcome::Passed,
            'F' => Outcome::Failed,
            'E' => Outcome::Errored,
            'B' => Outcome::Blocked,
            '~' => Outcome::Flaky,
            'S' => Outcome::Skipped,
            _ => Outcome::Cancelled,
        };
        let mut outcomes = runs.chars().rev().map(outcome);
        let last = outcomes.next().expect("a run");
        Change::of(last, &outcomes.collect::<Vec<_>>()).map(Change::as_str)
    }

    #[test]
    fn a_failure_is_new_or_not() {
        for runs in ["F", "E", "B", "PF", "PPE", "FPPPPB", "~F"] {
            assert_eq!(change(runs), Some("new_failure"), "{runs}");
        }
        for runs in ["FF", "EF", "BE", "PFB", "PFPFF"] {
            assert_eq!(change(runs), Some("still_failing"), "{runs}");
        }
    }

    #[test]
    fn what_passes_is_news_only_after_a_failure() {
        for runs in ["FP", "EP", "PFFBP"] {
            assert_eq!(change(runs), Some("fixed"), "{runs}");
        }
        for runs in ["P", "PP", "~P", "PFPP"] {
            assert_eq!(change(runs), None, "{runs}");
        }
    }

    #[test]
    fn a_test_that_keeps_turning_is_flaky() {
        for runs in ["~", "F~", "FPFP", "PFPF", "PPFFPPF"] {
            assert_eq!(change(runs), Some("flaky"), "{runs}");
        }
    }

    #[test]
    fn what_did_not_run_to_its_end_says_nothing() {
        for runs in ["S", "C", "FS", "PC"] {
            assert_eq!(change(runs), None, "{runs}");
        }
    }
}
