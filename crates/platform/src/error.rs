//! What can go wrong with a service, reduced to the decisions a caller takes.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use std::error::Error as StdError;
use std::fmt::{self, Debug};

/// The result of asking a service.
pub type Result<T> = std::result::Result<T, Error>;

/// A service that did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// It did not answer, or said it is busy: the same can be asked again
    #[error("{service} did not answer: {reason}")]
    Unavailable {
        /// Which one
        service: &'static str,
        /// What it or the network said
        reason: String,
    },
    /// It refused: a fault of ours or of the deployment
    #[error("{service} refused: {reason}")]
    Refused {
        /// Which one
        service: &'static str,
        /// What it said
        reason: String,
    },
    /// What is stored is not what this version writes
    #[error("stored {what} cannot be read: {reason}")]
    Unreadable {
        /// What was being read
        what: &'static str,
        /// Why not
        reason: String,
    },
}

impl Error {
    /// An item or message this version cannot read.
    pub fn unreadable(what: &'static str, reason: impl fmt::Display) -> Self {
        Self::Unreadable { what, reason: reason.to_string() }
    }

    /// Sorts an SDK error; the SDK has retried what was worth retrying.
    pub(crate) fn from_sdk<E>(service: &'static str, error: &SdkError<E>) -> Self
    where
        E: StdError + ProvideErrorMetadata + Debug + 'static,
    {
        let reason = error.code().map_or_else(
            || DisplayErrorContext(error).to_string(),
            |code| format!("{code}: {}", error.message().unwrap_or("-")),
        );
        match error {
            SdkError::ServiceError(answered) if !is_busy(error.code()) && !is_down(answered.raw()) => {
                Self::Refused { service, reason }
            }
            _ => Self::Unavailable { service, reason },
        }
    }
}

/// What stands before a service answers in its place, and without its codes.
fn is_down(answer: &HttpResponse) -> bool {
    answer.status().as_u16() >= 500
}

/// Whether the same can be asked again.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html#API_SendMessage_Errors>
fn is_busy(code: Option<&str>) -> bool {
    matches!(
        code,
        Some(
            "ProvisionedThroughputExceededException"
                | "ThrottlingException"
                | "RequestLimitExceeded"
                | "RequestThrottled"
                | "InternalServerError"
                | "InternalServiceError"
                | "InternalFailure"
                | "ServiceUnavailable"
                | "TransactionConflictException"
                | "LimitExceededException"
        )
    )
}
