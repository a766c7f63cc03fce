//! Calling a function the way API Gateway calls Lambda.

use super::connections::Connection;
use super::limits::Limits;
use super::places::{Account, Place, Places};
use super::routes::BoxError;
use std::sync::Arc;
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
    /// Returns the message for the client.
    pub(super) fn message(&self) -> &'static str {
        match self {
            Self::Failed(_) => "Internal server error",
            Self::TimedOut => "Endpoint request timed out",
        }
    }
}

/// The three functions. Each has its own concurrency: clients that disconnect do not hold up clients that connect.
pub(super) struct Integrations {
    pub(super) connect: Integration,
    pub(super) default: Integration,
    pub(super) disconnect: Integration,
}

/// A function as the gateway sees it.
pub(super) struct Integration {
    places: Places,
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
        Self { places: Places::new(limits), timeout: limits.integration_timeout }
    }

    /// Runs the function to its end, as Lambda does even if the gateway has stopped waiting for it, and waits for it up
    /// to the timeout. The timeout counts from the function's turn.
    pub(super) async fn invoke<T: Send + 'static>(
        &self,
        account: &Account,
        function: impl Future<Output = Result<T, BoxError>> + Send + 'static,
    ) -> Result<T, IntegrationError> {
        let place = self.places.take(account).await;
        self.wait_for(tokio::spawn(async move {
            let _place = place;
            function.await
        }))
        .await
    }

    /// Does the same for a function that answers a connection. While the client does not read, the function leaves its
    /// place to other invocations.
    pub(super) async fn invoke_for<T: Send + 'static>(
        &self,
        connection: Arc<Connection>,
        function: impl Future<Output = Result<T, BoxError>> + Send + 'static,
    ) -> Result<T, IntegrationError> {
        let place = self.places.take(&connection.account).await;
        self.wait_for(tokio::spawn(run_for(connection, place, function))).await
    }

    async fn wait_for<T>(&self, running: tokio::task::JoinHandle<Result<T, BoxError>>) -> Result<T, IntegrationError> {
        match tokio::time::timeout(self.timeout, running).await {
            Ok(Ok(Ok(response))) => Ok(response),
            Ok(Ok(Err(error))) => Err(IntegrationError::Failed(error)),
            Ok(Err(panicked)) => Err(IntegrationError::Failed(panicked.into())),
            Err(_) => Err(IntegrationError::TimedOut),
        }
    }
}

async fn run_for<T>(
    connection: Arc<Connection>,
    mut place: Place,
    function: impl Future<Output = Result<T, BoxError>>,
) -> Result<T, BoxError> {
    tokio::pin!(function);
    loop {
        tokio::select! {
            returned = &mut function => return returned,
            // It does not matter which message was refused: while the buffer is full, the function's answer has to
            // wait.
            () = connection.outbound.refuses() => place.step_aside(),
        }
    }
}
