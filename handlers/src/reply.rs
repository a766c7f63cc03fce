//! Answers to commands: the caller, its permissions, and the way back to it.

use crate::patience::Patience;
use std::sync::{Mutex, PoisonError};
use stepcast_platform::snapshot::{Reservation, Snapshot};
use stepcast_platform::table::{Connection, JobRecord, Said};
use stepcast_platform::{Clock, Error, Platform, Pushed};
use stepcast_protocol::event::{Role, SuiteProblem};
use stepcast_protocol::id::{ConnectionId, JobId};
use stepcast_protocol::{ErrorCode, Event, EventBody, RequestId, WireError, frame, limits};
use stepcast_suite::Problems;

/// The error for a client that did not read all of an answer.
const UNREAD: &str = "the rest of the answer was not sent, because the connection read nothing for too long; read, and \
                      send this again";

/// The sender of a command.
pub(crate) struct Caller<'a> {
    pub platform: &'a Platform,
    pub connection: Connection,
    re: Option<RequestId>,
    patience: Mutex<Patience>,
}

/// Why a command was not carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client gets exactly this error
    Client(WireError),
    /// The suite is invalid
    Suite(Problems),
    /// A service failed; the client gets no details
    Platform(Error),
}

impl<'a> Caller<'a> {
    pub fn new(platform: &'a Platform, connection: Connection, re: Option<RequestId>) -> Self {
        Self { platform, connection, re, patience: Mutex::default() }
    }

    /// A caller with an unknown connection, which gets an error and nothing else.
    pub fn unknown(platform: &'a Platform, connection: &ConnectionId, re: Option<RequestId>) -> Self {
        let connection = Connection {
            connection: connection.to_owned(),
            principal: String::new(),
            role: Role::Viewer,
            connected_at: 0,
            token: None,
            job: None,
            without_evidence: false,
            counted_for: None,
        };
        Self { platform, connection, re, patience: Mutex::default() }
    }

    /// Rejects a command if the caller's role is not sufficient.
    pub fn require(&self, role: Role) -> Result<(), Failure> {
        if self.connection.role >= role {
            return Ok(());
        }
        Err(Failure::forbidden(format!(
            "this needs the role `{}`; your token has `{}`",
            role.as_str(),
            self.connection.role.as_str()
        )))
    }

    /// Rejects a caller that is neither the owner of the job nor an admin.
    pub fn require_own(&self, job: &JobRecord) -> Result<(), Failure> {
        self.require(Role::Runner)?;
        if self.connection.role == Role::Admin || self.connection.principal == job.principal {
            return Ok(());
        }
        Err(Failure::forbidden("the job belongs to another principal; only its owner and admins may do this"))
    }

    /// A comment or notice of the caller, with the current time.
    pub fn says(&self, text: &str) -> Said {
        Said { principal: self.connection.principal.clone(), text: text.to_owned(), at: self.platform.clock.now_ms() }
    }

    /// Sends events that are not an answer to the command, without its id.
    pub async fn send_unasked(&self, events: Vec<Event>) -> Result<(), Error> {
        self.deliver(&frame::pack(events.iter().map(Event::to_json)), None).await
    }

    /// Answers the command.
    pub async fn answer(&self, body: EventBody) -> Result<(), Error> {
        self.send(vec![self.event(body)]).await
    }

    /// Answers the command with several events, each of which carries its id.
    pub async fn send(&self, events: Vec<Event>) -> Result<(), Error> {
        self.deliver(&self.messages()(events), None).await
    }

    /// Answers the command with a state that [`messages`](Self::messages) made.
    pub async fn send_state(&self, snapshot: &Snapshot) -> Result<(), Error> {
        self.deliver(&snapshot.messages, Some(&snapshot.reservation)).await
    }

