//! Suites stored under a name.

use super::Table;
use super::failed;
use super::item::{item, key, read};
use super::lists::per_page;
use crate::error::Result;
use serde::{Deserialize, Serialize};
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::event::StoredSuite;

/// Where they stand.
const SUITES: &str = "SUITES";

/// A stored suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedSuite {
    /// The name it is stored under
    pub name: String,
    /// How many tests it has before `each` and `discover` are expanded
    pub tests: u32,
    /// When it was stored, in milliseconds since 1970
    pub updated_at: u64,
    /// Its JSON, gzip
    #[serde(with = "serde_bytes")]
    pub suite: Vec<u8>,
}

impl Table {
    /// Stores a suite, in place of one of the same name.
    pub async fn put_suite(&self, name: &str, tests: u32, suite: Vec<u8>) -> Result<()> {
        let record = NamedSuite { name: name.to_owned(), tests, updated_at: self.clock.now_ms(), suite };
        let item = item(SUITES, name, &record)?;
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await.map_err(failed)?;
        Ok(())
    }

    /// A stored suite.
    pub async fn suite(&self, name: &str) -> Result<Option<NamedSuite>> {
        self.get("suite", key(SUITES, name)).await
    }

    /// A page of the stored suites by name, without what they say, and where the next one begins.
    pub async fn suites(&self, query: &PageQuery) -> Result<(Vec<StoredSuite>, Option<String>)> {
        #[derive(Deserialize)]
        struct Listed {
            name: String,
            tests: u32,
            updated_at: u64,
        }
        let found = self
            .partition(SUITES, "")
            .projection_expression("#name, tests, updated_at")
            .expression_attribute_names("#name", "name");
        let listed = |item| {
            let Listed { name, tests, updated_at } = read("suite", item)?;
            Ok(StoredSuite { name, tests, updated_at: crate::clock::rfc3339(updated_at) })
        };
        let (items, next) = Self::page(found, SUITES, query.cursor.as_deref(), per_page(query.limit)).await?;
        Ok((items.into_iter().map(listed).collect::<Result<_>>()?, next))
    }

    /// Removes a stored suite. `false`, where there was none.
    pub async fn delete_suite(&self, name: &str) -> Result<bool> {
        let request = self.client.delete_item().table_name(&self.name).set_key(Some(key(SUITES, name)));
        let answer =
            request.return_values(aws_sdk_dynamodb::types::ReturnValue::AllOld).send().await.map_err(failed)?;
        Ok(answer.attributes.is_some_and(|attributes| !attributes.is_empty()))
    }
}
