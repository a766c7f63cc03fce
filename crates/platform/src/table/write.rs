//! Writes: an update of one item, or a transaction in which all writes happen or none.

use super::expression::{Condition, ItemUpdate, ItemUpdateParts, Placeholders};
use super::item::Item;
use super::{SERVICE, Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    CancellationReason, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use std::time::Duration;

/// How often a write that conflicts with a transaction on the same item is sent; the SDK does not retry it.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>
const OFFERS: u32 = 12;

/// The result of an update.
pub(super) enum Updated {
    /// It is written. Has the item as it is now, if that was asked for
    Done(Item),
    /// Nothing is written, because the condition failed. Has the item as it is, if there is one and it was asked for
    Refused(Option<Item>),
}

impl Updated {
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// The item, unless the condition failed.
    pub fn item(self) -> Option<Item> {
        match self {
            Self::Done(item) => Some(item),
            Self::Refused(_) => None,
        }
    }
}

/// The result of a transaction.
pub(super) enum Transacted {
    /// All of it is written
    Done,
    /// Nothing is written, because a condition failed. Has a reason for each action, in order
    Refused(Vec<CancellationReason>),
}

impl Table {
    /// Writes everything or nothing.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Transacted> {
        for offer in 0..OFFERS {
            let sent = self.client.transact_write_items().set_transact_items(Some(writes.clone())).send().await;
            match sent {
                Ok(_) => return Ok(Transacted::Done),
                Err(error) => match error.as_service_error() {
                    Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                        let reasons = cancelled.cancellation_reasons.clone().unwrap_or_default();
                        if let Some(decided) = decided(reasons) {
                            return decided;
                        }
                    }
                    Some(TransactWriteItemsError::TransactionInProgressException(_)) => {}
                    _ => return Err(failed(error)),
                },
            }
            tokio::time::sleep(pause(offer)).await;
        }
        Err(Error::Unavailable { service: SERVICE, reason: "too many writes met on one item".to_owned() })
    }

    /// Updates an item, with retries while a transaction on it is under way: while many tests end, there is always one
    /// on their job.
    pub(super) async fn update(&self, update: ItemUpdate) -> Result<Updated> {
        let request = self.update_request(update);
        let mut offer = 0;
        loop {
            match request.clone().send().await {
                Ok(answer) => return Ok(Updated::Done(answer.attributes.unwrap_or_default())),
                Err(error) => match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                        return Ok(Updated::Refused(refused.item.clone()));
                    }
                    Some(conflict) if offer < OFFERS && conflict.code() == Some("TransactionConflictException") => {}
                    _ => return Err(failed(error)),
                },
            }
            tokio::time::sleep(pause(offer)).await;
            offer += 1;
        }
    }

    fn update_request(&self, update: ItemUpdate) -> UpdateItemFluentBuilder {
        let ItemUpdateParts { key, update, condition, placeholders, returns_item } = update.into_parts();
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key))
            .update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values());
        if returns_item {
            request
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        } else {
            request
        }
    }

    /// An update as a part of a transaction.
    pub(super) fn updating(&self, update: ItemUpdate) -> Result<TransactWriteItem> {
        let ItemUpdateParts { key, update, condition, placeholders, .. } = update.into_parts();
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key))
            .update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Writing a whole item as a part of a transaction.
    pub(super) fn putting(&self, item: Item, only_if: Option<Condition>) -> Result<TransactWriteItem> {
        let (condition, placeholders) = written(only_if);
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Deleting an item as a part of a transaction.
    pub(super) fn deleting(&self, key: Item, only_if: Option<Condition>) -> Result<TransactWriteItem> {
        let (condition, placeholders) = written(only_if);
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key))
            .set_condition_expression(condition)
            .set_expression_attribute_names(placeholders.names())
            .set_expression_attribute_values(placeholders.values())
            .build()
            .map_err(incomplete)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

fn written(condition: Option<Condition>) -> (Option<String>, Placeholders) {
    let mut placeholders = Placeholders::default();
    (condition.map(|condition| condition.write(&mut placeholders)), placeholders)
}

/// The error of a request that lacks something DynamoDB requires.
pub(super) fn incomplete(error: BuildError) -> Error {
    Error::unreadable("request", error)
}

/// Returns the result if a retry would not change it, or `None` if the transaction only conflicted with another.
fn decided(reasons: Vec<CancellationReason>) -> Option<Result<Transacted>> {
    if let Some(invalid) = reasons.iter().find(|reason| reason.code() == Some("ValidationError")) {
        let reason = invalid.message().unwrap_or("a write is not valid").to_owned();
        return Some(Err(Error::Refused { service: SERVICE, reason }));
    }
    reasons.iter().any(is_refused).then_some(Ok(Transacted::Refused(reasons)))
}

/// Whether the condition of this action failed.
pub(super) fn is_refused(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

/// How long to wait before a retry: longer each time, and different for each worker, so that those that conflicted do
/// not conflict again.
fn pause(offer: u32) -> Duration {
    Duration::from_millis(fastrand::u64(1..=(8 << offer.min(6))))
}
