//! Calling a function the way API Gateway calls Lambda.

use super::routes::BoxError;
use std::time::Duration;

/// Why there is no answer from a function.
#[derive(Debug, thiserror::Error)]
pub(super) enum IntegrationError {
    /// It returned an error, or panicked
    #[error("{0}")]
    Failed(BoxError),
    /// It took longer than the integration timeout
    #[error("no answer within the integration timeout")]
    TimedOut,
}

impl IntegrationError {
    /// What the client is told.
    pub(super) fn message(&self) -> &'static str {
        match self {
            Self::Failed(_) => "Internal server error",
            Self::TimedOut => "Endpoint request timed out",
        }
    }
}

/// Runs a function to its end, as Lambda does whoever has stopped waiting for it, and waits for it up to `timeout`.
pub(super) async fn invoke<T: Send + 'static>(
    timeout: Duration,
    function: impl Future<Output = Result<T, BoxError>> + Send + 'static,
) -> Result<T, IntegrationError> {
    match tokio::time::timeout(timeout, tokio::spawn(function)).await {
        Ok(Ok(Ok(response))) => Ok(response),
        Ok(Ok(Err(error))) => Err(IntegrationError::Failed(error)),
        Ok(Err(panicked)) => Err(IntegrationError::Failed(panicked.into())),
        Err(_) => Err(IntegrationError::TimedOut),
    }
}
