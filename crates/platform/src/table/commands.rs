//! How many commands a principal sends.
//!
//! The count of a window is in the table, since commands of one principal reach many processes. A process writes the
//! first command of a window, and then several at once: the count that it compares with the limit is the one that the
//! table returned last, with what it has counted since. Other processes may have counted more by then, each less than
//! one write's worth.

use super::Table;
use super::expression::ItemUpdate;
use super::item::key;
use crate::error::{Error, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use stepcast_suite::duration::millis;

/// How many writes it takes at least to reach a limit. So a process that has not written for long exceeds it by no more
/// than this part.
const WRITES: usize = 50;

/// Most principals whose counts are in memory. Beyond it, those of earlier windows are forgotten, and then each command
/// is written.
const MOST: usize = 4_096;

/// The kind of command to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandKind {
    /// A `ping`, which only keeps a connection open
    Ping,
    /// Any other command, or a message that is not a command
    Other,
}

impl CommandKind {
    fn partition(self, principal: &str) -> String {
        match self {
            Self::Ping => format!("PINGS#{principal}"),
            Self::Other => format!("COMMANDS#{principal}"),
        }
    }
}

/// A command that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedCommand {
    /// How many the principal has sent in this window, this one included
    pub commands: usize,
    /// When the next window begins
    pub next_in: Duration,
}

/// Counts of this process, by partition. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Counting {
    by_partition: Arc<Mutex<HashMap<String, Counted>>>,
}

/// What this process knows of a count.
#[derive(Debug, Clone, Copy)]
struct Counted {
    window: u64,
    /// What the table returned last
    stored: usize,
    /// What was counted since the last write began
    since: usize,
}

impl Counting {
    /// Counts one command. Returns how many there are, or how many have to be written now.
    fn add(&self, partition: &str, window: u64, at_once: usize) -> Added {
        let mut counts = self.lock();
        if counts.len() >= MOST {
            counts.retain(|_, counted| counted.window == window);
        }
        match counts.get_mut(partition).filter(|counted| counted.window == window) {
            Some(counted) if counted.since + 1 < at_once => {
                counted.since += 1;
                Added::Counted(counted.stored + counted.since)
            }
            Some(counted) => Added::ToWrite(std::mem::take(&mut counted.since) + 1),
            None => {
                if counts.len() < MOST {
                    counts.insert(partition.to_owned(), Counted { window, stored: 0, since: 0 });
                }
                Added::ToWrite(1)
            }
        }
    }

    fn note(&self, partition: &str, window: u64, stored: usize) {
        if let Some(counted) = self.lock().get_mut(partition).filter(|counted| counted.window == window) {
            counted.stored = counted.stored.max(stored);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Counted>> {
        self.by_partition.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What to do about a command.
#[derive(Debug, PartialEq, Eq)]
enum Added {
    /// Nothing: there are so many
    Counted(usize),
    /// Write that there are so many more
    ToWrite(usize),
}

impl Table {
    /// Counts a command of a principal by its kind, whatever its outcome. `most` is the number of commands in a window
    /// that the count is compared with. A request that the SDK retries may be counted twice.
    pub async fn count_command(
        &self,
        kind: CommandKind,
        principal: &str,
        window: Duration,
        most: usize,
    ) -> Result<CountedCommand> {
        let (now, length) = (self.clock.now_ms(), millis(window).max(1));
        let (number, partition) = (now / length, kind.partition(principal));
        let commands = match self.counting.add(&partition, number, most / WRITES) {
            Added::Counted(commands) => commands,
            Added::ToWrite(more) => {
                let stored = self.store_commands(&partition, number, window, more).await?;
                self.counting.note(&partition, number, stored);
                stored
            }
        };
        Ok(CountedCommand { commands, next_in: Duration::from_millis((number + 1) * length - now) })
    }

    async fn store_commands(&self, partition: &str, number: u64, window: Duration, more: usize) -> Result<usize> {
        let update = ItemUpdate::of(key(partition, format!("{number:015}")))
            .set("expires_at", self.clock.expiry(window * 2))
            .add("commands", more)
            .returning_item();
        let changed = self.update(update).await?.item().unwrap_or_default();
        let commands = changed.get("commands").and_then(|value| AttributeValue::as_n(value).ok());
        let commands = commands.and_then(|count| count.parse().ok());
        commands.ok_or_else(|| Error::unreadable("number of commands", "there is none"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_commands_are_written_at_once() {
        let counting = Counting::default();
        assert_eq!(counting.add("COMMANDS#ada", 1, 4), Added::ToWrite(1), "the first one");
        counting.note("COMMANDS#ada", 1, 100);
        let next = || counting.add("COMMANDS#ada", 1, 4);
        assert_eq!([next(), next(), next()], [101, 102, 103].map(Added::Counted));
        assert_eq!(next(), Added::ToWrite(4));
        counting.note("COMMANDS#ada", 1, 170);
        assert_eq!(next(), Added::Counted(171), "other processes have counted too");
        assert_eq!(counting.add("COMMANDS#bob", 1, 4), Added::ToWrite(1));
        assert_eq!(counting.add("COMMANDS#ada", 2, 4), Added::ToWrite(1), "in the next window");
    }

    #[test]
    fn a_low_limit_is_counted_exactly() {
        let counting = Counting::default();
        for _ in 0..3 {
            assert_eq!(counting.add("COMMANDS#ada", 1, 0), Added::ToWrite(1));
        }
    }

    #[test]
    fn principals_beyond_the_memory_are_written_each_time() {
        let counting = Counting::default();
        for principal in 0..=MOST {
            counting.add(&principal.to_string(), 1, 4);
        }
        assert_eq!(counting.add(&MOST.to_string(), 1, 4), Added::ToWrite(1));
        assert_eq!(counting.add("new", 2, 4), Added::ToWrite(1));
        assert_eq!(counting.lock().len(), 1, "the window before is over");
    }
}
