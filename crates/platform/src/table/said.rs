//! Comments on a job, and notices to all clients.

use super::item::{item, read};
use super::jobs::job_pk;
use super::{Table, failed};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use stepcast_protocol::id::JobId;

/// The partition of the notices.
const NOTICES: &str = "NOTICES";
/// How long a notice is shown to clients that connect later.
const NOTICE_LIFETIME: Duration = Duration::from_hours(24);

/// A comment or a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The principal that wrote it
    pub principal: String,
    /// Its text
    pub text: String,
    /// When, in milliseconds since 1970
    pub at: u64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    said: Said,
    expires_at: u64,
}

impl Table {
    /// Stores a comment on a job.
    pub async fn put_comment(&self, job: &JobId, comment: &Said) -> Result<()> {
        self.put_said(job_pk(job), COMMENT, comment, self.expiry()).await
    }

    /// The newest comments on a job, the oldest of them first.
    pub async fn comments(&self, job: &JobId, most: usize) -> Result<Vec<Said>> {
        self.said(&job_pk(job), COMMENT, most).await
    }

    /// Stores a notice for clients that connect later.
    pub async fn put_notice(&self, notice: &Said) -> Result<()> {
        self.put_said(NOTICES.to_owned(), "", notice, self.clock.expiry(NOTICE_LIFETIME)).await
    }

    /// The newest notices of a day, the oldest of them first.
    pub async fn notices(&self, most: usize) -> Result<Vec<Said>> {
        self.said(NOTICES, "", most).await
    }

    async fn put_said(&self, pk: String, prefix: &str, said: &Said, expires_at: u64) -> Result<()> {
        let stored = Stored { said: said.clone(), expires_at };
        let item = item(pk, format!("{prefix}{:015}#{}", said.at, uuid::Uuid::now_v7()), &stored)?;
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await.map_err(failed)?;
        Ok(())
    }

    async fn said(&self, pk: &str, prefix: &str, most: usize) -> Result<Vec<Said>> {
        let query = self.partition(pk, prefix).scan_index_forward(false);
        let (items, _) = Self::page(query, pk, None, most).await?;
        let now = self.clock.now_ms() / 1_000;
        let mut said = Vec::new();
        for item in items {
            let stored: Stored = read("comment", item)?;
            // DynamoDB deletes expired items late.
            if stored.expires_at > now {
                said.push(stored.said);
            }
        }
        said.reverse();
        Ok(said)
    }
}

/// Prefix of the sort keys of comments.
const COMMENT: &str = "COMMENT#";
