//! The reason why a check of a page is undecided.

use crate::page::TooMuch;
use stepcast_suite::template::UndefinedVariable;

/// A check that cannot be evaluated: a pattern that is invalid once it is filled in, a page that cannot be parsed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unclear(pub String);

impl From<UndefinedVariable> for Unclear {
    fn from(error: UndefinedVariable) -> Self {
        Self(error.to_string())
    }
}

impl From<TooMuch> for Unclear {
    fn from(error: TooMuch) -> Self {
        Self(error.to_string())
    }
}
