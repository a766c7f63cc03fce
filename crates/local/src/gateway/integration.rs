//! Calling a function the way API Gateway calls Lambda.

use super::limits::Limits;
use super::routes::BoxError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

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

/// The three functions. Each has its own concurrency: whoever leaves does not hold up who comes.
pub(super) struct Integrations {
    pub(super) connect: Integration,
    pub(super) default: Integration,
    pub(super) disconnect: Integration,
}

/// A function as the gateway sees it.
pub(super) struct Integration {
    turns: Arc<Semaphore>,
    timeout: Duration,
}

impl Integrations {
    /// Functions within the limits.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            connect: Integration::new(limits),
            default: Integration::new(limits),
            disconnect: Integration::new(limits),
        }
    }
}

impl Integration {
    fn new(limits: &Limits) -> Self {
        Self { turns: Arc::new(Semaphore::new(limits.concurrent_invocations)), timeout: limits.integration_timeout }
    }

    /// Runs the function to its end, as Lambda does whoever has stopped waiting for it, and waits for it up to the timeout.
    /// That counts from the function's turn.
    pub(super) async fn invoke<T: Send + 'static>(
        &self,
        function: impl Future<Output = Result<T, BoxError>> + Send + 'static,
    ) -> Result<T, IntegrationError> {
        let turn =
            self.turns.clone().acquire_owned().await.map_err(|closed| IntegrationError::Failed(closed.into()))?;
        let running = tokio::spawn(async move {
            let _turn = turn;
            function.await
        });
        match tokio::time::timeout(self.timeout, running).await {
            Ok(Ok(Ok(response))) => Ok(response),
            Ok(Ok(Err(error))) => Err(IntegrationError::Failed(error)),
            Ok(Err(panicked)) => Err(IntegrationError::Failed(panicked.into())),
            Err(_) => Err(IntegrationError::TimedOut),
        }
    }
}
