//! Growing pauses between attempts.

use std::time::Duration;
use tokio::time::sleep;

const LONGEST: Duration = Duration::from_secs(10);

/// The pauses of a client that tries again and again.
pub(super) struct Backoff(Duration);

impl Backoff {
    pub fn new() -> Self {
        Self(Duration::from_millis(100))
    }

    /// Waits; the next wait is twice as long.
    pub async fn wait(&mut self) {
        sleep(jittered(self.0)).await;
        self.0 = (self.0 * 2).min(LONGEST);
    }
}

/// Anything up to this long, so that clients that lost the same server do not all come back at once.
fn jittered(most: Duration) -> Duration {
    let share = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
    most.mul_f64(0.5 + share / 2.0)
}
