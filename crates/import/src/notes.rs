//! Notes about a suite that was made from another file.

use std::fmt;
use stepcast_suite::document::Position;

/// Something that is not in the suite, or means something else there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub at: Position,
    pub kind: Kind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    NotCarriedOver,
    Changed,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotCarriedOver => "not carried over",
            Self::Changed => "changed",
        })
    }
}

/// Why a thing cannot be expressed in a suite, and what to write in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unsaid(pub String);

impl Unsaid {
    pub fn new<T>(why: impl Into<String>) -> Result<T, Self> {
        Err(Self(why.into()))
    }
}

/// How much there was, and how much of it the suite has.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub requests: usize,
    pub lost_requests: usize,
    pub asserts: usize,
    pub lost_asserts: usize,
    pub captures: usize,
    pub lost_captures: usize,
    /// Everything that is not carried over, those above and the parts of requests included
    pub lost: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        write!(f, "{} request{}", self.requests, plural(self.requests))?;
        if self.lost_requests > 0 {
            write!(f, " ({} not carried over)", self.lost_requests)?;
        }
        let carried = self.asserts - self.lost_asserts;
        write!(f, ", {} assert{}: {carried} carried over", self.asserts, plural(self.asserts))?;
        if self.lost_asserts > 0 {
            write!(f, ", {} not", self.lost_asserts)?;
        }
        if self.lost_captures > 0 {
            write!(f, ", {} of {} captures not", self.lost_captures, self.captures)?;
        }
        Ok(())
    }
}
