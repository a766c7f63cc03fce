//! The queue's database: its tables, and how it is opened.

use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

/// Times are milliseconds since the epoch, durations milliseconds.
///
/// A message is visible once `visible_at` has come. A message that was received and not deleted is stored like one with
/// a delay, except for its `receive_count`: there is no state that a killed process could leave behind.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS queue (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    visibility_timeout INTEGER NOT NULL DEFAULT 30000,
    delay INTEGER NOT NULL DEFAULT 0,
    receive_wait INTEGER NOT NULL DEFAULT 0,
    retention INTEGER NOT NULL DEFAULT 345600000,
    dead_letter_queue TEXT,
    max_receive_count INTEGER
) STRICT;

-- AUTOINCREMENT, because a receipt handle names a row and must never come to name another message.
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue INTEGER NOT NULL REFERENCES queue (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    message_group TEXT NOT NULL DEFAULT '',
    sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0,
    first_received_at INTEGER,
    dead_letter_source TEXT
) STRICT;

CREATE INDEX IF NOT EXISTS message_by_group ON message (queue, message_group, visible_at);
CREATE INDEX IF NOT EXISTS message_by_visibility ON message (queue, visible_at);
-- Few messages have been received and not deleted: what is in flight and what is exhausted is found among these.
CREATE INDEX IF NOT EXISTS message_received ON message (queue, receive_count) WHERE receive_count > 0;
";

/// Opens the database at `path` and creates what is missing.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // With WAL and NORMAL a commit has reached the kernel when it returns, though perhaps not the disk: it survives
    // kill -9 of this process, and only a power loss can lose the last moments.
    // https://www.sqlite.org/pragma.html#pragma_synchronous
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(TABLES)?;
    Ok(connection)
}
