//! Errors of services, reduced to what a caller has to decide.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use std::error::Error as StdError;
use std::fmt::{self, Debug};

/// The result of a request to a service.
pub type Result<T> = std::result::Result<T, Error>;

/// A failed request to a service.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The service did not answer or is busy: the request can be retried
    #[error("{service} did not answer: {reason}")]
    Unavailable {
        /// The name of the service
        service: &'static str,
        /// The error of the service or the network
        reason: String,
    },
    /// The service rejected the request: a fault of Stepcast or of the deployment
    #[error("{service} refused: {reason}")]
    Refused {
        /// The name of the service
        service: &'static str,
        /// The error of the service
        reason: String,
    },
    /// Stored data does not have the format of this version
    #[error("stored {what} cannot be read: {reason}")]
    Unreadable {
        /// What was being read
        what: &'static str,
        /// Why it cannot be read
        reason: String,
    },
}

impl Error {
    /// An item or message this version cannot read.
    pub fn unreadable(what: &'static str, reason: impl fmt::Display) -> Self {
        Self::Unreadable { what, reason: reason.to_string() }
    }

    /// Classifies an SDK error; the SDK has already retried what was worth retrying.
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

/// Whether the service is down. A proxy in front of it then answers in its place, without the service's error codes.
fn is_down(answer: &HttpResponse) -> bool {
    answer.status().as_u16() >= 500
}

/// Whether the request can be retried.
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
