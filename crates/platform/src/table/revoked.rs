//! Revoked tokens. A revocation is stored for as long as any token may live; by then the token has expired itself.

use super::item::{item, key, read};
use super::lists::per_page;
use super::{Table, failed};
use crate::error::Result;
use serde::{Deserialize, Serialize};
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::limits::TOKEN_LIFETIME;

/// The partition of the revoked tokens.
const REVOKED: &str = "REVOKED";

/// A token that was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Its id
    pub token: String,
    /// Who revoked it
    pub principal: String,
    /// When, in milliseconds since 1970
    pub at: u64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    revoked: Revoked,
    expires_at: u64,
}

impl Table {
    /// Revokes a token. A caller that lists the connections afterwards finds all that were opened with it.
    pub async fn revoke_token(&self, revoked: Revoked) -> Result<()> {
        let stored = Stored { expires_at: self.clock.expiry(TOKEN_LIFETIME), revoked };
        let item = item(REVOKED, &stored.revoked.token, &stored)?;
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await.map_err(failed)?;
        Ok(())
    }

    /// Whether a token was revoked.
    pub async fn is_revoked(&self, token: &str) -> Result<bool> {
        let found: Option<Stored> = self.get("revoked token", key(REVOKED, token)).await?;
        Ok(found.is_some_and(|stored| self.is_current(&stored)))
    }

    /// A page of the revoked tokens by id, and where the next one begins.
    pub async fn revoked_tokens(&self, query: &PageQuery) -> Result<(Vec<Revoked>, Option<String>)> {
        let (found, cursor) = (self.partition(REVOKED, ""), query.cursor.as_deref());
        let (items, next) = Self::page(found, REVOKED, cursor, per_page(query.limit)).await?;
        let stored = items.into_iter().map(|item| read("revoked token", item)).collect::<Result<Vec<Stored>>>()?;
        let current = stored.into_iter().filter(|stored| self.is_current(stored));
        Ok((current.map(|stored| stored.revoked).collect(), next))
    }

    /// Whether an item has not expired: DynamoDB deletes expired items late.
    fn is_current(&self, stored: &Stored) -> bool {
        stored.expires_at > self.clock.now_ms() / 1_000
    }
}
