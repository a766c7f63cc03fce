//! `evidence`: what is kept of the requests and answers of a test.

use serde::{Deserialize, Serialize};

/// Which attempts are kept, the fewest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// None
    None,
    /// Those that did not pass
    Failed,
    /// These, and those that passed with other answers than before
    Changes,
    /// All
    All,
}

impl Evidence {
    /// All values, by the names that a suite writes.
    pub const ALL: [(&'static str, Self); 4] =
        [("none", Self::None), ("failed", Self::Failed), ("changes", Self::Changes), ("all", Self::All)];

    /// The value of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, evidence)| *evidence)
    }
}
