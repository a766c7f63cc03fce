//! Mistakes in what was typed.

/// A mistake in what was typed, or in a file that it names.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct UsageError {
    pub message: String,
    pub hint: Option<String>,
    /// What is shown before it: each problem of a file, at its place
    pub problems: Option<String>,
}

impl UsageError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, problems: None }
    }

    pub fn with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()), problems: None }
    }

    pub fn with_problems(message: impl Into<String>, problems: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, problems: Some(problems.into()) }
    }
}
