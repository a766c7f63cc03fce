//! Connections and the topics they watch.
//!
//! `$disconnect` is best effort, so every row expires on its own, and a sender that gets a 410 deletes the connection.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html>

use super::item::{Item, item, key, mark, read};
use super::lists::{id, per_page, sort_key};
use super::write::{Transacted, incomplete};
use super::{Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{DeleteRequest, ReturnValue, TransactWriteItem, WriteRequest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use stepcast_protocol::command::{Detail, PageQuery};
use stepcast_protocol::event::Role;
use stepcast_protocol::id::{ConnectionId, JobId};
use stepcast_protocol::limits::CONNECTION_LIFETIME;

/// How much longer than a connection can live its rows are kept, so that they do not expire while it is open.
const MARGIN: Duration = Duration::from_mins(15);

/// How long the rows of a connection are kept.
const CONNECTION_ROWS: Duration = CONNECTION_LIFETIME.saturating_add(MARGIN);

/// The partition that lists all connections.
const CONNECTIONS: &str = "CONNECTIONS";
/// Prefix of the sort keys of the topics that a connection watches.
const WATCH: &str = "WATCH#";

/// A connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id
    pub connection: ConnectionId,
    /// The principal at the other end
    pub principal: String,
    /// The role of the principal
    pub role: Role,
    /// When it was opened, in milliseconds since 1970
    pub connected_at: u64,
    /// The id of the token it was opened with, if the token has one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The only job it may see, if it was opened with a shared link
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// Whether the shared link shows no evidence
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_evidence: bool,
    /// The principal whose connections it counts among: its own, or the job's owner if it was opened with a shared link
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_for: Option<String>,
}

#[derive(Serialize)]
struct Stored<'a> {
    #[serde(flatten)]
    connection: &'a Connection,
    expires_at: u64,
}

/// The topic of one job.
pub fn topic_job(job: &JobId) -> String {
    job.to_string()
}

/// The topic of the job-level updates of all jobs.
pub fn topic_feed() -> String {
    "feed".to_owned()
}

impl Table {
    /// Stores a connection.
    pub async fn put_connection(&self, connection: &Connection) -> Result<()> {
        let stored = Stored { connection, expires_at: self.connection_expiry() };
        let own = item(connection_pk(&connection.connection), "CONNECTION", &stored)?;
        let listed = item(CONNECTIONS, &connection.connection, &stored)?;
        if let Some(principal) = &connection.counted_for {
            self.count_in(connection, principal).await?;
        }
        self.write(vec![self.putting(own, None)?, self.putting(listed, None)?]).await
    }

    /// Reads a connection, unless this process knows it from a moment ago.
    pub async fn connection(&self, connection: &ConnectionId) -> Result<Option<Connection>> {
        if let Some(known) = self.connections.get(connection) {
            return Ok(Some(known));
        }
        let read = self.get("connection", key(connection_pk(connection), "CONNECTION")).await?;
        if let Some(read) = &read {
            self.connections.note(connection, read);
        }
        Ok(read)
    }

    /// A page of the connections by id, and where the next one begins.
    pub async fn connections(&self, query: &PageQuery) -> Result<(Vec<Connection>, Option<String>)> {
        let (found, cursor) = (self.partition(CONNECTIONS, ""), query.cursor.as_deref());
        let (items, next) = Self::page(found, CONNECTIONS, cursor, per_page(query.limit)).await?;
        let connections = items.into_iter().map(|item| read("connection", item));
        Ok((connections.collect::<Result<_>>()?, next))
    }

    /// Returns the topics that a connection watches, at most `most`.
    pub async fn watched_by(&self, connection: &ConnectionId, most: usize) -> Result<Vec<String>> {
        let partition = connection_pk(connection);
        let (items, _) = Self::page(self.partition(&partition, WATCH), &partition, None, most).await?;
        let topic = |item| sort_key(item)?.strip_prefix(WATCH).map(str::to_owned);
        Ok(items.iter().filter_map(topic).collect())
    }

    /// Deletes a connection and all of its subscriptions.
    pub async fn forget_connection(&self, connection: &ConnectionId) -> Result<()> {
        let deleted = self.delete_items_of(connection).await;
        // Afterwards: a command may have read the row in the meantime.
        self.connections.forget(connection);
        deleted
    }

