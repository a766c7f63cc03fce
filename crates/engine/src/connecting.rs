//! Measures how long a request waits for its connection.
//!
//! The HTTP client makes the connection while it is asked to send a request, in the same task. So a variable of the task
//! carries the times out. A connection that another request made first, or that was open already, has none.

use std::cell::Cell;
use std::time::Duration;
use tokio::time::Instant;

tokio::task_local! {
    static TIMES: Cell<Connecting>;
}

/// How long the parts of a new connection took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connecting {
    /// Resolving the name
    pub name: Option<Duration>,
    /// All of it: the name, TCP and TLS
    pub whole: Option<Duration>,
}

/// Runs the sending of a request, and returns the times of the connection that it made.
pub async fn measured<T>(sending: impl Future<Output = T>) -> (T, Connecting) {
    let measured = async { (sending.await, TIMES.with(Cell::get)) };
    TIMES.scope(Cell::default(), measured).await
}

/// Measures the resolving of a name.
pub async fn resolving<T>(name: impl Future<Output = T>) -> T {
    timed(name, |times, took| times.name = Some(took)).await
}

/// Measures the making of a connection.
pub async fn whole<T>(connecting: impl Future<Output = T>) -> T {
    timed(connecting, |times, took| times.whole = Some(took)).await
}

async fn timed<T>(work: impl Future<Output = T>, note: impl FnOnce(&mut Connecting, Duration)) -> T {
    let started = Instant::now();
    let result = work.await;
    // The client finishes some connections for later requests in a task of its own.
    let _ = TIMES.try_with(|cell| {
        let mut times = cell.get();
        note(&mut times, started.elapsed());
        cell.set(times);
    });
    result
}
