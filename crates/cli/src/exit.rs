//! Exit codes, and the messages that go with them.

use crate::client::ClientError;
use crate::usage_error::UsageError;
use std::process::ExitCode;
use stepcast_protocol::{ErrorCode, Verdict};

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All passed
    Passed,
    /// Nothing was tested
    Empty,
    /// The result is unknown
    Unknown,
    /// A test failed
    Failed,
    /// Usage, or an invalid suite
    Usage,
    /// Cancelled
    Cancelled,
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Passed,
            Verdict::Failed => Self::Failed,
            Verdict::Errored => Self::Unknown,
            Verdict::Empty => Self::Empty,
            Verdict::Cancelled => Self::Cancelled,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Unknown => 3,
            Exit::Empty => 4,
            Exit::Cancelled => 130,
        })
    }
}

/// Reports what went wrong and returns its exit code.
pub(crate) fn explain(error: &anyhow::Error) -> Exit {
    let (exit, hint) = match (error.downcast_ref::<UsageError>(), error.downcast_ref::<ClientError>()) {
        (Some(usage), _) => (Exit::Usage, usage.hint.clone()),
        (_, Some(client)) => (exit_of(client), client.hint()),
        _ => (Exit::Unknown, None),
    };
    if let Some(problems) = error.downcast_ref::<UsageError>().and_then(|usage| usage.problems.as_deref()) {
        crate::report::message(problems);
    }
    crate::report::message(&format!("error: {error:#}"));
    if let Some(hint) = hint {
        crate::report::message(&format!("\nhint: {hint}"));
    }
    exit
}

fn exit_of(error: &ClientError) -> Exit {
    match error {
        ClientError::Refused {
            code:
                ErrorCode::InvalidSuite
                | ErrorCode::BadRequest
                | ErrorCode::NotFound
                | ErrorCode::TooLarge
                | ErrorCode::Conflict,
            ..
        } => Exit::Usage,
        ClientError::Left => Exit::Cancelled,
        _ => Exit::Unknown,
    }
}
