//! Measures how long a request waits for its connection.
//!
//! The HTTP client makes the connection while it is asked to send a request, in the same task. So a variable of the task
//! carries the times out. A connection that another request made first, or that was open already, has none.

mod handshake;

pub use handshake::note_handshakes;
use std::cell::Cell;
use std::time::Duration;
use tokio::time::Instant;

tokio::task_local! {
    static NOTED: Cell<Noted>;
}

/// How long the parts of a new connection took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connecting {
    /// Resolving the name
    pub name: Option<Duration>,
    /// TLS, from the start of its first handshake; with a proxy behind TLS there are two
    pub tls: Option<Duration>,
    /// All of it: the name, TCP and TLS
    pub whole: Option<Duration>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Noted {
    times: Connecting,
    handshake_started: Option<Instant>,
}

/// Runs the sending of a request, and returns the times of the connection that it made.
pub async fn measured<T>(sending: impl Future<Output = T>) -> (T, Connecting) {
    let measured = async { (sending.await, NOTED.with(|noted| noted.get().times)) };
    NOTED.scope(Cell::default(), measured).await
}

/// Measures the resolving of a name.
pub async fn resolving<T>(name: impl Future<Output = T>) -> T {
    timed(name, |noted, took| noted.times.name = Some(took)).await
}

/// Measures the making of a connection.
pub async fn whole<T>(connecting: impl Future<Output = T>) -> T {
    timed(connecting, |noted, took| {
        noted.times.whole = Some(took);
        noted.times.tls = noted.handshake_started.map(|started| started.elapsed());
    })
    .await
}

async fn timed<T>(work: impl Future<Output = T>, change: impl FnOnce(&mut Noted, Duration)) -> T {
    let started = Instant::now();
    let result = work.await;
    note(|noted| change(noted, started.elapsed()));
    result
}

/// Notes something about the connection that this task makes. The client finishes some connections for later requests
/// in a task of its own, and nobody asks for the times of those.
fn note(change: impl FnOnce(&mut Noted)) {
    let _ = NOTED.try_with(|cell| {
        let mut noted = cell.get();
        change(&mut noted);
        cell.set(noted);
    });
}
