//! What Stepcast counts and times while it works.
//!
//! Handlers and workers say what happened; the sink of the deployment makes metrics of it. On one machine that is
//! `/metrics` of `stepcast up`, on AWS the log, in CloudWatch's embedded metric format ([`embedded`]).

pub mod embedded;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;
use stepcast_protocol::{Outcome, Verdict};

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured<'a> {
    /// A job was stored
    JobAccepted,
    /// A job has its verdict
    JobFinished {
        /// The name of its suite
        suite: &'a str,
        /// The verdict
        verdict: Verdict,
        /// From its acceptance
        took: Duration,
    },
    /// A result was counted
    TestFinished {
        /// The name of its suite
        suite: &'a str,
        /// The outcome
        outcome: Outcome,
        /// With all attempts
        took: Duration,
    },
    /// A message to a connection was accepted, or not
    PushEnded(PushEnd),
    /// A worker lost a batch of tests to another one
    LeaseLost,
}

/// How a push ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PushEnd {
    /// The gateway accepted the message
    Sent,
    /// The connection is closed
    Gone,
    /// The rate is too high or the client does not read
    Busy,
    /// The gateway could not be asked
    Failed,
}

impl PushEnd {
    /// The word for it in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Gone => "gone",
            Self::Busy => "busy",
            Self::Failed => "failed",
        }
    }
}

/// Makes metrics of what happened. It is called on the way of every result and every push, so it must not wait.
pub trait Sink: Debug + Send + Sync {
    /// Notes something that happened.
    fn note(&self, measured: Measured<'_>);
}

/// The metrics of a deployment. Without a sink nothing is measured.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Option<Arc<dyn Sink>>);

impl Metrics {
    /// Measures with this sink.
    pub fn with(sink: Arc<dyn Sink>) -> Self {
        Self(Some(sink))
    }

    /// Returns whether anything is measured.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Notes something that happened.
    pub fn note(&self, measured: Measured<'_>) {
        if let Some(sink) = &self.0 {
            sink.note(measured);
        }
    }
}