    /// Returns a function that packs events into messages that answer the command.
    pub fn messages(&self) -> impl FnOnce(Vec<Event>) -> Vec<String> + Send + use<> + 'static {
        let (re, clock) = (self.re.clone(), self.platform.clock.clone());
        move |events| frame::pack(events.into_iter().map(|event| line(event, re.as_ref(), &clock)))
    }

    /// Sends messages until one is not accepted. The client then misses the rest, and gets an error that says so if
    /// there is room for it: it can ask again once it reads.
    async fn deliver(&self, messages: &[String], reservation: Option<&Reservation>) -> Result<(), Error> {
        let connection = &self.connection.connection;
        for message in messages {
            match self.offer(message, reservation).await? {
                Pushed::Sent => {}
                Pushed::Gone => {
                    self.platform.forget(connection).await;
                    break;
                }
                Pushed::Busy => {
                    tracing::info!(%connection, "A client did not read its answer; the rest was not sent");
                    let unread = WireError::new(ErrorCode::Unavailable, UNREAD);
                    let unread = line(self.event(EventBody::from(&unread)), self.re.as_ref(), &self.platform.clock);
                    self.platform.push.send(connection, unread).await?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Sends a message until it is accepted, the waiting time of the command is used up, or another state takes the
    /// memory of the state it is from.
    async fn offer(&self, message: &str, reservation: Option<&Reservation>) -> Result<Pushed, Error> {
        loop {
            let pushed = self.platform.push.send(&self.connection.connection, message.to_owned()).await?;
            match pushed {
                Pushed::Sent => {
                    reservation.inspect(|reservation| reservation.note_taken());
                    self.with_patience(Patience::taken);
                }
                Pushed::Gone => {}
                Pushed::Busy => {
                    let Some(pause) = self.with_patience(Patience::next_pause) else { return Ok(Pushed::Busy) };
                    if Reservation::pause(reservation, pause).await.is_err() {
                        return Ok(Pushed::Busy);
                    }
                    continue;
                }
            }
            return Ok(pushed);
        }
    }

    fn with_patience<T>(&self, change: impl FnOnce(&mut Patience) -> T) -> T {
        change(&mut self.patience.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn event(&self, body: EventBody) -> Event {
        Event::new(body, self.platform.clock.now_text())
    }
}

/// The text of an answer. An answer that is too large for a message is replaced with an error, so that the client does
/// not wait in vain.
fn line(event: Event, re: Option<&RequestId>, clock: &Clock) -> String {
    let line = event.answering(re.cloned()).to_json();
    if line.len() <= limits::MESSAGE_BYTES {
        return line;
    }
    let error = WireError::new(
        ErrorCode::TooLarge,
        format!("the answer is larger than the {} bytes of a message", limits::MESSAGE_BYTES),
    );
    Event::new(EventBody::from(&error), clock.now_text()).answering(re.cloned()).to_json()
}

impl Failure {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::Client(WireError::new(code, message))
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Forbidden, message)
    }

    pub fn no_job(job: &JobId) -> Self {
        Self::new(ErrorCode::NotFound, format!("there is no job `{}`", excerpt(job.as_str())))
    }

    /// Makes the event for the client; details that it does not get are logged.
    pub fn into_event(self, connection: &ConnectionId) -> EventBody {
        match self {
            Self::Client(error) => EventBody::from(&error),
            Self::Suite(problems) => EventBody::Error {
                code: ErrorCode::InvalidSuite,
                message: problems.to_string().chars().take(2_000).collect(),
                temporary: false,
                problems: SuiteProblem::of(&problems),
            },
            Self::Platform(error @ Error::Unavailable { .. }) => {
                tracing::warn!(%connection, %error, "A service did not answer a command");
                EventBody::from(&WireError::new(ErrorCode::Unavailable, "a service did not answer; try again"))
            }
            Self::Platform(error) => {
                tracing::error!(%connection, %error, "A command failed");
                EventBody::from(&WireError::new(
                    ErrorCode::Internal,
                    "the command failed because of an error in the server; its log has the reason",
                ))
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Platform(error)
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Suite(problems)
    }
}

/// What a client wrote, short enough to be quoted back.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}
