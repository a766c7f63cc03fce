//! Attributes and keys.

use super::{Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// An item in the SDK's form.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

#[expect(clippy::needless_pass_by_value, reason = "numbers are written where they are made")]
pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The key of one item.
pub(super) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// An item without data, for which only its existence matters.
pub(super) fn mark(mut key: Item, expires_at: u64) -> Item {
    key.insert("expires_at".to_owned(), number(expires_at));
    key
}

/// A value as an item with this key.
pub(super) fn item(pk: impl Into<String>, sk: impl Into<String>, value: &impl Serialize) -> Result<Item> {
    let mut item: Item = serde_dynamo::to_item(value).map_err(|error| Error::unreadable("item", error))?;
    item.extend(key(pk, sk));
    Ok(item)
}

/// An item as a value.
pub(super) fn read<T: DeserializeOwned>(what: &'static str, item: Item) -> Result<T> {
    serde_dynamo::from_item(item).map_err(|error| Error::unreadable(what, error))
}

impl Table {
    /// Reads one item, with a consistent read.
    pub(super) async fn get<T: DeserializeOwned>(&self, what: &'static str, key: Item) -> Result<Option<T>> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true);
        let found = request.send().await.map_err(failed)?.item;
        found.map(|item| read(what, item)).transpose()
    }

    /// A query with consistent reads for the items of one partition whose sort keys start with `starts_with`.
    pub(super) fn partition(&self, pk: impl Into<String>, starts_with: &str) -> QueryFluentBuilder {
        let query = self.client.query().table_name(&self.name).consistent_read(true);
        let query = query.expression_attribute_values(":pk", text(pk));
        if starts_with.is_empty() {
            return query.key_condition_expression("pk = :pk");
        }
        query
            .key_condition_expression("pk = :pk AND begins_with(sk, :start)")
            .expression_attribute_values(":start", text(starts_with))
    }

    /// Reads everything a query finds, page by page.
    pub(super) async fn all(query: QueryFluentBuilder) -> Result<Vec<Item>> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await.map_err(failed)?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}
