//! A connection that is replaced by another before it is cut.
//!
//! API Gateway ends every connection after two hours, and `welcome` says when. Shortly before, the next one is opened;
//! the old one is read until the new one has answered, and then to its end, so no event is lost between them.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>

use super::{ClientError, Connection};
use crate::endpoint::Endpoint;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::time::Duration;
use stepcast_protocol::{Command, Event, EventBody, Request, RequestId};
use stepcast_suite::date;
use tokio::time::{Instant, sleep_until};

/// The next connection is opened when one part in this many of a connection's life is left: five minutes of two hours,
/// or up to twice that, so that clients that connected together do not all reconnect together.
const MARGIN: f64 = 24.0;

/// An event on the connection to the server.
pub(super) enum Heard {
    /// The server said something
    Event(Box<Event>),
    /// The next connection is open, and its command has not been sent yet
    Opened,
    /// The connection is lost
    Lost,
}

/// The way to the server.
pub(super) struct Link {
    endpoint: Endpoint,
    connection: Box<Connection>,
    next: Next,
    /// The remaining events of the previous connection, once it has ended
    leaving: Option<BoxFuture<'static, Vec<Event>>>,
    /// The events that it delivered
    rest: VecDeque<Event>,
    /// When to open the next connection, if the server said how long this one lasts
    renew_at: Option<Instant>,
    /// Whether the newest connection was asked how long it lasts
    is_greeted: bool,
}

/// The next connection.
enum Next {
    None,
    Opening(BoxFuture<'static, Result<Connection, ClientError>>),
    Open(Box<Connection>),
}

impl Link {
    /// Opens the first connection.
    pub async fn open(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let connection = Box::new(Connection::open(endpoint).await?);
        Ok(Self {
            endpoint: endpoint.clone(),
            connection,
            next: Next::None,
            leaving: None,
            rest: VecDeque::new(),
            renew_at: None,
            is_greeted: false,
        })
    }

    /// Sends a command on the newest connection, and asks how long that one lasts. If this does not arrive, the
    /// connection is lost, and `hear` reports it.
    pub async fn ask(&mut self, id: RequestId, command: Command) {
        let newest = match &mut self.next {
            Next::Open(next) => next,
            Next::None | Next::Opening(_) => &mut self.connection,
        };
        newest.send(&Request { id: Some(id), command }).await;
        if !std::mem::replace(&mut self.is_greeted, true) {
            newest.send(&Request { id: None, command: Command::Hello }).await;
        }
    }

    /// Sends a command without waiting for its answer.
    pub async fn send(&mut self, command: Command) {
        self.connection.send(&Request { id: None, command }).await;
    }

    /// What happens next. `is_answer` says whether an event is the answer that the next connection was opened for: then
    /// that connection replaces the old one. May be dropped while it waits.
    pub async fn hear(&mut self, is_answer: impl Fn(&Event) -> bool) -> Heard {
        loop {
            if let Some(event) = self.rest.pop_front() {
                return Heard::Event(Box::new(event));
            }
            let may_renew = matches!(self.next, Next::None);
            tokio::select! {
                rest = end_of(&mut self.leaving) => {
                    self.leaving = None;
                    self.rest.extend(rest);
                }
                event = self.connection.next() => match event {
                    Some(event) => return self.heard(event),
                    None if self.take_next() => {}
                    None => return Heard::Lost,
                },
                moved = self.next.moved() => match moved {
                    Some(Heard::Event(event)) => {
                        if is_answer(&event) {
                            self.take_next();
                        }
                        return self.heard(*event);
                    }
                    Some(Heard::Opened) => {
                        self.is_greeted = false;
                        return Heard::Opened;
                    }
                    // The old one is still open; when it is cut, a new one is opened as after any loss.
                    Some(Heard::Lost) | None => self.next = Next::None,
                },
                () = until(self.renew_at), if may_renew => {
                    self.renew_at = None;
                    let endpoint = self.endpoint.clone();
                    self.next = Next::Opening(async move { Connection::open(&endpoint).await }.boxed());
                }
            }
        }
    }

    fn heard(&mut self, event: Event) -> Heard {
        if let EventBody::Welcome { connected_until, .. } = &event.body {
            self.renew_at = lifetime(&event.at, connected_until).map(|lifetime| Instant::now() + renewal(lifetime));
        }
        Heard::Event(Box::new(event))
    }

    /// Replaces this connection by the next one, if that is open.
    fn take_next(&mut self) -> bool {
        let next = std::mem::replace(&mut self.next, Next::None);
        let Next::Open(next) = next else { return false };
        let old = std::mem::replace(&mut self.connection, next);
        self.leaving = Some(old.leave().boxed());
        true
    }
}

impl Next {
    /// What happens to it next. It is known to be open or lost only once this has said so.
    async fn moved(&mut self) -> Option<Heard> {
        match self {
            Self::None => std::future::pending().await,
            Self::Open(connection) => connection.next().await.map(|event| Heard::Event(Box::new(event))),
            Self::Opening(opening) => {
                let Ok(connection) = opening.await else { return Some(Heard::Lost) };
                *self = Self::Open(Box::new(connection));
                Some(Heard::Opened)
            }
        }
    }
}

/// The events of a replaced connection, once it has ended.
async fn end_of(leaving: &mut Option<BoxFuture<'static, Vec<Event>>>) -> Vec<Event> {
    match leaving {
        Some(leaving) => leaving.await,
        None => std::future::pending().await,
    }
}

/// How long a connection lasts, by the server's clock alone.
fn lifetime(now: &str, until: &str) -> Option<Duration> {
    let seconds = date::seconds(until)?.checked_sub(date::seconds(now)?)?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// When to open the next connection.
fn renewal(lifetime: Duration) -> Duration {
    lifetime.mul_f64(1.0 - (1.0 + share()) / MARGIN)
}

/// Any number from 0 to 1.
pub(super) fn share() -> f64 {
    f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0
}

/// Resolves then, or never.
pub(super) async fn until(then: Option<Instant>) {
    match then {
        Some(then) => sleep_until(then).await,
        None => std::future::pending().await,
    }
}
