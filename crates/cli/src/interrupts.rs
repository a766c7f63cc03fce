//! Ctrl-C.

use std::io;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Notices Ctrl-C from the moment it listens, also while nothing waits for it. From then on Ctrl-C does not end the process
/// by itself.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    interrupts: Signal,
}

impl Interrupts {
    /// Begins to listen.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            interrupts: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits until somebody presses Ctrl-C.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        self.interrupts.recv().await;
        #[cfg(not(unix))]
        // Without a listener there is nothing that could fail.
        let _ = tokio::signal::ctrl_c().await;
    }
}
