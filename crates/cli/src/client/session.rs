//! Commands with one answer.

use super::{ClientError, Connection};
use crate::endpoint::Endpoint;
use std::time::Duration;
use stepcast_protocol::{Command, Event, EventBody, Request, RequestId};
use tokio::time::{Instant, timeout_at};

/// How long an answer may take: as long as API Gateway gives the function behind it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection on which every command waits for its answer.
pub(crate) struct Session {
    pub connection: Connection,
    asked: i64,
}

impl Session {
    /// Opens a connection.
    pub async fn open(endpoint: &Endpoint) -> Result<Self, ClientError> {
        Ok(Self { connection: Connection::open(endpoint).await?, asked: 0 })
    }

    /// Sends a command and waits for the first event that answers it. Skips other events.
    pub async fn ask(&mut self, command: Command) -> Result<Event, ClientError> {
        self.asked += 1;
        let id = RequestId::Number(self.asked);
        if !self.connection.send(&Request { id: Some(id.clone()), command }).await {
            return Err(lost());
        }
        self.answer(&id).await
    }

    /// Sends a command whose answer has several events, and hands each of them over. Waits for another one as long as
    /// that returns `true`.
    pub async fn ask_all(&mut self, command: Command, mut take: impl FnMut(&Event) -> bool) -> Result<(), ClientError> {
        let mut event = self.ask(command).await?;
        let id = RequestId::Number(self.asked);
        while take(&event) {
            event = self.answer(&id).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, id: &RequestId) -> Result<Event, ClientError> {
        let deadline = Instant::now() + ANSWER_TIMEOUT;
        loop {
            let event = timeout_at(deadline, self.connection.next()).await;
            let event =
                event.map_err(|_| ClientError::Silent { seconds: ANSWER_TIMEOUT.as_secs() })?.ok_or_else(lost)?;
            if event.re.as_ref() == Some(id) {
                return refused_or(event);
            }
        }
    }
}

fn lost() -> ClientError {
    ClientError::Ended { code: "connection lost".to_owned() }
}

/// An answer, unless it is an error.
pub(super) fn refused_or(event: Event) -> Result<Event, ClientError> {
    match event.body {
        EventBody::Error { code, message, temporary, .. } => Err(ClientError::Refused { code, message, temporary }),
        _ => Ok(event),
    }
}
