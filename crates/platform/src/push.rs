//! Sends messages to clients: `PostToConnection`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>

use crate::config::Config;
use crate::error::{Error, Result};
use crate::metrics::{Measured, Metrics, PushEnd};
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use std::time::Duration;
use stepcast_protocol::id::ConnectionId;

const SERVICE: &str = "API Gateway";

/// Long enough for a slow network, short enough not to wait for a dead connection.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Pushes to connections.
#[derive(Clone, Debug)]
pub struct Push {
    client: Client,
    metrics: Metrics,
}

/// The result of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// The gateway accepted the message
    Sent,
    /// The connection is closed: delete it
    Gone,
    /// The rate is too high or the client does not read: send its latest state later
    Busy,
}

impl Push {
    pub(crate) fn new(sdk: &SdkConfig, config: &Config) -> Self {
        // No retries: the caller decides what to send next, and that is not an old message again.
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
        let settings = aws_sdk_apigatewaymanagement::config::Builder::from(sdk)
            .endpoint_url(&config.push_endpoint)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        Self { client: Client::from_conf(settings), metrics: config.metrics.clone() }
    }

    /// Sends one message to one connection.
    pub async fn send(&self, connection: &ConnectionId, message: impl Into<Vec<u8>>) -> Result<Pushed> {
        let pushed = self.post(connection, message.into()).await;
        self.metrics.note(Measured::PushEnded(match pushed {
            Ok(Pushed::Sent) => PushEnd::Sent,
            Ok(Pushed::Gone) => PushEnd::Gone,
            Ok(Pushed::Busy) => PushEnd::Busy,
            Err(_) => PushEnd::Failed,
        }));
        pushed
    }

    async fn post(&self, connection: &ConnectionId, message: Vec<u8>) -> Result<Pushed> {
        let sent = self.client.post_to_connection().connection_id(connection).data(Blob::new(message)).send().await;
        match sent {
            Ok(_) => Ok(Pushed::Sent),
            Err(SdkError::ServiceError(error)) => match error.err() {
                PostToConnectionError::GoneException(_) => Ok(Pushed::Gone),
                PostToConnectionError::LimitExceededException(_) => Ok(Pushed::Busy),
                _ if error.raw().status().as_u16() == 410 => Ok(Pushed::Gone),
                _ if error.raw().status().as_u16() == 429 => Ok(Pushed::Busy),
                _ => Err(Error::from_sdk(SERVICE, &SdkError::ServiceError(error))),
            },
            Err(error) => Err(Error::from_sdk(SERVICE, &error)),
        }
    }

    /// Closes a connection. This sends no close code: send `bye` first.
    pub async fn close(&self, connection: &ConnectionId) -> Result<Pushed> {
        match self.client.delete_connection().connection_id(connection).send().await {
            Ok(_) => Ok(Pushed::Sent),
            Err(SdkError::ServiceError(error)) if error.raw().status().as_u16() == 410 => Ok(Pushed::Gone),
            Err(error) => Err(Error::from_sdk(SERVICE, &error)),
        }
    }
}
