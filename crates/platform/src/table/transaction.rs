//! Transactions: all writes happen or none.

use super::{SERVICE, Table, failed};
use crate::error::{Error, Result};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};
use std::time::Duration;

/// How often a write that conflicts with a transaction on the same item is sent; the SDK does not retry it.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>
const OFFERS: u32 = 12;

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
}

/// Updates an item, with retries while a transaction on it is under way: while many tests end, there is always one on
/// their job.
pub(super) async fn update(
    update: UpdateItemFluentBuilder,
) -> std::result::Result<UpdateItemOutput, SdkError<UpdateItemError>> {
    for offer in 0..OFFERS {
        let sent = update.clone().send().await;
        if !sent.as_ref().is_err_and(|error| error.code() == Some("TransactionConflictException")) {
            return sent;
        }
        tokio::time::sleep(pause(offer)).await;
    }
    update.send().await
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
