//! The tables: Amazon `DynamoDB`, as the embeddable engine `dynoxide` implements it, on one `SQLite` file.
//!
//! [`server`] serves it. The engine has a server of its own, which would answer every page in a local browser: it sends
//! `access-control-allow-origin: *` and checks no credentials, and its router cannot be wrapped. It also runs `SQLite`
//! on the threads that everything else needs.

mod operations;
mod server;

use crate::access::AccessKey;
use axum::Router;
use dynoxide::{Database, DynoxideError};
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Why the tables cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the tables could not be opened")]
pub struct OpenError(#[from] DynoxideError);

/// All tables of one database file. Clones are handles on the same tables.
#[derive(Clone)]
pub struct TableService {
    database: Database,
}

impl TableService {
    /// Opens the tables in the file at `path`, or creates it. Blocks briefly.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let database = Database::new(&path.as_ref().to_string_lossy())?;
        // This sets `synchronous = NORMAL`, which the engine offers under no other name. With the write-ahead log a
        // commit then survives kill -9 of this process, and only a power loss can lose the last moments.
        database.disable_bulk_loading()?;
        Ok(Self { database })
    }

    /// Serves the tables to callers with `key`.
    pub fn router(&self, key: AccessKey) -> Router {
        server::router(self.database.clone(), key)
    }

    /// Deletes expired items every so often until `shutdown`. As in `DynamoDB` the sweep is late, so readers filter.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>
    pub async fn sweep_expired(&self, every: Duration, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            let database = self.database.clone();
            match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
                Ok(Ok(0)) => {}
                Ok(Ok(deleted)) => tracing::debug!(deleted, "Deleted expired items"),
                Ok(Err(error)) => tracing::error!(%error, "Could not delete expired items"),
                Err(error) => tracing::error!(%error, "The sweep for expired items failed"),
            }
        }
    }
}