    async fn delete_items_of(&self, connection: &ConnectionId) -> Result<()> {
        let items = Self::all(self.partition(connection_pk(connection), "")).await?;
        let watched = items.iter().filter_map(sort_key);
        let watched: Vec<_> = watched.filter_map(|key| key.strip_prefix(WATCH).map(str::to_owned)).collect();
        let is_known = items.len() > watched.len();
        let sides = watched.iter().flat_map(|topic| {
            [key(watch_pk(topic), connection), key(connection_pk(connection), format!("{WATCH}{topic}"))]
        });
        let keys: Vec<_> = sides.chain([key(CONNECTIONS, connection)]).collect();
        for batch in keys.chunks(25) {
            let deletes = batch.iter().map(delete_request).collect::<Result<Vec<_>>>()?;
            // Unprocessed items expire by themselves.
            self.client.batch_write_item().request_items(&self.name, deletes).send().await.map_err(failed)?;
        }
        if is_known { self.delete_connection(connection).await } else { Ok(()) }
    }

    /// Deletes the row of a connection. Only one of several callers deletes it, and that one subtracts the connection
    /// from the count. The condition decides which, since DynamoDB Local returns the old row to more than one.
    async fn delete_connection(&self, connection: &ConnectionId) -> Result<()> {
        let delete = self.client.delete_item().table_name(&self.name).return_values(ReturnValue::AllOld);
        let delete = delete.set_key(Some(key(connection_pk(connection), "CONNECTION")));
        match delete.condition_expression("attribute_exists(pk)").send().await {
            Ok(deleted) => match deleted.attributes {
                Some(row) => self.count_out(&read("connection", row)?).await,
                None => Ok(()),
            },
            Err(error)
                if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Subscribes a connection. A client that reads a snapshot afterwards misses nothing.
    pub async fn watch(&self, topic: &str, connection: &ConnectionId, detail: &Detail) -> Result<()> {
        let items = watch_items(topic, connection, detail, self.connection_expiry())?;
        self.write(items.into_iter().map(|item| self.putting(item, None)).collect::<Result<_>>()?).await
    }

    /// Ends a subscription.
    pub async fn unwatch(&self, topic: &str, connection: &ConnectionId) -> Result<()> {
        let keys = [key(watch_pk(topic), connection), key(connection_pk(connection), format!("WATCH#{topic}"))];
        let deletes = keys.iter().map(delete_request).collect::<Result<Vec<_>>>()?;
        self.client.batch_write_item().request_items(&self.name, deletes).send().await.map_err(failed)?;
        Ok(())
    }

    /// The connections that watch a topic now, and how much of it each gets.
    pub async fn watchers(&self, topic: &str) -> Result<BTreeMap<ConnectionId, Detail>> {
        let watcher = |item: Item| Some((id(&item)?, read("watch", item).unwrap_or_default()));
        Ok(Self::all(self.partition(watch_pk(topic), "")).await?.into_iter().filter_map(watcher).collect())
    }

    pub(super) fn connection_expiry(&self) -> u64 {
        self.clock.expiry(CONNECTION_ROWS)
    }

    async fn write(&self, writes: Vec<TransactWriteItem>) -> Result<()> {
        match self.transact(writes).await? {
            Transacted::Done => Ok(()),
            Transacted::Refused(_) => Err(Error::unreadable("write", "it has no condition and was refused")),
        }
    }
}

/// The two rows of a subscription: one to find the watchers of an event, and one to clean up when the connection
/// closes.
pub(super) fn watch_items(
    topic: &str,
    connection: &ConnectionId,
    detail: &Detail,
    expires_at: u64,
) -> Result<[Item; 2]> {
    let watcher = mark(item(watch_pk(topic), connection, detail)?, expires_at);
    Ok([watcher, mark(key(connection_pk(connection), format!("WATCH#{topic}")), expires_at)])
}

fn delete_request(key: &Item) -> Result<WriteRequest> {
    let delete = DeleteRequest::builder().set_key(Some(key.clone())).build().map_err(incomplete)?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}

fn connection_pk(connection: &ConnectionId) -> String {
    format!("CONNECTION#{connection}")
}

fn watch_pk(topic: &str) -> String {
    format!("WATCH#{topic}")
}
