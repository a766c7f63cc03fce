//! How long an answer waits for a client that does not read it.
//!
//! All messages of a command share one limit: on Lambda a waiting function costs money, and in the embedded gateway it
//! occupies one of the places in which functions wait. A principal that sends 20 commands a second, which is as many as
//! it may by default, has at most 40 functions waiting, of the 50 that the template reserves for commands.

use std::time::Duration;

/// Longest wait until a message is accepted.
const FOR_ONE: Duration = Duration::from_secs(1);

/// Longest wait of all messages of one command together: well within the 29 seconds API Gateway gives an integration.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
const FOR_ALL: Duration = Duration::from_secs(2);

/// The first pause before a message is sent again, for a client that reads but is slightly behind. Each later pause is
/// twice as long, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(8);
const LAST_PAUSE: Duration = Duration::from_millis(256);

/// The remaining time that one command may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pause: Duration,
    for_this: Duration,
    for_all: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { pause: FIRST_PAUSE, for_this: FOR_ONE, for_all: FOR_ALL }
    }
}

impl Patience {
    /// Notes that a message was accepted; the next one may wait as long again.
    pub fn taken(&mut self) {
        *self = Self { for_all: self.for_all, ..Self::default() };
    }

    /// Returns how long to wait before the message is sent again, or `None` if it has waited long enough. After that,
    /// nothing more of this command waits.
    pub fn next_pause(&mut self) -> Option<Duration> {
        let pause = self.pause.min(self.for_this).min(self.for_all);
        if pause.is_zero() {
            self.for_all = Duration::ZERO;
            return None;
        }
        self.for_this -= pause;
        self.for_all -= pause;
        self.pause = (self.pause * 2).min(LAST_PAUSE);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_nobody_takes_waits_a_second_and_the_next_not_at_all() {
        let mut patience = Patience::default();
        let waited: Duration = std::iter::from_fn(|| patience.next_pause()).sum();
        assert_eq!(waited, FOR_ONE);
        patience.taken();
        assert_eq!(patience.next_pause(), None);
    }

    #[test]
    fn all_messages_of_a_command_wait_two_seconds_together_however_slowly_they_are_taken() {
        let mut patience = Patience::default();
        let mut waited = Duration::ZERO;
        while let Some(pause) = patience.next_pause() {
            waited += pause;
            if pause == LAST_PAUSE {
                patience.taken();
            }
        }
        assert_eq!(waited, FOR_ALL);
    }
}
