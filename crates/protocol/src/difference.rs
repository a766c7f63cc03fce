//! What changed in an answer since its test last passed.

use serde::{Deserialize, Serialize};

/// How the answer of a step that did not pass differs from the one it got when its test last passed, in a few lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SincePassed {
    /// The job in which the test passed
    pub job: String,
    /// When the answer came that it is compared with (RFC 3339)
    pub at: String,
    /// The most telling differences, one a line; none if the answers are the same
    #[serde(default)]
    pub lines: Vec<String>,
    /// How many more differences there are
    #[serde(default)]
    pub more: u32,
}

/// All differences of a step's answer from the one it got when its test last passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StepDifferences {
    /// The step's place in the attempt, from 0
    pub step: u32,
    /// The job in which the test passed
    pub job: String,
    /// When the answer came that it is compared with (RFC 3339)
    pub at: String,
    /// The differences, the most telling first
    pub differences: Vec<Difference>,
    /// How many more there are, which were too many to keep; noise is not counted
    #[serde(default)]
    pub left_out: u32,
}

/// A difference between two answers, in one place or the same in several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Difference {
    /// What differs
    pub kind: DifferenceKind,
    /// Where: a header's name, a JSON path, the path of an element, or empty
    pub place: String,
    /// What was there
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What is there now
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The difference in a line
    pub text: String,
    /// In how many places it is
    pub places: u32,
    /// Whether a check that did not hold looks there
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub is_near: bool,
    /// Whether the answers of tests that passed differ there too, as a token does that is new each time
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub is_noise: bool,
}

/// What differs between two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum DifferenceKind {
    /// The request
    Request,
    /// Whether there was an answer at all
    Answer,
    /// The redirects
    Redirects,
    /// The status code
    Status,
    /// A header field
    Header,
    /// A value of a JSON body
    Json,
    /// An element, its attributes or its text
    Element,
    /// A line of another text
    Line,
    /// A body that is not text
    Body,
    /// How long the answer took
    Time,
}
